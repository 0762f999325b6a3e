"""Making a store whole again from its ledger; what it cannot make stays named.

Nothing is lost by it: what a document held, and files the ledger does not know, are set aside.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Literal

import msgspec

from kofucli.model import Stamp
from kofucli.store import disk, documents
from kofucli.store.check import CheckResult, Finding, check
from kofucli.store.files import FileStore
from kofucli.store.fold import collect, in_batches
from kofucli.store.header import read_header, write_header
from kofucli.store.ledger import write_end
from kofucli.store.replay import find_rest, fold

__all__ = ["RepairResult", "Repaired", "repair"]

ASIDE = "aside"
Action = Literal["written", "set aside", "removed", "cut off", "completed"]


class Repaired(msgspec.Struct, frozen=True):
    """One thing that was done: to which file (relative to the store), what."""

    file: str
    action: Action


class RepairResult(msgspec.Struct, frozen=True):
    """What was done, or in a dry run would be, and what the check finds now.

    ``aside`` is the folder, in the store, to which files were moved.
    """

    done: tuple[Repaired, ...]
    found: CheckResult
    aside: str | None = None
    dry_run: bool = False


class _Work:
    """A repair under way: what is done, and where files are set aside."""

    def __init__(self, store: FileStore, stamp: Stamp) -> None:
        self.store = store
        self.dry_run = stamp.dry_run
        self.aside = f"{ASIDE}/{stamp.now:%Y%m%dT%H%M%S}"
        self.done: list[Repaired] = []

    def may_go_on(self, found: CheckResult) -> bool:
        """Tell whether the ledger says what documents should hold.

        It does not where it is damaged, and in a dry run where its last line was not completed.
        """
        return all(p.part != "ledger" for p in found.problems) and not any(
            self.dry_run and r.action == "completed" for r in self.done
        )

    def path(self, file: str) -> str:
        """Return the path of a file of the store."""
        return os.path.join(self.store.root, file)

    def note(self, file: str, action: Action) -> bool:
        """Note what is done to a file; tell whether it is to be done."""
        self.done.append(Repaired(file, action))
        return not self.dry_run

    def set_aside(self, file: str) -> None:
        """Move a file, or a link, out of the way; under another name where that is taken."""
        if not self.note(file, "set aside"):
            return
        target = self.path(f"{self.aside}/{file}")
        folder = self.store.root
        for part in os.path.relpath(os.path.dirname(target), folder).split(os.sep):
            folder = os.path.join(folder, part)
            disk.make_folder(folder)
        taken = 0
        while os.path.lexists(f"{target}.{taken}" if taken else target):
            taken += 1
        os.rename(self.path(file), f"{target}.{taken}" if taken else target)
        disk.sync_folder(folder)

    def remove(self, file: str) -> None:
        """Remove a file that is of no use."""
        if self.note(file, "removed"):
            disk.remove(self.path(file))
            disk.sync_folder(os.path.dirname(self.path(file)))


def repair(store: FileStore, stamp: Stamp) -> RepairResult:
    """Make documents, and what else can be made, from the ledger.

    1. An unfinished last line is cut off; one that only lost its line feed gets it back.
    2. Where the ledger itself is damaged, nothing else is touched.
    3. Files that the ledger does not know are set aside; documents that are missing, differ or are
       older are written from it, what lay there set aside; what interrupted commands left, and
       personal values that no record names, is removed.
    4. All is checked again. A damaged line and lost personal values stay named: only a backup has
       them. A second repair finds nothing to do.
    """
    with store.locked("store check"):
        store.use_header(read_header(store.root) or store.header)
        work = _Work(store, stamp)
        try:
            _mend_tail(work)
            found = _check(store)
            if work.may_go_on(found):
                if _finish_purge(work):
                    found = _check(store)
                _mend_files(work, found)
            if work.done and not work.dry_run:
                found = _check(store)
        except OSError as error:
            raise disk.failure(error, store.root) from None
    moved = any(r.action == "set aside" for r in work.done)
    return RepairResult(tuple(work.done), found, work.aside if moved else None, work.dry_run)


def _check(store: FileStore) -> CheckResult:
    return check(store.root, store.header, store.ledger)


def _mend_tail(work: _Work) -> None:
    """Complete the newest file's last line, or cut it off; leave one that is foreign."""
    rest = find_rest(work.store.ledger)
    if rest is None or rest.foreign:
        return
    file = os.path.relpath(rest.path, work.store.root)
    if rest.line is None:
        if work.note(file, "cut off"):
            write_end(rest.path, rest.start, b"")
    elif work.note(file, "completed"):
        write_end(rest.path, rest.start + len(rest.line), b"\n")


def _finish_purge(work: _Work) -> bool:
    """Remove what an interrupted purge left; tell whether there was one, and it is done."""
    anchor = work.store.header.anchor
    if anchor is None or not anchor.unfinished or not work.note("store.json", "completed"):
        return False
    from kofucli.store.purge import finish  # only after an interrupted purge

    finish(work.store)
    return True


def _mend_files(work: _Work, found: CheckResult) -> None:
    """Set aside, write and remove what the check has found."""
    store = work.store
    strangers = [problem.file for problem in _of(found, "stranger")]
    for file in strangers:
        work.set_aside(file)
    if strangers and not work.dry_run:
        found = _check(store)  # a linked folder took its documents along
    for problem in _of(found, "unerased"):
        work.remove(problem.file)
    if any(_of(found, "header")) and work.note("store.json", "written"):
        write_header(store.root, store.header)
    _write_documents(work, {problem.file for problem in _of(found, "document")})
    for file in found.leftovers:
        if os.path.lexists(work.path(file)):
            work.remove(file)


def _of(found: CheckResult, part: str) -> Iterator[Finding]:
    return (problem for problem in found.problems if problem.part == part)


def _write_documents(work: _Work, files: set[str]) -> None:
    """Write the documents of some files as the ledger leaves them."""
    if not files:
        return
    store, codec = work.store, work.store.header.codec
    folded, _ = fold(store.root, store.header, store.ledger)
    names = (n for n in folded.names() if documents.path_of(n, codec) in files)
    sizes = {name: len(folded.state_of(name)[1]) for name in names}
    for batch in in_batches(sizes):
        contents = collect(store.root, store.ledger, store.header.anchor, set(batch))
        for name, content in sorted(contents.items()):
            file = documents.path_of(name, codec)
            if os.path.lexists(work.path(file)):
                work.set_aside(file)
            if work.note(file, "written"):
                disk.make_folder(os.path.dirname(work.path(file)))
                disk.replace_file(work.path(file), content.encode(codec))

"""Making a store whole again from its ledger; what it cannot make stays named.

Nothing is lost by it: what a document held, and files the ledger does not know, are set aside.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from typing import Literal

import msgspec

from kofucli.errors import StoreError
from kofucli.model import Stamp
from kofucli.store import disk, documents
from kofucli.store.aside import Aside
from kofucli.store.check import CheckResult, check
from kofucli.store.files import FileStore
from kofucli.store.fold import collect, in_batches
from kofucli.store.header import read_header, write_header
from kofucli.store.ledger import write_end
from kofucli.store.replay import Finding, Rest, find_rest, fold

Action = Literal["made", "written", "set aside", "removed", "cut off", "completed"]


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
        self.aside = Aside(store.root, stamp.now)
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
        if self.note(file, "set aside"):
            self.aside.move(file)
            disk.sync_folder(os.path.dirname(self.path(file)))

    def replace(self, file: str, data: bytes) -> None:
        """Put a document in its place in one step; what lies there is set aside."""
        if os.path.lexists(self.path(file)) and self.note(file, "set aside"):
            self.aside.copy(file)
        if self.note(file, "written"):
            disk.make_folder(os.path.dirname(self.path(file)))
            disk.replace_file(self.path(file), data)

    def cut_off(self, rest: Rest) -> None:
        """Remove a line that was never finished."""
        if self.note(os.path.relpath(rest.path, self.store.root), "cut off"):
            write_end(rest.path, rest.start, b"")

    def remove(self, file: str) -> None:
        """Remove a file that is of no use."""
        if self.note(file, "removed"):
            disk.remove(self.path(file))
            disk.sync_folder(os.path.dirname(self.path(file)))


def repair(store: FileStore, stamp: Stamp) -> RepairResult:
    """Make documents, and what else can be made, from the ledger.

    1. A last line that only lost its line feed gets it back.
    2. Where the ledger itself is damaged, or documents know of lines that it has lost, nothing else
       is touched.
    3. An unfinished last line is cut off. Files that the ledger does not know, and personal values
       that no record names, are set aside; documents that are missing, differ or are older are
       written from it, a copy of what lay there set aside; what interrupted commands left is
       removed.
    4. All is checked again. A damaged line, a change made from an older copy and lost personal
       values stay named: only a backup has what is gone. A second repair finds nothing to do.
    """
    with store.locked("store check"):
        with suppress(StoreError):  # a dry run finds it as it is
            store.use_header(read_header(store.root) or store.header)
        work = _Work(store, stamp)
        try:
            unfinished = _mend_tail(work)
            found = _check(store)
            if work.may_go_on(found):
                if unfinished is not None:
                    work.cut_off(unfinished)
                if _finish_purge(work):
                    found = _check(store)
                _mend_files(work, found)
            if work.done and not work.dry_run:
                found = _check(store)
        except OSError as error:
            raise disk.failure(error, store.root) from None
    moved = any(r.action == "set aside" for r in work.done)
    aside = work.aside.folder if moved else None
    return RepairResult(tuple(work.done), found, aside, work.dry_run)


def _check(store: FileStore) -> CheckResult:
    return check(store.root, store.header, store.ledger)


def _mend_tail(work: _Work) -> Rest | None:
    """Complete the newest file's last line; return one that was never finished, to be cut off.

    Not before the check: where documents know of that line, it was finished once.
    """
    rest = find_rest(work.store.ledger)
    if rest is None or rest.foreign:
        return None
    if rest.line is None:
        return rest
    if work.note(os.path.relpath(rest.path, work.store.root), "completed"):
        write_end(rest.path, rest.start + len(rest.line), b"\n")
    return None


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
        if not os.path.lexists(work.path(file)):
            continue
        if file.startswith("private/") and not file.endswith(".tmp"):
            work.set_aside(file)  # nothing but this file has them
        else:
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
            work.replace(documents.path_of(name, codec), content.encode(codec))

"""Whether a store is whole: the ledger replayed, every document compared byte for byte."""

from __future__ import annotations

import os
from collections.abc import Iterator

import msgspec

from kofucli.errors import Phrase, StoreError
from kofucli.store import disk
from kofucli.store.compare import examine, find_leftovers, is_odd
from kofucli.store.files import FOLDERS
from kofucli.store.header import Header, encode_header, read_header
from kofucli.store.ledger import Ledger
from kofucli.store.replay import Finding, Part, fold

_BEARABLE = frozenset({"tail", "personal", "unerased"})
"""Findings that take nothing from the ledger; the next change mends the ``tail``."""


class CheckResult(msgspec.Struct, frozen=True):
    """What a check found; ``head`` is ``n:hash`` of the last line, to be kept elsewhere.

    ``leftovers`` are files that interrupted commands left behind: no damage, and of no use.
    """

    head: str
    problems: tuple[Finding, ...]
    leftovers: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the store is whole."""
        return not self.problems


def check(root: str, header: Header, ledger: Ledger, expect: str | None = None) -> CheckResult:
    """Replay the ledger and compare every document with it.

    The documents of the last line may be behind it by that line (a process was killed between the
    two, or is writing now): that is whole, since every reader completes them. ``expect`` is a head
    that was noted: that line must still be there.
    """
    folded, problems = fold(root, header, ledger, expect)
    if not problems:
        problems += folded.history  # behind damage they would be noise
    problems += examine(root, header, ledger, folded)
    problems += _check_header(root)
    problems += [*_check_folders(root), *_check_lock(root)]
    known = all(problem.part != "ledger" for problem in problems)
    leftovers = tuple(find_leftovers(root, header, folded)) if known else ()
    return CheckResult(folded.head, tuple(problems), leftovers)


def refuse_damage(root: str, header: Header, ledger: Ledger, also: frozenset[Part]) -> None:
    """Raise StoreError where a check finds damage: for what would make it look whole afterwards.

    Lost personal values are borne, since every later check names them as well; so is ``also``.
    """
    for found in check(root, header, ledger).problems:
        if found.part not in _BEARABLE | also:
            place = os.path.join(root, found.file)
            where = place if found.line is None else f"{place}:{found.line}"
            raise disk.damaged(where, found.message)


def _check_folders(root: str) -> Iterator[Finding]:
    """Yield folders that every store has and this one lacks: only a dry run comes so far."""
    for name in FOLDERS:
        if not os.path.isdir(os.path.join(root, name)):
            yield Finding(name, None, Phrase("a folder is missing"), "folder")


def _check_lock(root: str) -> Iterator[Finding]:
    """Yield a lock that nobody can open; the repair needs it itself, so it is named only."""
    if is_odd(os.path.join(root, ".lock")):
        message = Phrase("it is no plain file: nothing can be changed; remove it")
        yield Finding(".lock", None, message, "lock")


def _check_header(root: str) -> Iterator[Finding]:
    try:
        header = read_header(root)
        data = disk.read_bytes(os.path.join(root, "store.json"))
        same = header is not None and encode_header(header) == data
    except StoreError:
        same = False
    if not same:
        message = Phrase("it is not written as this program writes it")
        yield Finding("store.json", 1, message, "header")

"""Checking a store: its ledger is read again from its beginning, and compared with what lies there.

Whoever can write the store can rewrite all of it, or put an older copy in its place. Then the
ledger lacks a head that was noted elsewhere, or has another one in its place: ``Heads`` are a text
file with a line ``n:hash instant`` for each.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from itertools import zip_longest
from typing import TypeVar

import msgspec

from kofucli.base import Phrase, StoreError, reason_of
from kofucli.base.text import N_
from kofucli.model import Reservation
from kofucli.store import Store, disk, documents
from kofucli.store.disk import Stages, unseen
from kofucli.store.documents import personal_file, personal_name
from kofucli.store.header import Anchor, Header
from kofucli.store.integrity import Contents, Finding, Folded, detail_of, fold
from kofucli.store.ledger import Chain, lost_lines

_HEAD = re.compile(rb"([0-9]{1,12}):([0-9a-f]{64})(?: .*)?")


class Heads(msgspec.Struct, frozen=True):
    """The heads in a file: number and hash of each, by its line. ``unreadable`` are other lines."""

    path: str
    noted: dict[int, tuple[int, str]] = {}
    unreadable: tuple[int, ...] = ()

    @property
    def wanted(self) -> frozenset[int]:
        """The numbers of the ledger's lines that were noted."""
        return frozenset(n for n, _ in self.noted.values())


def read_heads(path: str) -> Heads | None:
    """Read the heads that were noted, None where there is no such file. Raises StoreError.

    A last line without a line feed was never finished, and is left out.
    """
    data = disk.read_bytes(path)
    if data is None:
        return None
    noted, unreadable = {}, []
    for number, raw in enumerate(data.split(b"\n")[:-1], 1):
        found = _HEAD.fullmatch(raw)
        if found is None:
            unreadable.append(number)
        else:
            noted[number] = int(found[1]), found[2].decode()
    return Heads(path, noted, tuple(unreadable))


def note_head(path: str, head: str, now: datetime) -> None:
    """Add a head to a file, durably; it is made where it is missing. Raises StoreError, OSError."""
    data = disk.read_bytes(path) or b""  # does not wait for a pipe
    with disk.opened(path, os.O_WRONLY | os.O_CREAT) as descriptor:
        end = data.rfind(b"\n") + 1
        if data[:end].rpartition(b"\n")[0].rpartition(b"\n")[2].startswith(head.encode()):
            return
        disk.write_at(descriptor, f"{head} {now.isoformat()}\n".encode(), end)
        disk.sync(descriptor)
    disk.sync_folder(os.path.dirname(path))


def _compare_heads(
    heads: Heads, hashes: Mapping[int, str], oldest: int, last: int
) -> Iterator[Finding]:
    """Yield the heads that the ledger does not have.

    ``hashes`` are those of its lines from ``oldest`` to ``last`` that were wanted. Older lines
    cannot be compared: they were purged, or not read. The file is named without its folder, since
    the nightly page tells nothing of the machine.
    """
    file = os.path.basename(heads.path)
    for number in heads.unreadable:
        yield Finding(file, number, Phrase("it is not a head, N:HASH"), "head")
    for number, (n, hash_) in heads.noted.items():
        if n > last:
            message = Phrase(
                "line n={n} was noted, and the ledger ends with {last}: lines are lost",
                n=n,
                last=last,
            )
            yield Finding(file, number, message, "head")
        elif n >= oldest and hashes.get(n) != hash_:
            message = Phrase("line n={n} is not the one that was noted: it was rewritten", n=n)
            yield Finding(file, number, message, "head")


_TRIES_WITHOUT_LOCK = 3


class CheckResult(msgspec.Struct, frozen=True):
    """What a check found. ``head`` is ``n:hash`` of the last line, "" without one.

    The head is to be kept elsewhere. ``leftovers`` are files that interrupted commands left behind;
    they are no damage.
    """

    head: str
    problems: tuple[Finding, ...]
    leftovers: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the store is whole."""
        return not self.problems


class RecentCheck(CheckResult, frozen=True):
    """What a check of the newest part found; ``lines`` and ``records`` count what was checked."""

    lines: int = 0
    records: int = 0


C = TypeVar("C", CheckResult, RecentCheck)


def check(
    store: Store, expect: str | None = None, heads: Heads | None = None, stages: Stages = unseen
) -> CheckResult:
    """Replay the ledger and compare every document with it, while others may write.

    ``expect`` is a head, ``n:hash``, that was noted: that line must still be there, and so must
    those of ``heads`` that were not purged.
    """
    return _check_until_quiet(store, lambda: Examination(store, expect, heads, stages).compare())


def _check_until_quiet(store: Store, run: Callable[[], C]) -> C:
    """Return what a check finds while nobody writes; under the lock where others never stop.

    Values of an erased agent go under the lock, after the line: so nothing tells without the lock
    whether they are just being removed.
    """

    def refresh_and_run() -> C:
        with suppress(StoreError):  # the check finds what is damaged
            store.refresh()
        return run()

    for _ in range(_TRIES_WITHOUT_LOCK):
        before = store.mark()
        found = refresh_and_run()
        is_erasing = any(problem.part == "unerased" for problem in found.problems)
        if found.ok or (store.mark() == before and not is_erasing):
            return found
    with store.locked("store check"):
        return refresh_and_run()


class Examination:
    """A check of a store which nobody may change meanwhile; see ``check``.

    The ledger is read once, at the beginning. ``compare`` may be called again after a repair of
    anything but the ledger's lines. ``since`` is what ``Folded`` takes.
    """

    def __init__(
        self,
        store: Store,
        expect: str | None = None,
        heads: Heads | None = None,
        stages: Stages = unseen,
        since: datetime | None = None,
    ) -> None:
        n, _, noted = (expect or "-1:").partition(":")
        wanted = frozenset({int(n)}) | (heads.wanted if heads is not None else frozenset())
        self._store, self._stages = store, stages
        self.folded = folded = Folded(Chain(*store.header.start), Contents(), wanted, since)
        total = 0
        with suppress(StoreError):  # a damaged ledger has no known end
            total = store.read(lambda view: view.n) - store.header.start[0]
        lines = stages(N_("Reading the ledger"), store.lines(), total)
        problems = fold(folded, store.root, store.header, lines, store.kept())
        problems += store.upkeep().find_unfinished()
        if expect is not None and folded.noted.get(int(n)) != noted:
            message = _unlike_noted(store.header.anchor, int(n))
            problems.append(Finding("ledger", None, message, "head"))
        if heads is not None:
            oldest = max(store.header.start[0], 1)
            problems += _compare_heads(heads, folded.noted, oldest, folded.n)
        self._problems = problems or folded.history  # beside damage they would be noise

    def compare(self) -> CheckResult:
        """Compare the rest of the store with the ledger."""
        store, folded, upkeep = self._store, self.folded, self._store.upkeep()
        problems = [
            *self._problems,
            *compare_documents(store, folded, self._stages),
            *_compare_personal(store, folded),
            *upkeep.find_strays(folded),
        ]
        known = all(problem.part != "ledger" for problem in problems)
        leftovers = tuple(upkeep.find_leftovers(folded)) if known else ()
        return CheckResult(folded.chain.head, tuple(problems), leftovers)


def _unlike_noted(anchor: Anchor | None, n: int) -> Phrase:
    if anchor is not None and n < anchor.n:
        return Phrase(
            "line n={n} was purged, so nothing can be compared with it; heads from n={first} on "
            "can be: note a newer one",
            n=n,
            first=anchor.n,
        )
    return Phrase("line n={n} is not the one that was noted: it was rewritten", n=n)


def check_recent(
    store: Store, since: date, days: Sequence[date], heads: Heads | None = None
) -> RecentCheck:
    """Check the ledger's lines from the month of ``since`` on, and the documents of ``days``.

    1. Every line has its checksum and number, continues the one before it, and changed documents
       as the lines before it left them.
    2. Every document has its checksum, and holds what these lines put there.
    3. A document that lacks only the last line is whole: readers complete it.
    4. These lines are those of ``heads``.
    """
    names = sorted({documents.day_name(day) for day in days})
    wanted = heads.wanted if heads is not None else frozenset[int]()

    def run() -> RecentCheck:
        before, lines = store.lines_from(since)
        folded = Folded(Chain(None, before), Contents(), wanted, is_part=True)
        problems = fold(folded, store.root, store.header, lines, ()) or folded.history
        if heads is not None and folded.last is not None:
            problems += _compare_heads(heads, folded.noted, folded.n - folded.count + 1, folded.n)
        records = 0
        for name in names:
            fault, count = _compare_day(store, name, folded)
            records += count
            if fault is not None:
                file = documents.path_of(name, store.header.codec)
                problems.append(Finding(file, None, fault))
        head = folded.chain.head if folded.count else ""
        return RecentCheck(head, tuple(problems), lines=folded.count, records=records)

    return _check_until_quiet(store, run)


def _compare_day(store: Store, name: str, folded: Folded) -> tuple[Phrase | None, int]:
    """Return what is wrong in the document of a day, and how many records it has."""
    try:
        data = store.document(name)
        loaded = None if data is None else documents.decode(data, name, store.header.codec)
    except (StoreError, documents.DocumentError) as error:
        return detail_of(error), 0
    n = 0 if loaded is None else loaded.n
    line = folded.last
    # Where none of these lines put the day, ``live`` of the last one says what it includes.
    last = folded.lasts.get(name, n if line is None else line.live.get(name, n))
    is_behind = line is not None and name in line.put and n == line.base.get(name, 0)
    differs = Phrase("it differs from the ledger")
    if n != last and not is_behind:
        return Phrase("it is missing") if loaded is None else differs, 0
    records = () if loaded is None else loaded.records
    found = {r.number: msgspec.json.encode(r) for r in records if isinstance(r, Reservation)}
    put = folded.read(name).records if n == last else {}
    is_other = any(found.get(number) != bytes(record) for number, record in put.items())
    return differs if is_other else None, len(found)


def compare_documents(store: Store, folded: Folded, stages: Stages = unseen) -> Iterator[Finding]:
    """Yield the documents that are not what the ledger says; they may lack its last line."""
    names = folded.names()
    for name in stages(N_("Comparing the documents"), names, len(names)):
        file = documents.path_of(name, store.header.codec)
        try:
            data = store.document(name)
        except StoreError as error:
            yield Finding(file, None, detail_of(error), "document")
            continue
        if data is not None:
            yield from _compare_document(data, name, store.header, folded)
        elif name not in folded.before or folded.before[name]:
            yield Finding(file, None, Phrase("it is missing"), "document")


def _tell_lost(data: bytes, name: str, header: Header, folded: Folded) -> Phrase | None:
    """Return that lines are lost, where a document includes a line that the ledger does not have.

    Writing the document anew would undo what that line did. Returns None for any other document:
    one that is older or edited, or lies under the name of another one.
    """
    try:
        loaded = documents.decode(data, name, header.codec)
    except documents.DocumentError:
        return None
    n = loaded.n
    is_own = loaded.records and documents.are_own(name, loaded.records)
    if n <= max(folded.lasts.get(name, 0), header.start[0]) or not is_own:
        return None
    return lost_lines(n, folded.n)


def judge_unknown(
    file: str, name: str | None, data: bytes | None, header: Header, folded: Folded
) -> Finding:
    """Return that lines are lost which a file includes, else that the ledger does not know it."""
    lost = None if name is None or data is None else _tell_lost(data, name, header, folded)
    if lost is not None:
        return Finding(file, 1, lost)
    return Finding(file, None, Phrase("the ledger does not know this file"), "stranger")


def _compare_document(data: bytes, name: str, header: Header, folded: Folded) -> Iterator[Finding]:
    expected = folded.read(name).encode(header.codec)
    if data == expected:
        return
    before = folded.before.get(name)
    if before and data == folded.read(name, before).encode(header.codec):
        return
    lost = _tell_lost(data, name, header, folded)
    file = documents.path_of(name, header.codec)
    if lost is not None:
        yield Finding(file, 1, lost)
    else:
        message = Phrase("it differs from the ledger")
        yield Finding(file, _first_difference(data, expected), message, "document")


def _first_difference(data: bytes, expected: bytes) -> int:
    ours, theirs = expected.splitlines(), data.splitlines()
    pairs = enumerate(zip_longest(ours, theirs), 1)
    return next((number for number, (mine, other) in pairs if mine != other), len(ours))


def _compare_personal(store: Store, folded: Folded) -> Iterator[Finding]:
    """Yield personal values that are lost or changed, and those that should be gone."""
    for agent_id, name in sorted(folded.personal.items()):
        if name is None:
            yield from _find_unerased(store, agent_id)
            continue
        file = personal_file(agent_id, name)
        try:
            data = store.personal_bytes(agent_id, name)
        except StoreError as error:
            yield Finding(file, None, detail_of(error), "personal")
            continue
        if data is None:
            yield Finding(file, None, Phrase("it is missing"), "personal")
        elif personal_name(data) != name:
            yield Finding(file, 1, Phrase("its content does not fit its name"), "personal")


def _find_unerased(store: Store, agent_id: str) -> Iterator[Finding]:
    try:
        found = store.personal_files(agent_id)
    except OSError as error:
        yield Finding("private", None, reason_of(error), "personal")
        return
    message = Phrase("the agent was erased: 'kofucli agent erase {id}' removes it", id=agent_id)
    for file in found:
        yield Finding(file, None, message, "unerased")

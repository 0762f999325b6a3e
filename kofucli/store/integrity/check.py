"""Whether a store is whole: its ledger replayed, every document compared byte for byte.

``check_recent`` asks the same of the newest part, at the small price that a nightly page can pay.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import date
from typing import TypeVar

import msgspec

from kofucli.base.errors import Phrase, StoreError
from kofucli.model.records import Reservation
from kofucli.store import Store, documents
from kofucli.store.documents import damaged
from kofucli.store.header import Anchor
from kofucli.store.integrity.compare import compare_documents, compare_personal
from kofucli.store.integrity.replay import Finding, Part, fold, older_copy, why
from kofucli.store.ledger import Chain, Line, decode_line

_TRIES_WITHOUT_LOCK = 3
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


class RecentCheck(msgspec.Struct, frozen=True):
    """What a check of the newest part found.

    ``head`` is ``n:hash`` of the last line; ``lines`` and ``records`` are how many were checked.
    """

    head: str
    problems: tuple[Finding, ...]
    lines: int
    records: int

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.problems


C = TypeVar("C", CheckResult, RecentCheck)


def check(store: Store, expect: str | None = None) -> CheckResult:
    """Replay the ledger and compare every document with it, while others may write.

    ``expect`` is a head, ``n:hash``, that was noted: that line must still be there.
    """
    return _look_until_quiet(store, lambda: check_now(store, expect))


def _look_until_quiet(store: Store, look: Callable[[], C]) -> C:
    """Return what a check finds while nobody writes."""

    def refresh_and_look() -> C:
        with suppress(StoreError):  # what is damaged is found
            store.refresh()
        return look()

    for _ in range(_TRIES_WITHOUT_LOCK):
        before = store.mark()
        found = refresh_and_look()
        if found.ok or store.mark() == before:
            return found
    # Others write all the time: what looks wrong may be what they were writing.
    with store.locked("store check"):
        return refresh_and_look()


def check_now(store: Store, expect: str | None = None) -> CheckResult:
    """Check a store that nobody changes meanwhile."""
    upkeep = store.upkeep()
    wanted, _, noted = (expect or "-1:").partition(":")
    folded, problems = fold(store.root, store.header, store.lines(), store.kept(), int(wanted))
    problems += upkeep.find_unfinished()
    if expect is not None and folded.noted != noted:
        message = _unlike_noted(store.header.anchor, folded.wanted)
        problems.append(Finding("ledger", None, message, "head"))
    if not problems:
        problems += folded.history  # behind damage they would be noise
    problems += compare_documents(store, folded)
    problems += compare_personal(store, folded)
    problems += upkeep.find_strays(folded)
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


def refuse_damage(store: Store, also: frozenset[Part] = frozenset()) -> None:
    """Raise StoreError where a check finds damage: for what would make it look whole afterwards.

    Lost personal values are borne, since every later check names them as well; so is ``also``.
    """
    for found in check_now(store).problems:
        if found.part not in _BEARABLE | also:
            place = os.path.join(store.root, found.file)
            where = place if found.line is None else f"{place}:{found.line}"
            raise damaged(where, found.message)


class _Seen(msgspec.Struct):
    """What the lines said: the last one, which put each document, and what into the days."""

    chain: Chain
    lines: int = 0
    line: Line | None = None
    last: dict[str, int] = {}
    put: dict[str, dict[str, bytes]] = {}


def check_recent(store: Store, since: date, days: Sequence[date]) -> RecentCheck:
    """Check the ledger's lines from the month of ``since`` on, and the documents of ``days``.

    1. Every line has its checksum and number, continues the one before it, and changed documents
       as the lines read before it left them.
    2. A document has its checksum, and what these lines put there stands in it as they put it.
    3. A document that is behind the last line by that line is whole: readers complete it.
    """
    names = {documents.day_name(day) for day in days}
    return _look_until_quiet(store, lambda: _check_recent_now(store, since, names))


def _check_recent_now(store: Store, since: date, names: set[str]) -> RecentCheck:
    before, lines = store.lines_from(since)
    seen = _Seen(Chain(None, before))
    problems: list[Finding] = []
    for path, number, raw in lines:
        problems += _read_line(raw, (path, number), os.path.relpath(path, store.root), names, seen)
    records = 0
    for name in sorted(names):
        found, count = _compare_day(store, name, seen)
        problems += found
        records += count
    head = seen.chain.head if seen.lines else ""
    return RecentCheck(head, tuple(problems), seen.lines, records)


def _read_line(
    raw: bytes, place: tuple[str, int], file: str, names: set[str], seen: _Seen
) -> Iterator[Finding]:
    path, number = place
    line = None
    try:
        line = decode_line(raw, path, number)
    except StoreError as error:
        detail = why(error).values["detail"]
        yield Finding(file, number, Phrase("it is not readable: {detail}", detail=detail))
    else:
        for message in seen.chain.find_breaks(line):
            yield Finding(file, number, message)
        seen.line = line
        for name in line.put:
            base = line.base.get(name, 0)
            if base != seen.last.get(name, base):
                yield older_copy(file, number, name, base, seen.last[name])
            seen.last[name] = line.n
        for name in names.intersection(line.put):
            numbered = {_number_of(record): bytes(record) for record in line.put[name]}
            seen.put.setdefault(name, {}).update(numbered)
    seen.chain.go_on(raw, line)
    seen.lines += 1


class _Numbered(msgspec.Struct):
    number: str = ""


_decoder = msgspec.json.Decoder(_Numbered)


def _number_of(record: msgspec.Raw) -> str:
    return _decoder.decode(record).number


def _compare_day(store: Store, name: str, seen: _Seen) -> tuple[list[Finding], int]:
    """Return what is wrong in the document of a day, and how many records it has."""
    file = documents.path_of(name, store.header.codec)
    try:
        data = store.document(name)
        loaded = None if data is None else documents.decode(data, name, store.header.codec)
    except (StoreError, documents.DocumentError) as error:
        return [Finding(file, None, why(error))], 0
    n = 0 if loaded is None else loaded.n
    line = seen.line
    # Where none of these lines put anything, the last one says which line it should include.
    last = seen.last.get(name, n if line is None else line.live.get(name, n))
    is_behind = line is not None and name in line.put and n == line.base.get(name, 0)
    if n != last and not is_behind:
        if loaded is None:
            return [Finding(file, None, Phrase("it is missing"))], 0
        return [Finding(file, None, Phrase("it differs from the ledger"))], 0
    records = () if loaded is None else loaded.records
    found = {r.number: msgspec.json.encode(r) for r in records if isinstance(r, Reservation)}
    put = seen.put.get(name, {}) if n == last else {}
    if any(found.get(number) != record for number, record in put.items()):
        return [Finding(file, None, Phrase("it differs from the ledger"))], len(found)
    return [], len(found)

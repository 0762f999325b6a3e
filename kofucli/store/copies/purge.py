"""Removing what is old: days, and the ledger's lines before them, so that the rest still verifies.

1. Lock, and check everything: nobody can make again what a purge removes.
2. Find the last line before the first day that is kept, and the days that no later line touches.
3. Write the documents as of that line into a snapshot.
4. Append the line of the purge.
5. Put the anchor into the header: this is the switch.
6. Remove the old lines and days.
7. Note that the purge is finished.

Where 1 to 4 are interrupted, nothing is removed. After 5 the next writer does the rest.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import msgspec

from kofucli.base.clock import JST
from kofucli.base.errors import Phrase, StoreError, WrongUsageError
from kofucli.model.numbers import NUMBER, sequence_of
from kofucli.model.records import ACTIVE, Purged, Stamp
from kofucli.store import Store, View, documents
from kofucli.store.documents import damaged, digest
from kofucli.store.header import Anchor, Kept, encode_kept, last_lines
from kofucli.store.integrity.check import check_now
from kofucli.store.integrity.heads import Heads
from kofucli.store.integrity.replay import collect
from kofucli.store.ledger import Chain, decode_lines

_BEARABLE = frozenset({"tail", "personal", "unerased"})
"""Findings that leave the ledger whole. The next change mends the ``tail``."""


class KeptDay(msgspec.Struct, frozen=True):
    """An old day that stays; ``standing`` counts its reservations without an outcome.

    Where that is 0, a line that stays has changed something on the day.
    """

    date: date
    standing: int


class PurgeResult(msgspec.Struct, frozen=True):
    """What a purge removes: days, reservations, ledger lines; and which old days it keeps.

    ``anchor`` is ``n:hash`` of the last line that is gone, None where no line was ever purged.
    """

    before: date
    days: tuple[date, ...]
    reservations: int
    lines: int
    kept: tuple[KeptDay, ...]
    anchor: str | None
    dry_run: bool = False

    @property
    def changed(self) -> bool:
        """Whether there is anything to remove."""
        return bool(self.days) or self.lines > 0


class _Survey(msgspec.Struct):
    """What there is to remove: the last line to go (``n``, ``hash``), and the old days.

    ``later`` names the documents that the lines which stay have put. ``highest`` is the highest
    sequence of the reservations that go.
    """

    n: int
    hash: str
    later: set[str]
    days: list[date] = []
    reservations: int = 0
    kept: list[KeptDay] = []
    highest: int = 0


def purge(store: Store, before: date, stamp: Stamp, heads: Heads | None = None) -> PurgeResult:
    """Remove days before ``before``, and ledger lines written before it.

    A day stays where a reservation has no outcome yet, or where a line that stays changed something
    on it. Lines go up to the first one that was written on ``before`` or later. Agents and the
    office's records stay. A dry run only tells what would go.

    Raises WrongUsageError where ``before`` is after today, LockedError, and StoreError where
    anything but personal values is damaged: a purge would remove what it could be repaired from.
    """
    today = stamp.now.date()
    if before > today:
        raise WrongUsageError(
            Phrase(
                "--before {before} is after today, {today}; expected a day up to it.",
                before=before,
                today=today,
            )
        )
    with store.locked("store purge"):
        store.refresh()
        _refuse_damage(store, heads)
        with store.change("purge", stamp):
            pass  # this finishes what a killed process began
        survey = _find_last(store, before)
        store.read(lambda view: _survey_days(view, before, survey))
        result = PurgeResult(
            before,
            tuple(survey.days),
            survey.reservations,
            survey.n - store.header.start[0],
            tuple(survey.kept),
            f"{survey.n}:{survey.hash}" if survey.n else None,
            stamp.dry_run,
        )
        if result.changed and not stamp.dry_run:
            _purge(store, survey, before, stamp)
    return result


def _refuse_damage(store: Store, heads: Heads | None) -> None:
    """Raise StoreError where a check finds damage that a purge would hide.

    Lost personal values are passed over, since every later check names them as well.
    """
    for found in check_now(store, heads=heads).problems:
        if found.part not in _BEARABLE:
            place = os.path.join(store.root, found.file)
            where = place if found.line is None else f"{place}:{found.line}"
            raise damaged(where, found.message)


def _find_last(store: Store, before: date) -> _Survey:
    """Find the last line that goes, and what later lines put."""
    first = datetime(before.year, before.month, before.day, tzinfo=JST)
    chain = Chain(*store.header.start)
    last = None
    later: set[str] = set()
    for path, number, raw in store.lines():
        head = chain.n or 0, chain.hash
        line = chain.follow(raw, path, number)
        if last is None and line.at >= first:
            last = head
        if last is not None:
            later.update(line.put)
    return _Survey(*(last or (chain.n or 0, chain.hash)), later)


def _survey_days(view: View, before: date, survey: _Survey) -> None:
    # ``Store.read`` may call this again, so it begins anew.
    survey.days, survey.kept, survey.reservations, survey.highest = [], [], 0, 0
    for day, reservations in view.each_day(None, before - timedelta(days=1)):
        standing = sum(r.status in ACTIVE for r in reservations)
        if standing or documents.day_name(day) in survey.later:
            survey.kept.insert(0, KeptDay(day, standing))
        elif reservations:
            survey.days.insert(0, day)
            survey.reservations += len(reservations)
            known = (sequence_of(r.number) for r in reservations if NUMBER.fullmatch(r.number))
            survey.highest = max(survey.highest, *known, 0)


def _purge(store: Store, survey: _Survey, before: date, stamp: Stamp) -> None:
    upkeep = store.upkeep()
    snapshot = encode_kept(_snapshot(store, survey))
    sha256 = digest(snapshot)
    gone = _sum_gone(store, survey)
    anchor = Anchor(survey.n, survey.hash, sha256, before, unfinished=True, gone=gone)
    upkeep.keep(anchor, snapshot)
    with store.change("purge", stamp) as transaction:
        highest, earlier = survey.highest, transaction.office().get("purged")
        if isinstance(earlier, Purged):
            before, highest = max(before, earlier.before), max(highest, earlier.highest)
        transaction.put_office(Purged("purged", before, survey.n, survey.hash, sha256, highest))
        transaction.forget_days(survey.days)
    upkeep.switch(msgspec.structs.replace(anchor, before=before))
    store.committed.append("purge")
    try:
        upkeep.finish_purge()
    except StoreError:
        store.warnings.append(
            Phrase("The purge is recorded; not everything is removed yet, the next change does it.")
        )


def _sum_gone(store: Store, survey: _Survey) -> int:
    """Return the sum of the last lines of all days that are purged, earlier ones too."""
    lasts = last_lines(store.kept(), decode_lines(store.lines()))
    earlier = 0 if store.header.anchor is None else store.header.anchor.gone
    return earlier + sum(lasts[documents.day_name(day)] for day in survey.days)


def _snapshot(store: Store, survey: _Survey) -> Iterator[Kept]:
    """Yield the documents that stay, as of the last line that goes."""
    names = {kept.name for kept in store.kept()}
    for line in decode_lines(store.lines()):
        if line.n > survey.n:
            break
        names.update(line.put)
    names.difference_update(map(documents.day_name, survey.days))
    contents = collect(store.lines(), store.kept(), names, survey.n)
    for name, content in sorted(contents.items()):
        yield Kept(name, content.n, list(content.records.values()))

"""Removing what is old: days, and the ledger's lines before them, so that the rest still verifies.

1. Lock, and check everything: nobody can make again what a purge removes.
2. Find the last line before the first day that is kept, and the days that no later line touches.
   Now the user is asked; only if anybody changed the store meanwhile are 1 and 2 done again.
3. Write the documents as of that line into a snapshot.
4. Append the line of the purge.
5. Put the anchor into the header: this is the switch.
6. Remove the old lines and days.
7. Note that the purge is finished.

Where 1 to 4 are interrupted, nothing is removed. After 5 the next writer does the rest.
"""

from __future__ import annotations

import os
from collections.abc import Container, Iterator
from datetime import date, datetime

import msgspec

from kofucli.base import Phrase, StoreError, WrongUsageError
from kofucli.base.clock import JST
from kofucli.base.text import N_
from kofucli.model import ACTIVE, Purged, Stamp, Status
from kofucli.model.numbers import NUMBER, sequence_of
from kofucli.store import Store, documents
from kofucli.store.disk import Stages, unseen
from kofucli.store.documents import damaged, digest
from kofucli.store.header import Anchor, Kept, encode_kept
from kofucli.store.integrity import Folded
from kofucli.store.integrity.check import CheckResult, Examination, Heads

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


class Plan(msgspec.Struct, frozen=True):
    """What a purge removes, as it was found in the store of which ``mark`` is the mark.

    ``folded`` is the ledger. ``n`` and ``hash`` are those of the last line that goes, ``highest``
    is the highest sequence of the reservations that go.
    """

    result: PurgeResult
    mark: object
    folded: Folded
    n: int
    hash: str
    highest: int


def plan_purge(
    store: Store, before: date, stamp: Stamp, heads: Heads | None = None, stages: Stages = unseen
) -> Plan:
    """Check a store, and find what a purge of the days before ``before`` removes from it.

    A day stays where a reservation has no outcome yet, or where a line that stays changed something
    on it. Lines go up to the first one that was written on ``before`` or later. Agents and the
    office's records stay.

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
        plan = _plan(store, before, heads, stages)
        with store.change("purge", msgspec.structs.replace(stamp, dry_run=True)):
            return plan  # a wrong clock is refused before the user is asked


def _plan(store: Store, before: date, heads: Heads | None, stages: Stages) -> Plan:
    store.refresh()
    mark = store.mark()
    first = datetime(before.year, before.month, before.day, tzinfo=JST)
    examination = Examination(store, None, heads, stages, first)
    _refuse_damage(store, examination.compare())
    folded = examination.folded
    n, hash_ = folded.head or (folded.n, folded.chain.hash)
    days, kept, reservations, highest = [], [], 0, 0
    names = [name for name in folded.names() if "days/" < name < documents.day_name(before)]
    for name in stages(N_("Reading the days"), names, len(names)):
        day = date.fromisoformat(name.partition("/")[2])
        visits = folded.read(name).records
        standing = sum(_decoder.decode(raw).status in ACTIVE for raw in visits.values())
        if standing or folded.lasts[name] > n:
            kept.append(KeptDay(day, standing))
        else:
            days.append(day)
            reservations += len(visits)
            known = (sequence_of(number) for number in visits if NUMBER.fullmatch(number))
            highest = max(highest, *known, 0)
    result = PurgeResult(
        before,
        tuple(days),
        reservations,
        n - store.header.start[0],
        tuple(kept),
        f"{n}:{hash_}" if n else None,
        dry_run=True,
    )
    return Plan(result, mark, folded, n, hash_, highest)


def purge(
    store: Store, plan: Plan, stamp: Stamp, heads: Heads | None = None, stages: Stages = unseen
) -> PurgeResult:
    """Remove what ``plan`` says, or what a new plan says where somebody changed the store since."""
    with store.locked("store purge"):
        with store.change("purge", stamp):
            pass  # this finishes what a killed process began
        if store.mark() != plan.mark:
            plan = _plan(store, plan.result.before, heads, stages)
        result = msgspec.structs.replace(plan.result, dry_run=False)
        if result.changed:
            _purge(store, plan, stamp)
    return result


class _Visit(msgspec.Struct):
    status: Status = "active"


_decoder = msgspec.json.Decoder(_Visit)


def _refuse_damage(store: Store, found: CheckResult) -> None:
    """Raise StoreError for damage that a purge would hide: what is bearable is always named."""
    for problem in found.problems:
        if problem.part not in _BEARABLE:
            place = os.path.join(store.root, problem.file)
            where = place if problem.line is None else f"{place}:{problem.line}"
            raise damaged(where, problem.message)


def _purge(store: Store, plan: Plan, stamp: Stamp) -> None:
    upkeep, before = store.upkeep(), plan.result.before
    gone = {documents.day_name(day): day for day in plan.result.days}
    snapshot = encode_kept(_snapshot(plan, gone))
    sha256 = digest(snapshot)
    total = sum(plan.folded.lasts[name] for name in gone)
    if store.header.anchor is not None:
        total += store.header.anchor.gone
    anchor = Anchor(plan.n, plan.hash, sha256, before, unfinished=True, gone=total)
    upkeep.keep(anchor, snapshot)
    with store.change("purge", stamp) as transaction:
        highest, earlier = plan.highest, transaction.office().get("purged")
        if isinstance(earlier, Purged):
            before, highest = max(before, earlier.before), max(highest, earlier.highest)
        transaction.put_office(Purged("purged", before, plan.n, plan.hash, sha256, highest))
        transaction.forget_days(gone.values())
    upkeep.switch(msgspec.structs.replace(anchor, before=before))
    store.committed.append("purge")
    try:
        upkeep.finish_purge()
    except StoreError:
        store.warnings.append(
            Phrase("The purge is recorded; not everything is removed yet, the next change does it.")
        )


def _snapshot(plan: Plan, gone: Container[str]) -> Iterator[Kept]:
    """Yield the documents that stay, as of the last line that goes."""
    for name in plan.folded.names():
        content = plan.folded.read(name, plan.n)
        if content.n and name not in gone:
            yield Kept(name, content.n, list(content.records.values()))

"""Cases that stay together (``with=``): who goes where another one goes, and who does not."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from msgspec import Struct

from kofucli.errors import Phrase
from kofucli.model import ACTIVE, Frame, Reservation
from kofucli.operations.wishes import OpenWish, Preferences, Row, Wish
from kofucli.rules.eligibility import check_collect_by
from kofucli.rules.quota import Holdings

_MOST_NAMED = 8
"""Rows of which it is told one by one that a tie is not kept; the rest are counted."""

Place = tuple[str, Frame]


class Followed(Struct, frozen=True):
    """Wishes with a frame, those that follow behind those that name it, and those still open.

    ``leaders`` gives for each row that has a frame the row which names it: its own, or that of the
    wish with which it goes.
    """

    fixed: list[Wish]
    waiting: list[OpenWish]
    leaders: dict[int, int]


def follow(
    wishes: Sequence[Wish | OpenWish], leave: Collection[int] = (), alone: Collection[int] = ()
) -> Followed:
    """Return the wishes with frames, and the open ones.

    An open wish that goes with one that names a frame (``with``, either way) goes to that frame,
    where it suits, is the same agent's and is not too late for it: they stay together. Rows to
    ``leave`` lead nobody, rows that are ``alone`` follow nobody.
    """
    fixed = [wish for wish in wishes if isinstance(wish, Wish)]
    waiting = [wish for wish in wishes if isinstance(wish, OpenWish)]
    named = len(fixed)
    leaders = {wish.row: wish.row for wish in fixed}
    moved = bool(waiting)
    while moved:
        moved = False
        partners = dict(_name_partners([w for w in fixed if leaders[w.row] not in leave]))
        for wish in waiting:
            if wish.row in alone:
                continue
            keys = [(wish.agent, wish.case.number, None), (wish.agent, None, wish.case.main)]
            leader = next((partners[key] for key in keys if key in partners), None)
            in_time = leader is None or check_collect_by(wish.case, leader.frame.date).holds
            if leader is not None and in_time and wish.suits(leader.frame):
                fixed.append(wish.at(leader.frame, wish.agent, wish.case))
                leaders[wish.row] = leaders[leader.row]
                moved = True
        waiting = [wish for wish in waiting if wish.row not in leaders]
    followers = sorted(fixed[named:], key=lambda wish: wish.row)
    return Followed([*fixed[:named], *followers], waiting, leaders)


def _name_partners(
    fixed: Sequence[Wish],
) -> Iterator[tuple[tuple[str, str | None, str | None], Wish]]:
    """Yield whom each wish draws along: the case it names, and those that name it."""
    for wish in fixed:
        if wish.case.main is not None:
            yield (wish.agent, wish.case.main, None), wish
        yield (wish.agent, None, wish.case.number), wish


def naming_of(rows: Sequence[Row]) -> dict[str, str]:
    """Return, for each case that one booked already names (``with``), the number of that one."""
    return {
        row.wish.case.main: row.wish.case.number
        for row in reversed(rows)
        if row.outcome == "already" and row.wish.case.main is not None
    }


def find_beside(
    wishes: Sequence[OpenWish],
    agents: Collection[str],
    naming: Mapping[str, str],
    holdings: Holdings,
) -> Reservation | None:
    """Return a reservation of one of ``agents`` in which a companion of the wishes stands already.

    A companion is named by one of them, or names one of them (``naming``).
    """
    for wish in wishes:
        for number in (wish.case.main, naming.get(wish.case.number)):
            standing = None if number is None else holdings.standing(number)
            if standing is not None and standing.status in ACTIVE and standing.agent in agents:
                return standing
    return None


class Tie(Struct, frozen=True):
    """A row, and what its case names (``with``): another row, or a reservation, or neither."""

    row: Row
    other: Row | None
    standing: Reservation | None

    @property
    def is_dangling(self) -> bool:
        """Whether nothing is named at all; of a re-entry permit its refusal says so."""
        nobody = self.other is None and self.standing is None
        judged = self.row.outcome not in ("already", "ended", "not-ready")
        return nobody and judged and self.row.wish.case.kind != "reentry"

    @property
    def is_torn(self) -> bool:
        """Whether both have a place, at least one of them a new one, and not the same."""
        here, there = _place_of(self.row), None
        if self.other is not None:
            there = _place_of(self.other)
        elif self.standing is not None:
            there = self.standing.agent, self.standing.frame
        new = any(row is not None and row.outcome == "booked" for row in (self.row, self.other))
        return new and here is not None and there is not None and here != there


def _place_of(row: Row) -> Place | None:
    """Return who collects a row's case, and in which frame; None where nobody does."""
    if row.frame is None or row.outcome not in ("booked", "already"):
        return None
    return row.wish.agent, row.frame


def describe_ties(ties: Sequence[Tie]) -> Iterator[Phrase]:
    """Yield what becomes of ``with`` where it is not followed: rows named, the others counted."""
    yield from limit_notes([_describe_torn(tie) for tie in ties if tie.is_torn])
    yield from limit_notes([_describe_dangling(tie) for tie in ties if tie.is_dangling])


def find_ties(rows: Sequence[Row], holdings: Holdings, preferences: Preferences) -> Iterator[Tie]:
    """Yield the rows that name another case (``with``), with what they name.

    That is a row of the same agent, or of the pool, and a reservation to come of one of them.
    """
    share = preferences.share
    by_number = {(share(row.wish.agent), row.wish.case.number): row for row in reversed(rows)}
    for row in rows:
        main, agent = row.wish.case.main, row.wish.agent
        if main is None:
            continue
        other = by_number.get((share(agent), main))
        standing = holdings.standing(main)
        if standing is not None and (
            standing.status not in ACTIVE or standing.agent not in (*preferences.pool, agent)
        ):
            standing = None
        yield Tie(row, None if other is row else other, standing)


def _describe_torn(tie: Tie) -> Phrase:
    case = tie.row.wish.case
    if tie.other is not None:
        return Phrase(
            "Row {row}: case {case} does not go together with {main} of row {other} (with=): the "
            "rows ask for different frames, or there is no room for both in one.",
            row=tie.row.wish.row,
            case=case.number,
            main=case.main,
            other=tie.other.wish.row,
        )
    return Phrase(
        "Row {row}: case {case} does not go together with {main} of reservation {reservation} "
        "(with=): the row asks for another frame, or there is no room in that one.",
        row=tie.row.wish.row,
        case=case.number,
        main=case.main,
        reservation=tie.standing.number if tie.standing is not None else None,
    )


def _describe_dangling(tie: Tie) -> Phrase:
    return Phrase(
        "Row {row}: with={main} is not followed: the same agent has no such case in this file or "
        "in a reservation to come.",
        row=tie.row.wish.row,
        main=tie.row.wish.case.main,
    )


def limit_notes(notes: Sequence[Phrase]) -> Iterator[Phrase]:
    """Yield the first notes on ties that are not kept, and how many more there are."""
    yield from notes[:_MOST_NAMED]
    if len(notes) > _MOST_NAMED:
        count = len(notes) - _MOST_NAMED
        yield Phrase("The same is true of {count} more rows: their with= is not kept.", count=count)

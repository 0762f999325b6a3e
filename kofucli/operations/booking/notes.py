"""Notes on the rows of a file, beside their outcomes.

They are about rows that have ended, papers to bring, ties (``with``) that lead to nothing or to
another frame, and re-entry permits that stay behind.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence

from msgspec import Struct

from kofucli.base import Phrase
from kofucli.base.text import N_, fold_value
from kofucli.model import ACTIVE, Reservation
from kofucli.operations.booking.requests import Preferences, Row
from kofucli.rules.availability import Holdings
from kofucli.rules.eligibility import OFF, papers_for

_OFF = f"({OFF}|cancell?ed)(済み?)?|保留|[×✕✖✗✘]"
"""What a note says of a row that is not meant any more."""
_MOST_NAMED = 8
"""How many rows one note names, and how many have a note of their own; the rest is counted."""


def describe_ended(rows: Sequence[Row]) -> Iterator[Phrase]:
    """Yield the note on rows that are not booked since their cases have ended."""
    note = N_(
        "Dropped, corrected, cancelled or collected before, so not booked; --again books them, "
        "where that is allowed; rows: {rows}"
    )
    yield from _name_rows(note, [row.wish.row for row in rows if row.outcome == "ended"])


def describe_crossed_out(rows: Sequence[Row]) -> Iterator[Phrase]:
    """Yield the note on rows that are booked, though their own note says that they are off."""
    note = N_(
        "Their own note says that these rows are off; notes decide nothing, so they count like "
        "the others; rows: {rows}"
    )
    booked = [row.wish for row in rows if row.outcome == "booked"]
    off = [w.row for w in booked if re.fullmatch(_OFF, fold_value(w.note).lower())]
    yield from _name_rows(note, off)


def describe_papers(rows: Sequence[Row]) -> Iterator[Phrase]:
    """Yield notes on rows that are booked, or would be, and need more papers (notice 1 イ-エ)."""
    booked = [row.wish for row in rows if row.outcome == "booked"]
    for paper, note in (
        (
            "letter-of-request",
            N_("A letter of request, signed by the applicant, must be brought; rows: {rows}"),
        ),
        ("acknowledgement", N_("An acknowledgement of receipt must be handed in; rows: {rows}")),
    ):
        yield from _name_rows(note, [w.row for w in booked if paper in papers_for(w.case)])


def _name_rows(note: str, numbers: Sequence[int]) -> Iterator[Phrase]:
    """Yield a note on rows, if there are any; it names the first ones."""
    named, more = list(numbers[:_MOST_NAMED]), len(numbers) - _MOST_NAMED
    if numbers:
        several = Phrase("{rows} and {count} more", rows=named, count=more)
        yield Phrase(note, rows=several if more > 0 else named)


class _Tie(Struct, frozen=True):
    """A row, and the number of the case to which it is tied: ``main``.

    ``other`` is the row of that case, ``standing`` its reservation; None where there is none.
    ``is_shown`` says whether the number of that reservation may be told.
    """

    row: Row
    main: str
    other: Row | None
    standing: Reservation | None
    is_shown: bool = True

    @property
    def reservation(self) -> str | Phrase | None:
        """The number of ``standing``, or whose it is where that may not be told."""
        if self.standing is None:
            return None
        hidden = Phrase("of agent {agent}", agent=self.standing.agent)
        return self.standing.number if self.is_shown else hidden


def describe_ties(
    rows: Sequence[Row], holdings: Holdings, preferences: Preferences, kinds: Collection[str]
) -> Iterator[Phrase]:
    """Yield notes on ties (``with``) that are not kept, and on permits that stay behind."""
    ties = list(_find_ties(rows, holdings, preferences))
    yield from _limit(map(_describe_apart, ties))
    yield from _limit(map(_describe_dangling, ties))
    permits = [
        tie
        for tie in ties
        if tie.row.wish.case.kind == "reentry"
        and tie.row.outcome in ("not-ready", "refused", "not-placed")
        and holdings.standing(tie.row.wish.case.number) is None
    ]
    by_number = {row.wish.case.number: row for row in reversed(rows if permits else ())}
    yield from _limit(_describe_refused(tie, by_number, kinds) for tie in permits)
    yield from _limit(map(_describe_loss, permits))


def _limit(described: Iterable[Phrase | None]) -> Iterator[Phrase]:
    """Yield the first notes, and how many more there are."""
    notes = [note for note in described if note is not None]
    yield from notes[:_MOST_NAMED]
    if len(notes) > _MOST_NAMED:
        count = len(notes) - _MOST_NAMED
        yield Phrase("More rows whose with= is not kept: {count}.", count=count)


def _find_ties(rows: Sequence[Row], holdings: Holdings, preferences: Preferences) -> Iterator[_Tie]:
    """Yield the ties of rows to cases of the same agent, or of the pool, in rows or reservations.

    Where a row that is booked already is tied to one that is booked now, the tie is turned round:
    only of the new row something can be said.
    """
    share, pool = preferences.share, preferences.pool
    mains = {row.wish.case.main for row in rows}
    named = [row for row in reversed(rows) if row.wish.case.number in mains]
    by_number = {(share(row.wish.agent), row.wish.case.number): row for row in named}
    for row in rows:
        case, agent = row.wish.case, row.wish.agent
        if case.main is None:
            continue
        other = by_number.get((share(agent), case.main))
        other = None if other is row else other
        number = case.main
        new = row
        if row.outcome == "already" and other is not None and other.outcome == "booked":
            new, other, number = other, row, case.number
        standing = holdings.standing(number)
        if standing is not None and (
            standing.status not in ACTIVE or standing.agent not in (*pool, agent)
        ):
            standing = None
        is_shown = standing is None or preferences.shows(standing.agent)
        yield _Tie(new, number, other, standing, is_shown)


def _describe_apart(tie: _Tie) -> Phrase | None:
    """Return the note that a row is booked, but not in the frame of its main case."""
    row, standing = tie.row, tie.standing
    if row.outcome != "booked" or standing is None:
        return None
    if (row.wish.agent, row.frame) == (standing.agent, standing.frame):
        return None
    return Phrase(
        "Row {row}: case {case} does not go together with {main} of reservation {reservation} "
        "(with=): the row asks for another frame, or there is no room in that one.",
        row=tie.row.wish.row,
        case=tie.row.wish.case.number,
        main=tie.main,
        reservation=tie.reservation,
    )


def _describe_dangling(tie: _Tie) -> Phrase | None:
    """Return the note that there is no such case; a re-entry permit is refused instead."""
    row, is_known = tie.row, tie.other is not None or tie.standing is not None
    passed_over = row.outcome in ("already", "ended", "not-ready")
    if is_known or passed_over or row.wish.case.kind == "reentry":
        return None
    return Phrase(
        "Row {row}: with={main} is not followed: the same agent has no such case in this file or "
        "in a reservation to come.",
        row=tie.row.wish.row,
        main=tie.main,
    )


def _describe_loss(tie: _Tie) -> Phrase | None:
    """Return the note that a permit's main case is booked without it, for good (notice 1)."""
    row, other, standing = tie.row, tie.other, tie.standing
    case = row.wish.case.number
    if standing is not None:
        return Phrase(
            "Row {row}: {main} is booked already (reservation {reservation}), and re-entry permit "
            "{case} cannot join it any more. Cancel that reservation (possible until {deadline}) "
            "and book both with --again, or take {case} to the ordinary counter.",
            row=row.wish.row,
            case=case,
            main=tie.main,
            reservation=tie.reservation,
            deadline=standing.deadline,
        )
    if other is not None and other.outcome == "booked" and row.outcome == "not-ready":
        return Phrase(
            "Rows {other} and {row}: {main} goes without re-entry permit {case}, which cannot join "
            "its reservation later. Hold {main} back until both can be booked, or cancel its "
            "reservation before the deadline and book both with --again.",
            row=row.wish.row,
            other=other.wish.row,
            case=case,
            main=tie.main,
        )
    return None


def _describe_refused(
    tie: _Tie, by_number: dict[str, Row], kinds: Collection[str]
) -> Phrase | None:
    """Return why a permit is refused as standing alone, unless ``_describe_loss`` says so."""
    alone = any(verdict.code == "case.reentry-alone" for verdict in tie.row.refusals)
    if tie.standing is not None or not alone:
        return None
    case = tie.row.wish.case
    found = tie.other or by_number.get(tie.main)
    if tie.main == case.number:
        reason = Phrase("it names itself")
    elif found is None:
        reason = Phrase(
            "neither in this file nor in a reservation to come has the agent such a case"
        )
    elif tie.other is None:
        reason = Phrase(
            "row {other} is agent {agent}'s, and one agent must have both",
            other=found.wish.row,
            agent=found.wish.agent,
        )
    elif found.wish.case.kind not in kinds:
        reason = Phrase(
            "row {other} is of kind {kind}, which no re-entry permit can be combined with",
            other=found.wish.row,
            kind=Phrase(found.wish.case.kind),
        )
    elif found.outcome == "not-ready":
        reason = Phrase(
            "row {other} is not ready; give this row review=pending too, until both are",
            other=found.wish.row,
        )
    elif found.outcome == "ended":
        reason = Phrase(
            "row {other} was dropped, corrected, cancelled or collected before; --again books "
            "both, where that is allowed",
            other=found.wish.row,
        )
    else:
        return None
    return Phrase(
        "Row {row}: re-entry permit {case} is refused although with={main} is given: {reason}.",
        row=tie.row.wish.row,
        case=case.number,
        main=tie.main,
        reason=reason,
    )

"""Re-entry permits that stay behind: why they cannot go with their main case, and what to do."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from kofucli.errors import Phrase
from kofucli.operations.companions import Tie, limit_notes
from kofucli.operations.wishes import Row
from kofucli.rules.quota import Holdings

_STAYS_BEHIND = ("not-ready", "refused", "not-placed")


def describe_permits(
    rows: Sequence[Row],
    ties: Sequence[Tie],
    holdings: Holdings,
    kinds: Collection[str],
    best_effort: bool,
) -> Iterator[Phrase]:
    """Yield what should be known of re-entry permits that are not booked, though they name a case.

    A permit is booked in the same reservation as its main case or never (notice 1), so that a main
    case which goes alone shuts it out: rows are named, very many are counted. A permit may go with
    ``kinds``; without ``best_effort`` one that is refused keeps everything from being booked.
    """
    permits = [
        tie
        for tie in ties
        if tie.row.wish.case.kind == "reentry"
        and tie.row.outcome in _STAYS_BEHIND
        and holdings.standing(tie.row.wish.case.number) is None
    ]
    by_number = {row.wish.case.number: row for row in reversed(rows)}
    apart = [
        _describe_refused(tie, by_number, kinds)
        for tie in permits
        if tie.standing is None and "case.reentry-alone" in _codes(tie.row)
    ]
    yield from limit_notes(apart)
    yield from limit_notes([note for tie in permits for note in _describe_loss(tie, best_effort)])


def _codes(row: Row) -> set[str]:
    return {verdict.code for verdict in row.refusals}


def _describe_loss(tie: Tie, best_effort: bool) -> Iterator[Phrase]:
    """Yield that a permit's main case is booked without it, or was."""
    row, other, standing = tie.row, tie.other, tie.standing
    case, main = row.wish.case.number, row.wish.case.main
    if standing is not None:
        yield Phrase(
            "Row {row}: {main} is booked already (reservation {reservation}), and re-entry permit "
            "{case} cannot join it any more. Cancel that reservation (possible until {deadline}) "
            "and book both with --again, or take {case} to the ordinary counter.",
            row=row.wish.row,
            case=case,
            main=main,
            reservation=standing.number,
            deadline=standing.deadline,
        )
    elif (
        other is not None
        and other.outcome == "booked"
        and (best_effort or row.outcome == "not-ready")
    ):
        yield Phrase(
            "Rows {other} and {row}: {main} goes without re-entry permit {case}, which cannot join "
            "its reservation later. Hold {main} back until both can be booked, or cancel its "
            "reservation before the deadline and book both with --again.",
            row=row.wish.row,
            other=other.wish.row,
            case=case,
            main=main,
        )


def _describe_refused(tie: Tie, by_number: dict[str, Row], kinds: Collection[str]) -> Phrase:
    """Return why a permit is refused that names a case without a reservation."""
    case = tie.row.wish.case
    found = tie.other or by_number.get(case.main or "")
    if case.main == case.number:
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
    else:
        reason = _find_fault(tie.other, kinds)
    return Phrase(
        "Row {row}: re-entry permit {case} is refused although with={main} is given: {reason}.",
        row=tie.row.wish.row,
        case=case.number,
        main=case.main,
        reason=reason,
    )


def _find_fault(main: Row, kinds: Collection[str]) -> Phrase:
    """Return why no permit can go with a main case that is a row of the same agent."""
    case, row = main.wish.case, main.wish.row
    if case.kind not in kinds:
        return Phrase(
            "row {other} is of kind {kind}, with which no re-entry permit goes",
            other=row,
            kind=case.kind,
        )
    if main.outcome == "not-ready":
        return Phrase(
            "row {other} is not ready; give this row review=pending too, until both are", other=row
        )
    if main.outcome == "ended":
        return Phrase(
            "row {other} was dropped, cancelled or collected before; --again books both, where "
            "that is allowed",
            other=row,
        )
    if main.outcome in ("refused", "not-placed"):
        return Phrase("row {other} is refused itself, or finds no place", other=row)
    return Phrase(
        "row {other} asks for different days or hours, or has no room for both in one frame",
        other=row,
    )

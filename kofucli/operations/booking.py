"""Booking: one frame or many rows, the same questions, the same transaction.

A row is one case that an agent wants collected in a frame. ``book DATE HOUR`` asks for rows of one
agent and one frame; a file for rows of any. Rows are judged in their order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from msgspec import Struct

from kofucli.errors import InputError, Phrase, Problem, RefusedError
from kofucli.model import ACTIVE, Agent, Case, Frame, Reservation, Stamp, replace
from kofucli.numbers import make_number, sequence_of
from kofucli.operations.context import Context, changing, find_agent
from kofucli.operations.judging import Judge, Wish
from kofucli.rules.eligibility import check_collect_by
from kofucli.rules.refusal import Verdict, describe, refusals
from kofucli.settings import Settings
from kofucli.store import Store, View

__all__ = ["BookRefusedError", "BookRequest", "Booked", "Row", "Wish", "book", "sort_out"]


LOOK_BACK = timedelta(days=31)
"""How far back a case file's cases are looked for: what ended there is not booked again."""


class BookRequest(Struct, frozen=True):
    """What is to be booked.

    ``from_file`` tells rows already booked apart from refused ones; ``best_effort`` books what the
    rules allow; ``again`` books what was dropped or cancelled before.
    """

    wishes: tuple[Wish, ...]
    from_file: bool = False
    best_effort: bool = False
    again: bool = False


class Row(Struct, frozen=True):
    """What became of one wish.

    ``booked``, ``already``, ``ended``, ``not-ready``, ``refused``; ``not-booked`` where the rules
    allow it, and another row's refusal kept everything from being booked.
    """

    wish: Wish
    outcome: str
    reservation: str | None = None
    refusals: tuple[Verdict, ...] = ()


class Booked(Struct, frozen=True):
    """The result of booking: new reservations, every row, notes; numbers are "" in a dry run."""

    reservations: tuple[Reservation, ...]
    rows: tuple[Row, ...]
    notes: tuple[Phrase, ...] = ()
    dry_run: bool = False

    @property
    def changed(self) -> bool:
        """Whether anything was booked."""
        return bool(self.reservations)

    @property
    def refused(self) -> bool:
        """Whether any row was refused."""
        return any(row.outcome == "refused" for row in self.rows)


def book(store: Store, settings: Settings, request: BookRequest, stamp: Stamp) -> Booked:
    """Book what a request asks for, in one transaction.

    Raises RefusedError (every refusal; with rows where the request is a file) unless
    ``best_effort``, NotFoundError for an agent that is not registered.
    """
    with changing(store, settings, "book", stamp) as (transaction, context):
        agents = _find_agents(transaction, request)
        early = sort_out(context, request) if request.from_file else {}
        late = [wish for wish in request.wishes if wish.row not in early]
        verdicts = Judge(context, agents, context.check_service(stamp)).judge(
            late, request.best_effort
        )
        refused = {row: refusals(found) for row, found in verdicts.items()}
        rows = [
            early.get(wish.row)
            or Row(
                wish, "refused" if refused[wish.row] else "booked", None, tuple(refused[wish.row])
            )
            for wish in request.wishes
        ]
        if not request.best_effort and any(refused.values()):
            found = refusals(v for each in refused.values() for v in each)
            if not request.from_file:
                raise RefusedError(found)
            raise BookRefusedError(found, tuple(map(_hold_back, rows)))
        accepted = [row.wish for row in rows if row.outcome == "booked"]
        made = [
            # An agent's own booking accepts the terms in force (terms 6).
            replace(r, terms=settings.terms.version) if r.agent == stamp.actor.agent else r
            for r in _make_reservations(context, accepted, agents)
        ]
        for reservation in made:
            transaction.put_reservation(reservation)
        notes = list(_find_notes(context, made))
    shown = [replace(r, number="") for r in made] if stamp.dry_run else made
    return Booked(
        tuple(shown),
        tuple(_with_numbers(rows, made, stamp.dry_run)),
        tuple(context.notes + notes),
        stamp.dry_run,
    )


def _hold_back(row: Row) -> Row:
    return Row(row.wish, "not-booked") if row.outcome == "booked" else row


def _find_agents(view: View, request: BookRequest) -> dict[str, Agent]:
    """Return the agents of a request; in a file an unknown one is bad input."""
    found = {name: view.agent(name) for name in dict.fromkeys(w.agent for w in request.wishes)}
    unknown = [wish for wish in request.wishes if found[wish.agent] is None]
    if unknown and request.from_file:
        raise InputError(
            Phrase("Some rows are not as they should be; nothing was booked."),
            [
                Problem(
                    Phrase("row {row}, column {key}", row=wish.row, key="agent"),
                    Phrase("there is no agent {id}", id=wish.agent),
                )
                for wish in unknown
            ],
        )
    return {name: agent or find_agent(view, name) for name, agent in found.items()}


class BookRefusedError(RefusedError):
    """A request was refused as a whole; ``rows`` tells what became of each wish."""

    def __init__(self, found: Sequence[Verdict], rows: tuple[Row, ...]) -> None:
        super().__init__(found)
        self.rows = rows


def sort_out(context: Context, request: BookRequest) -> dict[int, Row]:
    """Return the rows of a file about which no rule needs to be asked, by row number.

    1. ``not-ready``: the review is still pending.
    2. ``already``: the agent's active reservation has the case in this frame.
    3. ``ended``: the agent dropped or cancelled it, or it was collected, unless ``again``.
    """
    agents = {wish.agent for wish in request.wishes}
    active, ended = _find_history(context, agents, {w.frame.date for w in request.wishes})
    found: dict[int, Row] = {}
    for wish in request.wishes:
        key = wish.agent, wish.case.number
        standing = active.get(key)
        if wish.case.review == "pending":
            found[wish.row] = Row(wish, "not-ready")
        elif standing is not None:
            if standing.frame == wish.frame:
                found[wish.row] = Row(wish, "already", standing.number)
        elif key in ended and not request.again:
            found[wish.row] = Row(wish, "ended", ended[key])
    return found


def _find_history(
    context: Context, agents: set[str], days: Iterable[date]
) -> tuple[dict[tuple[str, str], Reservation], dict[tuple[str, str], str]]:
    """Return the agents' cases that are active, and those that ended, by agent and number.

    It looks at the last LOOK_BACK days, at all from today on, and at those that the rows name.
    """
    active: dict[tuple[str, str], Reservation] = {}
    ended: dict[tuple[str, str], str] = {}
    since = context.today - LOOK_BACK
    named = sorted(day for day in set(days) if day < since)
    reservations = [r for day in named for r in context.view.day(day).values()]
    reservations.extend(context.reservations(since))
    for reservation in reservations:
        if reservation.agent not in agents:
            continue
        for case in reservation.cases:
            key = reservation.agent, case.number
            if reservation.status in ACTIVE and case.status == "active":
                active[key] = reservation
            elif case.status in ("dropped", "collected") or reservation.status in (
                "cancelled",
                "late-cancelled",
            ):
                ended[key] = reservation.number
    return active, ended


def _make_reservations(
    context: Context, wishes: Sequence[Wish], agents: dict[str, Agent]
) -> list[Reservation]:
    """Return one new reservation per agent and frame, in the order of their first rows."""
    groups: dict[tuple[str, Frame], list[Case]] = {}
    for wish in wishes:
        groups.setdefault((wish.agent, wish.frame), []).append(wish.case)
    sequences: dict[date, int] = {}
    closes = {day: context.closes(day) for day in {wish.frame.date for wish in wishes}}
    made = []
    for (agent, frame), cases in groups.items():
        day = frame.date
        if day not in sequences:
            sequences[day] = max(map(sequence_of, context.view.day(day)), default=0)
        sequences[day] += 1
        made.append(
            Reservation(
                number=make_number(context.settings.office.id, day, sequences[day]),
                agent=agent,
                date=day,
                start=frame.start,
                cases=tuple(cases),
                first_count=len(cases),
                booked_at=context.now,
                closes=closes[day],
                rules=context.settings.rules.version,
                terms=agents[agent].terms,
            )
        )
    return made


def _with_numbers(rows: Iterable[Row], made: Iterable[Reservation], dry_run: bool) -> Iterable[Row]:
    numbers = {(r.agent, r.frame): r.number for r in made}
    for row in rows:
        if row.outcome == "booked" and not dry_run:
            number = numbers[row.wish.agent, row.wish.frame]
            yield Row(row.wish, row.outcome, number)
        else:
            yield row


def _find_notes(context: Context, made: Iterable[Reservation]) -> Iterable[Phrase]:
    """Yield what the agent should know of what was booked."""
    for reservation in made:
        if context.now >= reservation.closes:
            yield Phrase(
                "The deadline for the visit on {day} was {closes}: this reservation can no longer "
                "be changed or cancelled online. Please phone {phone}, room {room}, if you cannot "
                "come.",
                day=reservation.date,
                closes=reservation.closes,
                phone=context.settings.office.phone or None,
                room=context.settings.office.room or None,
            )
        for case in reservation.cases:
            verdict = check_collect_by(case, reservation.date)
            if not verdict.holds:
                yield describe(verdict)

"""Changing a reservation: its cases are dropped, corrected, added; or all of it is cancelled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from kofucli.base import InputError, NotFoundError, Phrase, Problem
from kofucli.base.text import quote
from kofucli.casefile import Draft, Fault, build_case
from kofucli.model import Agent, Case, Reservation, Stamp
from kofucli.model.numbers import normalise_number
from kofucli.operations import Context, changing, find_agent, refuse_if_any
from kofucli.operations.lookup import (
    find_number_in,
    find_reservation,
    read_case_number,
    refuse_part,
    refuse_twice,
)
from kofucli.rules import Verdict, availability, conduct, eligibility
from kofucli.rules.conduct import check_not_ended
from kofucli.rules.wording import describe_warnings
from kofucli.settings import Settings
from kofucli.store import Store


class AmendRequest(Struct, frozen=True):
    """A change of reservation ``number``: cases to drop, to replace (old number, new), to add."""

    number: str
    drop: tuple[str, ...] = ()
    replace: tuple[tuple[str, Draft], ...] = ()
    add: tuple[Draft, ...] = ()


class Changed(Struct, frozen=True):
    """A reservation as it is afterwards, whether that is new, and every verdict ``asked`` for."""

    reservation: Reservation
    changed: bool
    notes: tuple[Phrase, ...] = ()
    dry_run: bool = False
    asked: tuple[Verdict, ...] = ()


class Final(Struct, frozen=True):
    """A reservation's cases after the change; ``touched`` are those corrected or ``added``.

    ``notes`` name those whose kind changed with their number, ``former`` are the numbers of before.
    """

    cases: tuple[Case, ...]
    touched: tuple[Case, ...]
    added: tuple[Case, ...]
    notes: tuple[Phrase, ...] = ()
    former: tuple[str, ...] = ()

    def touches(self, case: Case) -> bool:
        """Tell whether it is this case that is corrected or added, not one that is like it."""
        return any(case is each for each in self.touched)

    @property
    def active(self) -> tuple[Case, ...]:
        """The cases that are active afterwards."""
        return tuple(case for case in self.cases if case.status == "active")

    def apply(self, before: Reservation) -> Reservation:
        """Return the reservation after the change."""
        former = tuple(dict.fromkeys((*before.former, *self.former)))
        return replace(before, cases=self.cases, former=former)


FindOther = Callable[[str, Reservation], Reservation | None]
"""Finds the reservation, other than the one given, in which a case number stands afterwards."""


def finder(
    holdings: availability.Holdings, more: Mapping[str, Sequence[Reservation]] | None = None
) -> FindOther:
    """Return what finds other reservations in ``holdings``, and in ``more`` by case number."""

    def find_other(number: str, reservation: Reservation) -> Reservation | None:
        found = (holdings.standing(number), *(more or {}).get(number, ()))
        return next((r for r in found if r is not None and r.number != reservation.number), None)

    return find_other


def amend(store: Store, settings: Settings, request: AmendRequest, stamp: Stamp) -> Changed:
    """Change a reservation's cases. Raises RefusedError, InputError, NotFoundError."""
    # What is wrong with the request itself is told before the store is opened.
    for text in (*request.drop, *(old for old, _ in request.replace)):
        read_case_number(text)
    for draft in (*(draft for _, draft in request.replace), *request.add):
        _build(draft, settings, None)
    with changing(store, settings, "amend", stamp) as (transaction, context):
        before = find_reservation(context, request.number, stamp.actor)
        final = make_final(before, request, settings)
        if final.cases == before.cases:
            return Changed(before, False, (), stamp.dry_run)
        asked = ask_amendment(context, before, final, stamp)
        after = final.apply(before)
        transaction.put_reservation(after)
    notes = (*context.notes, *final.notes, *describe_warnings(asked))
    return Changed(after, True, notes, stamp.dry_run, asked)


def ask_amendment(
    context: Context,
    before: Reservation,
    final: Final,
    stamp: Stamp,
    find_other: FindOther | None = None,
) -> tuple[Verdict, ...]:
    """Ask every rule about a change, return verdicts and warnings. Raises RefusedError."""
    asked = [check_not_ended(before)]
    refuse_if_any(asked)
    agent, policy = find_agent(context.view, before.agent), context.policy
    asked += [*context.check_service(stamp), *_ask(before, final, agent, context, find_other)]
    warnings = [v for case in final.touched for v in eligibility.check_kind_mark(case, policy)]
    refuse_if_any(asked, warnings)
    return (*asked, *warnings)


def make_final(before: Reservation, request: AmendRequest, settings: Settings) -> Final:
    """Return the cases of a reservation after a change. Raises InputError, NotFoundError."""
    dropped = {find_number_in(before, text) for text in request.drop}
    drafts = _find_drafts(before, request, dropped)
    renamed: dict[str, str] = {}
    after: list[Case] = []
    for case in before.cases:
        new = case
        if case.status == "active" and case.number in dropped:
            new = replace(case, status="dropped")
        elif case.status == "active" and case.number in drafts:
            new = _build(drafts[case.number], settings, case)
            renamed[case.number] = new.number
        after.append(new)
    for at, case in enumerate(after):
        # A case that is tied to a corrected one stays tied to it, unless its draft has a tie.
        told = drafts.get(before.cases[at].number, {}).get("with", "").strip()
        if case.status == "active" and case.main in renamed and not told:
            after[at] = replace(case, main=renamed[case.main])
    pairs = zip(before.cases, after, strict=True)
    corrections = [(old, new) for old, new in pairs if old.number in drafts and new != old]
    corrected = [new for _, new in corrections if new.status == "active"]
    added = [_build(draft, settings, None) for draft in request.add]
    if tuple(after) == before.cases and not added:
        return Final(before.cases, (), ())
    ordered = sorted([*after, *added], key=lambda case: case.status != "active")
    notes = tuple(
        Phrase(
            "Case {number} is taken as {kind} now, by its number; before it was {before}. "
            "kind= names another.",
            number=new.number,
            kind=Phrase(new.kind),
            before=Phrase(old.kind),
        )
        for old, new in corrections
        if new.kind != old.kind and not drafts[old.number].get("kind", "").strip()
    )
    former = tuple(old.number for old, new in corrections if new.number != old.number)
    return Final(tuple(ordered), (*corrected, *added), tuple(added), notes, former)


def _find_drafts(before: Reservation, request: AmendRequest, dropped: set[str]) -> dict[str, Draft]:
    """Return the corrections by old number. Raises where one names no active case, or one twice."""
    active = {case.number for case in before.active_cases}
    drafts: dict[str, Draft] = {}
    for old, draft in request.replace:
        number = find_number_in(before, old)
        refuse_twice(number, {*drafts, *dropped})
        if number not in active:
            raise NotFoundError(
                Phrase(
                    "Case {number} is no longer in reservation {reservation}: it was dropped or "
                    "handed over. Nothing was changed.",
                    number=number,
                    reservation=before.number,
                )
            )
        drafts[number] = draft
    return drafts


def _build(draft: Draft, settings: Settings, base: Case | None) -> Case:
    case, faults = build_case(draft, settings, base)
    if case is None:
        raise case_error(draft, faults)
    return case


def case_error(draft: Draft, faults: Iterable[Fault]) -> InputError:
    """Return the error for a case that is not as it should be, with every fault of it."""
    number = draft.get("number", "")
    return InputError(
        Phrase("A case is invalid; nothing was changed."),
        [
            Problem(Phrase("case {number}, {key}", number=quote(number), key=key), message)
            for key, message in faults
        ],
    )


def _ask(
    before: Reservation, final: Final, agent: Agent, context: Context, find_other: FindOther | None
) -> Iterator[Verdict]:
    """Ask every rule about a change; most are only asked where a case is corrected or added."""
    if final.touched:
        yield from eligibility.check_agent_on(agent, before.date)
        yield conduct.check_suspension(agent, context.today)
    reading = context.settings.amend.reading
    mains = eligibility.find_mains(final.active, context.policy)
    for case in final.active:
        asked = eligibility.check_case(case, agent, mains, context.policy)
        if final.touches(case):
            yield from asked
        elif case.kind == "reentry":
            yield from (verdict for verdict in asked if verdict.code == "case.reentry-alone")
    if final.touched:
        yield from _ask_holdings(before, final, context, find_other)
    yield context.check_deadline(before)
    yield from conduct.check_amendment(before, len(final.active), len(final.added), reading)


def _ask_holdings(
    before: Reservation, final: Final, context: Context, find_other: FindOther | None
) -> Iterator[Verdict]:
    """Ask whether numbers are free and, where places are filled again, whether there is room."""
    find = find_other or finder(context.holdings())
    named = [case.number for case in final.active if not final.touches(case)]
    for case in final.active:
        if final.touches(case):
            other = find(case.number, before)
            yield availability.check_duplicate(
                case.number, other, before.agent, case.number in named
            )
            named.append(case.number)
    # On a day that is over nothing is held any more, so there is always room.
    if final.added and context.settings.amend.reading == "cap" and before.date >= context.today:
        holdings = context.holdings()
        frame, own, count = before.frame, len(before.active_cases), len(final.active)
        held = holdings.cases(before.agent, frame) - own
        limit = context.settings.quota.cases
        yield availability.check_cases(before.agent, frame, held, count, limit)
        booked = holdings.booked(frame) - own
        yield availability.check_full(frame, booked, count, context.capacity(frame))


class CancelRequest(Struct, frozen=True):
    """What is to be cancelled: the number of a reservation or of a case in it."""

    number: str


def cancel(store: Store, settings: Settings, number: str, stamp: Stamp) -> Changed:
    """Cancel a reservation: its frame and quota are free at once, and there is no mark.

    If it is cancelled already nothing changes. Raises RefusedError, NotFoundError, and
    WrongUsageError where ``number`` is that of one of several cases.
    """
    with changing(store, settings, "cancel", stamp) as (transaction, context):
        before = find_reservation(context, number, stamp.actor)
        ways = Phrase(
            "'kofucli amend {number} --drop {case}' drops this case alone, 'kofucli cancel "
            "{number}' cancels all.",
            number=before.number,
            case=normalise_number(number),
        )
        refuse_part(before, number, ways)
        if before.status in ("cancelled", "late-cancelled"):
            return Changed(before, False, (), stamp.dry_run)
        after, asked = cancel_visit(context, before, stamp)
        transaction.put_reservation(after)
    return Changed(after, True, tuple(context.notes), stamp.dry_run, asked)


def cancel_visit(
    context: Context, before: Reservation, stamp: Stamp
) -> tuple[Reservation, tuple[Verdict, ...]]:
    """Return a reservation as it is when cancelled, and every verdict. Raises RefusedError."""
    asked = [check_not_ended(before)]
    refuse_if_any(asked)
    asked += [*context.check_service(stamp), context.check_deadline(before)]
    refuse_if_any(asked)
    return replace(before, status="cancelled", ended_at=context.now), tuple(asked)

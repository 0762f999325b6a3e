"""``cancel --from`` and ``amend --from``: the rows of a file change many reservations at once.

Three rows of ``amend --from``, of which the first two are of one reservation:

    row 1  X-1  X-9     the number is corrected
    row 2  X-2          the case is dropped
    row 3  X-3  X-8     X-3 is nowhere any more, and X-8 stands: it was done before

The rules are those of ``amend`` and ``cancel``; all is one transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from kofucli.base import InputError, Phrase, Problem
from kofucli.casefile import Draft, build_case
from kofucli.casefile.columns import AMEND_COLUMNS, say_corrections
from kofucli.casefile.file_rows import FileRow, FileRows, broken, refusal, row_of
from kofucli.casefile.reading import read_rows
from kofucli.casefile.unused_columns import find_off, say_off
from kofucli.model import ACTIVE, Actor, Reservation, Stamp
from kofucli.model.numbers import normalise_number, parse_number
from kofucli.operations import Context, changing
from kofucli.operations.booking.amend import (
    AmendRequest,
    Final,
    FindOther,
    ask_amendment,
    cancel_visit,
    finder,
    make_final,
)
from kofucli.operations.booking.bulk import CaseFile
from kofucli.operations.booking.groups import find_lost_zeros
from kofucli.operations.booking.requests import ChangeRow, ChangesRefusedError
from kofucli.operations.lookup import Standing, find_standings, is_visible
from kofucli.rules import Inquiry, RefusedError, Verdict
from kofucli.rules.availability import Holdings, stands
from kofucli.rules.wording import describe_warnings
from kofucli.settings import Settings
from kofucli.store import Store

_HEADLINE = Phrase("Some rows are invalid; nothing was changed.")


class Change(Struct, frozen=True):
    """What a row asks: a case to cancel, or its number afterwards; "" drops it.

    ``reservation`` is the one that the row names, as the CSV of ``list`` does.
    """

    row: FileRow
    where: Phrase
    number: str
    new: str | None = None
    reservation: str | None = None


class ChangesRequest(Struct, frozen=True):
    """The rows of a file of changes, which cancel visits or else amend them."""

    changes: tuple[Change, ...]
    cancels: bool
    notes: tuple[Phrase, ...] = ()
    explain: bool = False


class ChangedMany(Struct, frozen=True):
    """The reservations that were changed, as they are afterwards, and what became of each row."""

    reservations: tuple[Reservation, ...]
    rows: tuple[ChangeRow, ...]
    notes: tuple[Phrase, ...] = ()
    inquiries: tuple[Inquiry, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether anything was changed."""
        return bool(self.reservations)


class _Visit(Struct, frozen=True):
    """A reservation that rows change, what is asked of it, and its cases afterwards."""

    before: Reservation
    changes: list[Change]
    final: Final | None = None


def read_changes(
    file: CaseFile, settings: Settings, cancels: bool, explain: bool = False
) -> ChangesRequest:
    """Read a file of changes. Raises InputError with every bad row."""
    columns = settings.files.columns.items()
    own = {heading: key for heading, key in columns if key in AMEND_COLUMNS.values()}
    found = read_rows(file.data, AMEND_COLUMNS, own, "number", file.sheet)
    _check_columns(found, cancels)
    changes: list[Change] = []
    problems = list(found.problems)
    for row, draft in found.rows:
        change, wrong = _read_change(row, draft, found, settings, cancels)
        changes.append(change)
        problems += wrong
    if not problems:
        problems += _find_conflicts(changes)
    if problems:
        raise InputError(_HEADLINE, [*sorted(problems, key=row_of), *found.hints])
    return ChangesRequest(tuple(changes), cancels, tuple(found.list_notes()), explain)


def _check_columns(found: FileRows, cancels: bool) -> None:
    """Raise InputError where a file of the one kind is given to the command of the other."""
    where = Phrase("heading")
    if cancels and "new" in found.names:
        raise broken(where, say_corrections(found.names["new"]))
    if not cancels and "new" not in found.names and found.rows:
        usual = next(name for name, key in AMEND_COLUMNS.items() if key == "new" != name)
        message = Phrase(
            "column '{name}' is missing (in Japanese '{usual}')", name="new", usual=usual
        )
        raise broken(where, message)
    off = find_off(found).items()
    some = [say_off(name, rows) for name, rows in off if not cancels or len(rows) < len(found.rows)]
    if some:
        raise refusal(some)


def _read_change(
    row: FileRow, draft: Draft, found: FileRows, settings: Settings, cancels: bool
) -> tuple[Change, list[Problem]]:
    """Return what a row asks, and what is wrong with it."""
    problems: list[Problem] = []
    number, new = normalise_number(draft.get("number", "")), None
    told = [("number", draft.get("number", ""))]
    if not cancels:
        new = normalise_number(draft.get("new", ""))
        told += [("new", draft["new"])] if new and new != number else []
    for key, raw in told:
        _, faults = build_case({"number": raw}, settings)
        problems += [Problem(found.at_cell(row, key), fault) for _, fault in faults]
    reservation = None
    if draft.get("reservation", "").strip():
        try:
            parsed = parse_number(draft["reservation"])
        except InputError as error:
            problems.append(Problem(found.at_cell(row, "reservation"), error.phrase))
        else:
            reservation = parsed[0] if parsed is not None else draft["reservation"]
    return Change(row, found.at_cell(row, "number"), number, new, reservation), problems


def _find_conflicts(changes: Sequence[Change]) -> Iterator[Problem]:
    """Yield rows that give a case two numbers, or change one that another row brings.

    If X-1 became X-2 and X-2 became X-3, a second run of the file would change X-1 again.
    """
    first: dict[str, Change] = {}
    for change in changes:
        other = first.setdefault(change.number, change)
        if other.new != change.new:
            message = Phrase(
                "case {number} is in row {row} too, with another correction",
                number=change.number,
                row=other.row,
            )
            yield Problem(change.where, message)
    brought = {change.new: change for change in changes if change.new not in (None, change.number)}
    for change in changes:
        if change.number in brought and change.new != change.number:
            message = Phrase(
                "row {row} corrects a case to {number}, and this row changes {number}: whether "
                "that was done before could not be told. Use 'kofucli amend NUMBER --replace'",
                row=brought[change.number].row,
                number=change.number,
            )
            yield Problem(change.where, message)


def change_many(
    store: Store, settings: Settings, request: ChangesRequest, stamp: Stamp
) -> ChangedMany:
    """Cancel or amend what the rows ask for, in one transaction.

    Raises InputError with every row whose case is not known or whose visit is named in part only,
    and ChangesRefusedError with every refusal.
    """
    op = "cancel" if request.cancels else "amend"
    with changing(store, settings, op, stamp) as (transaction, context):
        sorted_out = _Sorter(context, stamp.actor, request)
        if sorted_out.problems:
            raise InputError(_HEADLINE, sorted(sorted_out.problems, key=row_of))
        visits = list(sorted_out.visits.values())
        if not request.cancels:
            visits = [replace(visit, final=_make_final(visit, settings)) for visit in visits]
        afters, refused, inquiries = _judge(context, visits, stamp)
        rows = _make_rows(request, sorted_out, afters, refused)
        warnings = describe_warnings(v for inquiry in inquiries for v in inquiry.verdicts)
        if refused:
            found = [verdict for verdicts in refused.values() for verdict in verdicts]
            told = inquiries if request.explain else ()
            raise ChangesRefusedError(found, rows, (*request.notes, *warnings), told)
        for after in afters.values():
            transaction.put_reservation(after)
    return ChangedMany(
        tuple(afters.values()),
        rows,
        (*context.notes, *(n for v in visits if v.final for n in v.final.notes), *warnings),
        tuple(inquiries) if request.explain else (),
    )


class _Sorter:
    """Sorts rows: ``done`` holds those that were done before, ``visits`` what the others change."""

    def __init__(self, context: Context, actor: Actor, request: ChangesRequest) -> None:
        wanted = [(change.number, change.reservation) for change in request.changes]
        wanted += [(change.new, None) for change in request.changes if change.new]
        self.found = find_standings(context, wanted, actor)
        self.visits: dict[str, _Visit] = {}
        self.done: dict[int, Standing] = {}
        named = [
            (c.row, c.where, each) for c in request.changes for each in (c.number, c.new) if each
        ]
        booked: set[str] = set()
        if any(number.isdecimal() for _, _, number in named):
            seen = (r for r in context.reservations(context.today) if is_visible(r, actor))
            booked = {case.number for r in seen for case in r.cases if stands(r, case)}
        wrong = list(find_lost_zeros(booked, named))
        self.problems = [problem for _, problem in wrong]
        lost = {row for row, _ in wrong}
        for change in request.changes:
            if change.row not in lost:
                self._sort(change)
        if request.cancels:
            for visit in self.visits.values():
                self._ask_whole(visit)

    def _sort(self, change: Change) -> None:
        found = self.found.get((change.number, change.reservation))
        new = self.found.get((change.new or "", None))
        done, wrong = None, None
        if found is not None and found.is_active:
            done = found if change.new == change.number else None
        elif new is not None:
            done = new
        elif found is None:
            wrong = Phrase(
                "no reservation here has the case {number}; 'kofucli list' shows those there are",
                number=change.number,
            )
        elif found.is_gone and not change.new:
            done = found
        elif found.reservation.status in ACTIVE:
            wrong = Phrase(
                "case {number} was dropped from reservation {reservation}",
                number=change.number,
                reservation=found.reservation.number,
            )
        if done is not None:
            self.done[change.row] = done
        elif wrong is not None:
            self.problems.append(Problem(change.where, wrong))
        elif found is not None:
            visit = _Visit(found.reservation, [])
            self.visits.setdefault(visit.before.number, visit).changes.append(change)

    def _ask_whole(self, visit: _Visit) -> None:
        """Add the problem of a visit that has active cases which no row names."""
        named = {change.number for change in visit.changes}
        missing = [c.number for c in visit.before.active_cases if c.number not in named]
        if visit.before.status in ACTIVE and missing:
            message = Phrase(
                "reservation {reservation} would be cancelled as a whole, and the file does not "
                "name its other cases: {cases}. Name them too, or drop single ones by 'kofucli "
                "amend --from'",
                reservation=visit.before.number,
                cases=missing,
            )
            self.problems.append(Problem(visit.changes[0].where, message))


def _make_final(visit: _Visit, settings: Settings) -> Final:
    if visit.before.status not in ACTIVE:
        return Final(visit.before.cases, (), ())
    new = {change.number: change.new for change in visit.changes}
    dropped = tuple(number for number, corrected in new.items() if not corrected)
    drafts = tuple((number, {"number": each}) for number, each in new.items() if each)
    return make_final(visit.before, AmendRequest(visit.before.number, dropped, drafts), settings)


def _judge(
    context: Context, visits: Sequence[_Visit], stamp: Stamp
) -> tuple[dict[str, Reservation], dict[str, tuple[Verdict, ...]], list[Inquiry]]:
    """Return the visits afterwards and the refusals, by reservation, and all that was asked."""
    afters: dict[str, Reservation] = {}
    refused: dict[str, tuple[Verdict, ...]] = {}
    inquiries: list[Inquiry] = []
    amends = any(visit.final is not None for visit in visits)
    find_other = _make_finder(context, visits) if amends else None
    for visit in visits:
        before = visit.before
        try:
            if visit.final is None:
                after, asked = cancel_visit(context, before, stamp)
            else:
                asked = ask_amendment(context, before, visit.final, stamp, find_other)
                after = visit.final.apply(before)
            afters[before.number] = after
        except RefusedError as error:
            refused[before.number] = error.refusals
            asked = tuple(v for inquiry in error.inquiries for v in inquiry.verdicts)
        inquiries.append(Inquiry(asked, visit.changes[0].row, before.agent))
    return afters, refused, inquiries


def _make_finder(context: Context, visits: Sequence[_Visit]) -> FindOther:
    """Return what finds case numbers in other reservations, as they are after the whole file."""
    changed = {visit.before.number for visit in visits}
    others = (r for r in context.reservations(context.today) if r.number not in changed)
    theirs: dict[str, list[Reservation]] = {}
    for before, final in ((visit.before, visit.final) for visit in visits):
        for case in final.cases if final is not None and before.date >= context.today else ():
            if stands(before, case):
                theirs.setdefault(case.number, []).append(before)
    return finder(Holdings(others, context.shown), theirs)


def _make_rows(
    request: ChangesRequest,
    sorted_out: _Sorter,
    afters: dict[str, Reservation],
    refused: dict[str, tuple[Verdict, ...]],
) -> tuple[ChangeRow, ...]:
    """Return what became of each row, in their order."""
    visit_of = {row: done.reservation for row, done in sorted_out.done.items()}
    for visit in sorted_out.visits.values():
        visit_of |= {change.row: visit.before for change in visit.changes}
    rows: list[ChangeRow] = []
    for change in request.changes:
        before, is_done = visit_of[change.row], change.row in sorted_out.done
        verdicts = () if is_done else refused.get(before.number, ())
        # A refusal about a case concerns the rows that name it, any other one the whole visit.
        subjects = (change.number, change.new, before.number)
        own = tuple(v for v in verdicts if not v.code.startswith("case.") or v.subject in subjects)
        outcome = "cancelled" if request.cancels else "corrected" if change.new else "dropped"
        if is_done:
            outcome = "already"
        elif refused:
            outcome = "refused" if own else "not-changed"
        reservation = afters.get(before.number, before)
        rows.append(ChangeRow(change.row, change.number, change.new, outcome, reservation, own))
    return tuple(rows)

"""What a file's rows are before they are judged: passed over, or grouped by their ties.

A row is passed over where its case is booked already, ended or not ready, or is no case at all.

Cases that are tied by ``with`` are a group: judged, placed and refused as one. Rows 1 (X-1), 2
(X-2, with X-1) and 5 (X-5, with X-2) are one. If row 2 names 10:00 on 26 November, rows 1 and 5 go
there too. If row 5 is refused, so are rows 1 and 2.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from itertools import chain

from msgspec import Struct
from msgspec.structs import replace

from kofucli.base import Phrase, Problem
from kofucli.base.text import fold_value
from kofucli.casefile.file_rows import FileRow, at_cell
from kofucli.model import ACTIVE, Agent, Case, Frame, Reservation
from kofucli.model.numbers import WithZeros, lacks_zeros
from kofucli.operations import Context
from kofucli.operations.booking.judge import Judge
from kofucli.operations.booking.requests import BookRequest, OpenWish, Preferences, Row, Wish
from kofucli.rules.availability import Holdings
from kofucli.rules.eligibility import check_collect_by, knows_applicant, recipient_for

LOOK_BACK = timedelta(days=31)
"""How far back the cases of a file are looked for; what ended since then is not booked again."""


Named = tuple[FileRow, str | Phrase, str]
"""A case number in a row: the row, the key of its column or the place of its cell, the number."""


def find_lost_zeros(
    booked: Collection[str], named: Sequence[Named]
) -> Iterator[tuple[FileRow, Problem]]:
    """Yield rows whose number is one that is booked, or in another row, without its zeros."""
    rows = {number: row for row, _, number in reversed(named)}
    known = WithZeros((*booked, *rows))
    for row, place, number in named:
        whole = known.find(number)
        if whole is not None:
            said = Phrase("case {number} is booked", number=whole)
            if whole not in booked:
                said = Phrase("{number} is in row {row}", number=whole, row=rows[whole])
            where = _place(row, place) if isinstance(place, str) else place
            yield row, Problem(where, lacks_zeros(number, said))


def _place(row: FileRow, key: str) -> Phrase:
    where = at_cell(row.alone(), key)
    return Phrase("{file}, {where}", file=row.file, where=where) if row.file else where


def name_cases(wishes: Iterable[Wish | OpenWish]) -> list[Named]:
    """Return the case numbers in the rows of a case file, those that they are tied to as well."""
    return [
        (wish.row, key, number)
        for wish in wishes
        for key, number in (("number", wish.case.number), ("with", wish.case.main))
        if number is not None and isinstance(wish.row, FileRow)
    ]


def find_passed_over(
    context: Context, request: BookRequest, preferences: Preferences
) -> dict[int, Row]:
    """Return the rows of a file about which no rule needs to be asked, by row number.

    Agents of the pool may have any of the rows that name no frame.

    1. ``not-ready``: the review of the case is still pending.
    2. ``already``: an active reservation of the agent has the case, in the frame that the row names
       if it names one. Of several rows with one case only the first is ``already``; a row that
       names a frame comes before the others.
    3. ``ended``: the case was dropped, cancelled or collected, or has another number since, or the
       row is one of a list of reservations and says that it has ended; not asked with ``again``.
    """
    pool, shows = preferences.pool, preferences.shows
    agents = {wish.agent for wish in request.wishes}.union(pool)
    days = {wish.day for wish in request.wishes if wish.day is not None}
    active, ended = _find_history(context, agents, days)
    numbers = {number for _, number in (*active, *ended)}
    in_question = [
        wish
        for wish in request.wishes
        if wish.case.number in numbers
        or wish.case.review == "pending"
        or (isinstance(wish, Wish) and wish.ended is not None)
    ]
    found: dict[int, Row] = {}
    told: set[str] = set()
    # As in booking, rows with a frame come first. The rules refuse a second row of a case.
    for wish in sorted(in_question, key=lambda wish: isinstance(wish, OpenWish)):
        is_open = isinstance(wish, OpenWish)
        number = wish.case.number
        keys = [(agent, number) for agent in (wish.agent, *(pool if is_open else ()))]
        standing = [each for key in keys for each in active.get(key, ())]
        over = None if request.again else next((key for key in keys if key in ended), None)
        if wish.case.review == "pending":
            found[wish.row] = Row(wish, "not-ready")
        elif isinstance(wish, Wish) and wish.ended is not None and not request.again:
            shown = wish.ended if shows(wish.agent) else None
            found[wish.row] = Row(wish, "ended", None, shown)
        elif standing:
            row = _find_standing(wish, standing) if number not in told else None
            if row is not None:
                told.add(number)
                found[wish.row] = row if shows(row.wish.agent) else replace(row, reservation=None)
        elif over is not None:
            shown = ended[over] if shows(over[0]) else None
            found[wish.row] = Row(wish, "ended", None, shown)
    return found


def _find_standing(wish: Wish | OpenWish, standing: Sequence[Reservation]) -> Row | None:
    """Return the row of a wish that a reservation meets already; the papers are as booked there."""
    number = wish.case.number
    for each in reversed(standing):
        if (wish.day or each.date, wish.start or each.start) == each.frame:
            booked = next(case for case in each.active_cases if case.number == number)
            case = replace(wish.case, recipient=booked.recipient)
            given = wish if isinstance(wish, Wish) else wish.at(each.frame, each.agent, case)
            return Row(replace(given, case=case), "already", each.frame, each.number)
    return None


def _find_history(
    context: Context, agents: Collection[str], days: Iterable[date]
) -> tuple[dict[tuple[str, str], list[Reservation]], dict[tuple[str, str], str]]:
    """Return the active cases and the ended ones, both by agent and case number.

    A case may be active twice: in a visit that is over without an outcome, and in a later one. Days
    looked at are those of LOOK_BACK, all from today on, and those that the rows name (``days``).
    """
    active: dict[tuple[str, str], list[Reservation]] = {}
    ended: dict[tuple[str, str], str] = {}
    since = context.today - LOOK_BACK
    named = sorted(day for day in set(days) if day < since)
    earlier = (r for day in named for r in context.view.day(day).values())
    for reservation in chain(earlier, context.reservations(since)):
        if reservation.agent not in agents:
            continue
        ended |= {(reservation.agent, number): reservation.number for number in reservation.former}
        for case in reservation.cases:
            key = reservation.agent, case.number
            if reservation.status in ACTIVE and case.status == "active":
                active.setdefault(key, []).append(reservation)
            elif reservation.status_of(case) in ("dropped", "collected", "cancelled"):
                ended[key] = reservation.number
    return active, ended


Asked = Wish | OpenWish


def make_groups(wishes: Sequence[Asked], share: Callable[[str], str]) -> list[list[Asked]]:
    """Return all wishes in groups, by the first row of each; most wishes are a group alone."""
    groups = {wish.row: group for group in _find_ties(wishes, share) for wish in group}
    return [group for wish in wishes if (group := groups.get(wish.row, [wish]))[0] is wish]


def _find_ties(wishes: Sequence[Asked], share: Callable[[str], str]) -> list[list[Asked]]:
    """Return the groups of two wishes or more, by their first rows, each in the order of its rows.

    A tie leads to a case of the same agent, or of the pool (``share``). Where several wishes have
    one number, the tie leads to the first that names a frame, else to the first; the others are
    tied to nothing.
    """
    tied = [wish for wish in wishes if wish.case.main is not None]
    if not tied:
        return []
    numbers = {number for wish in tied for number in (wish.case.number, wish.case.main)}
    named = [wish for wish in wishes if wish.case.number in numbers]
    cases: dict[tuple[str, str | None], Asked] = {}
    for wish in sorted(named, key=lambda wish: isinstance(wish, OpenWish)):
        cases.setdefault((share(wish.agent), wish.case.number), wish)
    groups = {wish.row: [wish] for wish in named}
    for wish in tied:
        main = cases.get((share(wish.agent), wish.case.main))
        if main is None or cases[share(wish.agent), wish.case.number] is not wish:
            continue
        small, large = sorted((groups[wish.row], groups[main.row]), key=len)
        if small is not large:
            large += small
            groups.update((member.row, large) for member in small)
    several = {id(group): group for group in groups.values() if len(group) > 1}
    return [sorted(group, key=lambda wish: wish.row) for group in several.values()]


def find_contradictions(
    wishes: Sequence[Asked], share: Callable[[str], str]
) -> Iterator[tuple[Asked, str, object, Asked]]:
    """Yield (wish, key, value, earlier wish) where a wish contradicts an earlier one of its group.

    ``value`` is what the earlier wish has under ``key``: another ``date`` or ``hour``, or, where
    both name their frame, another ``agent``.
    """
    for group in _find_ties(wishes, share):
        first: dict[str, tuple[object, Asked]] = {}
        for wish in group:
            agent = wish.agent if isinstance(wish, Wish) else None
            for key, said in (("date", wish.day), ("hour", wish.start), ("agent", agent)):
                value, other = first.setdefault(key, (said, wish)) if said else (said, wish)
                if said != value:
                    yield wish, key, value, other
                    break


def find_beside(
    group: Sequence[Asked], rows: Mapping[int, Row], holdings: Holdings, agents: Collection[str]
) -> Reservation | None:
    """Return a visit of ``agents`` in which a case of a group, or of its ties, stands already."""
    for wish in group:
        row = rows.get(wish.row)
        booked = row is not None and row.outcome == "already"
        for number in (wish.case.number if booked else None, wish.case.main):
            standing = None if number is None else holdings.standing(number)
            if standing is not None and standing.status in ACTIVE and standing.agent in agents:
                return standing
    return None


class Group(Struct, frozen=True):
    """Open wishes that stay together.

    ``cases`` are their cases by each agent who may collect all of them, as that agent would.
    ``beside`` is a reservation in which another case of the group stands already.
    """

    wishes: tuple[OpenWish, ...]
    cases: dict[str, tuple[Case, ...]]
    beside: Reservation | None = None

    @property
    def key(self) -> object:
        """Groups with the same key suit the same frames."""
        return tuple(self.cases), *[(w.day, w.start, w.case.collect_by) for w in self.wishes]

    def days(self, preferences: Preferences) -> frozenset[date] | None:
        """Return the days that the wishes name, else those preferred; None for any day."""
        named = frozenset(wish.day for wish in self.wishes if wish.day is not None)
        return named or preferences.days

    def hours(self, preferences: Preferences) -> frozenset[str] | None:
        """Return the hours that the wishes name, else those preferred; None for any hour."""
        named = frozenset(wish.start for wish in self.wishes if wish.start is not None)
        return named or preferences.hours

    def wants(self, frame: Frame, preferences: Preferences) -> bool:
        """Tell whether a frame is on the days and at the hours asked for."""
        days, hours = self.days(preferences), self.hours(preferences)
        return (days is None or frame.date in days) and (hours is None or frame.start in hours)

    def is_in_time(self, day: date) -> bool:
        """Tell whether a day is early enough for all of the cases."""
        return all(check_collect_by(wish.case, day).holds for wish in self.wishes)

    def at(self, frame: Frame, agent: str) -> list[Wish]:
        """Return the wishes for a frame, as the agent would collect the cases."""
        return [
            wish.at(frame, agent, case)
            for wish, case in zip(self.wishes, self.cases[agent], strict=True)
        ]


class Collectors:
    """Who might collect the cases that name no frame, and how each agent would receive them."""

    def __init__(self, judge: Judge, preferences: Preferences) -> None:
        self.judge = judge
        self.preferences = preferences
        self.list_for = cache(self._list_for)
        self._organization = cache(
            lambda agent: _fold(judge.context.view.personal(judge.agents[agent]).organization)
        )

    def _list_for(self, filer: str) -> list[Agent]:
        """Return the agents who might collect a case: the pool, the filer first, or the filer."""
        pool = sorted(self.preferences.pool, key=lambda name: name != filer)
        return [self.judge.agents[name] for name in pool or [filer]]

    def case_for(self, wish: OpenWish, agent: Agent) -> Case:
        """Return the case of a wish as ``agent`` would collect it."""
        if agent.id == wish.agent:
            return wish.case
        filer = self.judge.agents[wish.agent]
        same = self._is_same(filer, agent)
        return replace(wish.case, recipient=recipient_for(wish.case, filer, agent, same))

    def is_stranger(self, wish: OpenWish, agent: Agent) -> bool:
        """Tell whether ``agent`` is staff not known to receive the applicant (notice 1 ウ)."""
        filer, organization = self.judge.agents[wish.agent], self._organization(agent.id)
        named = _fold(wish.host) == organization != ""
        return not knows_applicant(filer, agent, self._is_same(filer, agent), named)

    def _is_same(self, filer: Agent, agent: Agent) -> bool:
        """Tell whether two agents name the same organisation."""
        return self._organization(agent.id) == self._organization(filer.id) != ""

    def place_as_named(self, group: Sequence[Asked]) -> list[Wish]:
        """Return a group's wishes in the frame, and by the agent, of one that names a frame."""
        fixed = [wish for wish in group if isinstance(wish, Wish)]
        if len(fixed) == len(group):
            return fixed
        if not fixed:
            return []
        frame, agent = fixed[0].frame, self.judge.agents[fixed[0].agent]
        return [
            wish
            if isinstance(wish, Wish)
            else replace(
                wish.at(frame, agent.id, self.case_for(wish, agent)),
                is_stranger=self.is_stranger(wish, agent),
            )
            for wish in group
        ]


@cache
def _fold(organization: str) -> str:
    """Return the name of an organisation as it is compared."""
    return "".join(fold_value(organization).casefold().split())

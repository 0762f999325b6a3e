"""Groups: cases that are tied by ``with``, and so are judged, placed and refused as one.

Rows 1 (X-1), 2 (X-2, with X-1) and 5 (X-5, with X-2) are one group. If row 2 names 10:00 on 26
November, rows 1 and 5 go there too. If row 5 is refused, so are rows 1 and 2.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date
from functools import cache

from msgspec import Struct
from msgspec.structs import replace

from kofucli.base.text import fold_value
from kofucli.model.records import ACTIVE, Agent, Case, Frame, Reservation
from kofucli.operations.booking.judge import Judge
from kofucli.operations.booking.requests import OpenWish, Preferences, Row, Wish
from kofucli.rules.eligibility import check_collect_by, knows_applicant, recipient_for
from kofucli.rules.quota import Holdings

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
    """Return a reservation of one of ``agents`` in which a case of a group stands already.

    The case is that of a row that is booked already, or the one that a row names by ``with``.
    """
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
        self._organizations: dict[str, str] = {}
        self._lists: dict[str, list[Agent]] = {}

    def list_for(self, filer: str) -> list[Agent]:
        """Return the agents who might collect a case: the pool, the filer first, or the filer."""
        if filer not in self._lists:
            pool = sorted(self.preferences.pool, key=lambda name: name != filer)
            self._lists[filer] = [self.judge.agents[name] for name in pool or [filer]]
        return self._lists[filer]

    def case_for(self, wish: OpenWish, agent: Agent) -> Case:
        """Return the case of a wish as ``agent`` would collect it."""
        if agent.id == wish.agent:
            return wish.case
        filer = self.judge.agents[wish.agent]
        same = self._is_same(filer, agent)
        return replace(wish.case, recipient=recipient_for(wish.case, filer, agent, same))

    def is_stranger(self, wish: OpenWish, agent: Agent) -> bool:
        """Tell whether ``agent`` is staff of an organisation not known to receive the applicant.

        So it is not for the planner to hand the case to that agent (notice 1 ウ).
        """
        filer, organization = self.judge.agents[wish.agent], self._organization(agent)
        named = _fold(wish.host) == organization != ""
        return not knows_applicant(filer, agent, self._is_same(filer, agent), named)

    def _is_same(self, filer: Agent, agent: Agent) -> bool:
        """Tell whether two agents name the same organisation."""
        return self._organization(agent) == self._organization(filer) != ""

    def place_as_named(self, group: Sequence[Asked]) -> list[Wish]:
        """Return the wishes of a group in the frame that one of them names, by its agent.

        The list is empty where none of them names a frame.
        """
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

    def _organization(self, agent: Agent) -> str:
        if agent.id not in self._organizations:
            personal = self.judge.context.view.personal(agent)
            self._organizations[agent.id] = _fold(personal.organization)
        return self._organizations[agent.id]


@cache
def _fold(organization: str) -> str:
    """Return the name of an organisation as it is compared."""
    return "".join(fold_value(organization).casefold().split())

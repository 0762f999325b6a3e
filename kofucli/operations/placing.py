"""Placing open wishes: what the rules allow goes to the planner, its plan back to the judge."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from kofucli.errors import Phrase
from kofucli.model import Agent, Case, Frame, replace
from kofucli.operations.deciding import Preferences, make_row
from kofucli.operations.judging import Judge, Watch
from kofucli.operations.unplaced import Party, Waiting
from kofucli.operations.wishes import OpenWish, Row, Wish
from kofucli.planner import Bundle, Slot, make_plan
from kofucli.rules.calendar import check_frame
from kofucli.rules.eligibility import recipient_for
from kofucli.rules.refusal import Verdict, refusals

__all__ = ["Placed", "place"]


class Placed(Struct, frozen=True):
    """The rows of open wishes, and notes."""

    rows: tuple[Row, ...]
    notes: tuple[Phrase, ...] = ()


def place(
    judge: Judge,
    wishes: Sequence[OpenWish],
    preferences: Preferences,
    best_effort: bool,
    watch: Watch,
) -> Placed:
    """Return what becomes of open wishes: refused, booked in a frame, or without a place.

    Agents of a pool are planned together, best over all of them. Other agents' cases are planned
    one agent after the other, in the order of their first rows: the earlier row goes first.
    """
    placing = _Placing(judge, preferences, best_effort)
    parties = placing.screen(wishes)
    shares: dict[str, list[Party]] = {}
    for party in parties:
        shares.setdefault(placing.share(party.wishes[0]), []).append(party)
    for share in watch(list(shares.values())):
        placing.plan(share)
    placing.explain_unplaced()
    return Placed(tuple(placing.rows), tuple(placing.notes))


class _Screened(Struct, frozen=True):
    """What the rules say of an open wish, whatever the frame.

    ``cases`` is the case as each agent would collect it who may, ``verdicts`` why the others may
    not.
    """

    cases: dict[str, Case]
    verdicts: list[Verdict]


class _Placing:
    """Open wishes on their way to rows."""

    def __init__(self, judge: Judge, preferences: Preferences, best_effort: bool) -> None:
        self._judge = judge
        self._preferences = preferences
        self._best_effort = best_effort
        self._unplaced: list[Party] = []
        self._organizations: dict[str, str] = {}
        self._mains: dict[int, OpenWish] = {}
        self.rows: list[Row] = []
        self.notes: list[Phrase] = []

    def screen(self, wishes: Sequence[OpenWish]) -> list[Party]:
        """Return the wishes that some agent may collect, those that stay together in one party.

        With ``best_effort`` a case whose companion is refused is asked again, alone.
        """
        asked = list(wishes)
        while True:
            mains = self._find_mains(asked)
            found = self._ask(wishes, mains)
            fit = [wish for wish in wishes if found[wish.row].cases]
            if not self._best_effort or len(fit) == len(asked):
                break
            asked = fit
        for wish in wishes:
            if not found[wish.row].cases:
                refused = tuple(refusals(found[wish.row].verdicts))
                self.rows.append(Row(wish, "refused", None, None, refused))
        # Where all or nothing is booked, a refused main case is there all the same.
        self._mains = {row: main for row, main in mains.items() if not found[main.row].cases}
        return [
            _make_party(members, [found[wish.row] for wish in members])
            for members in _group_together(fit, mains)
        ]

    def _find_mains(self, wishes: Sequence[OpenWish]) -> dict[int, OpenWish]:
        """Return, by row, the wish with which each one goes (``with``).

        It is the same agent's, or of the pool, and names no other day or hour.
        """
        found = {}
        by_number: dict[tuple[str, str], OpenWish] = {}
        for wish in reversed(wishes):
            by_number[self.share(wish), wish.case.number] = wish
        for wish in wishes:
            main = by_number.get((self.share(wish), wish.case.main or ""))
            if main is not None and main is not wish and _agree(main, wish):
                found[wish.row] = main
        return found

    def share(self, wish: OpenWish) -> str:
        """Return whose cases are planned together with a wish: its agent's, or the pool's."""
        return "" if self._preferences.pool else wish.agent

    def _ask(
        self, wishes: Sequence[OpenWish], mains: Mapping[int, OpenWish]
    ) -> dict[int, _Screened]:
        named: set[str] = set()
        found = {}
        for wish in wishes:
            main = mains.get(wish.row)
            cases: dict[str, Case] = {}
            failed: list[Verdict] = []
            for agent in self._list_collectors(wish):
                case = self._hand_to(wish, agent)
                repeated = wish.case.number in named
                together = [] if main is None else [main.case]
                verdicts = self._judge.ask_case(case, agent, wish.agent, together, repeated)
                if all(verdict.holds for verdict in verdicts):
                    cases[agent.id] = case
                failed += [verdict for verdict in verdicts if not verdict.holds]
            if cases or not self._best_effort:
                named.add(wish.case.number)
            found[wish.row] = _Screened(cases, failed)
        return found

    def _list_collectors(self, wish: OpenWish) -> list[Agent]:
        """Return the agents who might collect: of the pool the one who filed first."""
        pool = sorted(self._preferences.pool, key=lambda name: name != wish.agent)
        return [self._judge.agents[name] for name in pool or [wish.agent]]

    def _hand_to(self, wish: OpenWish, agent: Agent) -> Case:
        """Return the case as ``agent`` would collect it."""
        if agent.id == wish.agent:
            return wish.case
        filer = self._judge.agents[wish.agent]
        same = self._organization(agent) == self._organization(filer) != ""
        return replace(wish.case, recipient=recipient_for(wish.case, filer, agent, same))

    def _organization(self, agent: Agent) -> str:
        if agent.id not in self._organizations:
            personal = self._judge.context.view.personal(agent)
            folded = unicodedata.normalize("NFKC", personal.organization).casefold()
            self._organizations[agent.id] = "".join(folded.split())
        return self._organizations[agent.id]

    def plan(self, parties: Sequence[Party]) -> None:
        """Plan parties together; judge what was placed, and keep the others for later."""
        slots = list(self._list_slots(parties))
        capacity = {slot.frame: self._judge.capacity_left(slot.frame) for slot in slots}
        suits: dict[object, frozenset[int]] = {}
        bundles = []
        for party in parties:
            if party.key not in suits:
                suits[party.key] = frozenset(
                    number
                    for number, slot in enumerate(slots)
                    if party.suits(self._judge.agents, slot.agent, slot.frame, self._preferences)
                )
            size = len(party.wishes)
            bundles.append(Bundle(size, suits[party.key], party.wishes[0].agent))
        found = make_plan(
            bundles,
            slots,
            {agent: self._judge.left(agent) for agent in {slot.agent for slot in slots}},
            {frame: cases for frame, cases in capacity.items() if cases is not None},
        )
        placed: list[Wish] = []
        for party, number in zip(parties, found.places, strict=True):
            if number is None:
                self._unplaced.append(party)
            else:
                placed += party.at(slots[number].frame, slots[number].agent)
        beside = [
            self._mains[wish.row].at(wish.frame, wish.agent, self._mains[wish.row].case)
            for wish in placed
            if wish.row in self._mains
        ]
        verdicts = self._judge.judge(placed, self._best_effort, beside=beside)
        self.rows += [make_row(wish, verdicts[wish.row]) for wish in placed]
        if not found.proven:
            self.notes.append(
                Phrase(
                    "There are too many ways to place these cases to try them all: a plan that "
                    "places more cases, or needs fewer or earlier visits, may exist."
                )
            )

    def _list_slots(self, parties: Sequence[Party]) -> Iterator[Slot]:
        """Yield the frames of shown days that have not begun, for each agent who may collect."""
        judge, context = self._judge, self._judge.context
        starts = context.settings.frames.starts
        frames = [Frame(day, start) for day in context.shown for start in starts]
        for agent in dict.fromkeys(agent for party in parties for agent in party.agents):
            held = judge.frames(agent)
            for rank, frame in enumerate(frames):
                if all(v.holds for v in check_frame(frame, context.now, starts, True)):
                    room = judge.room(agent, frame)
                    yield Slot(agent, frame, rank, room, frame in held)

    def explain_unplaced(self) -> None:
        """Say of each wish without a place why, and from when there may be one."""
        waiting = Waiting(self._judge, self._preferences)
        for party in self._unplaced:
            reasons, instant = waiting.explain(party)
            self.rows += [
                Row(wish, "not-placed", None, None, reasons, instant) for wish in party.wishes
            ]


def _make_party(wishes: Sequence[OpenWish], screened: Sequence[_Screened]) -> Party:
    """Return the party of wishes: only those may collect it who may collect every case of it."""
    agents = [
        agent for agent in screened[0].cases if all(agent in other.cases for other in screened)
    ]
    cases = {agent: tuple(other.cases[agent] for other in screened) for agent in agents}
    failed = [] if agents else [verdict for other in screened for verdict in other.verdicts]
    return Party(tuple(wishes), cases, tuple(failed))


def _group_together(
    wishes: Sequence[OpenWish], mains: Mapping[int, OpenWish]
) -> list[list[OpenWish]]:
    """Return the wishes in groups that stay together, by their first rows."""
    groups = {wish.row: [wish] for wish in wishes}
    for wish in wishes:
        main = mains.get(wish.row)
        if main is None or main.row not in groups or groups[main.row] is groups[wish.row]:
            continue
        if not all(_agree(a, b) for a in groups[main.row] for b in groups[wish.row]):
            continue  # somebody must go alone, and the judge will say what that means
        joined = sorted(groups[main.row] + groups[wish.row], key=lambda one: one.row)
        for member in joined:
            groups[member.row] = joined
    return list({id(group): group for group in groups.values()}.values())


def _agree(one: OpenWish, other: OpenWish) -> bool:
    """Tell whether two wishes name no different days or hours."""
    return (one.day is None or other.day is None or one.day == other.day) and (
        one.start is None or other.start is None or one.start == other.start
    )

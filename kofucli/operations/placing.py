"""Placing open wishes: what the rules allow goes to the planner, its plan back to the judge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from kofucli.errors import Phrase
from kofucli.model import Frame
from kofucli.operations.companions import find_beside
from kofucli.operations.judging import Judge, Watch
from kofucli.operations.screening import Screening, screen
from kofucli.operations.unplaced import Party, Waiting
from kofucli.operations.wishes import BookRequest, OpenWish, Preferences, Row, Wish, make_row
from kofucli.planner import make_plan
from kofucli.planner.problem import Bundle, Slot
from kofucli.rules.calendar import check_frame
from kofucli.rules.eligibility import check_certificate


class Placed(Struct, frozen=True):
    """The rows of open wishes, and notes."""

    rows: tuple[Row, ...]
    notes: tuple[Phrase, ...] = ()


def place(
    judge: Judge,
    wishes: Sequence[OpenWish],
    request: BookRequest,
    preferences: Preferences,
    naming: Mapping[str, str],
    watch: Watch,
) -> Placed:
    """Return what becomes of open wishes: refused, booked in a frame, or without a place.

    What goes with a case that is booked already (``naming``: the number of such a case by the
    number that it names) joins it first, where it suits and there is room. Agents of a pool are
    planned together, best over all of them. Other agents' cases are planned one agent after the
    other, in the order of their first rows: the earlier row goes first.
    """
    screening = screen(judge, wishes, request, preferences)
    placing = _Placing(judge, request, preferences, screening)
    shares: dict[str, list[Party]] = {}
    for party in placing.join(screening.parties, naming):
        shares.setdefault(preferences.share(party.wishes[0].agent), []).append(party)
    for share in watch(list(shares.values()), 1):  # each may take long
        placing.plan(share)
    placing.explain_unplaced()
    return Placed(tuple(placing.rows), tuple(placing.notes))


class _Placing:
    """Open wishes on their way to rows."""

    def __init__(
        self,
        judge: Judge,
        request: BookRequest,
        preferences: Preferences,
        screening: Screening,
    ) -> None:
        self._judge = judge
        self._preferences = preferences
        self._best_effort = request.best_effort
        self._explain = request.explain
        self._screening = screening
        self._unplaced: list[Party] = []
        self.rows: list[Row] = list(screening.refused)
        self.notes: list[Phrase] = []

    def join(self, parties: Sequence[Party], naming: Mapping[str, str]) -> list[Party]:
        """Place parties of which a companion is booked already beside it; return the others."""
        holdings = self._judge.holdings
        others = []
        for party in parties:
            standing = find_beside(party.wishes, party.agents, naming, holdings)
            if standing is not None and self._takes(party, standing.agent, standing.frame):
                self._accept(party.at(standing.frame, standing.agent))
            else:
                others.append(party)
        return others

    def _takes(self, party: Party, agent: str, frame: Frame) -> bool:
        """Tell whether a frame is to come, suits a party, and has room for all of it."""
        judge, context = self._judge, self._judge.context
        starts, size = context.settings.frames.starts, len(party.wishes)
        capacity = judge.capacity_left(frame)
        return (
            frame.date in context.shown
            and all(v.holds for v in check_frame(frame, context.now, starts, True))
            and party.suits(judge.agents, agent, frame, self._preferences)
            and size <= judge.room(agent, frame)
            and (capacity is None or size <= capacity)
        )

    def _accept(self, wishes: Sequence[Wish]) -> None:
        """Judge wishes that have a frame now, and make their rows."""
        mains = self._screening.mains
        beside = [
            mains[wish.row].at(wish.frame, wish.agent, mains[wish.row].case)
            for wish in wishes
            if wish.row in mains
        ]
        verdicts = self._judge.judge(wishes, self._best_effort, beside=beside)
        self.rows += [make_row(wish, verdicts[wish.row], self._explain) for wish in wishes]

    def plan(self, parties: Sequence[Party]) -> None:
        """Plan parties together; judge what was placed, and keep the others for later."""
        slots = list(self._list_slots(parties))
        capacity = {slot.frame: self._judge.capacity_left(slot.frame) for slot in slots}
        suits = self._find_suiting(parties, slots)
        bundles = [
            Bundle(len(party.wishes), suits[party.key], party.wishes[0].agent) for party in parties
        ]
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
        self._accept(placed)
        if not found.proven:
            self.notes.append(
                Phrase(
                    "There are too many ways to place these cases to try them all: a plan that "
                    "places more cases, or needs fewer or earlier visits, may exist."
                )
            )

    def _find_suiting(
        self, parties: Sequence[Party], slots: Sequence[Slot]
    ) -> dict[object, frozenset[int]]:
        """Return the numbers of the slots that suit parties, were there room, by their keys."""
        agents, preferences = self._judge.agents, self._preferences
        frames = {slot.rank: slot.frame for slot in slots}
        valid = [
            (number, slot.agent, slot.rank)
            for number, slot in enumerate(slots)
            if check_certificate(agents[slot.agent], slot.frame.date).holds
        ]
        found: dict[object, frozenset[int]] = {}
        for party in parties:
            if party.key in found:
                continue
            ranks = {
                rank
                for rank, frame in frames.items()
                if party.wants(frame, preferences) and party.is_in_time(frame.date)
            }
            found[party.key] = frozenset(
                number for number, agent, rank in valid if rank in ranks and agent in party.cases
            )
        return found

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
        waiting = Waiting(self._judge, self._preferences, self._explain)
        for party in self._unplaced:
            reasons = waiting.explain(party)
            told, instant = reasons.refusals, reasons.bookable_from
            for wish in party.wishes:
                row = Row(wish, "not-placed", None, None, told, instant)
                if self._explain:
                    asked = (*self._screening.asked[wish.row], *reasons.asked)
                    row = replace(row, asked=asked)
                self.rows.append(row)

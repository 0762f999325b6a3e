"""What a plan costs at least, where each agent chooses alone and pays for what all of them share.

Cases and places have prices (Lagrange multipliers). At given prices the best choice of every agent
is found exactly, and their sum is a bound for all plans, whatever the prices are. They are moved
towards where more is asked for than there is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from math import ceil
from typing import NamedTuple

from kofucli.planner.grid import Grid
from kofucli.planner.market import Choice, Goods, Market, Shop, Trader, Weights
from kofucli.planner.openings import Opening
from kofucli.planner.record import Value

_HAIR = 1e-3
"""More than floating point numbers can be wrong by here."""
_INERTIA = 0.85
"""How much of the last step is in the next one."""
_SHORTER = 0.7
_SHORTEST = 0.02
_FIRST_PRICES = (0.0, 0.1, 0.1, 30.0)
"""The price of a case without a place to begin with, by the value that is brought down."""
_SCALES = (3.0, 100.0, 100.0)
"""How much faster than those of cases the prices of values move: they speak of whole frames."""
_EASY = 9
"""Slots, and things that slots could take, that make a step take twice as long."""
_FEW = 12
"""Sets of slots of which the unions of two are looked at, too."""


class Goal(NamedTuple):
    """What is to be shown impossible: to improve one value and make none of those before worse."""

    stage: int
    value: Value

    @property
    def limit(self) -> float:
        """The bound from which on nothing is better."""
        return self.value[self.stage] - 1 + _HAIR


class Gait(NamedTuple):
    """How prices move: for how many steps, and how much faster those of covers.

    After ``patience`` steps without a better bound they become shorter.
    """

    steps: int
    patience: int
    cover_scale: float


class Node(NamedTuple):
    """What the agents before ``at`` add: their slots, and how many new days these are on."""

    at: int = 0
    opened: tuple[int, ...] = ()
    days: int = 0


class Relaxation:
    """A grid without what ties its agents together.

    ``left_out`` is how many cases a plan may leave out at most to be of interest. ``choices`` are
    what agents chose as prices moved, the latest last; of those alike the first stands for all.
    """

    def __init__(self, grid: Grid, left_out: int) -> None:
        self._grid = grid
        kinds: dict[tuple[int, ...], int] = {}
        kind_of = [kinds.setdefault(group.slots, len(kinds)) for group in grid.groups]
        supply = [0] * len(kinds)
        for number, group in zip(kind_of, grid.groups, strict=True):
            supply[number] += group.cases
        capacity = {slot.rank: grid.capacity[n] for n, slot in enumerate(grid.slots)}
        frame_at = {rank: len(kinds) + n for n, rank in enumerate(capacity)}
        covers = list(_find_covers(grid, left_out))
        self._values_at = len(kinds) + len(capacity)
        covers_at = self._values_at + len(_SCALES)
        self._limits = [-float(limit) for limit in (*supply, *capacity.values())]
        self._limits += [0.0] * len(_SCALES)
        self._limits += [float(needed) for _, needed in covers]
        self._scales = [1.0] * self._values_at
        self._scales += _SCALES
        self._covers = len(covers)
        # Many slots could take the same cases; what these are worth is worked out once for all.
        sorts: dict[tuple[frozenset[int], int], int] = {}
        rewards: dict[tuple[int, ...], int] = {}
        self._slots = []
        for index, slot in enumerate(grid.slots):
            sort = frozenset(kind_of[n] for n in grid.suits[index]), grid.room[index]
            reward = tuple(covers_at + n for n, (bits, _) in enumerate(covers) if bits >> index & 1)
            self._slots.append(
                Shop(
                    index,
                    sorts.setdefault(sort, len(sorts)),
                    slot.rank,
                    frame_at[slot.rank],
                    reward,
                    rewards.setdefault(reward, len(rewards)),
                )
            )
        self._goods = Goods(supply, list(sorts), list(rewards))
        self.weight = 1 + (len(grid.slots) + 2 * len(sorts)) // _EASY
        self._traders = [self._make_trader(at) for at in range(len(grid.agents))]
        self.choices: dict[int, list[tuple[int, ...]]] = {}
        self._rest = [self._count_alike(at) for at in range(len(grid.agents) + 1)]

    def start(self, stage: int) -> list[float]:
        """Return prices to begin with."""
        prices = [0.0] * len(self._limits)
        prices[self._values_at] = _FIRST_PRICES[stage]
        return prices

    def improve(
        self, goal: Goal, node: Node, prices: list[float], gait: Gait
    ) -> tuple[float, list[float], int]:
        """Return the best bound found on the value of a goal, its prices, and the steps taken."""
        best, found = float("-inf"), prices
        direction = [0.0] * len(prices)
        length, since = 1.0, 0
        scales = [*self._scales, *[gait.cover_scale] * self._covers]
        for step in range(1, gait.steps + 1):
            bound, excess = self._ask(goal, node, prices)
            if bound > best:
                since = 0 if bound > best + _HAIR else since
                best, found = bound, prices
            since += 1
            if since > gait.patience:
                if node.at:
                    return best, found, step
                length, since = length * _SHORTER, 0
            direction = [
                way if (way := new + _INERTIA * old) > 0 or price else 0.0
                for price, new, old in zip(prices, excess, direction, strict=True)
            ]
            square = sum([s * d * d for s, d in zip(scales, direction, strict=True)])
            if best > goal.limit or not square or length < _SHORTEST:
                return best, found, step
            width = length * max(goal.value[goal.stage] - 0.5 - bound, _HAIR) / square
            prices = [
                moved if (moved := price + width * scale * way) > 0 else 0.0
                for price, scale, way in zip(prices, scales, direction, strict=True)
            ]
        return best, found, gait.steps

    def promise(
        self, goal: Goal, node: Node, prices: list[float], openings: Sequence[Opening]
    ) -> list[tuple[float, int]]:
        """Return which openings of the agent ``node.at`` might reach the goal, with their bounds.

        ``openings`` are those of the first agent of those alike. The lowest bound comes first; of
        equals what adds more, so that the first agents named do the work.
        """
        bound, _ = self._ask(goal, node, prices)
        market = self._open_market(goal, prices)
        trader, _ = self._rest[node.at][0]
        gains = {shop.slot: market.gain(shop) for _, shops in trader.days for shop in shops}
        bound += market.choose(trader).saves
        gain, day, limit = gains.__getitem__, market.weights.day, goal.limit
        found = []
        for number, (slots, days) in enumerate(openings):
            least = bound + days * day - sum(map(gain, slots))
            if least <= limit:
                found.append((ceil(least - _HAIR), -len(slots), least, number))
        return [(least, number) for _, _, least, number in sorted(found)]

    def _ask(self, goal: Goal, node: Node, prices: list[float]) -> tuple[float, list[float]]:
        """Return the bound at some prices, and by how much each thing is asked for too often."""
        market = self._open_market(goal, prices)
        excess = list(self._limits)
        placed = lateness = 0
        days, frames = node.days, len(node.opened)
        taken = [(self._slots[number], 1) for number in (*self._grid.held, *node.opened)]
        for trader, count in self._rest[node.at]:
            choice = market.choose(trader)
            if not node.at:
                self._remember(trader, choice)
            days += count * choice.days
            frames += count * len(choice.shops)
            taken += [(shop, count) for shop in choice.shops]
        for shop, count in taken:
            cases = count * market.take(shop, count, excess)
            placed += cases
            lateness += cases * shop.rank
        totals = (self._grid.cases - placed, days, frames, lateness)
        for stage in range(goal.stage):
            excess[self._values_at + stage] = float(totals[stage] - goal.value[stage])
        bound = sum([price * by for price, by in zip(prices, excess, strict=True) if price])
        return totals[goal.stage] + bound, excess

    def _remember(self, trader: Trader, choice: Choice) -> None:
        """Keep what an agent chose, the latest last."""
        chosen = tuple(sorted([shop.slot for shop in choice.shops]))
        self.choices.setdefault(trader.at, []).append(chosen)

    def _open_market(self, goal: Goal, prices: list[float]) -> Market:
        weights = [0.0] * 4
        weights[: goal.stage] = prices[self._values_at : self._values_at + goal.stage]
        weights[goal.stage] = 1.0
        return Market(prices, Weights(*weights), self._goods)

    def _make_trader(self, at: int) -> Trader:
        grid = self._grid
        agent = grid.agents[at]
        held = {grid.slots[n].frame.date for n in grid.held if grid.slots[n].agent == agent}
        days: dict[object, tuple[bool, list[Shop]]] = {}
        for index, slot in enumerate(grid.slots):
            if slot.agent == agent and not slot.held and grid.room[index] > 0:
                day = slot.frame.date
                days.setdefault(day, (day not in held, []))[1].append(self._slots[index])
        return Trader(at, grid.left[agent], list(days.values()))

    def _count_alike(self, first: int) -> list[tuple[Trader, int]]:
        """Return the agents from the first on: of those who choose alike one, and how many."""
        found: list[tuple[Trader, int]] = []
        for at in range(first, len(self._traders)):
            if found and self._grid.first_alike[at] == self._grid.first_alike[at - 1]:
                found[-1] = found[-1][0], found[-1][1] + 1
            else:
                found.append((self._traders[self._grid.first_alike[at]], 1))
        return found


def _find_covers(grid: Grid, left_out: int) -> Iterator[tuple[int, int]]:
    """Yield sets of slots (as bits), and how many of those not held must be added at least.

    What suits nowhere else, less what may be left out and what held slots take, fills so many.
    """
    sets = list(dict.fromkeys(grid.slot_bits))
    unions = [one | other for one, other in combinations(sets[:_FEW], 2)]
    everything = (1 << len(grid.slots)) - 1
    for bits in dict.fromkeys([*sets, *unions, everything]):
        cases = sum(
            group.cases
            for group, own in zip(grid.groups, grid.slot_bits, strict=True)
            if not own & ~bits
        )
        cases -= left_out
        room = 0
        new = 0
        for index, slot in enumerate(grid.slots):
            if not bits >> index & 1:
                continue
            if slot.held:
                cases -= grid.room[index]
            else:
                new |= 1 << index
                room = max(room, grid.room[index])
        if cases > 0 and room and cases % room:
            yield new, -(-cases // room)

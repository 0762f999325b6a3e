"""What agents would choose if cases and places had prices and nobody else were there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple


class Weights(NamedTuple):
    """What a case without a place, a new day, a new frame and a step of lateness cost."""

    left_out: float
    day: float
    frame: float
    rank: float


class Shop(NamedTuple):
    """A slot: its number, which cases it could take, its rank, where its frame's price stands.

    ``covers`` are where the prices stand that reward it, ``reward`` numbers these sets of prices.
    """

    slot: int
    sort: int
    rank: int
    frame: int
    covers: tuple[int, ...]
    reward: int


class Trader(NamedTuple):
    """An agent: its number, how many frames it may add, on which days.

    Of these: whether each is new, and its slots.
    """

    at: int
    left: int
    days: list[tuple[bool, list[Shop]]]


class Choice(NamedTuple):
    """What an agent chooses: what it saves, how many days are new, and the slots."""

    saves: float
    days: int
    shops: tuple[Shop, ...]


class _Offer(NamedTuple):
    """Which cases a slot would take first: what each is worth, how many, their kind.

    ``worth`` and ``cases`` are those of all together, ``least`` that of the last one.
    """

    takes: list[tuple[float, int, int]]
    worth: float
    cases: int
    least: float


class Goods(NamedTuple):
    """What there is: the cases of each kind, what slots could take, and who gets which rewards.

    ``sorts`` are sets of kinds, and how many cases; ``rewards`` sets of prices.
    """

    supply: Sequence[int]
    sorts: Collection[tuple[frozenset[int], int]]
    rewards: Collection[tuple[int, ...]]


class Market:
    """Prices, and what comes of them: first those of each kind of cases, then of all the rest."""

    def __init__(self, prices: Sequence[float], weights: Weights, goods: Goods) -> None:
        self._prices = prices
        self.weights = weights
        supply = goods.supply
        self._rewards = [
            sum([prices[cover] for cover in covers]) - weights.frame for covers in goods.rewards
        ]
        worth = [weights.left_out - price for price in prices[: len(supply)]]
        order = sorted((n for n, w in enumerate(worth) if w > 0), key=lambda n: -worth[n])
        self._offers = [self._offer(order, worth, supply, *sort) for sort in goods.sorts]

    @staticmethod
    def _offer(
        order: Sequence[int],
        worth: Sequence[float],
        supply: Sequence[int],
        kinds: frozenset[int],
        room: int,
    ) -> _Offer:
        found = []
        total, cases, least = 0.0, 0, 0.0
        for kind in order:
            if kind in kinds:
                least = worth[kind]
                count = min(supply[kind], room - cases)
                found.append((least, count, kind))
                total += least * count
                cases += count
                if cases == room:
                    break
        return _Offer(found, total, cases, least)

    def gain(self, shop: Shop) -> float:
        """Return what a new slot saves, its day apart."""
        cost = self._prices[shop.frame] + self.weights.rank * shop.rank
        takes, total, cases, least = self._offers[shop.sort]
        gain = self._rewards[shop.reward]
        if least > cost:
            return gain + total - cost * cases
        for worth, count, _ in takes:
            if worth <= cost:
                break
            gain += (worth - cost) * count
        return gain

    def choose(self, trader: Trader) -> Choice:
        """Return the best choice of an agent."""
        # The best choice of 0, 1, 2 … slots, day by day.
        best: list[Choice | None] = [Choice(0.0, 0, ()), *[None] * trader.left]
        for is_new, shops in trader.days:
            gains = [(gain, shop) for shop in shops if (gain := self.gain(shop)) > 0]
            if not gains:
                continue
            gains.sort(reverse=True)
            gains = gains[: trader.left]
            saves = -self.weights.day if is_new else 0.0
            before = list(best)
            for count, (gain, _) in enumerate(gains, 1):
                saves += gain
                for number in range(trader.left - count + 1):
                    old, known = before[number], best[number + count]
                    if old and (known is None or old.saves + saves > known.saves):
                        best[number + count] = Choice(
                            old.saves + saves,
                            old.days + is_new,
                            old.shops + tuple([shop for _, shop in gains[:count]]),
                        )
        return max((choice for choice in best if choice), key=lambda choice: choice.saves)

    def take(self, shop: Shop, times: int, excess: list[float]) -> int:
        """Count what a slot takes, so many times, as asked for; return how many cases it takes."""
        cost = self._prices[shop.frame] + self.weights.rank * shop.rank
        cases = 0
        for worth, count, kind in self._offers[shop.sort].takes:
            if worth <= cost:
                break
            excess[kind] += times * count
            cases += count
        excess[shop.frame] += times * cases
        for cover in shop.covers:
            excess[cover] -= times
        return cases

"""Plans made of what agents chose at some prices: all of them together, and one after the other."""

from __future__ import annotations

from itertools import product

from kofucli.planner.packing import Budget
from kofucli.planner.record import Record
from kofucli.planner.relaxation import Relaxation

_SAMPLES = 20
_CHOICES = 30
"""Choices of an agent that are tried in exchange for what it has."""


def sample(record: Record, relaxation: Relaxation) -> None:
    """Try together what all agents chose at about the same prices.

    Those alike chose the same at each time: they get what was chosen one after the other.
    """
    grid = record.grid
    alike = len(set(grid.first_alike)) < len(grid.agents)
    for ago, apart in product(range(_SAMPLES), (1, 3) if alike else (1,)):
        opened: list[int] = []
        for at, first in enumerate(grid.first_alike):
            choices = relaxation.choices[first]
            chosen = choices[-1 - (ago + apart * (at - first)) % len(choices)]
            opened += [grid.own[at][slot] for slot in chosen]
        record.try_briefly(opened)


def exchange(record: Record, relaxation: Relaxation, budget: Budget) -> None:
    """Give one agent after the other what it chose at some prices, as long as that helps.

    Half of the budget is left for other things.
    """
    half = Budget(budget.steps // 2)
    half.spent = budget.spent
    tried = at = 0
    agents = len(record.grid.agents)
    while tried < agents and not half.is_spent:
        tried = 0 if _exchange_of(record, relaxation, at, half) else tried + 1
        at = (at + 1) % agents
    budget.spent = max(budget.spent, min(half.spent, half.steps))


def _exchange_of(record: Record, relaxation: Relaxation, at: int, budget: Budget) -> bool:
    """Try what an agent chose at some prices, the latest first; tell whether it helped."""
    grid = record.grid
    own = grid.own[at]
    opened = {slot for flow in record.best.flow for slot in flow if not grid.slots[slot].held}
    others = [slot for slot in opened if grid.slots[slot].agent != grid.agents[at]]
    better = False
    choices = relaxation.choices[grid.first_alike[at]]
    for chosen in list(dict.fromkeys(reversed(choices)))[:_CHOICES]:
        if budget.is_spent:
            break
        better = record.try_slots([*others, *(own[slot] for slot in chosen)], budget) or better
    return better

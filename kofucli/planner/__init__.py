"""The planner: finds places for many cases in the frames that are left to agents. Pure.

It knows no rules. Its caller says which slots suit which cases, how many frames each agent has left
and how much room there is. The planner minimises, in this order:

1. the cases without a place,
2. the new days: those on which an agent must come and does not come anyway, over all agents,
3. the new frames: those that an agent does not hold yet, over all agents,
4. the lateness: for each case, how many of the office's frames lie before its own, over all cases.

An example: two cases stay together, a third is alone. The agent has two frames left, and room for
two cases in each. The two go first, since then two cases are early and only one is late.

    nine, ten = Frame(date(2026, 11, 25), "09:00"), Frame(date(2026, 11, 25), "10:00")
    slots = [Slot("A-1", nine, rank=0, room=2), Slot("A-1", ten, rank=1, room=2)]
    bundles = [Bundle(2, frozenset({0, 1})), Bundle(1, frozenset({0, 1}))]
    make_plan(bundles, slots, {"A-1": 2}, {})  # Plan((0, 1), proven=True)

`problem` splits a task into parts with nothing in common. `one_agent` plans one agent exactly.
`pool` plans agents who want the same cases or the same room: first one after the other, then one,
two or three of them anew while the places of the others stay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from kofucli.model import Frame
from kofucli.planner.pool import MOST_STEPS, hand_out, plan_pool
from kofucli.planner.problem import Bundle, Slot, split


class Plan(Struct, frozen=True):
    """The number of the slot of each bundle, None for no place.

    If it is not ``proven``, a better plan may exist.
    """

    places: tuple[int | None, ...]
    proven: bool = True


def make_plan(
    bundles: Sequence[Bundle],
    slots: Sequence[Slot],
    left: Mapping[str, int],
    capacity: Mapping[Frame, int],
    most_steps: int = MOST_STEPS,
) -> Plan:
    """Return the best places for bundles of cases in slots.

    ``left`` is how many frames each agent may add, 0 for an agent that is missing. ``capacity`` is
    how many cases a frame still takes over all agents; a frame that is missing has no limit.
    ``most_steps`` limits the improvement of plans of several agents. The same arguments give the
    same plan.
    """
    places: list[int | None] = [None] * len(bundles)
    proven = True
    for problem in split(bundles, slots, left, capacity):
        found, is_best = plan_pool(problem, most_steps)
        proven = proven and is_best
        for bundle, slot in hand_out(problem, found).items():
            places[bundle] = slot
    return Plan(tuple(places), proven)

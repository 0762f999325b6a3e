"""The planner: many cases onto an agent's, or several agents', remaining frames. Pure.

It knows nothing of rules: who may collect what and when, how many frames are left and how much room
each has come in as data. What it minimises, in this order:

1. the cases without a place,
2. the days on which an agent has to come and did not yet, counted for each agent,
3. the frames that are taken in addition to those held, counted for each agent,
4. the lateness: over all cases, how many of the office's frames lie before theirs.

An example: two cases stay together, a third is alone. The agent has two frames left, and room for
two cases in each. The two go first, since that is earlier over all cases.

    nine, ten = Frame(date(2026, 11, 25), "09:00"), Frame(date(2026, 11, 25), "10:00")
    slots = [Slot("A-1", nine, rank=0, room=2), Slot("A-1", ten, rank=1, room=2)]
    bundles = [Bundle(2, frozenset({0, 1})), Bundle(1, frozenset({0, 1}))]
    make_plan(bundles, slots, {"A-1": 2}, {})  # Plan((0, 1), proven=True)

`split` takes a task apart into agents who have nothing to do with each other (`problem`). An agent
alone is planned exactly (`one_agent`). Agents who want the same cases or the same room are planned
one after the other, and then some of them anew while the others stand (`pool`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from kofucli.model.records import Frame
from kofucli.planner.pool import MOST_STEPS, hand_out, plan_pool
from kofucli.planner.problem import Bundle, Slot, split


class Plan(Struct, frozen=True):
    """Where each bundle goes: the number of its slot, None for no place.

    ``proven`` is false where something better may exist.
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

    ``left`` is how many frames each agent may add (0 where it is missing), ``capacity`` how many
    cases a frame still takes over all agents, where that is limited. ``most_steps`` bounds how long
    the plan of agents who compete is improved. The same arguments give the same plan.
    """
    places: list[int | None] = [None] * len(bundles)
    proven = True
    for problem in split(bundles, slots, left, capacity):
        found, is_best = plan_pool(problem, most_steps)
        proven = proven and is_best
        for bundle, slot in hand_out(problem, found).items():
            places[bundle] = slot
    return Plan(tuple(places), proven)

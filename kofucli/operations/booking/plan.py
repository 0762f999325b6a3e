"""Planning: what booking a file would do, for several agents together too. Nothing is booked."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from kofucli.base.errors import Phrase
from kofucli.model.records import Actor, Stamp
from kofucli.operations.booking.book import find_agents
from kofucli.operations.booking.decide import decide, describe_visits
from kofucli.operations.booking.notes import describe_papers
from kofucli.operations.booking.requests import BookRequest, Preferences, Row, list_inquiries
from kofucli.operations.context import Context, Progress, find_agent, no_progress
from kofucli.operations.slots import find_allowance
from kofucli.rules.refusal import Inquiry, Verdict, in_order, refusals
from kofucli.rules.wording import describe


class Planned(Struct, frozen=True):
    """The rows, ``placed`` where they would be booked, and notes.

    ``blocked`` is what keeps the agents from booking, whatever is free: each rule once an agent.
    ``inquiries`` are empty unless the request is to be explained.
    """

    rows: tuple[Row, ...]
    notes: tuple[Phrase, ...] = ()
    inquiries: tuple[Inquiry, ...] = ()
    blocked: tuple[Verdict, ...] = ()

    @property
    def visits(self) -> int:
        """How many reservations booking the plan would make."""
        placed = [row for row in self.rows if row.outcome == "placed"]
        return len({(row.wish.agent, row.frame) for row in placed})


def plan(
    context: Context,
    request: BookRequest,
    preferences: Preferences,
    actor: Actor,
    progress: Progress = no_progress,
) -> Planned:
    """Return the best places that the rules allow for the rows of a file.

    It only reads: it takes no lock, and maintenance of the service (terms 1) does not stop it, but
    is said to an ``actor`` that it keeps from booking.
    Raises NotFoundError for an unknown agent of a row or the pool.
    """
    agents = find_agents(context.view, request)
    agents.update((name, find_agent(context.view, name)) for name in preferences.pool)
    decided = decide(context, agents, request, (), preferences, progress)
    rows = tuple(
        replace(row, outcome="placed") if row.outcome == "booked" else row for row in decided.rows
    )
    papers = describe_papers(decided.rows)
    service = refusals(context.check_service(Stamp(context.now, actor)))
    maintained = map(describe, service)
    notes = (*maintained, *decided.notes, *describe_visits(context, decided.rows), *papers)
    holdings = context.holdings()
    found = [
        verdict
        for name, agent in agents.items()
        for verdict in find_allowance(context, agent, len(holdings.frames(name)), service).blocked
    ]
    inquiries = list_inquiries(request, rows)
    return Planned(rows, tuple(dict.fromkeys(notes)), inquiries, tuple(in_order(found)))

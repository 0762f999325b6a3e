"""A decision as a scenario: the records it was based on, the command, and the result."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime

from msgspec import Struct
from msgspec.structs import replace

from kofucli.base import KofuError, NotFoundError
from kofucli.casefile import KEYS, Draft, build_case
from kofucli.model import Actor, Case
from kofucli.model.numbers import normalise_number
from kofucli.operations.booking.amend import AmendRequest, CancelRequest, Changed
from kofucli.operations.booking.book import Booked
from kofucli.operations.booking.requests import BookRefusedError, BookRequest, Row, Wish
from kofucli.rules import RefusedError, Verdict
from kofucli.rules.wording import RULES
from kofucli.scenario import Request, Scene
from kofucli.scenario.sketch import (
    Mask,
    Sketch,
    Table,
    agent_table,
    expected_reservation,
    keep_tables,
    maintenance_table,
    notice_table,
    numbers_in,
    numbers_of,
    others_tables,
    reservation_table,
)
from kofucli.settings import Settings, rule_tables

_TARGET = "r1"
_FILE = "cases.csv"
_PLAIN = re.compile(r"[\w{}@%+=:,./-]+", re.ASCII)


class Decision(Struct, frozen=True):
    """A request, its ``scene``, and its outcome.

    ``agent`` is the agent that the office named with --agent, where the request failed before it
    had that agent in it.
    """

    request: Request
    actor: Actor
    now: datetime
    settings: Settings
    scene: Scene
    outcome: Booked | Changed | KofuError
    agent: str | None = None


def sketch_decision(decision: Decision) -> Sketch:
    """Return the scenario that repeats a decision."""
    scene, settings = decision.scene, decision.settings
    if isinstance(decision.outcome, NotFoundError):
        scene = replace(scene, booked={})  # the decision never came to the frames
    refused = {v.subject for v in _refusals(decision.outcome) if v.code == "case.duplicate"}
    scene = replace(scene, taken=tuple(number for number in scene.taken if number in refused))
    names = {scene.target.number: _TARGET} if scene.target is not None else {}
    agents = {agent.id for agent in scene.agents} | _agents_asked(decision)
    mask = Mask(agents, numbers_in(scene.reservations) | _numbers_asked(decision), names)
    kind = settings.cases.default_kind
    command, files = _spell(decision, mask)
    others, theirs = others_tables(scene, mask, settings.frames.starts[0])
    own = [agent_table(agent, mask, settings.terms.version) for agent in scene.agents]
    held = [reservation_table(r, mask, kind) for r in scene.reservations]
    title = command[0]
    if isinstance(decision.outcome, RefusedError):
        codes = dict.fromkeys(verdict.code for verdict in decision.outcome.refusals)
        title += f", refused: {', '.join(codes)}"
    elif isinstance(decision.outcome, KofuError):
        title += ", not found"
    return Sketch(
        title=title,
        now=decision.now.isoformat(),
        settings=keep_tables(rule_tables(settings), settings.office.id),
        maintenance=maintenance_table(scene.maintenance),
        notices=[table for notice in scene.notices if (table := notice_table(notice))],
        agents=[*own, *others],
        reservations=[*held, *theirs],
        files=files,
        steps=[{"run": command_line(command), "expect": _expect(decision, mask)}],
    )


def command_line(tokens: Iterable[str]) -> str:
    """Return a command as it is typed; names in braces are not quoted."""
    return " ".join(t if _PLAIN.fullmatch(t) else shlex.quote(t) for t in tokens)


def _numbers_asked(decision: Decision) -> set[str]:
    request, settings = decision.request, decision.settings
    if isinstance(request, BookRequest):
        return numbers_of(wish.case for wish in request.wishes)
    texts = [request.number]
    if isinstance(request, AmendRequest):
        drafts = [*(draft for _, draft in request.replace), *request.add]
        texts += [*request.drop, *(old for old, _ in request.replace)]
        texts += numbers_of(_case_of(draft, settings) for draft in drafts)
    return set(map(normalise_number, texts))


def _agents_asked(decision: Decision) -> set[str]:
    request, actor = decision.request, decision.actor
    named = {name for name in (actor.agent, decision.agent) if name is not None}
    if isinstance(request, BookRequest):
        named |= {wish.agent for wish in request.wishes}
    return named


def _case_of(draft: Draft, settings: Settings, base: Case | None = None) -> Case:
    """Return the case of a draft that is known to have no faults."""
    case, _ = build_case(draft, settings, base)
    assert case is not None
    return case


# The command


def _spell(decision: Decision, mask: Mask) -> tuple[list[str], list[Table]]:
    """Return the command with its options in a fixed order, and the files that it names."""
    request, settings, actor = decision.request, decision.settings, decision.actor
    who = ["--office"] if actor.agent is None else ["--agent", mask.agent(actor.agent)]
    if isinstance(request, CancelRequest):
        return ["cancel", mask.target(request.number), *who], []
    if isinstance(request, AmendRequest):
        tokens = ["amend", mask.target(request.number)]
        for number in request.drop:
            tokens += ["--drop", mask.number(number)]
        target = decision.scene.target
        standing = {} if target is None else {case.number: case for case in reversed(target.cases)}
        for old, draft in request.replace:
            spec = _spell_draft(draft, settings, mask, standing.get(normalise_number(old)))
            tokens += ["--replace", f"{mask.number(old)}={spec}"]
        for draft in request.add:
            tokens += ["--add", _spell_draft(draft, settings, mask, None)]
        return [*tokens, *who], []
    if request.from_file:
        options = {"--best-effort": request.best_effort, "--again": request.again}
        tokens = ["book", "--from", _FILE, *(name for name, given in options.items() if given)]
        if actor.is_office and decision.agent is not None:
            who += ["--agent", mask.agent(decision.agent)]
        return [*tokens, *who], [{"name": _FILE, "text": _case_file(request, mask)}]
    if actor.is_office:
        who += ["--agent", mask.agent(request.wishes[0].agent)]
    first = request.wishes[0]
    assert isinstance(first, Wish)
    tokens = ["book", first.frame.date.isoformat(), first.frame.start]
    for wish in request.wishes:
        tokens += ["--case", mask.spec(wish.case, settings.cases.default_kind)]
    return [*tokens, *who], []


def _spell_draft(draft: Draft, settings: Settings, mask: Mask, base: Case | None) -> str:
    """Return a correction as a SPEC; a kind that the number told is named, for it is masked."""
    named = [key for key, value in draft.items() if value.strip() and key != "number"]
    case = _case_of(draft, settings, base)
    usual = settings.cases.default_kind if base is None else base.kind
    if "kind" not in named and case.kind != usual:
        named.append("kind")
    own = {"office": settings.office.id, "counter": settings.cases.counter}
    return mask.correction(case, named, own)


def _case_file(request: BookRequest, mask: Mask) -> str:
    """Return the rows of a request as a CSV case file; masked values never need quotes."""
    columns = (*KEYS, "agent", "date", "hour")
    rows = [",".join(columns)]
    for wish in request.wishes:
        told = mask.attributes(wish.case)
        told |= {"agent": mask.agent(wish.agent), "hour": wish.start or ""}
        told |= {"date": str(wish.day or "")}
        rows.append(",".join(told.get(column, "") for column in columns))
    return "\n".join(rows) + "\n"


# The outcome


def _refusals(outcome: Booked | Changed | KofuError) -> list[Verdict]:
    """Return every refusal of a decision, also of single rows of a case file."""
    if isinstance(outcome, RefusedError):
        return list(outcome.refusals)
    if isinstance(outcome, Booked):
        return [verdict for row in outcome.rows for verdict in row.refusals]
    return []


def _expect(decision: Decision, mask: Mask) -> Table:
    outcome = decision.outcome
    if isinstance(outcome, KofuError):
        error: Table = {"kind": outcome.kind}
        told: Table = {"exit": outcome.exit_status}
        if isinstance(outcome, RefusedError):
            told["codes"] = list(dict.fromkeys(v.code for v in outcome.refusals))
            error["refusals"] = [_refusal(verdict) for verdict in outcome.refusals]
        if isinstance(outcome, BookRefusedError):
            error["rows"] = [*_rows(outcome.rows, mask)]
        return told | {"json": {"error": error}}
    if isinstance(outcome, Changed):
        shown = expected_reservation(outcome.reservation, mask)
        return {"exit": 0, "json": {"changed": outcome.changed, "reservation": shown}}
    made = [expected_reservation(r, mask) for r in outcome.reservations]
    if isinstance(decision.request, BookRequest) and decision.request.from_file:
        rows = [*_rows(outcome.rows, mask)]
        status = RefusedError.exit_status if outcome.failed else 0
        return {"exit": status, "json": {"reservations": made, "rows": rows}}
    return {"exit": 0, "json": {"reservation": made[0]}}


def _refusal(verdict: Verdict) -> Table:
    details = {
        key: value.isoformat() if isinstance(value, date) else value
        for key, value in sorted(verdict.details.items())
        if type(value) is int or isinstance(value, date)
    }
    clause = RULES[verdict.code].clause
    return {"code": verdict.code, "clause": clause, "details": details or None}


def _rows(rows: Sequence[Row], mask: Mask) -> Iterator[Table]:
    for number, row in enumerate(rows, 1):
        yield {
            "row": number,
            "case": mask.number(row.wish.case.number),
            "outcome": row.outcome,
            "date": row.day and row.day.isoformat(),
            "start": row.start,
            "refusals": [{"code": verdict.code} for verdict in row.refusals],
        }

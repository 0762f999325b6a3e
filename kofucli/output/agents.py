"""Agents: one in full, many as a table, the disclosure of what is kept, and an erasure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from kofucli.base import Phrase
from kofucli.base.language import Translate, list_text, render
from kofucli.base.text import N_, safe, show
from kofucli.casefile.columns import AGENT_COLUMNS
from kofucli.model import Agent
from kofucli.operations.agents.personal_data import Disclosure, Erased
from kofucli.operations.agents.register import Imported, Registered
from kofucli.output.booking.reservations import reservations_text
from kofucli.output.documents import Document, reservation_document
from kofucli.output.tables import Cell, Sheet, entries_text, headings, sheet_of, table_text
from kofucli.output.words import OCCUPATION_NAMES, STATUS_NAMES, YES_NO, choose_headline
from kofucli.rules.conduct import say_reason

_COLUMNS = (
    *(name for name in dict.fromkeys(AGENT_COLUMNS.values()) if name != "accept_terms"),
    *("verified", "terms_version", "erased"),
)
"""The columns of an agent file, and what the register adds."""
_SHOWN = ("id", "name", "occupation", "valid_until", "verified", "terms_version")
_OUTCOMES = {"registered": N_("registered"), "updated": N_("updated"), "already": N_("already")}
"""What becomes of an agent of a file, in the order of the counts."""
_MOST_NAMED = 20
_MARK_NAMES = {"no-show": STATUS_NAMES["no-show"], "late-cancel": STATUS_NAMES["late-cancelled"]}


def agent_document(registered: Registered) -> Document:
    """Return an agent with its personal values, which are null once they are erased."""
    agent, personal = registered.agent, registered.personal
    return {
        "id": agent.id,
        "name": personal.name or None,
        "occupation": agent.occupation,
        "certificate": personal.certificate or None,
        "valid_until": agent.valid_until,
        "email": personal.email or None,
        "phone": personal.phone or None,
        "organization": personal.organization or None,
        "language": agent.language,
        "verified": agent.verified,
        "terms_version": agent.terms,
        "erased": agent.erased is not None,
        "suspension": agent.suspension,
    }


def agent_text(registered: Registered, _: Translate) -> str:
    """Return an agent in full."""
    agent, personal = registered.agent, registered.personal
    occupation = _(OCCUPATION_NAMES[agent.occupation])
    if agent.erased is not None:
        erased = _("Erased"), agent.erased or _("yes")
        return entries_text([(_("Agent"), agent.id), erased, (_("Occupation"), occupation)])
    accepted = _("yes (version {version})") if agent.terms else _("no")
    lines = [
        (_("Agent"), agent.id),
        (_("Name"), personal.name),
        (_("Occupation"), occupation),
        (_("Certificate"), personal.certificate),
        (_("Valid until"), agent.valid_until.isoformat()),
        (_("Email"), personal.email),
        (_("Verified"), _(YES_NO[agent.verified])),
        (_("Terms accepted"), accepted.format(version=agent.terms)),
    ]
    if personal.phone:
        lines.append((_("Phone"), personal.phone))
    if personal.organization:
        lines.append((_("Organisation"), personal.organization))
    if (held := agent.suspension) is not None:
        said = Phrase(
            "from {since} to {last}: {reason}",
            since=held.since,
            last=held.until - timedelta(days=1),
            reason=say_reason(held.reason),
        )
        lines.append((_("Suspended"), render(said, _)))
    return entries_text(lines)


def _missing_steps(agent: Agent, verification_required: bool) -> list[str]:
    if agent.erased is not None:
        return []
    steps = [] if agent.terms is not None else ["kofucli terms accept --agent {id}"]
    if verification_required and not agent.verified:
        steps.append("kofucli verify send {id}")
    return steps


def next_text(registered: Registered, verification_required: bool, _: Translate) -> str:
    """Return what has to be done next for an agent, the last line of a text."""
    agent = registered.agent
    steps = _missing_steps(agent, verification_required) or ["kofucli slots --agent {id}"]
    commands = list_text((step.format(id=agent.id) for step in steps), _)
    return "\n" + _("Next: {commands}").format(commands=commands) + "\n"


def list_missing_steps(
    agents: Sequence[Registered], verification_required: bool
) -> Iterator[Phrase]:
    """Yield a note for each command that some of the agents need before they can book."""
    needed: dict[str, list[str]] = {}
    for registered in agents:
        for step in _missing_steps(registered.agent, verification_required):
            needed.setdefault(step, []).append(registered.agent.id)
    for step, ids in needed.items():
        yield Phrase(
            "These cannot book before '{command}': {ids}",
            command=step.format(id="ID"),
            ids=ids[:_MOST_NAMED] + ["..."] * (len(ids) > _MOST_NAMED),
        )


def imported_document(done: Imported) -> Document:
    """Return the agents of a file, and what became of each."""
    return {
        "agents": [agent_document(each) for each in done.agents],
        "outcomes": done.outcomes,
        "counts": {name: done.outcomes.count(name) for name in _OUTCOMES},
        "changed": done.changed,
    }


def imported_text(done: Imported, dry_run: bool, _: Translate) -> str:
    """Return the agents of a file as a table, and how many of them had which outcome."""
    counts = [
        f"{_(label)} {done.outcomes.count(name)}"
        for name, label in _OUTCOMES.items()
        if name in done.outcomes
    ]
    headlines = N_("Done."), N_("This would be done."), N_("Already done; nothing was changed.")
    headline = _(choose_headline(done.changed, dry_run, headlines))
    return f"{agents_text(done.agents, _)}\n{headline}\n{list_text(counts, _)}\n"


def agents_text(agents: Iterable[Registered], _: Translate) -> str:
    """Return agents as a table."""
    rows: list[list[Cell]] = [
        [
            r.agent.id,
            r.personal.name if r.agent.erased is None else _("(erased)"),
            _(OCCUPATION_NAMES[r.agent.occupation]),
            r.agent.valid_until,
            _(YES_NO[r.agent.verified]),
            r.agent.terms or _("no"),
            r.agent.suspension.until if r.agent.suspension is not None else None,
        ]
        for r in agents
    ]
    return table_text([*headings(_SHOWN, _), _("Books again from")], rows)


def agents_sheet(agents: Iterable[Registered]) -> Sheet:
    """Return agents for CSV."""
    return sheet_of(_COLUMNS, map(agent_document, agents))


def disclosure_document(found: Disclosure, now: datetime) -> Document:
    """Return everything that is kept about an agent."""
    agent = found.registered.agent
    return {
        "agent": agent_document(found.registered),
        "registered_at": agent.registered_at,
        "notice_version": agent.rules,
        "marks": agent.marks,
        "reinstated": agent.reinstated,
        "reservations": [reservation_document(r, now) for r in found.reservations],
        "reasons": {r.number: r.reason for r in found.reservations if r.reason is not None},
        "ledger": [{"n": e.n, "at": e.at, "op": e.op} for e in found.entries],
        "mails": found.mails,
    }


def disclosure_text(found: Disclosure, _: Translate) -> str:
    """Return everything that is kept about an agent for people."""
    agent = found.registered.agent
    marks: list[list[Cell]] = [
        [_(_MARK_NAMES[m.kind]), m.date.isoformat(), m.reservation] for m in agent.marks
    ]
    entries: list[list[Cell]] = [[e.n, show(e.at), e.op] for e in found.entries]
    heads = [_("Mark"), _("Day"), _("Number")], [_("Line"), _("Instant"), _("What was done")]
    nothing = _("none") + "\n"
    parts = [
        (_("Registered"), f"{show(agent.registered_at)}\n"),
        (_("Version of the notice"), f"{show(agent.rules)}\n"),
        (_("Marks"), table_text(heads[0], marks) if marks else nothing),
        (
            _("Reservations of all time"),
            reservations_text(found.reservations, _) if found.reservations else nothing,
        ),
        (_("Lines of the ledger"), table_text(heads[1], entries)),
        (
            _("Mails that wait in the outbox"),
            "".join(f"{safe(name)}\n" for name in found.mails) or nothing,
        ),
    ]
    return agent_text(found.registered, _) + "".join(f"\n{head}\n{body}" for head, body in parts)


def erased_document(erased: Erased) -> Document:
    """Return the agent after an erasure, and the mails that were removed."""
    agent = agent_document(erased.registered)
    return {"agent": agent, "mails": erased.mails, "changed": erased.changed}


def erased_text(erased: Erased, _: Translate) -> str:
    """Return what an erasure removed and kept, for people."""
    headlines = N_("Erased."), N_("Would be erased."), N_("Erased already.")
    lines = [
        _(choose_headline(erased.changed, erased.dry_run, headlines)),
        _("Gone: name, certificate number, addresses, organisation, link, suspension."),
        _("Mails removed from the outbox: {count}").format(count=len(erased.mails)),
        _("Kept under the id: visits, marks, and the ledger, with the reasons that were given."),
        _("Copies made before, such as backups and exports, still hold them: delete those too."),
    ]
    return "\n".join(lines) + "\n\n" + agent_text(erased.registered, _)

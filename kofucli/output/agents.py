"""Agents for people: one in full, many as a table."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from kofucli.language import Translate
from kofucli.operations.agents import Registered
from kofucli.output.documents import agent_document
from kofucli.output.tables import Sheet, table_text
from kofucli.output.words import OCCUPATION_NAMES
from kofucli.text import safe

_COLUMNS = (
    "id",
    "name",
    "occupation",
    "certificate",
    "valid_until",
    "email",
    "phone",
    "organization",
    "language",
    "verified",
    "terms_version",
    "erased",
)


def agent_text(registered: Registered, _: Translate) -> str:
    """Return an agent in full."""
    agent, personal = registered.agent, registered.personal
    if agent.erased is not None:
        values = {
            _("Agent"): agent.id,
            _("Erased"): agent.erased or _("yes"),
            _("Occupation"): _(OCCUPATION_NAMES[agent.occupation]),
        }
        return "".join(f"{label}: {safe(value)}\n" for label, value in values.items())
    lines = [
        (_("Agent"), agent.id),
        (_("Name"), personal.name),
        (_("Occupation"), _(OCCUPATION_NAMES[agent.occupation])),
        (_("Certificate"), personal.certificate),
        (_("Valid until"), agent.valid_until.isoformat()),
        (_("E-mail"), personal.email),
        (_("Verified"), _("yes") if agent.verified else _("no")),
        (_("Terms accepted"), agent.terms or _("no")),
    ]
    if personal.phone:
        lines.append((_("Phone"), personal.phone))
    if personal.organization:
        lines.append((_("Organisation"), personal.organization))
    if agent.suspension is not None:
        held = agent.suspension
        last = held.until - timedelta(days=1)
        span = _("from {since} to {last}: {reason}").format(
            since=held.since, last=last, reason=held.reason
        )
        lines.append((_("Suspended"), span))
    return "".join(f"{label}: {safe(value)}\n" for label, value in lines)


def agents_text(agents: Iterable[Registered], _: Translate) -> str:
    """Return agents as a table."""
    rows = [
        [
            r.agent.id,
            r.personal.name if r.agent.erased is None else _("(erased)"),
            _(OCCUPATION_NAMES[r.agent.occupation]),
            r.agent.valid_until.isoformat(),
            _("yes") if r.agent.verified else _("no"),
            r.agent.suspension.until.isoformat() if r.agent.suspension is not None else "",
        ]
        for r in agents
    ]
    headings = [
        _("Agent"),
        _("Name"),
        _("Occupation"),
        _("Valid until"),
        _("Verified"),
        _("Books again from"),
    ]
    return table_text(Sheet((), headings, rows))


def agents_sheet(agents: Iterable[Registered]) -> Sheet:
    """Return agents for CSV."""
    rows = []
    for registered in agents:
        document = agent_document(registered)
        rows.append([_cell(document[name]) for name in _COLUMNS])
    return Sheet(_COLUMNS, _COLUMNS, rows)


def _cell(value: object) -> str | None:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return None if value is None else str(value)

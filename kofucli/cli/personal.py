"""``agent export`` and ``agent erase``: what a person may ask for."""

from __future__ import annotations

import click
from msgspec.structs import replace

from kofucli.cli.app import App, check_agent_id
from kofucli.cli.arguments import check_reason
from kofucli.cli.framework import (
    acting_options,
    command,
    dry_run_option,
    format_options,
    office_option,
    option,
    pass_app,
    yes_option,
)
from kofucli.errors import Phrase
from kofucli.operations.context import find_agent
from kofucli.operations.personal_data import disclose, erase_agent, remove_files
from kofucli.output import personal as output
from kofucli.text import N_


@command("export", N_("Show everything that is kept about an agent."))
@click.argument("agent_id", metavar="ID")
@acting_options
@format_options("table", "json")
@pass_app
def export(app: App, agent_id: str) -> None:
    """Disclose what is kept about an agent."""
    actor, wanted = app.reader(), check_agent_id(agent_id)
    found = app.read(lambda context: disclose(app.store, context, wanted, actor))
    app.show(
        lambda: output.disclosure_document(found, app.now),
        lambda _: output.disclosure_text(found, _),
    )


@command("erase", N_("Erase an agent's personal values; visits and marks stay, under its id."))
@click.argument("agent_id", metavar="ID")
@option("--reason", help=N_("Why; it is recorded for good, so it names nobody."))
@office_option
@yes_option
@dry_run_option
@format_options("table", "json")
@pass_app
def erase(app: App, agent_id: str, reason: str | None) -> None:
    """Erase an agent."""
    actor, wanted = app.office_only(), check_agent_id(agent_id)
    why = check_reason(reason) if reason is not None else ""
    app.read(lambda context: find_agent(context.view, wanted, erased_too=True))
    app.confirm(
        Phrase(
            "Erase the name, addresses and certificate number of agent {id}, and the mails that "
            "wait for it? Nothing brings them back.",
            id=wanted,
        )
    )
    recorded = erase_agent(app.store, app.settings, wanted, why, app.stamp(actor))
    erased = app.attempt(lambda: remove_files(app.store, recorded), replace(recorded, mails=()))
    app.show(
        lambda: output.erased_document(erased),
        lambda _: output.erased_text(erased, _),
        notes=erased.notes,
        changed=erased.changed,
    )

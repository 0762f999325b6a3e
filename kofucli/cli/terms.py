"""``terms accept``: the terms of use."""

from __future__ import annotations

from kofucli.cli.agent import show_changed
from kofucli.cli.app import App
from kofucli.cli.framework import (
    acting_options,
    command,
    dry_run_option,
    format_options,
    group,
    pass_app,
)
from kofucli.errors import Phrase, WrongUsageError
from kofucli.operations.agents import accept_terms
from kofucli.text import N_

__all__ = ["terms"]


@group("terms", N_("The terms of use."))
def terms() -> None:
    """Hold the commands."""


@command("accept", N_("Accept the terms of use for an agent."), group=terms)
@acting_options
@dry_run_option
@format_options("table", "json")
@pass_app
def accept(app: App) -> None:
    """Accept the terms of use."""
    actor = app.agent_or_office()
    agent = app.agent_id
    if agent is None:
        raise WrongUsageError(Phrase("For whom? Add --agent ID to --office."))
    changed = accept_terms(app.store, app.settings, agent, app.stamp(actor))
    headlines = N_("Accepted."), N_("Would be accepted."), N_("Accepted already.")
    show_changed(app, changed, headlines)

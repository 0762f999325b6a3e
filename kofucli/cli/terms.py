"""``terms show`` and ``terms accept``: the terms of use."""

from __future__ import annotations

import os

from kofucli.cli.agent import show_changed
from kofucli.cli.app import App
from kofucli.cli.framework import (
    acting_options,
    command,
    dry_run_option,
    format_options,
    group,
    option,
    pass_app,
)
from kofucli.errors import Phrase, WrongUsageError
from kofucli.operations.agents import accept_terms
from kofucli.text import N_


@group("terms", N_("The terms of use."))
def terms() -> None:
    """Hold the commands."""


@command(
    "show", N_("Show the terms of use in force: --lang ja, --lang en, or --easy."), group=terms
)
@option("--easy", is_flag=True, help=N_("In plain Japanese, with readings."))
@format_options("text", "json")
@pass_app
def show(app: App, easy: bool) -> None:
    """Show the terms of use."""
    from kofucli.output.terms import terms_document, terms_text  # accepting needs none
    from kofucli.terms import read_terms  # as above

    folder = os.path.dirname(os.path.abspath(app.config_path))
    found = read_terms(app.settings, folder, "ja-easy" if easy else app.language)
    notes = []
    if found.language is None and easy:
        notes.append(Phrase("The office's own text has one form; --easy makes no difference."))
    app.show(lambda: terms_document(found), lambda _: terms_text(found), notes=notes)


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

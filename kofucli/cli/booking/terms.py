"""``terms``: showing the terms of use, and accepting them."""

from __future__ import annotations

import os

from kofucli.base.errors import Phrase, WrongUsageError
from kofucli.base.text import N_, safe
from kofucli.cli.app import App
from kofucli.cli.framework import (
    agent_or_office,
    command,
    format_options,
    group,
    option,
)
from kofucli.cli.office.agent import show_changed
from kofucli.operations.agents.register import accept_terms
from kofucli.output.wrap import wrap_item
from kofucli.terms import read_terms

terms = group("terms")


@command(
    "show", N_("Show the terms of use in force: --lang ja, --lang en, or --easy."), group=terms
)
@option("--easy", is_flag=True, help=N_("In plain Japanese, with readings."))
@format_options("text", "json")
def _show_terms(app: App, easy: bool) -> None:
    folder = os.path.dirname(os.path.abspath(app.config_path))
    found = read_terms(app.settings, folder, "ja-easy" if easy else app.language)
    lines = [safe(line.rstrip()) for line in found.text.expandtabs(4).splitlines()]
    columns = app.columns()
    shown = [part for line in lines for part in wrap_item(line, columns, cuts=False)]
    notes = []
    if found.language is None and easy:
        notes.append(Phrase("The office's own text has one form; --easy makes no difference."))
    app.show(
        # JSON has the text as the office wrote it, a paragraph a line.
        lambda: {"version": found.version, "language": found.language, "text": found.text},
        lambda _: "\n".join(shown) + "\n",
        notes=notes,
    )


@command("accept", N_("Accept the terms of use for an agent."), group=terms)
@agent_or_office("table", "json", changes=True)
def _accept_terms(app: App) -> None:
    actor = app.actor()
    agent = app.agent_id
    if agent is None:
        raise WrongUsageError(Phrase("For whom? Add --agent ID to --office."))
    changed = accept_terms(app.store, app.settings, agent, app.stamp(actor))
    headlines = N_("Accepted."), N_("Would be accepted."), N_("Accepted already.")
    show_changed(app, changed, headlines, names_next=True)

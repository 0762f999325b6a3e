"""``status``: who acts, with which configuration, store and clock, and what needs doing."""

from __future__ import annotations

from kofucli.cli.app import App
from kofucli.cli.framework import agent_or_office, command
from kofucli.model.holidays import note_on_years
from kofucli.operations.status import show_status
from kofucli.output.booking.status import RunFacts, status_document, status_text


@command("status")
@agent_or_office("table", "json")
def status(app: App) -> None:
    """Show where the agent, or the office, stands."""
    actor = app.reader()
    standing = app.read(lambda context: show_status(context, actor))
    office = standing.agent is None
    days = (*(day for day, _rooms in standing.slots.days), *(r.date for r in standing.visits))
    run = RunFacts(
        *app.places,
        app.settings.rules.version,
        app.now,
        app.now_is_given,
        len(app.store.mails()) if office else 0,
        app.store.free() if office else None,
    )
    app.show(
        lambda: status_document(standing, run),
        lambda _: status_text(standing, run, _),
        notes=(*standing.warnings, *note_on_years(days)),
    )

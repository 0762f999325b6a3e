"""``slots`` and ``status``: what is free on the shown days, and what needs doing."""

from __future__ import annotations

from types import ModuleType

from kofucli import cli
from kofucli.cli.app import App
from kofucli.model.holidays import note_on_years
from kofucli.operations import find_agent
from kofucli.operations.slots import show_slots
from kofucli.output.documents import slots_document
from kofucli.rules.wording import describe


@cli.command("slots")
@cli.agent_or_office("table", "json", "csv")
def slots(app: App) -> None:
    """Show the shown days and their frames."""
    agent_id, actor = app.agent_id, app.reader()
    found = app.read(
        lambda context: show_slots(
            context, find_agent(context.view, agent_id) if agent_id is not None else None, actor
        )
    )
    notes = list(note_on_years(day for day, _rooms in found.days))
    if app.format == "csv":  # the other forms hold it in the result
        notes += map(describe, found.blocked)
    app.show(
        found,
        lambda _: slots_document(found, app.settings.office.id, app.now),
        lambda _, translate: _output().slots_text(found, translate),
        lambda _: _output().slots_sheet(found),
        notes,
    )


def _output() -> ModuleType:
    from kofucli.output.booking import slots as output

    return output


@cli.command("status")
@cli.agent_or_office("table", "json")
def status(app: App) -> None:
    """Show with which configuration, store and clock whoever acts works, and where it stands."""
    from kofucli.operations.status import show_status
    from kofucli.output.booking.status import RunFacts, status_document, status_text

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
        standing,
        lambda _: status_document(standing, run),
        lambda _, translate: status_text(standing, run, translate),
        notes=(*standing.warnings, *note_on_years(days)),
    )

"""``slots``: what is free on the shown days."""

from __future__ import annotations

from types import ModuleType

from kofucli.cli.app import App
from kofucli.cli.framework import agent_or_office, command
from kofucli.model.holidays import note_on_years
from kofucli.operations.context import find_agent
from kofucli.operations.slots import show_slots
from kofucli.output.documents import slots_document
from kofucli.rules.wording import describe


@command("slots")
@agent_or_office("table", "json", "csv")
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
        lambda: slots_document(found, app.settings.office.id, app.now),
        lambda translate: _output().slots_text(found, translate),
        lambda: _output().slots_sheet(found),
        notes=notes,
    )


def _output() -> ModuleType:
    from kofucli.output.booking import slots as output

    return output

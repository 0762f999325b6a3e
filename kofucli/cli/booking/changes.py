"""``cancel --from`` and ``amend --from``: the rows of a file, changed in one transaction."""

from __future__ import annotations

from kofucli.base.errors import Phrase, WrongUsageError
from kofucli.casefile.reading import LARGEST
from kofucli.cli.app import App
from kofucli.cli.decision import post
from kofucli.cli.files import read_input
from kofucli.operations.booking.bulk import CaseFile
from kofucli.operations.booking.changes import change_many, read_changes
from kofucli.output.booking import rows as output


def change_file(app: App, path: str, sheet: str | None, cancels: bool, has_others: bool) -> None:
    """Cancel or amend what the rows of a file name, mail the agents, and show the rows.

    ``has_others`` says that a number or an option of a single change was given, too.
    """
    if has_others:
        raise WrongUsageError(Phrase("--from FILE takes no NUMBER and no single change beside it."))
    if app.options.get("scenario"):
        raise WrongUsageError(Phrase("--scenario records a single change; --from has many."))
    actor = app.actor()
    app.inputs.append(path)
    stamp = app.stamp(actor)
    file = CaseFile(read_input(path, LARGEST), sheet, path)
    request = read_changes(file, app.settings, cancels, app.explains)
    changed = change_many(app.store, app.settings, request, stamp)
    app.inquiries = changed.inquiries
    posted = post(app, "cancelled" if cancels else "amended", changed.reservations)
    app.show(
        lambda: output.changed_document(changed, app.now, app.translate),
        lambda _: output.changed_text(changed, _),
        lambda: output.changed_sheet(changed.rows),
        (*request.notes, *changed.notes, *posted.notes),
        changed.changed,
    )

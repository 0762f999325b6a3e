"""``cancel``: ending a reservation before its deadline."""

from __future__ import annotations

from kofucli.base.text import N_
from kofucli.cli.app import App
from kofucli.cli.arguments import check_single
from kofucli.cli.decision import carry_out, mail_and_show
from kofucli.cli.framework import (
    agent_or_office,
    argument,
    command,
    explain_option,
    option,
    scenario_option,
    sheet_option,
)
from kofucli.operations.booking.amend import CancelRequest
from kofucli.operations.booking.amend import cancel as cancel_reservation


@command("cancel")
@argument("number", required=False)
@option(
    "--from", "file", metavar="FILE", help=N_("Cancel the visits of a file's cases; - is stdin.")
)
@sheet_option
@explain_option
@scenario_option
@agent_or_office("table", "json", "csv", changes=True)
def cancel(app: App, number: str | None, file: str | None, sheet: str | None) -> None:
    """Cancel a reservation, or many."""
    if file is not None:
        from kofucli.cli.booking.changes import change_file  # one reservation needs no file

        change_file(app, file, sheet, True, bool(number))
        return
    number = check_single(number, sheet)
    actor = app.actor()
    changed = carry_out(
        app,
        CancelRequest(number),
        app.stamp(actor),
        lambda stamp: cancel_reservation(app.store, app.settings, number, stamp),
    )
    headlines = (N_("Cancelled."), N_("Would be cancelled."), N_("Cancelled already."))
    mail_and_show(app, changed, "cancelled", headlines)

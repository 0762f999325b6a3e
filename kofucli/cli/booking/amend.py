"""``amend``: changing the cases of a reservation before its deadline."""

from __future__ import annotations

from kofucli.base.errors import InputError, Phrase, Problem, WrongUsageError
from kofucli.base.text import N_, abbreviate
from kofucli.casefile.case_spec import Draft, parse_spec, split_at_equals
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
from kofucli.operations.booking.amend import AmendRequest
from kofucli.operations.booking.amend import amend as amend_reservation


@command("amend")
@argument("number", required=False)
@option("--drop", multiple=True, metavar="CASE", help=N_("Drop this case; repeat."))
@option("--replace", multiple=True, metavar="OLD=SPEC", help=N_("Correct this case; repeat."))
@option("--add", multiple=True, metavar="SPEC", help=N_("Fill a dropped place; repeat."))
@option(
    "--from", "file", metavar="FILE", help=N_("Correct what the rows of a file say; - is stdin.")
)
@sheet_option
@explain_option
@scenario_option
@agent_or_office("table", "json", "csv", changes=True)
def amend(
    app: App,
    number: str | None,
    drop: tuple[str, ...],
    replace: tuple[str, ...],
    add: tuple[str, ...],
    **source: str | None,
) -> None:
    """Change a reservation, or many."""
    if source["file"] is not None:
        from kofucli.cli.booking.changes import change_file  # one reservation needs no file

        others = bool(number or drop or replace or add)
        change_file(app, source["file"], source["sheet"], False, others)
        return
    number = check_single(number, source["sheet"])
    actor = app.actor()
    if not drop and not replace and not add:
        raise WrongUsageError(Phrase("Nothing to change: expected --drop, --replace or --add."))
    request = AmendRequest(
        number, drop, tuple(map(_read_replacement, replace)), tuple(map(parse_spec, add))
    )
    changed = carry_out(
        app,
        request,
        app.stamp(actor),
        lambda stamp: amend_reservation(app.store, app.settings, request, stamp),
    )
    headlines = (N_("Changed."), N_("Would be changed."), N_("Nothing to change."))
    mail_and_show(app, changed, "amended", headlines)


def _read_replacement(text: str) -> tuple[str, Draft]:
    old, spec = split_at_equals(text)
    if spec is None or not old.strip() or not spec.strip():
        raise InputError(
            Phrase("A correction is invalid; nothing was changed."),
            [
                Problem(
                    Phrase("--replace {value}", value=abbreviate(text)),
                    Phrase("expected OLD=NEW[,key=value]..."),
                )
            ],
        )
    return old, parse_spec(spec)

"""``amend`` and ``cancel``: changing or ending a reservation before its deadline."""

from __future__ import annotations

import click

from kofucli.base.errors import InputError, Phrase, Problem, WrongUsageError
from kofucli.base.text import N_, abbreviate
from kofucli.casefile.case_spec import Draft, parse_spec
from kofucli.cli.app import App
from kofucli.cli.decision import post, show_changed, take
from kofucli.cli.framework import agent_or_office, command, explain_option, option, scenario_option
from kofucli.operations.booking.amend import AmendRequest, Changed
from kofucli.operations.booking.amend import amend as amend_reservation
from kofucli.operations.booking.cancel import CancelRequest
from kofucli.operations.booking.cancel import cancel as cancel_reservation
from kofucli.operations.mail import NewsKind
from kofucli.output.words import choose_headline
from kofucli.rules.refusal import Inquiry


@command("amend", N_("Drop or correct cases of a reservation, until its deadline."))
@click.argument("number", required=False)
@option("--drop", multiple=True, metavar="CASE", help=N_("Drop this case; repeat."))
@option("--replace", multiple=True, metavar="OLD=SPEC", help=N_("Correct this case; repeat."))
@option("--add", multiple=True, metavar="SPEC", help=N_("Fill a dropped place; repeat."))
@option(
    "--from", "file", metavar="FILE", help=N_("Correct what the rows of a file say; - is stdin.")
)
@option("--sheet", metavar="NAME", help=N_("The sheet of a workbook; else the first one."))
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
    changed = take(
        app,
        request,
        app.stamp(actor),
        lambda stamp: amend_reservation(app.store, app.settings, request, stamp),
    )
    headlines = (N_("Changed."), N_("Would be changed."), N_("Nothing to change."))
    _mail_and_show(app, changed, "amended", headlines)


def check_single(number: str | None, sheet: str | None) -> str:
    """Return the NUMBER of a command without --from. Raises WrongUsageError where it is missing."""
    if number is None:
        raise WrongUsageError(Phrase("Expected NUMBER, or --from FILE."))
    if sheet is not None:
        raise WrongUsageError(Phrase("--sheet goes with --from FILE."))
    return number


def _read_replacement(text: str) -> tuple[str, Draft]:
    old, sign, spec = text.partition("=")
    if not sign or not old.strip() or not spec.strip():
        raise InputError(
            Phrase("A correction is not written as it should be; nothing was changed."),
            [
                Problem(
                    Phrase("--replace {value}", value=abbreviate(text)),
                    Phrase("expected OLD=NEW[,key=value]..."),
                )
            ],
        )
    return old, parse_spec(spec)


@command("cancel", N_("Cancel a reservation, until its deadline."))
@click.argument("number", required=False)
@option(
    "--from", "file", metavar="FILE", help=N_("Cancel the visits of a file's cases; - is stdin.")
)
@option("--sheet", metavar="NAME", help=N_("The sheet of a workbook; else the first one."))
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
    changed = take(
        app,
        CancelRequest(number),
        app.stamp(actor),
        lambda stamp: cancel_reservation(app.store, app.settings, number, stamp),
    )
    headlines = (N_("Cancelled."), N_("Would be cancelled."), N_("Cancelled already."))
    _mail_and_show(app, changed, "cancelled", headlines)


def _mail_and_show(
    app: App, changed: Changed, kind: NewsKind, headlines: tuple[str, str, str]
) -> None:
    """Mail the agent and show the reservation; ``headlines`` as ``choose_headline`` takes them."""
    posted = post(app, kind, [changed.reservation] if changed.changed else [])
    app.inquiries = [Inquiry(changed.asked)]
    headline, notes = (
        choose_headline(changed.changed, changed.dry_run, headlines),
        (*changed.notes, *posted.notes),
    )
    show_changed(app, changed.reservation, headline, notes, changed.changed)

"""``amend`` and ``cancel``: changing a reservation before its deadline, or many by a file."""

from __future__ import annotations

from kofucli import cli
from kofucli.base import InputError, Phrase, Problem, usage_error
from kofucli.base.text import N_, abbreviate
from kofucli.casefile import Draft, parse_spec, split_at_equals
from kofucli.cli.app import App
from kofucli.cli.decision import carry_out, mail_and_show, post
from kofucli.cli.files import read_input
from kofucli.operations.booking.amend import AmendRequest, CancelRequest
from kofucli.operations.booking.amend import amend as amend_reservation
from kofucli.operations.booking.amend import cancel as cancel_reservation


@cli.command("amend")
@cli.argument("number", required=False)
@cli.option("--drop", "CASE...", N_("Drop this case; may be repeated."))
@cli.option("--replace", "OLD=SPEC...", N_("Correct this case; may be repeated."))
@cli.option("--add", "SPEC...", N_("Fill a dropped place; may be repeated."))
@cli.option("--from file", "FILE", N_("Drop or correct what the rows of a file say; - is stdin."))
@cli.sheet_option
@cli.explain_option
@cli.scenario_option
@cli.agent_or_office("table", "json", "csv", changes=True)
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
        others = bool(number or drop or replace or add)
        _change_file(app, source["file"], source["sheet"], False, others)
        return
    number = _check_single(number, source["sheet"])
    actor = app.actor()
    if not drop and not replace and not add:
        raise usage_error("Nothing to change: expected --drop, --replace or --add.")
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
        where = Phrase("--replace {value}", value=abbreviate(text))
        problem = Problem(where, Phrase("expected OLD=NEW[,key=value]..."))
        raise InputError(Phrase("A correction is invalid; nothing was changed."), [problem])
    return old, parse_spec(spec)


@cli.command("cancel")
@cli.argument("number", required=False)
@cli.option("--from file", "FILE", N_("Cancel the visits of a file's cases; - is stdin."))
@cli.sheet_option
@cli.explain_option
@cli.scenario_option
@cli.agent_or_office("table", "json", "csv", changes=True)
def cancel(app: App, number: str | None, file: str | None, sheet: str | None) -> None:
    """Cancel a reservation, or many."""
    if file is not None:
        _change_file(app, file, sheet, True, bool(number))
        return
    number = _check_single(number, sheet)
    actor = app.actor()
    changed = carry_out(
        app,
        CancelRequest(number),
        app.stamp(actor),
        lambda stamp: cancel_reservation(app.store, app.settings, number, stamp),
    )
    headlines = (N_("Cancelled."), N_("Would be cancelled."), N_("Cancelled already."))
    mail_and_show(app, changed, "cancelled", headlines)


def _check_single(number: str | None, sheet: str | None) -> str:
    if number is None:
        raise usage_error("Expected NUMBER, or --from FILE.")
    if sheet is not None:
        raise usage_error("--sheet goes with --from FILE.")
    return number


def _change_file(app: App, path: str, sheet: str | None, cancels: bool, has_others: bool) -> None:
    """``has_others`` says that a number or an option of a single change was given, too."""
    # One reservation needs no file.
    from kofucli.casefile.reading import LARGEST
    from kofucli.operations.booking.bulk import CaseFile
    from kofucli.operations.booking.changes import change_many, read_changes
    from kofucli.output.booking import rows as output

    if has_others:
        raise usage_error("--from FILE takes no NUMBER and no single change beside it.")
    if app.options.get("scenario"):
        raise usage_error("--scenario records a single change; --from has many.")
    actor = app.actor()
    app.inputs.append(path)
    stamp = app.stamp(actor)
    file = CaseFile(read_input(path, LARGEST), sheet, path)
    request = read_changes(file, app.settings, cancels, app.explains)
    changed = change_many(app.store, app.settings, request, stamp)
    app.inquiries = changed.inquiries
    posted = post(app, "cancelled" if cancels else "amended", changed.reservations)
    app.show(
        changed,
        lambda _: output.changed_document(changed, app.now, app.translate),
        output.changed_text,
        lambda _: output.changed_sheet(changed.rows),
        (*request.notes, *changed.notes, *posted.notes),
        changed.changed,
    )

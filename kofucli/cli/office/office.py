"""``office``: closing and reopening days and hours, maintenance."""

from __future__ import annotations

from datetime import datetime

from kofucli.base.clock import parse_instant, read_clock
from kofucli.base.errors import Phrase, WrongUsageError
from kofucli.base.language import Translate, list_text
from kofucli.base.text import N_, show
from kofucli.cli.app import App
from kofucli.cli.arguments import check_reason, read_day, read_hour
from kofucli.cli.decision import post_each
from kofucli.cli.framework import argument, command, group, office_options, option
from kofucli.operations.mail import News
from kofucli.operations.office import (
    Announced,
    ClockTrusted,
    CloseRequest,
    close_day,
    end_maintenance,
    find_affected,
    reopen_day,
    set_maintenance,
    trust_clock,
)
from kofucli.output.booking.reservations import reservations_text
from kofucli.output.documents import Document, instant, refusal_document, reservation_document
from kofucli.output.words import choose_headline, day_text, maintenance_text

office = group("office")


@command("show", N_("Show closures, openings, hours, and the settings in force."), group=office)
@office_options("table", "json")
def _show_in_force(app: App) -> None:
    from kofucli.operations.history import show_in_force  # the other commands need neither
    from kofucli.output.office.in_force import in_force_document, in_force_text

    app.office_actor()
    found = app.read(lambda context: show_in_force(app.store, context))
    app.show(
        lambda: in_force_document(found, app.settings, app.now),
        lambda _: in_force_text(found, app.settings, _),
    )


@command("close", N_("Close a day, or single hours: ends their reservations."), group=office)
@argument("date")
@argument("hours", nargs=-1, metavar="[HOUR]...")
@option("--reason", required=True, help=N_("Why; it is recorded and shown."))
@option("--until", metavar="DATE", help=N_("Close every day up to this one, included."))
@office_options("table", "json", changes=True, asks=True)
def _close(app: App, date: str, hours: tuple[str, ...], reason: str, until: str | None) -> None:
    actor = app.office_actor()
    why, starts = check_reason(reason), tuple(map(read_hour, hours))
    first = read_day(app, date)
    last = read_day(app, until) if until is not None else None
    if last is not None and last < first:
        raise WrongUsageError(
            Phrase(
                "--until {until} is before {day}; expected a day from it on.", until=last, day=first
            )
        )
    request = CloseRequest(first, starts, why, last)
    affected = app.read(lambda context: find_affected(context.view, request))
    day: object = first
    if last is not None:
        day = Phrase("{first} to {last}", first=first, last=last)
    app.confirm(
        Phrase(
            "Close {day} ({hours})? Reservations that end: {count} ({numbers}).",
            day=day,
            hours=starts or Phrase("all hours"),
            count=len(affected),
            numbers=[r.number for r in affected] or "-",
        )
    )
    _show(app, close_day(app.store, app.settings, request, app.stamp(actor)))


@command("reopen", N_("Open a day, and the hours of it that were closed."), group=office)
@argument("date")
@option("--restore", is_flag=True, help=N_("Bring back what the closure ended."))
@office_options("table", "json", changes=True)
def _reopen(app: App, date: str, restore: bool) -> None:
    actor = app.office_actor()
    day = read_day(app, date)
    _show(app, reopen_day(app.store, app.settings, day, restore, app.stamp(actor)))


@command("maintenance", N_("Begin a maintenance now, or end it (--over)."), group=office)
@option("--end", metavar="INSTANT", help=N_("When it ends, where that is known."))
@option("--reason", help=N_("Why; it is recorded and shown."))
@option("--over", is_flag=True, help=N_("The maintenance is over."))
@office_options("table", "json", changes=True)
def _maintenance(app: App, end: str | None, reason: str | None, over: bool) -> None:
    actor = app.office_actor()
    if over:
        if end is not None or reason is not None:
            raise WrongUsageError(Phrase("--over goes without --end and --reason."))
        _show(app, end_maintenance(app.store, app.settings, app.stamp(actor)))
        return
    if not reason:
        raise WrongUsageError(Phrase("A maintenance needs --reason, or --over ends it."))
    until = parse_instant(end, "--end") if end is not None else None
    why = check_reason(reason)
    _show(app, set_maintenance(app.store, app.settings, until, why, app.stamp(actor)))


@command("clock", N_("Say that the machine's clock is right, and was ahead."), group=office)
@office_options("table", "json", changes=True)
def _clock(app: App) -> None:
    stamp = app.stamp(app.office_actor())
    trusted = trust_clock(app.store, app.settings, read_clock(), stamp)
    headlines = (
        N_("Recorded: the machine's clock is right."),
        N_("This would be recorded: the machine's clock is right."),
        N_("The machine's clock was not ahead at the last change; nothing was changed."),
    )
    app.show(
        lambda: {
            "clock": instant(trusted.clock),
            "before": instant(trusted.before),
            "changed": trusted.changed,
        },
        lambda _: _clock_text(
            _(choose_headline(trusted.changed, app.dry_run, headlines)), trusted, _
        ),
        changed=trusted.changed,
    )


def _clock_text(headline: str, trusted: ClockTrusted, _: Translate) -> str:
    said = _("Clock now: {clock}; at the last change: {before}")
    return f"{headline}\n{said.format(clock=show(trusted.clock), before=show(trusted.before))}\n"


def _show(app: App, announced: Announced) -> None:
    posted = post_each(
        app,
        [
            *(News("closed", r) for r in announced.ended),
            *(News("restored", r) for r in announced.restored),
            # A later deadline that is over as well is no news.
            *(News("moved", r) for r in announced.moved if app.now < r.closes),
        ],
    )
    app.show(
        lambda: _document(announced, app.now, app.translate),
        lambda _: _text(announced, app.dry_run, _),
        notes=(*announced.notes, *posted.notes),
        changed=announced.changed,
    )


def _document(announced: Announced, now: datetime, translate: Translate) -> Document:
    document: Document = {
        "date": announced.day.isoformat() if announced.day is not None else None,
        "until": announced.until.isoformat() if announced.until is not None else None,
        "changed": announced.changed,
        "ended": [reservation_document(r, now) for r in announced.ended],
        "restored": [reservation_document(r, now) for r in announced.restored],
        "moved": [reservation_document(r, now) for r in announced.moved],
        "not_restored": [
            {
                "reservation": reservation_document(r, now),
                "refusals": [refusal_document(v, now, translate) for v in verdicts],
            }
            for r, verdicts in announced.not_restored
        ],
    }
    if announced.maintenance is not None:
        held = announced.maintenance
        document["maintenance"] = {
            "since": instant(held.since),
            "end": instant(held.end),
            "reason": held.reason,
        }
    return document


def _text(announced: Announced, dry_run: bool, _: Translate) -> str:
    already = N_("Already done; nothing was changed.")
    headlines = N_("Done."), N_("This would be done."), already
    text = _(choose_headline(announced.changed, dry_run, headlines)) + "\n"
    if announced.day is not None:
        said = _("Open: {day}, all hours")
        if not announced.opens:
            said = _("Closed: {day}, {hours}") if announced.hours else _("Closed: {day}, all hours")
        day = day_text(announced.day, _)
        if announced.until is not None:
            last = day_text(announced.until, _)
            day = _("{first} to {last}").format(first=day, last=last)
        text += said.format(day=day, hours=list_text(announced.hours, _)) + "\n"
    if announced.maintenance is not None:
        title = _("Maintenance")
        text += f"{title}: {maintenance_text(announced.maintenance, _)}\n"
    for title, reservations in (
        (_("Ended by the closure"), announced.ended),
        (_("Restored"), announced.restored),
        (_("With a later deadline"), announced.moved),
        (_("Not restored"), tuple(r for r, _verdicts in announced.not_restored)),
    ):
        if reservations:
            text += f"\n{title}\n{reservations_text(reservations, _)}"
    for reservation, verdicts in announced.not_restored:
        text += f"{reservation.number}: {', '.join(v.code for v in verdicts)}\n"
    return text

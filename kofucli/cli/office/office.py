"""``office`` and ``mail``: closing and reopening days, maintenance, what waits in the outbox."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from kofucli import cli
from kofucli.base import AftermathError, Phrase, usage_error
from kofucli.base.clock import parse_instant, read_clock
from kofucli.base.language import Translate, list_text, render
from kofucli.base.text import N_, safe, show
from kofucli.cli.app import App
from kofucli.cli.arguments import check_reason, read_day, read_days, read_hour
from kofucli.cli.decision import carrier, post_each
from kofucli.cli.progress import show_progress
from kofucli.operations import office as acts
from kofucli.operations.mail import News
from kofucli.operations.outbox import Delivered, Left, send_waiting
from kofucli.output.booking.reservations import reservations_text
from kofucli.output.documents import Document, refusal_document, reservation_document
from kofucli.output.words import choose_headline, day_text, maintenance_text

office = cli.Group("office")
mail = cli.Group("mail")


@cli.command("show", N_("Show closures, openings, hours, and the settings in force."), office)
@cli.office_options("table", "json")
def _show_in_force(app: App) -> None:
    from kofucli.operations.history import show_in_force  # the other commands need neither
    from kofucli.output.reports import in_force_document, in_force_text

    app.office_actor()
    found = app.read(lambda context: show_in_force(app.store, context))
    app.show(
        found,
        lambda _: in_force_document(found, app.settings, app.now),
        lambda _, translate: in_force_text(found, app.settings, translate),
    )


@cli.command("close", N_("Close a day, or single hours: ends their reservations."), office)
@cli.argument("date")
@cli.argument("hours", nargs=-1, metavar="[HOUR]...")
@cli.option("--reason", "TEXT", N_("Why; it is recorded and shown."), required=True)
@cli.option("--until", "DATE", N_("Close every day up to this one, included."))
@cli.office_options("table", "json", changes=True, asks=True)
def _close(app: App, date: str, hours: tuple[str, ...], reason: str, until: str | None) -> None:
    actor = app.office_actor()
    why, starts = check_reason(reason), tuple(map(read_hour, hours))
    first = read_day(app, date)
    (last,) = read_days(app, until)
    if last is not None and last < first:
        raise usage_error(
            "--until {until} is before {day}; expected a day from it on.", until=last, day=first
        )
    request = acts.CloseRequest(first, starts, why, last)
    affected = app.read(lambda context: acts.find_affected(context.view, request))
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
    _show(app, acts.close_day(app.store, app.settings, request, app.stamp(actor)))


@cli.command("reopen", N_("Open a day, and the hours of it that were closed."), office)
@cli.argument("date")
@cli.flag("--restore", N_("Bring back what the closure ended."))
@cli.office_options("table", "json", changes=True)
def _reopen(app: App, date: str, restore: bool) -> None:
    actor = app.office_actor()
    day = read_day(app, date)
    _show(app, acts.reopen_day(app.store, app.settings, day, restore, app.stamp(actor)))


@cli.command("maintenance", N_("Begin a maintenance now, or end it (--over)."), office)
@cli.option("--end", "INSTANT", N_("When it ends, where that is known."))
@cli.option("--reason", "TEXT", N_("Why; it is recorded and shown."))
@cli.flag("--over", N_("End the maintenance."))
@cli.office_options("table", "json", changes=True)
def _maintenance(app: App, end: str | None, reason: str | None, over: bool) -> None:
    actor = app.office_actor()
    if over:
        if end is not None or reason is not None:
            raise usage_error("--over goes without --end and --reason.")
        _show(app, acts.end_maintenance(app.store, app.settings, app.stamp(actor)))
        return
    if not reason:
        raise usage_error("Give --reason to begin a maintenance, or --over to end it.")
    until = parse_instant(end, "--end") if end is not None else None
    why = check_reason(reason)
    _show(app, acts.set_maintenance(app.store, app.settings, until, why, app.stamp(actor)))


@cli.command("clock", N_("Record that the machine's clock was ahead, and is right now."), office)
@cli.office_options("table", "json", changes=True)
def _clock(app: App) -> None:
    stamp = app.stamp(app.office_actor())
    trusted = acts.trust_clock(app.store, app.settings, read_clock(), stamp)
    headlines = (
        N_("Recorded: the machine's clock is right."),
        N_("This would be recorded: the machine's clock is right."),
        N_("The machine's clock was not ahead at the last change; nothing was changed."),
    )

    def text(trusted: acts.ClockTrusted, _: Translate) -> str:
        said = _("Clock now: {clock}; at the last change: {before}")
        clocks = said.format(clock=show(trusted.clock), before=show(trusted.before))
        return f"{_(choose_headline(trusted.changed, app.dry_run, headlines))}\n{clocks}\n"

    app.show(
        trusted,
        lambda _: {"clock": trusted.clock, "before": trusted.before, "changed": trusted.changed},
        text,
        changed=trusted.changed,
    )


def _show(app: App, announced: acts.Announced) -> None:
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
        announced,
        lambda _: _document(announced, app.now, app.translate),
        lambda _, translate: _text(announced, app.dry_run, translate),
        notes=(*announced.notes, *posted.notes),
        changed=announced.changed,
    )


def _document(announced: acts.Announced, now: datetime, translate: Translate) -> Document:
    document: Document = {
        "date": announced.day,
        "until": announced.until,
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
    if (held := announced.maintenance) is not None:
        document["maintenance"] = {"since": held.since, "end": held.end, "reason": held.reason}
    return document


def _text(announced: acts.Announced, dry_run: bool, _: Translate) -> str:
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


@cli.command("send", N_("Send all mails that wait; what the server takes is removed."), mail)
@cli.office_flag
@cli.dry_run_option
@cli.format_options("table", "json")
def _send(app: App) -> None:
    app.office_actor()
    app.refuse_output()
    progress = show_progress(app, N_("Sending mails"), 1)
    sending = carrier(app, progress)
    delivered = send_waiting(app.store, app.settings, sending, app.now, app.dry_run)
    changed = bool(delivered.sent or (delivered.void and not app.dry_run))
    app.show(
        delivered,
        lambda _: {
            "sent": list(delivered.sent),
            "waiting": _list_mails(delivered.left, app.translate),
            "void": _list_mails(delivered.void, app.translate),
            "changed": changed,
        },
        lambda _, translate: _delivered_text(delivered, app.dry_run, translate),
        changed=changed,
    )
    if delivered.left and not app.dry_run:
        raise AftermathError(
            Phrase(
                "Mails that still wait in the outbox: {count}. Put right what is said of them, "
                "and run 'kofucli mail send' again.",
                count=len(delivered.left),
            )
        )


def _list_mails(mails: Iterable[Left], _: Translate) -> list[dict[str, str | None]]:
    return [
        {"mail": each.name, "message": render(each.reason, _) if each.reason is not None else None}
        for each in mails
    ]


def _delivered_text(delivered: Delivered, dry_run: bool, _: Translate) -> str:
    lines = [_("Sent: {count}").format(count=len(delivered.sent))]
    lines.append(_("Waiting: {count}").format(count=len(delivered.left)))
    lines += _mail_lines(delivered.left, _)
    if delivered.void:
        headline = _("Not sent and removed, since their links no longer work: {count}")
        if dry_run:
            headline = _("Not to be sent, since their links no longer work: {count}")
        lines.append(headline.format(count=len(delivered.void)))
        lines += _mail_lines(delivered.void, _)
        lines.append(_("'kofucli verify send ID' makes a new link."))
    return "\n".join(lines) + "\n"


def _mail_lines(mails: Iterable[Left], _: Translate) -> Iterator[str]:
    for item in mails:
        reason = f": {render(item.reason, _)}" if item.reason is not None else ""
        yield f"  {safe(item.name)}{reason}"

"""``desk``: the counter: arrivals, handing over, calls, closing the day, taking a step back."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING, Literal

from msgspec.structs import replace

from kofucli.base.clock import JST, parse_instant
from kofucli.base.errors import InputError, Phrase, Problem, WrongUsageError
from kofucli.base.language import Translate
from kofucli.base.text import N_, abbreviate
from kofucli.base.written_times import read_written
from kofucli.cli.app import App
from kofucli.cli.arguments import check_reason, read_day
from kofucli.cli.framework import argument, command, group, office_options, option
from kofucli.operations.counter import desk as counter
from kofucli.operations.counter import marks as calls
from kofucli.operations.counter.desk import REASONS, ArriveRequest, DeskDone
from kofucli.output.office import desk as output

if TYPE_CHECKING:
    from kofucli.operations.counter.day import DaysClosed
    from kofucli.operations.mail import Posted

_AT = {"metavar": "INSTANT", "help": N_("When it was, if not now; HH:MM is today.")}


desk = group("desk")


def _read_moment(text: str | None, today: date) -> datetime | None:
    """Return the instant of --at; ``HH:MM`` alone is today. Raises WrongUsageError."""
    if text is None:
        return None
    written = read_written(text)
    if written.start is None or written.ranges:
        return parse_instant(text, "--at")
    day, hour = written.day or today, written.start
    return datetime(day.year, day.month, day.day, int(hour[:2]), int(hour[3:]), tzinfo=JST)


def _show(app: App, done: DeskDone, text: Callable[[Translate], str]) -> None:
    app.show(
        lambda: output.done_document(done, app.now), text, notes=done.notes, changed=done.changed
    )


def _show_and_mail(app: App, done: DeskDone, text: Callable[[Translate], str]) -> None:
    """Show what was done, and mail the agent if the visit was cancelled or is valid again."""
    from kofucli.cli.decision import post_each  # most steps mail nothing
    from kofucli.operations.mail import News

    advice = next(iter(done.advice), None)
    news = [News(done.news, done.reservation, advice)] if done.news is not None else []
    posted = post_each(app, news)
    _show(app, replace(done, notes=(*done.notes, *posted.notes)), text)


@command("sheet", N_("Show who comes when on a day, and what to ask for."), group=desk)
@argument("date", required=False)
@office_options("table", "json", "csv", "xlsx", "html")
def _sheet(app: App, date: str | None) -> None:
    from kofucli.operations.counter.day import make_sheet  # only this command needs them
    from kofucli.output.office import desk_sheet

    app.office_actor()
    day = read_day(app, date or "today")
    made = app.read(lambda context: make_sheet(context, day))
    office = app.settings.office
    as_page = app.format == "html"

    def text(_: Translate) -> str:
        if as_page:
            return desk_sheet.sheet_page(made, office, app.now, app.language, _)
        return desk_sheet.sheet_text(made, _)

    app.show(
        lambda: desk_sheet.sheet_document(made, office.id, app.now),
        text,
        lambda: desk_sheet.sheet_csv(made),
        () if as_page else made.warnings,
    )


@command("arrive", N_("Record that somebody has come; - reads a number a line."), group=desk)
@argument("number")
@option("--at", **_AT)
@option("--accept-late", is_flag=True, help=N_("It is late, as announced: it is taken."))
@option("--late", is_flag=True, help=N_("It is late: it goes to the ordinary counter."))
@office_options("table", "json", changes=True)
def _arrive(app: App, number: str, at: str | None, accept_late: bool, late: bool) -> int:
    actor = app.office_actor()
    if (at is not None) + accept_late + late > 1:
        raise WrongUsageError(Phrase("Of --at, --accept-late and --late give one."))
    if number.strip() == "-":
        from kofucli.cli.counter.scanner import arrive_by_lines  # only a scanner needs it

        if at is not None or accept_late or late:
            raise WrongUsageError(
                Phrase("--at, --accept-late and --late go with one NUMBER, not with -.")
            )
        return arrive_by_lines(app, actor)
    decided: Literal["accept", "refer"] | None = None
    if accept_late or late:
        decided = "accept" if accept_late else "refer"
    request = ArriveRequest(number, _read_moment(at, app.now.date()), decided)
    done = counter.arrive(app.store, app.settings, request, app.stamp(actor))
    _show(app, done, lambda _: output.arrival_text(done, _))
    return 0


@command("collect", N_("Record that the cases were handed over, or which were not."), group=desk)
@argument("number")
@option(
    "--not-handed",
    multiple=True,
    metavar="CASE=REASON",
    help=N_("Not handed over: papers, period or other; repeat."),
)
@office_options("table", "json", changes=True)
def _collect(app: App, number: str, not_handed: tuple[str, ...]) -> None:
    actor = app.office_actor()
    pairs = [_read_outcome(text) for text in not_handed]
    done = counter.collect(app.store, app.settings, number, pairs, app.stamp(actor))
    _show(app, done, lambda _: output.collected_text(done, _))


def _read_outcome(text: str) -> tuple[str, str]:
    """Return the case and the reason of ``--not-handed CASE=REASON``. Raises InputError."""
    case, _, reason = unicodedata.normalize("NFKC", text).rpartition("=")
    word = reason.strip().lower()
    if case.strip() and word in REASONS:
        return case, word
    raise InputError(
        Phrase("A value of --not-handed is invalid; nothing was changed."),
        [
            Problem(
                Phrase("--not-handed {value}", value=abbreviate(text)),
                Phrase("expected CASE=REASON, the reason one of: {reasons}", reasons=REASONS),
            )
        ],
    )


@command("late-notice", N_("Record a call: the agent comes late."), group=desk)
@argument("number")
@option("--at", **_AT)
@office_options("table", "json", changes=True)
def _late_notice(app: App, number: str, at: str | None) -> None:
    actor = app.office_actor()
    told = _read_moment(at, app.now.date())
    done = calls.late_notice(app.store, app.settings, number, told, app.stamp(actor))
    _show(app, done, lambda _: output.late_notice_text(done, _))


@command("late-cancel", N_("Cancel by telephone, after the deadline: it is a mark."), group=desk)
@argument("number")
@option("--reason", required=True, help=N_("Who called (no name), and why; kept for good."))
@option("--at", **_AT)
@office_options("table", "json", changes=True)
def _late_cancel(app: App, number: str, reason: str, at: str | None) -> None:
    actor = app.office_actor()
    call = _read_moment(at, app.now.date()), check_reason(reason)
    done = calls.late_cancel(app.store, app.settings, number, call, app.stamp(actor))
    _show_and_mail(
        app,
        done,
        lambda _: output.late_cancel_text(done, app.settings.conduct, _),
    )


@command(
    "close-day", N_("Close a day, or all that are over: who did not come is marked."), group=desk
)
@argument("date", required=False)
@option("--all-no-show", is_flag=True, help=N_("Nobody was scanned, since nobody came."))
@office_options("table", "json", changes=True, asks=True)
def _close_day(app: App, date: str | None, all_no_show: bool) -> None:
    from kofucli.operations.counter.day import (  # only this command needs it
        CloseDayRequest,
        close_days,
        find_unscanned,
    )

    actor = app.office_actor()
    day = read_day(app, date) if date is not None else None
    if all_no_show:
        unscanned = app.read(lambda context: find_unscanned(context, day))
        if unscanned:
            app.confirm(
                Phrase("Nobody was scanned on {days}. Mark all as missed visits?", days=unscanned)
            )
    request = CloseDayRequest(day, all_no_show)
    closed = close_days(app.store, app.settings, request, app.stamp(actor))
    posted = _mail_suspended(app, closed)
    app.show(
        lambda: output.closed_document(closed, app.now),
        lambda _: output.closed_text(closed, app.settings.conduct, _),
        notes=posted.notes,
        changed=closed.changed,
    )


def _mail_suspended(app: App, closed: DaysClosed) -> Posted:
    """Mail the agents that were suspended when days were closed."""
    from kofucli.cli.decision import post_each  # most steps mail nothing
    from kofucli.operations.mail import StandingNews

    return post_each(app, [StandingNews("suspended", *begun) for begun in closed.suspensions])


@command("undo", N_("Take back the last step at the desk, its mark with it."), group=desk)
@argument("number")
@option("--reason", required=True, help=N_("Why; kept for good: name nobody."))
@office_options("table", "json", changes=True)
def _undo(app: App, number: str, reason: str) -> None:
    from kofucli.operations.counter.undo import undo as undo_step  # only this command needs it

    actor = app.office_actor()
    why = check_reason(reason)
    done = undo_step(app.store, app.settings, number, why, app.stamp(actor))
    _show_and_mail(app, done, lambda _: output.undone_text(done, app.settings.conduct, _))

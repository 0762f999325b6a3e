"""The commands under Counter in the help: ``desk``, with its steps of one visit or of one day.

``kofucli desk arrive -`` calls the operation for each line that the scanner types, and answers each
at once.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any, Literal

from msgspec.structs import replace

from kofucli import cli
from kofucli.base import (
    AftermathError,
    InputError,
    KofuError,
    Phrase,
    Problem,
    reason_of,
    usage_error,
)
from kofucli.base.clock import JST, parse_instant, read_clock
from kofucli.base.language import Translate, render
from kofucli.base.text import N_, abbreviate, normalise
from kofucli.base.written_times import read_written
from kofucli.cli.app import App
from kofucli.cli.arguments import check_reason, read_day, read_days
from kofucli.cli.files import UnwrittenError, print_message, print_text
from kofucli.model import Actor, Stamp
from kofucli.model.numbers import unframe
from kofucli.operations import counter
from kofucli.operations.counter import REASONS, ArriveRequest, DeskDone, marks
from kofucli.output import desk as output
from kofucli.output.documents import FORMAT, Document

_LONGEST_LINE = 1000
_at_option = cli.option("--at", "INSTANT", N_("When it was, if not now; HH:MM is today."))


desk = cli.Group("desk")


def _read_moment(text: str | None, today: date) -> datetime | None:
    """Return the instant of --at; ``HH:MM`` alone is today. Raises WrongUsageError."""
    if text is None:
        return None
    written = read_written(text)
    if written.start is None or written.ranges:
        return parse_instant(text, "--at")
    day, hour = written.day or today, written.start
    return datetime(day.year, day.month, day.day, int(hour[:2]), int(hour[3:]), tzinfo=JST)


def _show(app: App, done: DeskDone, text: Callable[[DeskDone, Translate], str]) -> None:
    app.show(
        done,
        lambda _: output.done_document(done, app.now),
        text,
        notes=done.notes,
        changed=done.changed,
    )


def _show_and_mail(app: App, done: DeskDone, text: Callable[[DeskDone, Translate], str]) -> None:
    from kofucli.cli.decision import post_each  # most steps mail nothing
    from kofucli.operations.mail import News

    advice = next(iter(done.advice), None)
    news = [News(done.news, done.reservation, advice)] if done.news is not None else []
    posted = post_each(app, news)
    _show(app, replace(done, notes=(*done.notes, *posted.notes)), text)


@cli.command("sheet", N_("Show who comes when on a day, and what to ask for."), desk)
@cli.argument("date", required=False)
@cli.office_options("table", "json", "csv", "xlsx", "html")
def _sheet(app: App, date: str | None) -> None:
    from kofucli.operations.counter.day import make_sheet  # only this command needs them
    from kofucli.output import desk_sheet

    app.office_actor()
    day = read_day(app, date or "today")
    made = app.read(lambda context: make_sheet(context, day))
    office = app.settings.office
    is_page = app.format == "html"
    app.show(
        made,
        lambda _: desk_sheet.sheet_document(made, office.id, app.now),
        lambda _, translate: (
            desk_sheet.sheet_page(made, office, app.now, app.language, translate)
            if is_page
            else desk_sheet.sheet_text(made, translate)
        ),
        desk_sheet.sheet_csv,
        () if is_page else made.warnings,
    )


@cli.command("arrive", N_("Record that somebody has come; - reads one number a line."), desk)
@cli.argument("number")
@_at_option
@cli.flag("--accept-late", N_("Late, as announced: the visit is taken."))
@cli.flag("--late", N_("Late: the visit goes to the ordinary counter."))
@cli.office_options("table", "json", changes=True)
def _arrive(app: App, number: str, at: str | None, accept_late: bool, late: bool) -> int:
    actor = app.office_actor()
    if (at is not None) + accept_late + late > 1:
        raise usage_error("Give only one of --at, --accept-late and --late.")
    if number.strip() == "-":
        if at is not None or accept_late or late:
            raise usage_error("--at, --accept-late and --late go with one NUMBER, not with -.")
        return _arrive_by_lines(app, actor)
    decided: Literal["accept", "refer"] | None = None
    if accept_late or late:
        decided = "accept" if accept_late else "refer"
    request = ArriveRequest(number, _read_moment(at, app.now.date()), decided)
    done = counter.arrive(app.store, app.settings, request, app.stamp(actor))
    _show(app, done, output.arrival_text)
    return 0


def _arrive_by_lines(app: App, actor: Actor) -> int:
    """Answer each line at once, also one that fails; return the first failure's exit status."""
    if not app.is_printed:
        raise usage_error("-o does not go with -: redirect the output instead.")
    status = 0
    for at, text in _read_lines():
        stamp = app.stamp(actor)
        if not app.now_is_given:
            stamp = replace(stamp, now=read_clock())
        try:
            done = counter.arrive(app.store, app.settings, ArriveRequest(text), stamp)
        except KofuError as error:
            status = status or error.exit_status
            _say_error(app, error, at, stamp)
        else:
            app.changed = app.changed or done.changed
            _say_arrival(app, done, at, stamp)
    return status


def _read_lines() -> Iterator[tuple[int, str]]:
    if sys.stdin is None:
        why = Phrase("standard input is closed")
        raise InputError(Phrase("{path} is not readable: {detail}.", path="-", detail=why))
    for at, line in enumerate(_split(sys.stdin.buffer), 1):
        try:
            text = line.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = line.decode("cp932", "replace")
        if unframe(text):
            yield at, text.strip()


def _split(stream: Any) -> Iterator[bytes]:
    """A scanner that ends lines with CR waits for the answer, so a CR waits for no LF."""
    rest, after_cr = b"", False
    while chunk := stream.read1(_LONGEST_LINE):
        rest += chunk[1:] if after_cr and chunk.startswith(b"\n") else chunk
        after_cr = chunk.endswith(b"\r")
        *lines, rest = re.split(rb"\r\n|\r|\n", rest)
        yield from lines
        if len(rest) >= _LONGEST_LINE:
            yield rest
            rest = b""
    yield rest


def _say_arrival(app: App, done: DeskDone, at: int, stamp: Stamp) -> None:
    notes = [render(note, app.translate) for note in done.notes]
    if app.format == "json":
        document = {"format": FORMAT, **output.done_document(done, stamp.now), "warnings": notes}
        _print_document(app, document, at)
        return
    _print(app, output.arrival_line(done, app.translate))
    app.say(notes)


def _say_error(app: App, error: KofuError, at: int, stamp: Stamp) -> None:
    from kofucli.output.errors import Occasion, error_document, error_text

    occasion = Occasion(stamp.now, "desk arrive", app.translate)
    if app.format == "json":
        _print_document(app, error_document(error, occasion), at)
        return
    said = app.translate("line {line}: {text}").format(
        line=at, text=error_text(error, occasion).rstrip("\n")
    )
    print_message(f"{said}\n")


def _print_document(app: App, document: Document, at: int) -> None:
    document["line"] = at
    if app.dry_run:
        document["dry_run"] = True
    _print(app, output.answer_line(document))


def _print(app: App, text: str) -> None:
    try:
        print_text([text])
    except UnwrittenError as error:
        if not app.stands:
            raise
        raise AftermathError(
            Phrase(
                "The answer could not be written ({detail}); what was scanned so far is recorded: "
                "kofucli desk sheet",
                detail=reason_of(error),
            )
        ) from None


@cli.command("collect", N_("Record that the cases were handed over, or which were not."), desk)
@cli.argument("number")
@cli.option(
    "--not-handed",
    "CASE=REASON...",
    N_("Not handed over: papers, period or other; may be repeated."),
)
@cli.office_options("table", "json", changes=True)
def _collect(app: App, number: str, not_handed: tuple[str, ...]) -> None:
    actor = app.office_actor()
    pairs = [_read_outcome(text) for text in not_handed]
    done = counter.collect(app.store, app.settings, number, pairs, app.stamp(actor))
    _show(app, done, output.collected_text)


def _read_outcome(text: str) -> tuple[str, str]:
    """Return the case and the reason of ``--not-handed CASE=REASON``. Raises InputError."""
    case, _, reason = normalise(text).rpartition("=")
    word = reason.strip().lower()
    if case.strip() and word in REASONS:
        return case, word
    where = Phrase("--not-handed {value}", value=abbreviate(text))
    wanted = Phrase("expected CASE=REASON, the reason one of: {reasons}", reasons=REASONS)
    told = Phrase("A value of --not-handed is invalid; nothing was changed.")
    raise InputError(told, [Problem(where, wanted)])


@cli.command("late-notice", N_("Record a call: the agent comes late."), desk)
@cli.argument("number")
@_at_option
@cli.office_options("table", "json", changes=True)
def _late_notice(app: App, number: str, at: str | None) -> None:
    actor = app.office_actor()
    told = _read_moment(at, app.now.date())
    done = marks.late_notice(app.store, app.settings, number, told, app.stamp(actor))
    _show(app, done, output.late_notice_text)


@cli.command(
    "late-cancel", N_("Record a cancellation by telephone after the deadline: a mark."), group=desk
)
@cli.argument("number")
@cli.option("--reason", "TEXT", N_("Who called (no name), and why; kept for good."), required=True)
@_at_option
@cli.office_options("table", "json", changes=True)
def _late_cancel(app: App, number: str, reason: str, at: str | None) -> None:
    actor = app.office_actor()
    call = _read_moment(at, app.now.date()), check_reason(reason)
    done = marks.late_cancel(app.store, app.settings, number, call, app.stamp(actor))
    conduct = app.settings.conduct
    _show_and_mail(app, done, lambda done, _: output.late_cancel_text(done, conduct, _))


@cli.command(
    "close-day", N_("Close a day, or all that are over: who did not come is marked."), desk
)
@cli.argument("date", required=False)
@cli.flag("--all-no-show", N_("Nobody was scanned, since nobody came."))
@cli.office_options("table", "json", changes=True, asks=True)
def _close_day(app: App, date: str | None, all_no_show: bool) -> None:
    # Most steps close nothing and mail nothing.
    from kofucli.cli.decision import post_each
    from kofucli.operations.counter.day import CloseDayRequest, close_days, find_unscanned
    from kofucli.operations.mail import StandingNews

    actor = app.office_actor()
    (day,) = read_days(app, date)
    if all_no_show:
        unscanned = app.read(lambda context: find_unscanned(context, day))
        if unscanned:
            app.confirm(
                Phrase("Nobody was scanned on {days}. Mark all as missed visits?", days=unscanned)
            )
    request = CloseDayRequest(day, all_no_show)
    closed = close_days(app.store, app.settings, request, app.stamp(actor))
    posted = post_each(app, [StandingNews("suspended", *begun) for begun in closed.suspensions])
    app.show(
        closed,
        lambda _: output.closed_document(closed, app.now),
        lambda _, translate: output.closed_text(closed, app.settings.conduct, translate),
        notes=posted.notes,
        changed=closed.changed,
    )


@cli.command("undo", N_("Take back the last step at the desk, its mark with it."), desk)
@cli.argument("number")
@cli.option("--reason", "TEXT", N_("Why; kept for good: name nobody."), required=True)
@cli.office_options("table", "json", changes=True)
def _undo(app: App, number: str, reason: str) -> None:
    actor = app.office_actor()
    why = check_reason(reason)
    done = marks.undo(app.store, app.settings, number, why, app.stamp(actor))
    conduct = app.settings.conduct
    _show_and_mail(app, done, lambda done, _: output.undone_text(done, conduct, _))

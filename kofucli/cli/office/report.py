"""``report``: load, quota, conduct, and the nightly page."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

from kofucli import cli
from kofucli.base import AftermathError, Phrase, StoreError, usage_error
from kofucli.base.results import write_set
from kofucli.base.text import N_, safe
from kofucli.cli.app import App
from kofucli.cli.arguments import read_days
from kofucli.operations import Context
from kofucli.operations.reports import Span, report_conduct, report_load, report_night, report_quota
from kofucli.output import reports as output

T = TypeVar("T")

report = cli.Group("report")


def _read(app: App, since: str | None, until: str | None, work: Callable[[Context, Span], T]) -> T:
    app.office_actor()
    span = Span(*read_days(app, since, until))
    return app.read(lambda context: work(context, span))


@cli.command(
    "load", N_("How full every hour is or was: from today on, or of the days named."), report
)
@cli.flag("--all everything", N_("Hours without reservations in the table, too."))
@cli.span_options
@cli.office_options("table", "json", "csv", "xlsx")
def _load(app: App, since: str | None, until: str | None, everything: bool) -> None:
    found = _read(app, since, until, report_load)
    app.show(
        found,
        output.load_document,
        lambda _, translate: output.load_text(found, everything, translate),
        output.load_sheet,
    )


@cli.command("quota", N_("What every agent holds, and may still book, on the shown days."), report)
@cli.span_options
@cli.office_options("table", "json", "csv", "xlsx")
def _quota(app: App, since: str | None, until: str | None) -> None:
    found = _read(app, since, until, report_quota)
    app.show(
        found,
        lambda _: output.quota_document(found, app.now),
        output.quota_text,
        output.quota_sheet,
    )


@cli.command(
    "conduct", N_("The marks of every agent, and whether they reach the threshold."), report
)
@cli.span_options
@cli.office_options("table", "json", "csv", "xlsx")
def _conduct(app: App, since: str | None, until: str | None) -> None:
    found = _read(app, since, until, report_conduct)
    app.show(found, output.conduct_document, output.conduct_text, output.conduct_sheet)


@cli.command("nightly", N_("Write all reports, and a page that shows how things stand."), report)
@cli.option(
    "-o --output folder",
    "DIR",
    N_("The folder to write to; it is made where it is missing."),
    required=True,
)
@cli.option("--since", "DATE", N_("The first day of the changes shown (default: yesterday)."))
@cli.office_and_by
@cli.format_options("table", "json", output=False)
def _nightly(app: App, folder: str, since: str | None) -> None:
    from kofucli.output.nightly import nightly_files

    app.office_actor()
    today = app.read(lambda context: context.today)
    (first,) = read_days(app, since)
    if first is not None and first > today:
        raise usage_error(
            "--since {since} is after today, {today}; expected a day up to it.",
            since=first,
            today=today,
        )
    app.refuse_in_store(folder)
    night = report_night(app.store, app.settings, app.now, first, app.read_heads())
    files = nightly_files(night, app.settings, app.language)
    try:
        write_set(folder, files)
    except OSError as error:
        raise AftermathError(app.unwritten(folder, error)) from None
    if not night.health.problems:
        app.note_head(app.heads_path, night.health.head)
    paths = [os.path.join(os.path.abspath(folder), name) for name in files]
    app.show(
        paths,
        lambda _: {"now": app.now, "files": paths},
        lambda *_: "".join(f"{safe(path)}\n" for path in paths),
    )
    if night.health.problems:
        raise StoreError(
            "damaged",
            Phrase(
                "The reports are written, and the store is damaged: 'kofucli store check' names "
                "every place."
            ),
        )

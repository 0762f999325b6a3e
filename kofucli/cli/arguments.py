"""Arguments as docs/contract.md defines them: DATE, HOUR, a reason."""

from __future__ import annotations

import re
from datetime import date, timedelta

import click

from kofucli.base import InputError, Phrase, Problem, WrongUsageError, usage_error
from kofucli.base.text import abbreviate, find_unsafe, looks_like_my_number, normalise
from kofucli.base.written_times import HOUR_FORMS, Written, read_written
from kofucli.base.written_times import read_hour as read_written_hour
from kofucli.cli.app import App

_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}
_LONGEST_REASON = 200
_NTH = re.compile(r"\+([1-9][0-9]?)")


def read_day(app: App, text: str) -> date:
    """Return the day that DATE names; only ``+1`` asks the store. Raises WrongUsageError."""
    folded = normalise(text).strip()
    if folded in _DAYS:
        return app.now.date() + timedelta(days=_DAYS[folded])
    nth = _NTH.fullmatch(folded)
    if nth is not None:
        shown = app.read(lambda context: context.shown)
        if int(nth[1]) <= len(shown):
            return shown[int(nth[1]) - 1]
    written = read_written(text)
    if written.day is not None and written.fault is None and written.start is None:
        return written.day
    raise _wrong_date(text, written)


def read_days(app: App, *texts: str | None) -> list[date | None]:
    """Return the days that DATEs name, None for those not given. Raises WrongUsageError."""
    return [read_day(app, text) if text is not None else None for text in texts]


def split_moment(text: str) -> tuple[str, str | None]:
    """Return DATE and HOUR of ``2026/11/25 10:00``, else text and None. Raises WrongUsageError."""
    written = read_written(text)
    if written.fault is not None:
        raise _wrong_date(text, written)
    if written.day is None or written.start is None:
        return text, None
    return written.day.isoformat(), written.start


def read_hour(text: str) -> str:
    """Return the hour that HOUR names, as ``HH:MM``. Raises WrongUsageError."""
    hour, fault = read_written_hour(text)
    if hour is None:
        why = fault.values.get("fault") if fault is not None else None
        raise usage_error(
            "{name}: {wrong}: expected {forms}.",
            name=_name_of(text),
            wrong=why or Phrase("'{value}' is not an HOUR", value=abbreviate(text)),
            forms=HOUR_FORMS,
        )
    return hour


def _wrong_date(text: str, written: Written) -> WrongUsageError:
    wrong = written.fault or Phrase("'{value}' is not a DATE", value=abbreviate(text))
    if written.start is not None and written.day is not None:
        wrong = Phrase("'{value}' names an hour beside the day", value=abbreviate(text))
    return usage_error(
        "{name}: {wrong}: expected YYYY-MM-DD, 2026/11/25, 2026年11月25日, 令和8年11月25日, "
        "R8.11.25, today, tomorrow, yesterday, or +1 for the first shown day up to the last.",
        name=_name_of(text),
        wrong=wrong,
    )


def _name_of(text: str) -> str:
    """Return the name of the option or argument of this run whose value is ``text``."""
    run = click.get_current_context(silent=True)
    for parameter in () if run is None else run.command.params:
        value = run.params.get(parameter.name or "") if run is not None else None
        if value == text or (isinstance(value, tuple) and text in value):
            names = [name for name in parameter.opts if name.startswith("--")]
            return names[0] if names else parameter.human_readable_name.upper().strip("[].")
    return "DATE"


def check_reason(text: str) -> str:
    """Return a reason, trimmed. Raises InputError where it cannot be recorded."""
    reason = normalise(text, "NFC").strip()
    if not reason:
        message = Phrase("it is missing")
    elif len(reason) > _LONGEST_REASON or find_unsafe(reason):
        message = Phrase(
            "'{value}' is too long or holds control characters", value=abbreviate(reason)
        )
    elif looks_like_my_number(reason):
        message = Phrase("it looks like a My Number (個人番号), which is never collected here")
    else:
        return reason
    raise InputError(
        Phrase("The reason cannot be recorded; nothing was changed."),
        [Problem(Phrase("--reason"), message)],
    )

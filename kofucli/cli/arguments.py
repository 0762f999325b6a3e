"""Arguments as docs/contract.md defines them: DATE, HOUR, a reason."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta

from kofucli.base.errors import InputError, Phrase, Problem, WrongUsageError
from kofucli.base.text import abbreviate, find_unsafe, looks_like_my_number
from kofucli.base.written_times import parse_date, parse_hour
from kofucli.cli.app import App
from kofucli.operations.context import Context

_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}
_LONGEST_REASON = 200
_NTH = re.compile(r"\+([1-9][0-9]?)")


def read_date(text: str, today: date, context: Context | None = None) -> date:
    """Return the day that DATE names; ``+1``, the first shown day, only with ``context``.

    Raises WrongUsageError.
    """
    folded = unicodedata.normalize("NFKC", text).strip()
    if folded in _DAYS:
        return today + timedelta(days=_DAYS[folded])
    day = parse_date(folded)
    if day is not None:
        return day
    nth = _NTH.fullmatch(folded)
    if nth is not None and context is not None and int(nth[1]) <= len(context.shown):
        return context.shown[int(nth[1]) - 1]
    raise WrongUsageError(
        Phrase(
            "'{value}' is no DATE: expected YYYY-MM-DD, today, tomorrow, yesterday, or +1 for the "
            "first shown day up to the last.",
            value=abbreviate(text),
        )
    )


def read_day(app: App, text: str) -> date:
    """Return the day that DATE names, read in the store's context. Raises WrongUsageError."""
    return app.read(lambda context: read_date(text, context.today, context))


def read_hour(text: str) -> str:
    """Return the hour that HOUR names, as ``HH:MM``. Raises WrongUsageError."""
    hour = parse_hour(unicodedata.normalize("NFKC", text).strip())
    if hour is None:
        raise WrongUsageError(
            Phrase("'{value}' is no HOUR: expected 10:00 or 10.", value=abbreviate(text))
        )
    return hour


def check_reason(text: str) -> str:
    """Return a reason, trimmed. Raises InputError where it cannot be recorded."""
    reason = unicodedata.normalize("NFC", text).strip()
    if not reason:
        message = Phrase("it is missing")
    elif len(reason) > _LONGEST_REASON or find_unsafe(reason):
        message = Phrase(
            "'{value}' is too long or holds control characters", value=abbreviate(reason)
        )
    elif looks_like_my_number(unicodedata.normalize("NFKC", reason)):
        message = Phrase("it looks like a My Number (個人番号), which is never collected here")
    else:
        return reason
    raise InputError(
        Phrase("The reason cannot be recorded; nothing was changed."),
        [Problem(Phrase("--reason"), message)],
    )

"""Removing what is older than anybody needs it."""

from __future__ import annotations

from datetime import date

from dateutil.relativedelta import relativedelta

from kofucli.errors import Phrase, WrongUsageError
from kofucli.model import Stamp
from kofucli.settings import Settings
from kofucli.store import Store
from kofucli.store.purge import PurgeResult


def purge_days(store: Store, before: date, stamp: Stamp) -> PurgeResult:
    """Remove what lies before a day: reservations, and lines of the ledger.

    Raises WrongUsageError where that day is still to come: today and the future always stay.
    """
    today = stamp.now.date()
    if before > today:
        raise WrongUsageError(
            Phrase(
                "--before {before} is after today, {today}; expected a day up to it.",
                before=before,
                today=today,
            )
        )
    return store.purge(before, stamp)


def find_purge_notes(settings: Settings, before: date, today: date) -> list[Phrase]:
    """Return what somebody should know who removes more than the settings would."""
    months = max(settings.retention.months, settings.conduct.months_back)
    since = today - relativedelta(months=months)
    if before <= since:
        return []
    return [
        Phrase(
            "The settings keep {months} months, since {since}: this removes more. Reports have "
            "nothing of those days any more.",
            months=months,
            since=since,
        )
    ]

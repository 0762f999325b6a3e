"""The days of the model: a table of holidays, and everything else counted day by day.

Nothing here knows the program. What is decided is taken from the rulebook and the notice alone.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, timedelta
from typing import Any

HOLIDAYS = (
    *("2026-08-11", "2026-09-21", "2026-09-22", "2026-09-23", "2026-10-12", "2026-11-03"),
    "2026-11-23",
    *("2027-01-01", "2027-01-11", "2027-02-11", "2027-02-23", "2027-03-21", "2027-03-22"),
    *("2027-04-29", "2027-05-03", "2027-05-04", "2027-05-05", "2027-07-19", "2027-08-11"),
    *("2027-09-20", "2027-09-23", "2027-10-11", "2027-11-03", "2027-11-23"),
)
"""The national holidays from August 2026 to the end of 2027, written down by hand."""
YEAR_END = ("12-29", "12-30", "12-31", "01-01", "01-02", "01-03")


def at(day: date, hour: str) -> datetime:
    """Return the instant of an hour ``HH:MM`` of a day."""
    return datetime.fromisoformat(f"{day}T{hour}:00")


def add_months(day: date, months: int) -> date:
    """Return the same day so many months on, or the last one of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


class Days:
    """Which days are open and shown, and until when something may be changed (3(1), 4(1))."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.shown_days: int = settings["calendar.shown_days"]
        self.first_open_day: int = settings["calendar.first_open_day"]
        self.open_days_before: int = settings["deadline.open_days_before"]
        self.closed_for_good: list[date] = [each["date"] for each in settings["calendar.closures"]]
        self.closed: list[date] = []
        self.opened: list[date] = [each["date"] for each in settings["calendar.openings"]]

    def is_open(self, day: date) -> bool:
        """Closures first, then openings, then weekends, holidays and the turn of the year."""
        if day in self.closed_for_good or day in self.closed:
            return False
        if day in self.opened:
            return True
        weekend = day.weekday() in (5, 6)
        return not weekend and str(day) not in HOLIDAYS and str(day)[5:] not in YEAR_END

    def shown(self, today: date) -> list[date]:
        """Return the shown days, the first of them being the n-th open day after today."""
        found: list[date] = []
        day = today if self.first_open_day == 0 else today + timedelta(days=1)
        skip = max(0, self.first_open_day - 1)
        while len(found) < skip + self.shown_days:
            if self.is_open(day):
                found.append(day)
            day += timedelta(days=1)
        return found[skip:]

    def closes(self, visit: date) -> datetime:
        """Return the first instant at which a visit can no longer be changed."""
        day, left = visit, self.open_days_before
        while left:
            day -= timedelta(days=1)
            left -= self.is_open(day)
        return at(day, "12:00")

"""The load per day as a plot, and per week.

Positions are in percent, so that the plot fits a telephone and paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from msgspec import Struct

from kofucli.base.language import Translate
from kofucli.output.booking.reservations import day_text
from kofucli.reports.load import DayLoad

_STEPS = (1, 2, 5, 10)
_TICKS = 4
_WINDOW = 5
_ONE_DAY = timedelta(days=1)


class Bar(Struct, frozen=True):
    """A day: its left edge and height in percent of the plot, and what it says."""

    left: float
    height: float
    coming: bool
    label: str


class Mark(Struct, frozen=True):
    """A text beside an axis, and where it stands in percent."""

    at: float
    text: str


class Plot(Struct, frozen=True):
    """Bars of ``width`` percent, a trend as points ``x,y``, marks of both axes, and in words."""

    bars: tuple[Bar, ...]
    width: float
    trend: str
    values: tuple[Mark, ...]
    weeks: tuple[Mark, ...]
    words: str


class Week(Struct, frozen=True):
    """The sums of a week, which begins on Monday."""

    monday: str
    days: int
    booked: int
    collected: int
    no_show: int


def make_plot(days: Sequence[DayLoad], today: date, _: Translate) -> Plot:
    """Return the plot of the days' load; days from ``today`` on can still change."""
    step = _step(max((day.booked for day in days), default=0))
    most = step * max(1, -(-max((day.booked for day in days), default=0) // step))
    width = 100 / max(1, len(days))
    bars = tuple(
        Bar(
            round(at * width, 2),
            round(100 * day.booked / most, 2),
            day.date >= today,
            f"{day_text(day.date, _)}: {day.booked}",
        )
        for at, day in enumerate(days)
    )
    past = [day for day in days if day.date < today]
    points = [
        f"{round((at + 0.5) * width, 2)},{round(100 - 100 * day.mean / most, 2)}"
        for at, day in enumerate(past)
    ]
    values = tuple(
        Mark(round(100 * value / most, 2), f"{value:,}") for value in range(0, most + 1, step)
    )
    return Plot(
        bars, round(width, 2), " ".join(points), values, _week_marks(days, width), _words(past, _)
    )


def _step(most: int) -> int:
    """Return the distance of the marks: 1, 2 or 5 times a power of ten, at most four of them."""
    power = 1
    while True:
        for step in _STEPS:
            if step * power * _TICKS >= most:
                return step * power
        power *= 10


def _week_marks(days: Sequence[DayLoad], width: float) -> tuple[Mark, ...]:
    """Return a mark at the first open day of each week."""
    marks, last = [], None
    for at, day in enumerate(days):
        week = day.date.isocalendar()[:2]
        if week != last:
            marks.append(Mark(round(at * width, 2), f"{day.date.month}/{day.date.day}"))
            last = week
    return tuple(marks)


def _words(past: Sequence[DayLoad], _: Translate) -> str:
    """Return the trend in words: the last five open days beside the five before."""
    if len(past) < 2 * _WINDOW:
        return ""
    now, before = past[-1].mean, past[-1 - _WINDOW].mean
    text = _("Cases a day: {now} in the last five open days, {before} in the five before.")
    return text.format(now=f"{now:,.1f}", before=f"{before:,.1f}")


def count_weeks(days: Sequence[DayLoad]) -> tuple[Week, ...]:
    """Return the sums of every week that has days."""
    weeks: dict[date, list[DayLoad]] = {}
    for day in days:
        weeks.setdefault(day.date - day.date.weekday() * _ONE_DAY, []).append(day)
    return tuple(
        Week(
            monday.isoformat(),
            len(found),
            sum(day.booked for day in found),
            sum(day.collected for day in found),
            sum(day.no_show for day in found),
        )
        for monday, found in weeks.items()
    )

"""What the reports count, on reservations made here (notice 3(2), 6(4))."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pytest
from msgspec.structs import replace

from kofucli.base.clock import JST
from kofucli.model import Agent, Case, Mark, Reservation, Suspension
from kofucli.reports import AgentQuota, ConductLimits, HeldFrame, count_quota, judge_conduct
from kofucli.reports.load import ChangesCounter, DayLoad, LoadCounter, load_by_day, stale_from

TODAY = date(2026, 11, 24)
DAY = date(2026, 11, 25)
STARTS = ("09:00", "10:00")
LIMITS = ConductLimits(no_shows=1, late_cancels=3, months_back=6)
NOW = datetime(2026, 11, 24, 10, tzinfo=JST)


def reservation(
    status: str = "active",
    cases: Sequence[str] = ("active",),
    agent: str = "A-1",
    start: str = "09:00",
    day: date = DAY,
) -> Reservation:
    """Return a reservation whose cases have these statuses."""
    return Reservation(
        number="Y261125-0001-7",
        agent=agent,
        date=day,
        start=start,
        cases=tuple(Case(f"X-{at}", status=each) for at, each in enumerate(cases)),
        first_count=len(cases),
        booked_at=NOW,
        closes=NOW,
        rules="1",
        status=status,
    )


def count(*reservations: Reservation, capacity: int | None = 40) -> LoadCounter:
    """Return a counter that has seen reservations of one day."""
    counter = LoadCounter(STARTS, lambda frame: capacity)
    counter.add_day(DAY, reservations)
    return counter


def figures(counter: LoadCounter) -> dict[str, int]:
    """Return the totals of the day that are not zero, but for the capacity."""
    totals = counter.result(DAY, DAY, lambda day: True).totals
    found = {name: getattr(totals, name) for name in totals.__struct_fields__}
    del found["capacity"]
    return {name: value for name, value in found.items() if value}


@pytest.mark.parametrize(
    ("status", "cases", "expected"),
    [
        ("active", ["active"], {"booked": 1}),
        ("arrived", ["active"], {"booked": 1}),
        ("late", ["active"], {"booked": 1, "late": 1}),
        ("no-show", ["active"], {"booked": 1, "no_show": 1}),
        ("cancelled", ["active"], {"cancelled": 1}),
        ("late-cancelled", ["active"], {"late_cancelled": 1}),
        ("office-closed", ["active"], {"office_closed": 1}),
        (
            "collected",
            ["collected", "collected", "not-handed", "dropped"],
            {"booked": 3, "collected": 2, "not_handed": 1},
        ),
    ],
)
def test_every_status_has_its_column(
    status: str, cases: list[str], expected: dict[str, int]
) -> None:
    """A reservation counts once, and its cases are booked while it keeps its frame."""
    found = figures(count(reservation(status, cases)))
    assert {"reservations": 1, "agents": 1} | expected == found


def test_rows_of_open_days_and_of_what_is_booked() -> None:
    """An open day has a row an hour; a closed one, and an hour that is gone, where booked."""
    counter = count(reservation(start="16:00"))
    closed = counter.result(DAY - timedelta(days=1), DAY, lambda day: day != DAY)
    assert [(TODAY, "09:00"), (TODAY, "10:00"), (DAY, "16:00")] == [
        (row.date, row.start) for row in closed.frames
    ]
    opened = counter.result(DAY, DAY, lambda day: True)
    assert ["09:00", "10:00", "16:00"] == [row.start for row in opened.frames]


def test_capacity_is_added_up_unless_one_has_no_limit() -> None:
    counter = LoadCounter(STARTS, lambda frame: None if frame.start == "10:00" else 5)
    assert None is counter.result(DAY, DAY, lambda day: True).totals.capacity
    assert 10 == count(capacity=5).result(DAY, DAY, lambda day: True).totals.capacity
    assert 0 == count().result(DAY, DAY, lambda day: False).totals.capacity


@pytest.mark.parametrize(
    ("closed", "means"), [(9, [1.0, 1.5, 2.5, 3.5]), (1, [1.0, 1.0, 2.0, 3.5])]
)
def test_the_trend_is_the_mean_of_a_day_and_the_open_days_before_it(
    closed: int, means: list[float]
) -> None:
    """A closed day on which something stands is listed as closed, and has no part in it."""

    def is_open(day: date) -> bool:
        return day != DAY + timedelta(days=closed)

    counter = LoadCounter(("09:00",), lambda frame: None)
    for at in range(4):
        counter.add_day(DAY + timedelta(days=at), [reservation(cases=("active",) * (at + 1))])
    load = counter.result(DAY, DAY + timedelta(days=3), is_open)
    found = load_by_day(load, is_open, window=2)
    assert [(n + 1, mean, n == closed) for n, mean in enumerate(means)] == [
        (day.booked, day.mean, day.closed) for day in found
    ]
    assert DayLoad(DAY, 1, 0, 0, 1.0) == load_by_day(load, is_open)[0]
    assert [DAY] == [row.date for row in load.of_day(DAY)]


def test_quota_counts_distinct_frames_on_shown_days_that_are_kept() -> None:
    """Agents without any are listed with nothing, frames on days not asked for not listed."""
    found = [
        reservation(cases=("active", "dropped")),
        reservation(),
        reservation("cancelled", start="10:00"),
        reservation("no-show", start="10:00", agent="B-2"),
        reservation(day=TODAY),
    ]
    quota = count_quota(found, [DAY], ["C-3", "A-1"], lambda agent, held: (3 - held, ()))
    assert (
        AgentQuota("A-1", 1, 2, 2, (HeldFrame(DAY, "09:00", 2),)),
        AgentQuota("B-2", 1, 2, 1, (HeldFrame(DAY, "10:00", 1),)),
        AgentQuota("C-3", 0, 3, 0, ()),
    ) == quota.agents
    assert (2, 2, 3) == (quota.holding, quota.frames_held, quota.cases)
    quota = count_quota(
        [reservation()], [DAY], [], lambda agent, held: (0, ()), lambda day: day != DAY
    )
    assert (AgentQuota("A-1", 1, 0, 0, ()),) == quota.agents


def agent(*marks: Mark, suspension: Suspension | None = None, erased: str | None = None) -> Agent:
    return Agent(
        id="A-1",
        occupation="scrivener",
        valid_until=date(2030, 3, 31),
        personal="",
        registered_at=NOW,
        suspension=suspension,
        marks=marks,
        erased=erased,
    )


def missed(day: date) -> Mark:
    """Return the mark for a visit that nobody came to."""
    return Mark("no-show", day, "Y261125-0001-7")


def test_marks_count_up_to_the_last_day() -> None:
    both = agent(missed(date(2026, 11, 2)), missed(date(2026, 11, 3)))
    found = judge_conduct([both], TODAY, date(2026, 1, 1), date(2026, 11, 2), LIMITS).agents[0]
    assert (1, True) == (found.no_show, found.threshold_reached)
    before = judge_conduct([both], TODAY, date(2026, 1, 1), date(2026, 11, 1), LIMITS).agents[0]
    assert (0, True) == (before.no_show, before.threshold_reached)


@pytest.mark.parametrize(
    ("since", "until", "ends", "decided"),
    [
        (date(2026, 11, 2), date(2026, 11, 25), date(2026, 11, 25), True),
        (date(2026, 11, 2), date(2026, 11, 24), None, True),
        (date(2026, 11, 1), date(2026, 11, 24), None, False),
        (date(2026, 12, 1), date(2026, 12, 2), date(2026, 12, 2), True),
    ],
)
def test_whether_a_suspension_answers_a_mark(
    since: date, until: date, ends: date | None, decided: bool
) -> None:
    held = Suspension(since, until, "6(4)", "counter")
    marked = agent(missed(date(2026, 11, 2)), suspension=held)
    found = judge_conduct([marked], TODAY, TODAY, None, LIMITS).agents[0]
    assert (ends, decided) == (found.suspended_until, found.decided)


def test_of_an_erased_agent_the_marks_are_left() -> None:
    marked = agent(missed(DAY), erased="request")
    found = judge_conduct([marked, agent(erased="request")], TODAY, TODAY, None, LIMITS).agents
    assert [(1, True)] == [(row.no_show, row.decided) for row in found]


def test_changes_count_from_an_instant_on() -> None:
    before = NOW - timedelta(seconds=1)
    counter = ChangesCounter(NOW, ("cancelled", "collected"))
    counter.add(
        [
            reservation(cases=("active", "active")),
            replace(reservation("cancelled"), booked_at=before, ended_at=NOW),
            replace(reservation("collected"), booked_at=before, ended_at=before),
        ]
    )
    spans = [(DAY, DAY), (TODAY, DAY), (TODAY - timedelta(days=1), DAY)]
    held = [agent(suspension=Suspension(*span, "6(4)", "counter")) for span in spans]
    agents = [agent(), *(replace(each, registered_at=before) for each in (agent(), *held))]
    found = counter.result(agents, TODAY)
    assert (("A-1", TODAY, DAY),) == found.suspended
    assert (1, 2, {"cancelled": 1, "collected": 0}, 1) == (
        found.booked,
        found.cases,
        found.ended,
        found.agents,
    )


@pytest.mark.parametrize(
    ("made", "stale"),
    [
        ("2026-11-24T18:30:00+09:00", "2026-11-26T00:00:00+09:00"),
        ("2026-11-24T12:00:01+09:00", "2026-11-26T00:00:00+09:00"),
        ("2026-11-24T12:00:00+09:00", "2026-11-25T00:00:00+09:00"),
        ("2026-11-24T00:00:00+09:00", "2026-11-25T00:00:00+09:00"),
    ],
)
def test_a_page_made_after_noon_is_stale_from_the_second_midnight_on(made: str, stale: str) -> None:
    assert stale == stale_from(datetime.fromisoformat(made)).isoformat()

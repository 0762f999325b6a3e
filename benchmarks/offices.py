"""Make an office of a given size: ``python benchmarks/offices.py DIR COUNT AGENTS``.

It has so many agents, R-0 and following, who hold nothing yet, and has been at work for ten years
at most, with the same 40 reservations on the shown days at every size, booked by the booking
operation. The package itself writes every document and ledger line: the past in one transaction a
month, this month as the counter writes it, a line when booked, arrived and ended. Beside it stands
the same office in SQLite, for small_office.py.
"""

from __future__ import annotations

import gc
import os
import re
import sys
from datetime import date, datetime, timedelta
from itertools import groupby, islice
from operator import itemgetter

import small_office
from msgspec.structs import replace

import kofucli
from kofucli.base.clock import JST
from kofucli.model import Actor, Agent, Case, Frame, Mark, Reservation, Stamp, Step
from kofucli.model.holidays import national_holidays
from kofucli.model.numbers import make_number
from kofucli.operations.agents import AgentDraft
from kofucli.operations.agents.register import import_agents
from kofucli.operations.booking.book import book
from kofucli.operations.booking.requests import BookRequest, Wish
from kofucli.operations.office import init_store
from kofucli.rules.availability import find_shown_days, open_day_predicate
from kofucli.settings import Settings
from kofucli.settings.read import parse_settings
from kofucli.store import Store
from kofucli.store.place import parse_place

NOW = datetime(2026, 11, 24, 10, tzinfo=JST)
"""When the benchmarks act: a Tuesday; the shown days are 25, 26, 27, 30 November, 1 December."""

TEN_YEARS = 2440
"""Open days before today in which all reservations are."""
FEWEST_A_DAY = 40
CASES = 3
SHOWN = 40
_BUSY, _PAST = 20, 1000
_OFFICE = Actor(None, "benchmark")
_MORNING = Stamp(NOW - timedelta(hours=1), _OFFICE)
_ONE_DAY = timedelta(days=1)

is_open = open_day_predicate(national_holidays(), (), ())


def past_days(count: int) -> list[date]:
    """Return the last ``count`` open days before today, oldest first."""
    days = (NOW.date() - n * _ONE_DAY for n in range(1, 100_000))
    return sorted(islice(filter(is_open, days), count))


def make_visit(day: date, n: int, settings: Settings) -> Reservation:
    """Return the n-th reservation of a past day, as the desk left it: one in twenty missed."""
    start = settings.frames.starts[n % len(settings.frames.starts)]
    visit = datetime.fromisoformat(f"{day.isoformat()}T{start}:00+09:00")
    missed, ended = n % 20 == 0, visit + timedelta(minutes=50)
    status = "no-show" if missed else "collected"
    steps = (
        (Step("no-show", ended, "active"),)
        if missed
        else (
            Step("arrive", visit, "active"),
            Step("collect", ended, "arrived", ("active",) * CASES, arrived_at=visit),
        )
    )
    numbers = (f"{day:%y%m%d}-{n}-{at}" for at in range(CASES))
    return Reservation(
        number=make_number(settings.office.id, day, n),
        agent=f"P-{(day.toordinal() * 400 + n) % _PAST}",
        date=day,
        start=start,
        cases=tuple(Case(number, status="active" if missed else status) for number in numbers),
        first_count=CASES,
        booked_at=visit - 3 * _ONE_DAY,
        closes=visit - _ONE_DAY,
        rules=settings.rules.version,
        terms=settings.terms.version,
        status=status,
        arrived_at=None if missed else visit,
        ended_at=ended,
        steps=steps,
    )


def put_past(store: Store, settings: Settings, count: int) -> None:
    """Put ``count`` reservations on the days before today, and the marks they led to."""
    a_day = max(FEWEST_A_DAY, -(-count // TEN_YEARS))
    for (year, month), days in groupby(
        past_days(-(-count // a_day)), key=lambda day: (day.year, day.month)
    ):
        visits = []
        for day in days:
            visits += [make_visit(day, n, settings) for n in range(1, min(a_day, count) + 1)]
            count -= min(a_day, count)
        if (year, month) == (NOW.year, NOW.month):
            put_this_month(store, visits)
        else:
            evening = datetime(*visits[-1].date.timetuple()[:3], 17, tzinfo=JST)
            put_month(store, visits, Stamp(evening, _OFFICE))


def put_month(store: Store, visits: list[Reservation], stamp: Stamp) -> None:
    """Put a month that is long over, in one transaction."""
    marks: dict[str, list[Mark]] = {}
    with store.transaction("benchmark", stamp) as transaction:
        for visit in visits:
            transaction.put_reservation(visit)
            if visit.status == "no-show":
                mark = Mark("no-show", visit.date, visit.number)
                marks.setdefault(visit.agent, []).append(mark)
        for name, earned in marks.items():
            agent = transaction.agent(name)
            assert agent is not None
            transaction.put_agent(replace(agent, marks=(*agent.marks, *earned)))


def put_this_month(store: Store, visits: list[Reservation]) -> None:
    """Put this month as the counter does: a line when booked, arrived, ended, as time goes on."""
    steps = []
    for after in visits:
        bare = replace(after, status="active", steps=(), arrived_at=None, ended_at=None)
        came = replace(bare, status="arrived", arrived_at=after.ended_at, steps=after.steps[:1])
        for step in (bare, after) if after.status == "no-show" else (bare, came, after):
            steps.append((step.ended_at or step.arrived_at or step.booked_at, step))
    for at, step in sorted(steps, key=itemgetter(0)):
        with store.transaction("benchmark", Stamp(at, _OFFICE)) as transaction:
            transaction.put_reservation(step)


def put_agents(
    store: Store, settings: Settings, changes: dict[str, dict[str, object]], stamp: Stamp
) -> None:
    """Register agents whose addresses are verified; ``changes`` has by name what is different."""
    drafts = [
        AgentDraft(
            id=name,
            name=f"代理 {name}",
            occupation="scrivener",
            certificate=f"C-{name}",
            valid_until="2030-03-31",
            email=f"{name.lower()}@office.example.jp",
            accept_terms=True,
        )
        for name in changes
    ]
    import_agents(store, settings, drafts, False, stamp)
    with store.transaction("benchmark", stamp) as transaction:
        for agent in list(transaction.agents()):
            changed = {"verified": True} | changes[agent.id]
            transaction.put_agent(replace(agent, **changed))


def book_shown_days(store: Store, settings: Settings, count: int) -> None:
    """Book on the shown days what other agents hold there, each in a transaction of its own."""
    for n, day in enumerate(shown_days(settings) * 8):
        if n < count:
            start = settings.frames.starts[n // 5 % len(settings.frames.starts)]
            cases = (Case(f"{day:%y%m%d}-{n}-{row}") for row in range(CASES))
            wishes = (
                Wish(row, f"B-{n % _BUSY}", Frame(day, start), case)
                for row, case in enumerate(cases, 1)
            )
            book(store, settings, BookRequest(tuple(wishes)), _MORNING)


def shown_days(settings: Settings) -> list[date]:
    """Return the days that can be booked."""
    calendar = settings.calendar
    found = find_shown_days(NOW.date(), is_open, calendar.first_open_day, calendar.shown_days)
    return list(found)


def write_office(store: Store, settings: Settings, folder: str) -> None:
    """Write the office for the small program: plain values, days as the calendar has them."""
    shown = shown_days(settings)
    office = {
        "id": settings.office.id,
        "counter": settings.cases.counter,
        "kinds": settings.cases.kinds,
        "default_kind": settings.cases.default_kind,
        "capacity": settings.frames.capacity,
        "starts": settings.frames.starts,
        "frames": settings.quota.frames,
        "cases": settings.quota.cases,
        "rules": settings.rules.version,
        "now": NOW.isoformat(),
        "shown": [f"{day}" for day in shown],
    }
    days = [NOW.date() + timedelta(n) for n in range(-3700, 60)]
    agents = store.read(lambda view: list(view.agents()))
    os.chdir(folder)
    small_office.make(
        office,
        map(_describe_agent, agents),
        ((f"{day}", is_open(day), day in shown) for day in days),
        store.read(lambda view: [r for _, found in view.each_day(None) for r in found]),
    )


def _describe_agent(agent: Agent) -> tuple[object, ...]:
    since = agent.suspension and f"{agent.suspension.since}"
    until = agent.suspension and f"{agent.suspension.until}"
    known = (agent.id, agent.occupation, f"{agent.valid_until}", agent.verified, agent.terms)
    return (*known, since, until)


def sample_settings(**changes: str) -> Settings:
    """Return the settings of the sample, with other values of some keys."""
    return parse_settings(_sample(changes), "kofucli.toml")


def _sample(changes: dict[str, str]) -> str:
    path = os.path.join(os.path.dirname(kofucli.__file__), "sample_config.toml")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for key, value in changes.items():
        text = re.sub(rf"(?m)^{key} = \S+", f"{key} = {value}", text)
    return text


def make_office(
    folder: str, count: int, agents: dict[str, dict[str, object]], **changes: str
) -> None:
    """Make ``kofucli.toml``, a store of ``count`` reservations and office.db in ``folder``.

    ``agents`` hold nothing there; each has what makes it different from any other;
    ``changes`` are keys of the configuration.
    """
    # Nothing here must survive a power cut.
    os.fsync = lambda fd: None
    gc.disable()
    os.makedirs(folder)
    with open(os.path.join(folder, "kofucli.toml"), "w", encoding="utf-8") as file:
        file.write(_sample(changes))
    settings = sample_settings(**changes)
    first = Stamp(datetime(*past_days(TEN_YEARS)[0].timetuple()[:3], tzinfo=JST), _OFFICE)
    place = parse_place(os.path.join(folder, settings.store.path))
    store = init_store(place, settings, first)
    others = [f"P-{n}" for n in range(_PAST)] + [f"B-{n}" for n in range(_BUSY)]
    put_agents(store, settings, {name: {} for name in others} | agents, first)
    shown = min(count, SHOWN)
    put_past(store, settings, count - shown)
    book_shown_days(store, settings, shown)
    write_office(store, settings, folder)


if __name__ == "__main__":
    fresh = {f"R-{n}": {} for n in range(int(sys.argv[3]))}
    make_office(sys.argv[1], int(sys.argv[2]), fresh)

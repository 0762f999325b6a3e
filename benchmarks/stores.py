"""Make a store of a given size for the benchmarks: ``python benchmarks/stores.py DIR COUNT``.

The office has been at work for years: 40 reservations on every open day before today, as many days
as COUNT needs, so a larger store is an older one. The shown days are the same at every size, filled
by the booking operation: 8 reservations a day. Every document and ledger line is written by the
package itself, the past in one transaction a month.
"""

from __future__ import annotations

import argparse
import gc
import os
import shutil
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import groupby, islice
from time import perf_counter

from msgspec.structs import replace

import kofucli
from kofucli.base.clock import JST
from kofucli.model.holidays import national_holidays
from kofucli.model.numbers import make_number
from kofucli.model.records import Actor, Case, Frame, Reservation, Stamp
from kofucli.operations.agents.register import add_agents
from kofucli.operations.agents.values import AgentDraft
from kofucli.operations.booking.book import book
from kofucli.operations.booking.requests import BookRequest, Wish
from kofucli.operations.office import found
from kofucli.rules.calendar import find_shown_days, open_day_predicate
from kofucli.settings import Settings
from kofucli.settings.read import parse_settings
from kofucli.store import Store
from kofucli.store.integrity.check import check

NOW = datetime(2026, 11, 24, 10, tzinfo=JST)
"""When the benchmarks act: a Tuesday; the shown days are 25, 26, 27, 30 November, 1 December."""

PER_DAY = 40
CASES = 3
SHOWN_PER_DAY = 8
_OFFICE = Actor(None, "benchmark")
_ONE_DAY = timedelta(days=1)
_BUSY_AGENTS = 20
_SAMPLE = os.path.join(os.path.dirname(kofucli.__file__), "sample_config.toml")

is_open = open_day_predicate(national_holidays(), (), ())


def past_days(count: int) -> list[date]:
    """Return the last ``count`` open days before today, oldest first."""
    days = (NOW.date() - n * _ONE_DAY for n in range(1, 100_000))
    return sorted(islice(filter(is_open, days), count))


def past_reservations(day: date, count: int, settings: Settings) -> Iterator[Reservation]:
    """Yield the reservations of one day long gone: most collected, one in twenty missed."""
    starts = settings.frames.starts
    for n in range(1, count + 1):
        start = starts[n % len(starts)]
        visit = datetime.fromisoformat(f"{day.isoformat()}T{start}:00+09:00")
        missed = n % 20 == 0
        yield Reservation(
            number=make_number(settings.office.id, day, n),
            agent=f"P-{n % _BUSY_AGENTS}",
            date=day,
            start=start,
            cases=tuple(
                Case(f"{day:%y%m%d}-{n}-{at}", status="active" if missed else "collected")
                for at in range(CASES)
            ),
            first_count=CASES,
            booked_at=visit - 3 * _ONE_DAY,
            closes=visit - _ONE_DAY,
            rules=settings.rules.version,
            terms=settings.terms.version,
            status="no-show" if missed else "collected",
            arrived_at=None if missed else visit,
            ended_at=visit + timedelta(minutes=50),
        )


def put_past(store: Store, settings: Settings, count: int) -> None:
    """Put ``count`` reservations on the days before today, in one transaction a month."""
    left = count
    days = past_days(-(-count // PER_DAY))
    for _, month in groupby(days, key=lambda day: (day.year, day.month)):
        visits = list(month)
        evening = datetime(visits[-1].year, visits[-1].month, visits[-1].day, 17, tzinfo=JST)
        with store.transaction("benchmark", Stamp(evening, _OFFICE)) as transaction:
            for day in visits:
                for reservation in past_reservations(day, min(PER_DAY, left), settings):
                    transaction.put_reservation(reservation)
                    left -= 1


def add_verified_agents(store: Store, settings: Settings, names: list[str], stamp: Stamp) -> None:
    """Register agents, and mark their addresses verified without sending them mails."""
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
        for name in names
    ]
    add_agents(store, settings, drafts, stamp)
    with store.transaction("benchmark", stamp) as transaction:
        for agent in list(transaction.agents()):
            transaction.put_agent(replace(agent, verified=True))


def book_shown_days(store: Store, settings: Settings, stamp: Stamp) -> None:
    """Book on the shown days what other agents hold there, each in a transaction of its own."""
    calendar, starts = settings.calendar, settings.frames.starts
    shown = find_shown_days(NOW.date(), is_open, calendar.first_open_day, calendar.shown_days)
    for at, day in enumerate(shown):
        for n in range(SHOWN_PER_DAY):
            agent = f"B-{(at * SHOWN_PER_DAY + n) % _BUSY_AGENTS}"
            frame = Frame(day, starts[n % len(starts)])
            wishes = tuple(
                Wish(row, agent, frame, Case(f"{day:%y%m%d}-{n}-{row}")) for row in (1, 2, 3)
            )
            book(store, settings, BookRequest(wishes), stamp)


def fill(folder: str, count: int, fresh_agents: int) -> None:
    """Make ``kofucli.toml`` and a store of ``count`` reservations in ``folder``.

    ``fresh_agents`` are registered beside, ``R-0`` and following, who hold nothing yet.
    Raises AssertionError where the store is not whole or has another size.
    """
    config = os.path.join(folder, "kofucli.toml")
    shutil.copyfile(_SAMPLE, config)
    with open(config, encoding="utf-8") as file:
        settings = parse_settings(file.read(), config)
    shown = SHOWN_PER_DAY * settings.calendar.shown_days
    first = datetime(*past_days(-(-count // PER_DAY))[0].timetuple()[:3], tzinfo=JST)
    store = found(os.path.join(folder, settings.store.path), settings, Stamp(first, _OFFICE))
    put_past(store, settings, count - shown)
    morning = Stamp(NOW - timedelta(hours=1), _OFFICE)
    names = [f"B-{n}" for n in range(_BUSY_AGENTS)] + [f"R-{n}" for n in range(fresh_agents)]
    add_verified_agents(store, settings, names, morning)
    book_shown_days(store, settings, morning)
    stored = store.read(lambda view: sum(len(view.day(day)) for day in view.days(None)))
    assert stored == count, stored
    found_wrong = check(store).problems
    assert not found_wrong, found_wrong[:3]


def main() -> None:
    """Make the store that the command line asks for."""
    parser = argparse.ArgumentParser(description="Make a store for the benchmarks.")
    parser.add_argument("folder")
    parser.add_argument("count", type=int, help="stored reservations, at least 100")
    parser.add_argument("--fresh-agents", type=int, default=20)
    given = parser.parse_args()
    # Nothing here must survive a power cut, and 5,000 waits for the disk are not what is measured.
    os.fsync = lambda fd: None
    gc.disable()
    began = perf_counter()
    fill(given.folder, given.count, given.fresh_agents)
    print(f"{given.count:,} reservations stored and checked in {perf_counter() - began:.1f} s")


if __name__ == "__main__":
    main()

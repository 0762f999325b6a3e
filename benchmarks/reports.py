"""Measure the reports on a store of a million reservations: whole processes, time and memory.

Every run is paired with a run of ``python -c "import click"`` right before it, so that the figures
of a busy machine can be read. See benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import groupby
from time import perf_counter
from typing import Any, NamedTuple

from commands import Bench, Pair, fresh_folder, quartiles, span
from msgspec.structs import replace
from stores import NOW, add_verified_agents, book_shown_days, past_days, past_reservations

import kofucli
from kofucli.base.clock import JST
from kofucli.model.records import Actor, Mark, Reservation, Stamp, Step
from kofucli.operations.office import init_store
from kofucli.settings import Settings
from kofucli.settings.read import parse_settings
from kofucli.store import Store
from kofucli.store.integrity.check import check_recent

AGENTS = 1000
"""Registered agents: three frames in five days are theirs, so 400 visits a day need 667."""
SHOWN_AGENTS = 20
MOST_MEMORY = 300 * 1024
"""Peak memory of a report in KiB."""
_OFFICE = Actor(None, "benchmark")
_MINUTE = timedelta(minutes=1)
_SAMPLE = os.path.join(os.path.dirname(kofucli.__file__), "sample_config.toml")
_COMPILE = """
import compileall, os, site, kofucli
for folder in (*site.getsitepackages(), os.path.dirname(kofucli.__file__)):
    compileall.compile_dir(folder, quiet=2)
"""


class Report(NamedTuple):
    """A report to measure, and how many seconds it may take."""

    name: str
    words: tuple[str, ...]
    budget: float


def reports(folder: str, years: int) -> tuple[Report, ...]:
    """Return what is measured on a store of so many years."""
    anniversary = f"{NOW:%m-%d}"
    first = f"{NOW.year - years}-{anniversary}"
    month = ("--since", "2026-10-01", "--until", "2026-10-31")
    out = os.path.join(folder, "out")
    return (
        Report("load, a month", ("report", "load", *month, "-f", "json"), 0.5),
        Report("conduct", ("report", "conduct", "-f", "json"), 1.5),
        Report("quota", ("report", "quota", "-f", "json"), 1.5),
        Report("nightly", ("report", "nightly", "-o", out), 1.5),
        Report("status", ("status", "-f", "json"), 1.5),
        Report("load, all years", ("report", "load", "--since", first, "-f", "json"), 10.0),
    )


def at_desk(reservation: Reservation, number: int) -> Reservation:
    """Return a past reservation with what the desk did, by an agent that is registered."""
    came, ended = reservation.arrived_at, reservation.ended_at
    steps: tuple[Step, ...] = ()
    if came is not None and ended is not None:
        active = ("active",) * len(reservation.cases)
        steps = (
            Step("arrive", came, "active"),
            Step("collect", ended, "arrived", active, arrived_at=came),
        )
    elif ended is not None:
        steps = (Step("no-show", ended, "active"),)
    return replace(reservation, agent=f"P-{number % AGENTS}", steps=steps)


def visits_of(day: date, per_day: int, settings: Settings) -> Iterator[Reservation]:
    """Yield the reservations of a past day."""
    first = day.toordinal() * per_day
    for n, reservation in enumerate(past_reservations(day, per_day, settings)):
        yield at_desk(reservation, first + n)


def put_years(store: Store, settings: Settings, days: list[date], per_day: int) -> None:
    """Put the reservations of past days and the marks they led to, a transaction a month."""
    for _, month in groupby(days, key=lambda day: (day.year, day.month)):
        visits = list(month)
        evening = datetime(visits[-1].year, visits[-1].month, visits[-1].day, 17, tzinfo=JST)
        marks: dict[str, list[Mark]] = {}
        with store.transaction("benchmark", Stamp(evening, _OFFICE)) as transaction:
            for day in visits:
                for reservation in visits_of(day, per_day, settings):
                    transaction.put_reservation(reservation)
                    if reservation.status == "no-show":
                        mark = Mark("no-show", day, reservation.number)
                        marks.setdefault(reservation.agent, []).append(mark)
            for name, earned in marks.items():
                agent = transaction.agent(name)
                assert agent is not None
                transaction.put_agent(replace(agent, marks=(*agent.marks, *earned)))


def put_month(store: Store, settings: Settings, days: list[date], per_day: int) -> None:
    """Put this month's reservations as the counter does: a line when booked, arrived, ended."""
    for day in days:
        for after in visits_of(day, per_day, settings):
            bare = replace(after, status="active", steps=(), arrived_at=None, ended_at=None)
            came = replace(
                bare, status="arrived", arrived_at=after.starts_at, steps=after.steps[:1]
            )
            for step in (bare, came, after):
                at = max(step.ended_at or step.arrived_at or step.booked_at, after.starts_at)
                with store.transaction("benchmark", Stamp(at, _OFFICE)) as transaction:
                    transaction.put_reservation(step)


def fill(folder: str, years: int, per_day: int) -> int:
    """Make a store of so many years in ``folder``; return how many reservations it has."""
    config = os.path.join(folder, "kofucli.toml")
    shutil.copyfile(_SAMPLE, config)
    with open(config, encoding="utf-8") as file:
        settings = parse_settings(file.read(), config)
    oldest = NOW.date().replace(year=NOW.year - years)
    days = [day for day in past_days(260 * years) if day >= oldest]
    first = Stamp(datetime(days[0].year, days[0].month, days[0].day, tzinfo=JST), _OFFICE)
    store = init_store(os.path.join(folder, settings.store.path), settings, first)
    names = [f"P-{n}" for n in range(AGENTS)] + [f"B-{n}" for n in range(SHOWN_AGENTS)]
    add_verified_agents(store, settings, names, first)
    month = [day for day in days if (day.year, day.month) == (NOW.year, NOW.month)]
    put_years(store, settings, days[: -len(month)], per_day)
    put_month(store, settings, month, per_day)
    book_shown_days(store, settings, Stamp(NOW - 60 * _MINUTE, _OFFICE))
    checked = check_recent(store, NOW.date(), month)
    assert checked.ok, checked.problems[:3]
    return store.read(lambda view: sum(len(found) for _, found in view.each_day(None)))


def measure(bench: Bench, script: str, folder: str, years: int, runs: int) -> list[dict[str, Any]]:
    """Run every report ``runs`` times, each beside the yardstick; return a row for each."""
    rows: list[dict[str, Any]] = []
    shared = ("--config", os.path.join(folder, "kofucli.toml"), "--now", NOW.isoformat())
    for report in reports(folder, years):
        pairs = []
        for _ in range(runs + 1):
            yardstick = bench.yardstick()
            pairs.append(Pair(bench.run(script, *report.words, *shared), yardstick))
        pairs = pairs[1:]  # the first one warms caches
        seconds = quartiles([pair.command.wall for pair in pairs])
        memory = max(pair.command.memory for pair in pairs)
        rows.append(
            {
                "report": report.name,
                "seconds": round(seconds[1], 3),
                "quartiles": [round(seconds[0], 3), round(seconds[2], 3)],
                "budget": report.budget,
                "processor": round(quartiles([p.command.processor for p in pairs])[1], 3),
                "ratio": round(quartiles([p.command.wall / p.yardstick.wall for p in pairs])[1], 1),
                "memory_mib": round(memory / 1024, 1),
                "missed": [
                    *(["time"] if seconds[1] > report.budget else []),
                    *(["memory"] if memory > MOST_MEMORY else []),
                ],
            }
        )
    return rows


def lines(rows: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the figures as text."""
    yield f"{'':18}{'seconds':>9}{'quartiles':>14}{'budget':>8}{'CPU':>8}{'x click':>9}{'MiB':>8}"
    for row in rows:
        low, high = row["quartiles"]
        missed = f"  MISSED: {', '.join(row['missed'])}" if row["missed"] else ""
        yield (
            f"{row['report']:18}{row['seconds']:>9.2f}{span((low, high)):>14}"
            f"{row['budget']:>8}{row['processor']:>8.2f}{row['ratio']:>9}"
            f"{row['memory_mib']:>8}{missed}"
        )


def main() -> int:
    """Make the store, measure, print; with --strict tell whether every budget was met."""
    parser = argparse.ArgumentParser(description="Measure the reports on a large store.")
    parser.add_argument("--years", type=int, default=10)
    parser.add_argument("--per-day", type=int, default=412, help="reservations a day (412)")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--folder", default=os.environ.get("TMPDIR", "/tmp"))
    parser.add_argument("--fill", metavar="DIR", help="make the store in DIR, and measure nothing")
    parser.add_argument("--store", metavar="DIR", help="measure one that --fill made")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--strict", action="store_true", help="exit 1 where a budget is missed")
    given = parser.parse_args()
    if given.fill:
        # Nothing here must survive a power cut; waiting for the disk is not what is measured.
        os.fsync = lambda fd: None
        gc.disable()
        os.makedirs(given.fill, exist_ok=True)
        began = perf_counter()
        count = fill(given.fill, given.years, given.per_day)
        print(f"{count:,} reservations stored in {perf_counter() - began:.0f} s", file=sys.stderr)
        return 0
    script = os.path.join(os.path.dirname(sys.executable), "kofucli")
    if not os.path.exists(script):
        parser.error(f"{script} is missing: install kofucli where this Python is")
    subprocess.run([sys.executable, "-c", _COMPILE], check=True)
    with fresh_folder(given.folder) as folder:
        place = given.store or os.path.join(folder, "store")
        if given.store is None:
            # In a process of its own: a child's peak memory starts with that of its parent.
            size = ("--years", str(given.years), "--per-day", str(given.per_day))
            subprocess.run([sys.executable, __file__, "--fill", place, *size], check=True)
        rows = measure(Bench(folder, "en"), script, place, given.years, given.runs)
    print(json.dumps(rows, indent=2) if given.json else "\n".join(lines(rows)))
    return 1 if given.strict and any(row["missed"] for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())

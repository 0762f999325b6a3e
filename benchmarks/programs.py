"""The programs that are measured, how each gets its records, and which of its commands run."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
CURRENT = 40
"""Records that a program shows as those of today; all others are over, up to ten years ago."""


class Command(NamedTuple):
    """A command line; ``{round}``, ``{day}`` and ``{hour}`` are other ones in each round.

    The limits are multiples of ``import click``, seconds, and MiB at the peak.
    """

    label: str
    words: tuple[str, ...]
    times: float | None = None
    seconds: float | None = None
    mib: int | None = None
    status: int = 0
    panel: str = ""  # of the plot


class Program(NamedTuple):
    """A program: what pip is told to install, and who makes COUNT records in a folder."""

    name: str
    install: tuple[tuple[str, ...], ...]
    fill: Callable[[str, int, int], None]
    commands: tuple[Command, ...]
    most: int = 100_000


def fill_office(folder: str, count: int, rounds: int) -> None:
    """Make kofucli's store, and the same office in SQLite."""
    words = (os.path.join(HERE, "offices.py"), folder, f"{count}", f"{rounds}")
    subprocess.run([sys.executable, *words], check=True)


def each_record(count: int) -> Iterator[tuple[int, datetime]]:
    """Yield when each record begins, the oldest first: the last 40 from now on, five a day."""
    now = datetime.now().astimezone().replace(minute=0, second=0, microsecond=0)
    current = min(count, CURRENT)
    step = timedelta(days=3650) / max(1, count - current)
    for n in range(count - current):
        yield n, now - timedelta(days=30) - step * (count - current - n)
    for n in range(current):
        yield count - current + n, now + timedelta(days=n // 8, hours=n % 8)


def fill_watson(folder: str, count: int, rounds: int) -> None:
    """Make Watson's file of frames; its log shows the last seven days."""
    place = os.path.join(folder, ".config", "watson")
    os.makedirs(place)
    frames = []
    for n, at in each_record(count):
        start = int((at - timedelta(days=6)).timestamp())
        frames.append([start, start + 3000, f"visit-{n % 20}", f"{n:032x}", [], start])
    with open(os.path.join(place, "frames"), "w", encoding="utf-8") as file:
        json.dump(frames, file, indent=1)


def _write_calendar(path: str, body: str) -> None:
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//benchmark//EN\n{body}\nEND:VCALENDAR\n"
    with open(path, "w", encoding="utf-8", newline="\r\n") as file:
        file.write(text)


def fill_todoman(folder: str, count: int, rounds: int) -> None:
    """Make todoman's list, a file for each task; what is over is done."""
    tasks, place = os.path.join(folder, "lists", "office"), os.path.join(folder, ".config/todoman")
    os.makedirs(tasks)
    os.makedirs(place)
    with open(os.path.join(place, "config.py"), "w", encoding="utf-8") as file:
        file.write(f'path = "{folder}/lists/*"\ndefault_list = "office"\n')
        file.write(f'cache_path = "{folder}/cache.sqlite3"\ndate_format = "%Y-%m-%d"\n')
    for n, at in each_record(count):
        done = n < count - CURRENT
        body = (
            f"BEGIN:VTODO\nUID:{n}\nDTSTAMP:{at:%Y%m%dT%H%M%S}Z\nDUE;VALUE=DATE:{at:%Y%m%d}\n"
            f"SUMMARY:visit {n}\nSTATUS:{'COMPLETED' if done else 'NEEDS-ACTION'}\n"
            + (f"COMPLETED:{at:%Y%m%dT%H%M%S}Z\n" if done else "")
            + "END:VTODO"
        )
        _write_calendar(os.path.join(tasks, f"{n}.ics"), body)


def fill_khal(folder: str, count: int, rounds: int) -> None:
    """Make khal's calendar, a file for each event."""
    events, place = os.path.join(folder, "office"), os.path.join(folder, ".config", "khal")
    os.makedirs(events)
    os.makedirs(place)
    forms = {"time": "%H:%M", "date": "%Y-%m-%d", "datetime": "%Y-%m-%d %H:%M"}
    with open(os.path.join(place, "config"), "w", encoding="utf-8") as file:
        file.write(f"[calendars]\n[[office]]\npath = {events}\n[sqlite]\npath = {folder}/khal.db\n")
        file.write("[default]\ndefault_calendar = office\n[locale]\nlocal_timezone = UTC\n")
        file.write("default_timezone = UTC\n")
        file.writelines(f"{key}format = {form}\n" for key, form in forms.items())
        file.writelines(f"long{key}format = {forms[key]}\n" for key in ("date", "datetime"))
    for n, at in each_record(count):
        body = (
            f"BEGIN:VEVENT\nUID:{n}\nDTSTAMP:{at:%Y%m%dT%H%M%S}Z\nDTSTART:{at:%Y%m%dT%H%M%S}Z\n"
            f"DTEND:{at + timedelta(minutes=50):%Y%m%dT%H%M%S}Z\nSUMMARY:visit {n}\nEND:VEVENT"
        )
        _write_calendar(os.path.join(events, f"{n}.ics"), body)


def fill_sqlite_utils(folder: str, count: int, rounds: int) -> None:
    """Make a table with an index of its days, and a row to insert."""
    os.makedirs(folder)
    database = sqlite3.connect(os.path.join(folder, "office.db"))
    database.execute("CREATE TABLE visits (day TEXT, start TEXT, agent TEXT)")
    database.execute("CREATE INDEX by_day ON visits (day)")
    rows = ((f"{at:%F}", f"{at:%R}", f"P-{n % 1000}") for n, at in each_record(count))
    database.executemany("INSERT INTO visits VALUES (?, ?, ?)", rows)
    database.commit()
    with open(os.path.join(folder, "new.json"), "w", encoding="utf-8") as file:
        json.dump({"day": "2000-01-01", "start": "10:00", "agent": "R-1"}, file)


def fill_nothing(folder: str, count: int, rounds: int) -> None:
    """Make the folder of a program that keeps nothing."""
    os.makedirs(folder)


_BOOK = ("{day}", "{hour}:00", "--case", "RUN-{round}", "--agent", "R-{round}")
_SMALL = ("python", os.path.join(HERE, "small_office.py"))
_HELLO = "import click; click.command()(lambda: click.echo('hello'))()"
_QUERY = "select day, start, agent from visits where day >= date('now') order by day, start"

KOFUCLI = Program(
    "kofucli",
    (
        ("--require-hashes", "-r", os.path.join(ROOT, "requirements", "run.txt")),
        ("--no-deps", "--no-build-isolation", ROOT),
    ),
    fill_office,
    (
        Command("slots", ("kofucli", "slots"), times=2.15, mib=25, panel="reading"),
        Command("slots -f json", ("kofucli", "slots", "-f", "json"), times=1.5, mib=25),
        Command("book", ("kofucli", "book", *_BOOK), times=1.75, mib=25, panel="adding"),
        Command("status -f json", ("kofucli", "status", "-f", "json"), mib=60),
    ),
    1_000_000,
)
SMALL = Program(
    "click and SQLite",
    (("click==8.5.1",),),
    fill_office,
    (
        Command("slots", (*_SMALL, "slots"), panel="reading"),
        Command("book", (*_SMALL, "book", *_BOOK), panel="adding"),
    ),
)
PROGRAMS = (
    KOFUCLI,
    SMALL,
    Program(
        "click alone",
        (("click==8.5.1",),),
        fill_nothing,
        (Command("hello", ("python", "-c", _HELLO), panel="reading"),),
    ),
    Program(
        "Watson",
        (("td-watson==2.1.0",),),
        fill_watson,
        (
            Command("log", ("watson", "log", "--no-pager"), panel="reading"),
            Command(
                "add",
                (
                    *("watson", "add", "visit", "--from", "2000-01-01 10:00"),
                    *("--to", "2000-01-01 11:00"),
                ),
                panel="adding",
            ),
        ),
    ),
    Program(
        "todoman",
        (("todoman==4.7.0",),),
        fill_todoman,
        (
            Command("list", ("todo", "list"), panel="reading"),
            Command("new", ("todo", "new", "-d", "2000-01-01", "visit {round}"), panel="adding"),
        ),
    ),
    Program(
        "khal",
        (("khal==0.14.1",),),
        fill_khal,
        (
            Command("list", ("khal", "list", "today", "5d"), panel="reading"),
            Command(
                "new",
                ("khal", "new", "2000-01-01", "10:00", "11:00", "visit {round}"),
                panel="adding",
            ),
        ),
    ),
    Program(
        "sqlite-utils",
        (("sqlite-utils==4.2.1",),),
        fill_sqlite_utils,
        (
            Command("query", ("sqlite-utils", "query", "office.db", _QUERY), panel="reading"),
            Command(
                "insert",
                ("sqlite-utils", "insert", "office.db", "visits", "new.json"),
                panel="adding",
            ),
        ),
    ),
)

_JSON = ("-f", "json", "-o", "out/result")
_MONTH = ("--since", "2026-10-01", "--until", "2026-10-31")
WHOLE = (
    Command("list --all", ("kofucli", "list", "--all", "--office", "-f", "csv", "-o", "out/csv")),
    Command("show of an unknown case", ("kofucli", "show", "NONE-1", "--office"), status=4),
    Command("report load, a month", ("kofucli", "report", "load", *_MONTH, *_JSON), seconds=0.5),
    Command(
        "report load, ten years",
        ("kofucli", "report", "load", "--since", "2016-11-24", *_JSON),
        seconds=10,
    ),
    Command("report nightly", ("kofucli", "report", "nightly", "-o", "out/page"), seconds=1.5),
    Command("store check", ("kofucli", "store", "check")),
    Command("store backup", ("kofucli", "store", "backup", "out")),
    Command(
        "store restore", ("kofucli", "store", "restore", "{backup}", "out/store", "-y"), mib=200
    ),
)
"""What goes through a whole store of kofucli, or through its reports."""

_PLAN = ("--agent", "T-FREE", "-f", "json", "-o", "result")
BOOKING = (
    Command(
        "book --from rows.csv",
        ("kofucli", "book", "--office", "--from", "{file}.csv", "-f", "json", "-o", "result.json"),
        mib=70,
    ),
    Command("the same, click and SQLite", (*_SMALL, "book-file", "{file}.csv", "small.json")),
)
FILES = (
    *BOOKING,
    Command("agent import", ("kofucli", "agent", "import", "--office", "agents.csv"), seconds=1.5),
    Command("plan numbers.csv", ("kofucli", "plan", "numbers.csv", *_PLAN), seconds=2, mib=200),
    Command("plan chain.csv", ("kofucli", "plan", "chain.csv", *_PLAN), seconds=1),
)
"""What reads files; each runs in a fresh copy of the office of case_files.py."""

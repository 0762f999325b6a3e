"""Make an office and its case files for bulk.py: ``python benchmarks/bulk_office.py DIR ROWS``.

In DIR it makes ``kofucli.toml`` with an empty store, ``rows.csv`` (every row good), ``wrong.csv``
(rows that cannot be read), ``refused.csv`` (rows that a rule refuses), and ``office.json``: the
agents, days and settings, for the programs that kofucli is compared with.
"""

from __future__ import annotations

import csv
import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from msgspec.structs import replace
from stores import NOW, add_verified_agents, is_open

import kofucli
from kofucli.model.records import Actor, Agent, Stamp, Suspension
from kofucli.operations.office import init_store
from kofucli.rules.calendar import find_shown_days
from kofucli.settings import Settings
from kofucli.settings.read import parse_settings

FRAMES = 3
CASES = 10
SPARE = 10
"""Cases that would still fit into the frame asked for most."""
COLUMNS = (
    *("number", "kind", "recipient", "birth", "with", "filed", "office", "review", "counter"),
    *("agent", "date", "hour", "note"),
)
_SAMPLE = os.path.join(os.path.dirname(kofucli.__file__), "sample_config.toml")
_TODAY = NOW.date()
_KINDS = ("更新", "変更", "永住", "extension", "就労", "取得", "資格外", "change", "更新", "再入国")
_LETTERS = "更変永更就取資変更再"
_RECIPIENTS = {"scrivener": ("ア", "エ", "self"), "host-organization": ("ア", "イ", "ウ", "staff")}
_STATES: dict[str, dict[str, object]] = {
    "T-FREE": {},
    "T-FULL": {},
    "T-STAFF": {"occupation": "support-organization"},
    "T-SCHOOL": {"occupation": "educational"},
    "T-LAST": {"valid_until": date(2026, 11, 27)},
    "T-MAIL": {"verified": False},
    "T-TERMS": {"terms": None},
    "T-STOP": {"suspension": Suspension(_TODAY, date(2027, 1, 1), "不着", "benchmark")},
    "T-OVER": {"suspension": Suspension(date(2026, 8, 1), _TODAY, "不着", "benchmark")},
}
"""Agents of the refused rows, and how each differs from any other agent."""

Line = dict[str, str]


def make_rows(count: int, days: list[date], starts: Iterable[str]) -> Iterator[Line]:
    """Yield ``count`` good rows: each agent three frames of ten cases, the frames evenly filled."""
    frames = [(f"{day}", start) for start in starts for day in days]
    for at in range(count):
        agent, place = divmod(at, FRAMES * CASES)
        frame, case = divmod(place, CASES)
        day, hour = frames[(agent * FRAMES + frame) % len(frames)]
        words = _RECIPIENTS[_occupation(agent)]
        number = f"横支{_LETTERS[case]}202611{at + 1:05d}"
        yield {
            "number": number,
            "kind": _KINDS[case],
            "recipient": words[at % len(words)],
            "birth": "はい" if _KINDS[case] == "取得" else "",
            "with": f"横支{_LETTERS[0]}202611{at + 1 - case:05d}" if case == CASES - 1 else "",
            "agent": f"A-{agent}",
            "date": day,
            "hour": hour,
        }


def _occupation(agent: int) -> str:
    return "host-organization" if agent % 3 == 2 else "scrivener"


def wrong_rows(day: str) -> Iterator[Line]:
    """Yield rows of which most cannot be read, for one reason each."""
    good = {"number": "W-1", "agent": "T-FREE", "date": day, "hour": "10:00"}
    yield good
    for at, change in enumerate(
        (
            {"number": ""},
            {"number": "横支更 2026"},
            {"number": "更" * 33},
            {"number": "123456789018"},
            {"number": "W/1"},
            {"number": "ｗ－２", "hour": "１０時"},
            {"kind": "更新届"},
            {"recipient": "オ"},
            {"birth": "多分"},
            {"filed": "郵送"},
            {"review": "?"},
            {"with": "W_1"},
            {"agent": ""},
            {"agent": "a b"},
            {"agent": "NOBODY"},
            {"date": "2026-02-30"},
            {"hour": "25:00"},
            {"hour": "noon"},
            {"kind": "？", "agent": "NOBODY"},
        ),
        2,
    ):
        yield good | {"number": f"W-{at}"} | change


def refused_rows(days: list[date], starts: tuple[str, ...], crowd: tuple[str, str]) -> list[Line]:
    """Return rows that rules refuse, some good ones between them; rows.csv is booked already.

    ``crowd`` is the frame, day and hour, that rows.csv asks for most.
    """
    first, second, third, fourth = (f"{day}" for day in days[:4])
    lines: list[Line] = []

    def ask(agent: str, day: str, hour: str = "10:00", **changes: str) -> None:
        lines.append(
            {"number": f"X-{len(lines)}", "agent": agent, "date": day, "hour": hour} | changes
        )

    for agent in _STATES:
        ask(agent, days[-1].isoformat() if agent == "T-LAST" else second)
    ask("T-LAST", third)
    for day in (_TODAY - timedelta(1), _TODAY, date(2026, 11, 28), date(2026, 12, 2)):
        ask("T-FREE", f"{day}")
    ask("T-FREE", date(2026, 11, 28).isoformat(), "12:00")
    ask("T-FREE", second, "12:00")
    for kind in ("認定", "card-renewal", "other", "取得", "再入国", "永住"):
        ask("T-STAFF", first, kind=kind)
    ask("T-STAFF", first, kind="reentry", number="横支再1", **{"with": lines[-1]["number"]})
    ask("T-STAFF", first, kind="reentry", number="横支再2", **{"with": "横支再9"})
    for recipient in ("ア", "イ", "ウ", "エ"):
        ask("T-STAFF", second, recipient=recipient)
        ask("T-OVER", second, "11:00", recipient=recipient)
    ask("T-OVER", second, filed="オンライン")
    ask("T-OVER", second, office="T")
    ask("T-OVER", second, office="ｙ")
    ask("T-OVER", second, counter="1")
    ask("T-OVER", second, review="未")
    ask("T-OVER", second, number="横支更20261100001")  # another agent's
    ask("A-0", first, starts[0], number="横支更20261100001")  # its own, in this very frame
    ask("A-0", second, starts[0], number="横支更20261100001")  # its own, in another frame
    ask("A-0", fourth, "15:00")  # a fourth frame
    ask("A-0", first, starts[0])  # an eleventh case
    ask("T-FULL", third, number="X－５")  # named above, in full width
    for day in (first, second, third, fourth, first):
        ask("T-FREE", day, "14:00")
    for _ in range(12):
        ask("T-FULL", third)
    for agent in ("T-OVER", "T-LAST"):
        for _ in range(8):
            ask(agent, *crowd)
    return lines


def write_csv(path: str, lines: Iterable[Line]) -> None:
    """Write a case file as a spreadsheet does: every column, UTF-8."""
    with open(path, "w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(lines)


def write_office(path: str, settings: Settings, agents: list[Agent], shown: list[date]) -> None:
    """Write what the other programs are given: plain values, days as the calendar has them."""
    days = [_TODAY + timedelta(n) for n in range(-30, 60)]
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
        "days": [[f"{day}", is_open(day)] for day in days],
        "agents": [
            {
                "id": agent.id,
                "occupation": agent.occupation,
                "valid_until": f"{agent.valid_until}",
                "verified": agent.verified,
                "terms": agent.terms,
                "since": f"{agent.suspension.since}" if agent.suspension else None,
                "until": f"{agent.suspension.until}" if agent.suspension else None,
            }
            for agent in agents
        ],
    }
    with open(path, "w", encoding="utf-8") as file:
        json.dump(office, file, ensure_ascii=False)


def make(folder: str, count: int) -> None:
    """Make everything in ``folder`` for a file of ``count`` rows."""
    with open(_SAMPLE, encoding="utf-8") as file:
        sample = file.read()
    settings = parse_settings(sample, _SAMPLE)
    calendar = settings.calendar
    shown = list(find_shown_days(_TODAY, is_open, calendar.first_open_day, calendar.shown_days))
    rows = list(make_rows(count, shown, settings.frames.starts))
    crowd, most = Counter((row["date"], row["hour"]) for row in rows).most_common(1)[0]
    text = sample.replace("\ncapacity = 40 ", f"\ncapacity = {most + SPARE} ")
    # The programs beside it write no mails.
    text = text.replace('\ntransport = "outbox"', '\ntransport = "none"')
    config = os.path.join(folder, "kofucli.toml")
    with open(config, "w", encoding="utf-8") as file:
        file.write(text)
    settings = parse_settings(text, config)
    assert (most + SPARE, "none") == (settings.frames.capacity, settings.mail.transport)
    stamp = Stamp(NOW - timedelta(hours=1), Actor(None, "benchmark"))
    store = init_store(os.path.join(folder, settings.store.path), settings, stamp)
    names = [f"A-{n}" for n in range(-(-count // (FRAMES * CASES)))]
    add_verified_agents(store, settings, names + list(_STATES), stamp)
    changes = {name: {"occupation": _occupation(at)} for at, name in enumerate(names)} | _STATES
    with store.transaction("benchmark", stamp) as transaction:
        for agent in list(transaction.agents()):
            transaction.put_agent(replace(agent, **changes[agent.id]))
    write_csv(os.path.join(folder, "rows.csv"), rows)
    write_csv(os.path.join(folder, "wrong.csv"), wrong_rows(f"{shown[0]}"))
    refused = refused_rows(shown, settings.frames.starts, crowd)
    write_csv(os.path.join(folder, "refused.csv"), refused)
    agents = store.read(lambda view: list(view.agents()))
    write_office(os.path.join(folder, "office.json"), settings, agents, shown)


if __name__ == "__main__":
    os.fsync = lambda fd: None  # nothing here must survive a power cut
    make(sys.argv[1], int(sys.argv[2]))

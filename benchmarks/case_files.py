"""Make an office and its files: ``python benchmarks/case_files.py DIR ROWS NUMBERS CHAIN AGENTS``.

``rows.csv`` has good rows, ``wrong.csv`` some that cannot be read, ``refused.csv`` some that a rule
refuses; ``numbers.csv`` has case numbers alone, ``chain.csv`` cases each of which goes with the one
before, ``agents.csv`` agents to import.
"""

from __future__ import annotations

import csv
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from offices import NOW, make_office, sample_settings, shown_days

from kofucli.model import Suspension

FRAMES = 3
CASES = 10
SPARE = 10
"""Cases that would still fit into the frame asked for most."""
COLUMNS = (
    *("number", "kind", "recipient", "birth", "with", "filed", "office", "review", "counter"),
    *("agent", "date", "hour", "note"),
)
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


def write_csv(path: str, lines: Iterable[Line], columns: Iterable[str] = COLUMNS) -> None:
    """Write a file as a spreadsheet does: every column, UTF-8."""
    with open(path, "w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(columns), restval="")
        writer.writeheader()
        writer.writerows(lines)


def make_agents(count: int) -> Iterator[Line]:
    """Yield agents to be imported."""
    for n in range(count):
        yield {
            "id": f"N-{n}",
            "name": f"行政書士 {n}",
            "occupation": "scrivener",
            "certificate": f"第{n}号",
            "valid-until": "2030-03-31",
            "email": f"n{n}@office.example.jp",
        }


def make(folder: str, count: int, numbers: int, chain: int, agents: int) -> None:
    """Make everything in ``folder``, for files of so many rows."""
    settings = sample_settings()
    shown, starts = shown_days(settings), settings.frames.starts
    rows = list(make_rows(count, shown, starts))
    crowd, most = Counter((row["date"], row["hour"]) for row in rows).most_common(1)[0]
    names = [f"A-{n}" for n in range(-(-count // (FRAMES * CASES)))]
    states = {name: {"occupation": _occupation(at)} for at, name in enumerate(names)} | _STATES
    # The programs beside it write no mails.
    make_office(folder, 0, states, capacity=f"{most + SPARE}", transport='"none"')
    files = {
        "rows": rows,
        "wrong": wrong_rows(f"{shown[0]}"),
        "refused": refused_rows(shown, starts, crowd),
    }
    for name, lines in files.items():
        write_csv(os.path.join(folder, f"{name}.csv"), lines)
    alone = ({"number": f"W{n:05}"} for n in range(numbers))
    write_csv(os.path.join(folder, "numbers.csv"), alone, ["number"])
    tied = ({"number": f"C-{n}", "with": f"C-{n - 1}", "kind": "reentry"} for n in range(chain))
    write_csv(os.path.join(folder, "chain.csv"), tied, ["number", "with", "kind"])
    imported = list(make_agents(agents))
    write_csv(os.path.join(folder, "agents.csv"), imported, imported[0])


if __name__ == "__main__":
    make(sys.argv[1], *map(int, sys.argv[2:]))

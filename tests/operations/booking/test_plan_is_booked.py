"""A plan can be booked as it stands: random files at random offices."""

from __future__ import annotations

import csv
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.conftest import OfficeInFolder
from tests.operations.support import A1, D25, D26, D27, STAFF, codes, outcomes

SMALL_CAPACITY, FEW_CASES = 5, 4
PLANNERS = {"A-1": {}, "B-2": STAFF, "B-3": STAFF}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> OfficeInFolder:
    """Return an office where room is scarce, with three agents; only for copying."""
    made = OfficeInFolder(tmp_path_factory.mktemp("small"))
    made.set("calendar", "shown_days", "3")
    made.set("frames", "starts", '["09:00", "10:00", "13:00"]')
    made.set("frames", "capacity", str(SMALL_CAPACITY))
    made.set("quota", "cases", str(FEW_CASES))
    made.set("verification", "required", "false")
    for name, values in PLANNERS.items():
        made.add_agent(name, verify=False, **values)
    return made


@pytest.fixture
def copies(
    small: OfficeInFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[OfficeInFolder]:
    """Return copies of the small office; nothing waits for the disk."""
    monkeypatch.setattr(os, "fsync", lambda _: None)

    def make() -> Iterator[OfficeInFolder]:
        for number in range(1000):
            folder = tmp_path / str(number)
            yield small.copy(folder)
            shutil.rmtree(folder)

    return make()


def book_at_random(office: OfficeInFolder, rnd: Random) -> None:
    for turn in range(rnd.randint(0, 5)):
        agent = rnd.choice(list(PLANNERS))
        specs = [x for n in range(rnd.randint(1, 3)) for x in ("--case", f"H-{turn}-{n}")]
        hour = rnd.choice(["9", "10", "13"])
        office.run("book", f"+{rnd.randint(1, 3)}", hour, *specs, "--agent", agent)


def draw_rows(rnd: Random, agents: list[str], count: int) -> str:
    """Return a case file: open rows and a few that name a day, an hour, or both."""
    lines = ["number,agent,date,hour,kind,with,collect_by,review"]
    places: list[tuple[str, str, str]] = []
    for number in range(count):
        day = rnd.choice([""] * 6 + [D25, D26, D27, "2026-11-28"])
        hour = rnd.choice([""] * 6 + ["9", "10", "13"])
        bound = rnd.choice([""] * 4 + [D25, D26])
        kind, main = rnd.choice([("extension", "")] * 4 + [("activity", ""), ("coe", "")]), ""
        name = rnd.choice(agents)
        if number and rnd.random() < 0.2:
            tied_to = rnd.randrange(number)
            kind, main = rnd.choice(["reentry", "change"]), f"X-{tied_to}"
            # Tied rows that name different frames are bad input.
            name, day, hour = rnd.choice([places[tied_to], (name, "", "")])
        else:
            kind = kind[0]
        places.append((name, day, hour))
        review = rnd.choice(["done"] * 9 + ["pending"])
        lines.append(f"X-{number},{name},{day},{hour},{kind},{main},{bound},{review}")
    return "\n".join(lines) + "\n"


def count_by_hand(office: OfficeInFolder) -> None:
    """Count all reservations by hand: three frames, four cases a frame, five of all agents."""
    frames: dict[str, set[tuple[str, str]]] = {}
    cases: Counter[tuple[str, str, str]] = Counter()
    booked: Counter[tuple[str, str]] = Counter()
    numbers: Counter[str] = Counter()
    for each in office.json("list", "--all")["reservations"]:
        key = each["date"], each["start"]
        frames.setdefault(each["agent"], set()).add(key)
        cases[each["agent"], *key] += len(each["cases"])
        booked[key] += len(each["cases"])
        numbers.update(case["number"] for case in each["cases"])
    assert max(map(len, frames.values()), default=0) <= 3
    assert max(cases.values(), default=0) <= FEW_CASES
    assert max(booked.values(), default=0) <= SMALL_CAPACITY
    assert max(numbers.values(), default=0) <= 1


def count_ties(path: Path, document: Any) -> int:
    """Return how many rows are placed beside a row to which they are tied; none is without it."""
    rows = {row["number"]: row for row in csv.DictReader(StringIO(path.read_text("utf-8")))}
    found = {row["case"]: row for row in document["rows"]}
    kept = 0
    for number, row in rows.items():
        one, main = found[number], found.get(row["with"])
        judged = ("placed", "refused", "not-placed")
        if main is None or not {one["outcome"], main["outcome"]} <= {*judged}:
            continue
        if rows[row["with"]]["agent"] == row["agent"]:
            assert (one["outcome"] == "placed") == (main["outcome"] == "placed"), number
            same = [(each["agent"], each["date"], each["start"]) for each in (one, main)]
            assert one["outcome"] != "placed" or same[0] == same[1], number
            kept += one["outcome"] == "placed"
    return kept


def find_booked(document: Any) -> dict[str, tuple[str, str, str]]:
    """Return where each case is that was placed or booked."""
    return {
        row["case"]: (row["agent"], row["date"], row["start"])
        for row in document["rows"]
        if row["outcome"] in ("placed", "booked")
    }


@pytest.mark.parametrize("block", range(4))
def test_a_plan_is_booked_as_it_is(copies: Iterator[OfficeInFolder], block: int) -> None:
    placed = several = 0
    for number in range(block * 8, block * 8 + 8):
        rnd, office = Random(f"pool {number}"), next(copies)
        book_at_random(office, rnd)
        pool = rnd.sample(list(PLANNERS), rnd.randint(2, 3))
        path = office.folder / "rows.csv"
        path.write_text(draw_rows(rnd, list(PLANNERS), rnd.randint(1, 25)), "utf-8")
        options = [part for name in pool for part in ("--agent", name)]
        expected = find_booked(office.json("plan", str(path), *options))
        planned = office.run("plan", str(path), *options, "-f", "csv").out
        rows = list(csv.DictReader(StringIO(planned, newline="")))
        assert set(expected) == {row["number"] for row in rows}
        found: dict[str, tuple[str, str, str]] = {}
        for name in {row["agent"] for row in rows}:
            part = office.folder / f"{name}.csv"
            with part.open("w", encoding="utf-8", newline="") as out:
                writer = csv.DictWriter(out, list(rows[0]))
                writer.writeheader()
                writer.writerows(row for row in rows if row["agent"] == name)
            document = office.json("book", "--from", str(part), "--agent", name)
            found.update(find_booked(document))
            assert {"booked"} == set(outcomes(document))
        assert expected == found, number
        count_by_hand(office)
        placed += len(found)
        several += len({place[0] for place in found.values()}) > 1
    assert placed > 8
    assert several


@pytest.mark.parametrize("block", range(4))
def test_booking_a_file_does_what_its_plan_says(
    copies: Iterator[OfficeInFolder], block: int
) -> None:
    """For one agent, or each for itself, row by row; as a whole where no row of the plan fails."""
    placed = tied = 0
    for number in range(block * 8, block * 8 + 8):
        rnd, office = Random(f"file {number}"), next(copies)
        book_at_random(office, rnd)
        alone = rnd.random() < 0.6
        agents = ["A-1"] if alone else list(PLANNERS)
        path = office.folder / "rows.csv"
        path.write_text(draw_rows(rnd, agents, rnd.randint(1, 25)), "utf-8")
        options = A1 if alone else ("--office",)
        planned = office.json("plan", str(path), *options, "--explain")
        whole = office.run("book", "--from", str(path), *options, "-n", "-f", "json")
        booked = office.run("book", "--from", str(path), *options, "--best-effort", "-f", "json")
        as_booked = {"placed": "booked"}
        assert [as_booked.get(each, each) for each in outcomes(planned)] == outcomes(booked.json)
        assert codes(planned) == codes(booked.json), number
        assert find_booked(planned) == find_booked(booked.json), number
        tied += count_ties(path, planned)
        assert planned["visits"] == booked.json["visits"]
        assert planned["bookable_from"] == booked.json["bookable_from"]
        failed = planned["counts"]["refused"] + planned["counts"]["not_placed"]
        assert (3 if failed else 0) == booked.status == whole.status, number
        told = {(n, code) for n, told in enumerate(codes(planned), 1) for code in told}
        assert told == {
            (entry["row"], entry["code"])
            for entry in planned["explain"]
            if not entry["passed"] and entry["severity"] == "refusal"
        }
        count_by_hand(office)
        placed += len(find_booked(planned))
        again = office.run("book", "--from", str(path), *options, "--best-effort", "-f", "json")
        assert [] == again.json["reservations"], number
    assert placed > 8
    assert tied

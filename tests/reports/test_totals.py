"""The same totals in every form: JSON, CSV, the page, and what ``list --all`` adds up to."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections import Counter
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import given, settings

from tests.conftest import OfficeInFolder
from tests.model.conftest import _without_waiting_for_the_disk  # noqa: F401 (a fixture)
from tests.model.lives import Life
from tests.model.naive import HOLDING
from tests.model.offices import AGENTS, BEGINNINGS, USUAL, found_office
from tests.support.strategies import choices, sized

STATUSES = {
    "late": "late",
    "no_show": "no-show",
    "cancelled": "cancelled",
    "late_cancelled": "late-cancelled",
    "office_closed": "office-closed",
}
CASES = {"collected": "collected", "not_handed": "not-handed"}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> OfficeInFolder:
    """Return the office that the others are copies of."""
    return found_office(tmp_path_factory.mktemp("reports") / "office", USUAL)


def add_up(reservations: list[Any]) -> dict[str, int]:
    """Return the figures of reservations, counted without the program's help."""
    statuses = Counter(found["status"] for found in reservations)
    cases = Counter(case["status"] for found in reservations for case in found["cases"])
    taken = [
        case
        for found in reservations
        if found["status"] in HOLDING
        for case in found["cases"]
        if case["status"] != "dropped"
    ]
    return {
        "booked": len(taken),
        "reservations": len(reservations),
        "agents": len({found["agent"] for found in reservations}),
        **{name: cases[status] for name, status in CASES.items()},
        **{name: statuses[status] for name, status in STATUSES.items()},
    }


def without_capacity(values: Any) -> dict[str, int]:
    """Return the figures that reservations decide."""
    names = ("capacity", "date", "start")
    return {name: value for name, value in values.items() if name not in names}


def sum_csv(path: Path) -> dict[str, int]:
    """Return the sums of the numbers in a CSV file with a byte order mark."""
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    sums: Counter[str] = Counter()
    for row in csv.DictReader(io.StringIO(data.decode("utf-8-sig"))):
        sums.update({name: int(value) for name, value in row.items() if value.isdigit()})
    return dict(sums)


def read_page(page: str, section: str) -> dict[str, int]:
    """Return the numbers that the page shows in a section."""
    found = re.search(rf'id="{section}">(.*?)</dl>', page, re.DOTALL)
    assert found is not None
    pairs = re.findall(r'<dd data-name="([a-z_]+)">([0-9,-]+)</dd>', found[1])
    return {name: int(value.replace(",", "")) for name, value in pairs}


def check_load(office: OfficeInFolder, listed: list[Any]) -> None:
    """Compare ``report load`` with a list of the same days, frame by frame and in all."""
    load = office.json("report", "load", "--since", "2026-11-24")
    assert add_up(listed) == without_capacity(load["totals"])
    for frame in load["frames"]:
        there = [r for r in listed if (r["date"], r["start"]) == (frame["date"], frame["start"])]
        assert add_up(there) == without_capacity(frame)


def check_night(office: OfficeInFolder, folder: Path, listed: list[Any]) -> None:
    """Compare the files of a night with each other and with a list of everything."""
    office.json("report", "nightly", "-o", str(folder))
    load, quota, conduct = (
        json.loads((folder / f"{name}.json").read_text("utf-8"))
        for name in ("load", "quota", "conduct")
    )
    page = (folder / "index.html").read_text("utf-8")
    assert add_up(listed) == without_capacity(load["totals"])
    assert load["totals"] == read_page(page, "load-totals")
    of_frames = sum_csv(folder / "load.csv")
    assert load["totals"] | {"agents": of_frames["agents"]} == of_frames
    assert quota["totals"] == read_page(page, "quota-totals")
    shown = [frame for frame in load["frames"] if frame["date"] in quota["shown"]]
    assert sum(frame["booked"] for frame in shown) == quota["totals"]["cases"]
    assert {
        name: sum(row[name] for row in quota["agents"]) for name in ("frames_held", "cases")
    } == {name: sum_csv(folder / "quota.csv").get(name, 0) for name in ("frames_held", "cases")}
    assert conduct["totals"] == read_page(page, "conduct-totals")
    assert conduct["totals"] == {
        name: sum_csv(folder / "conduct.csv")[name] for name in ("no_show", "late_cancel")
    }
    by_agent = Counter((found["agent"], found["status"]) for found in listed)
    assert [
        (agent, by_agent[agent, "no-show"], by_agent[agent, "late-cancelled"])
        for agent in sorted(each["id"] for each in AGENTS)
    ] == [(row["id"], row["no_show"], row["late_cancel"]) for row in conduct["agents"]]


@sized(3, 10)
def test_totals_agree_in_every_form(template: OfficeInFolder, size: settings) -> None:
    @size
    @given(choices)
    def compare(choice: Random) -> None:
        folder = Path(mkdtemp(dir=template.folder.parent))
        office = template.copy(folder / "office")
        life = Life(office, USUAL, choice, BEGINNINGS[1])
        for _ in range(choice.randint(30, 60)):
            life.follow(office.run(*life.draw(folder), "-f", "json"))
        listed = office.json("list", "--all")["reservations"]
        check_load(office, listed)
        check_night(office, folder / "night", listed)
        again = folder / "again"
        office.json("report", "nightly", "-o", str(again))
        for path in (folder / "night").iterdir():
            assert path.read_bytes() == (again / path.name).read_bytes()
        shutil.rmtree(folder)

    compare()

"""Two agents at the gate, each of whom tries to reach the other, the office and the machine."""

from __future__ import annotations

import random
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kofucli.operations.history import read_lines
from kofucli.store.place import open_store
from tests.conftest import BOUNDED, OfficeInFolder, Outcome
from tests.reliability.gate.attacking import HIDDEN, Marks, draw_data, draw_line
from tests.support.gates import send
from tests.support.needs import posix_only

pytestmark = posix_only

AGENTS = "A-1", "A-2"
NAMES = {"A-1": "葉山次郎", "A-2": "金沢三郎"}


class Guarded:
    """An office with two agents, and what each of them must never see or change."""

    def __init__(self, office: OfficeInFolder) -> None:
        self.office = office
        office.now = datetime.now().astimezone().isoformat()
        for agent in AGENTS:
            values = {
                "name": NAMES[agent],
                "phone": f"090-{agent}",
                "organization": f"firm {agent}",
            }
            office.add_agent(agent, **values)
        office.add_agent(HIDDEN)
        self.marks = {}
        self.told: list[tuple[str, str, str]] = []
        for agent, hour in zip(AGENTS, ("10:00", "11:00"), strict=True):
            case = f"横支変2026000{hour[:2]}00"
            number = office.book("+4", hour, case, f"東労C-{agent}", agent=agent)["number"]
            self.marks[agent] = [number, case, number[:-2]]
        self.places = str(office.folder), "kofu-store", "kofucli.toml", "root:", "Traceback"

    def secrets(self, agent: str) -> list[str]:
        """Return the texts of an agent that nobody else knows or may read."""
        mail = f"{agent.lower()}@office.example.jp"
        return [HIDDEN, f"東労C-{agent}", NAMES[agent], f"090-{agent}", f"firm {agent}", mail]

    def marks_for(self, agent: str) -> Marks:
        """Return what an agent knows: numbers it was told, and from the start some of the other."""
        other = AGENTS[agent == AGENTS[0]]
        return Marks(self.marks[agent], [other, *self.marks[other][:3]])

    def assert_apart(self, agent: str, asked: str, data: bytes, outcome: Outcome) -> None:
        """Assert that an answer tells nothing of others, and that no defect was met."""
        other = AGENTS[agent == AGENTS[0]]
        assert outcome.status in (0, 2, 3, 4, 5), (asked, data, outcome)
        for said in (outcome.out, outcome.err):
            for hidden in (*self.secrets(other), *self.places):
                assert hidden not in said or hidden in asked, (asked, data, outcome)
            for number in set(re.findall(r"Y[0-9]{6}-[0-9]{4}-[0-9A-Z]", said)):
                if number not in self.marks[other][:3]:  # which is known from the start
                    self.marks[agent][3:] = [*self.marks[agent][-3:], number]
                    self.told.append((number, agent, asked))

    def assert_own(self) -> int:
        """Assert that each line of the ledger changes nothing but what is its agent's.

        So nobody was told the number of a reservation of another. Returns how many lines came by
        ssh.
        """
        owners: dict[str, str] = {}
        came = 0
        for line in read_lines(open_store(str(self.office.store), "Y", 1)):
            records = [
                raw for name, raws in line.put.items() if name[:5] == "days/" for raw in raws
            ]
            found: list[Any] = [msgspec.json.decode(raw) for raw in records]
            owners |= {each["number"]: each["agent"] for each in found}
            if line.actor.get("via") != "ssh":
                continue
            came += 1
            assert line.op in ("book", "amend", "cancel", "terms accept", "verify redeem"), line
            assert {each["agent"] for each in found} <= {line.actor["agent"]}, line
            others = {name for name in line.put if name[:5] != "days/"}
            assert others <= {f"agents/{line.actor['agent']}"}, line
        for number, agent, asked in self.told:
            assert owners.get(number, agent) == agent, (number, agent, asked)
        return came


@pytest.fixture
def guarded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Guarded:
    """Return an office in a folder of its own; the current folder is another, empty one."""
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    return Guarded(OfficeInFolder(tmp_path / "srv"))


@pytest.mark.parametrize(
    "count", [150, pytest.param(400 if BOUNDED else 6_000, marks=pytest.mark.deep)]
)
def test_neither_sees_nor_changes_what_is_not_its_own(guarded: Guarded, count: int) -> None:
    """Whatever they send, they learn nothing of each other and change nothing but their own."""
    lot, statuses = random.Random(count), set()
    files = {p for p in guarded.office.folder.rglob("*") if guarded.office.store not in p.parents}
    for _ in range(count):
        agent = lot.choice(AGENTS)
        marks = guarded.marks_for(agent)
        asked, data = draw_line(lot, marks), draw_data(lot, marks)
        outcome = send(guarded.office, agent, asked, data)
        guarded.assert_apart(agent, asked, data, outcome)
        statuses.add(outcome.status)
    assert guarded.assert_own() >= count // 75
    assert statuses >= {0, 2, 4, 5}
    assert not [*Path().iterdir()]
    now = {p for p in guarded.office.folder.rglob("*") if guarded.office.store not in p.parents}
    assert now == files
    assert guarded.office.run("store", "check").status == 0

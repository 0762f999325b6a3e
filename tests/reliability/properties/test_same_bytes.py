"""Same inputs, same bytes: two stores that are driven alike are alike."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import given, settings

from kofucli.store.files import view
from tests.conftest import OfficeInFolder
from tests.reliability.properties.offices import found_office
from tests.support.strategies import choices, draw_command, sized

RANDOM = ("sum", "clock", "prev")
"""What a ledger line has of the machine: its clock, and a sum and a hash of what has it."""


def read_ledger(data: bytes) -> list[Any]:
    """Return the lines of a ledger without what is the machine's own."""
    lines = [json.loads(line) for line in data.splitlines()]
    return [{key: line[key] for key in line if key not in RANDOM} for line in lines]


def read_files(office: OfficeInFolder) -> dict[str, Any]:
    """Return what the store's files say, byte for byte but for the ledger's."""
    return {
        name: read_ledger(data) if name.startswith("ledger/") else data
        for name, data in office.bytes().items()
    }


@pytest.fixture(autouse=True, scope="module")
def _a_clock_that_never_stands_still() -> Iterator[None]:
    seconds = count()
    start = datetime.fromisoformat("2026-11-24T10:00:00+09:00")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(view, "machine_now", lambda: start + timedelta(seconds=next(seconds)))
        yield


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> OfficeInFolder:
    """Return the office that the others are copies of."""
    return found_office(tmp_path_factory.mktemp("twins"))


@sized(4, 20)
def test_stores_that_are_driven_alike_are_alike(template: OfficeInFolder, size: settings) -> None:
    @size
    @given(choices)
    def drive(choice: Random) -> None:
        drive_alike(template, choice)

    drive()


def drive_alike(template: OfficeInFolder, choice: Random) -> None:
    """Give two copies of an office the same commands, and compare them."""
    folder = Path(mkdtemp(dir=template.folder.parent))
    first, second = (template.copy(folder / name) for name in ("first", "second"))
    for command in (draw_command(choice) for _ in range(choice.randint(1, 12))):
        for form in ("json", "table"):
            outcomes = [
                office.run(*command, "-f", form, "--lang", "ja") for office in (first, second)
            ]
            assert outcomes[0] == outcomes[1]
    for reading in (("list", "--all"), ("slots", "--agent", "A-1")):
        for form in ("json", "csv", "table"):
            shown = [office.run(*reading, "-f", form) for office in (first, second)]
            assert shown[0] == shown[1]
    assert read_files(first) == read_files(second)
    shutil.rmtree(folder)


def test_two_offices_that_are_founded_alike(tmp_path: Path) -> None:
    """From the founding on days, office and header are the same; only salts differ beside it."""
    offices = [found_office(tmp_path / name) for name in ("first", "second")]
    for office in offices:
        number = office.book("+1", "10", "X-1", "X-2")["number"]
        office.json("cancel", number, "--agent", "A-1")
        office.book("+2", "09", "X-1", agent="B-2")
    first, second = (
        {
            name: data
            for name, data in office.bytes().items()
            if name.startswith(("days/", "office.", "store."))
        }
        for office in offices
    )
    assert len(first) == 4
    assert first == second

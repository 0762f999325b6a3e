"""An export, and an office in which there is something to purge."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import OfficeInFolder
from tests.store.support import is_whole

MAKING = (("import",), ("restore", "-y"))
"""What makes a store of a file."""


@pytest.fixture
def file(busy: OfficeInFolder, tmp_path: Path) -> Path:
    path = tmp_path / "all.jsonl"
    assert busy.run("store", "export", "-o", str(path)).status == 0
    return path


@pytest.fixture(scope="session")
def worked_template(
    founded: OfficeInFolder, tmp_path_factory: pytest.TempPathFactory
) -> OfficeInFolder:
    """Return an office with days that are over, one of them not closed, and days after them.

    25 November: handed over and missed. 26: nobody closed it. 27 and 30: closed too.
    """
    office = founded.copy(tmp_path_factory.mktemp("worked"))
    office.add_agent("B-2")
    first = office.book("+1", "10:00", "X-1", "在留2")["number"]
    office.book("+1", "11:00", "X-3", agent="B-2")
    office.book("+2", "10:00", "X-4")
    office.book("+3", "10:00", "X-5", agent="B-2")
    office.json("desk", "arrive", first, now="2026-11-25T10:00:00")
    office.json("desk", "collect", first, now="2026-11-25T10:20:00")
    office.json("desk", "close-day", "2026-11-25", now="2026-11-25T18:00:00")
    office.now = "2026-11-26T09:00:00"
    office.book("2026-11-30", "10:00", "X-6")
    office.now = "2026-11-27T18:00:00"
    office.json("desk", "close-day", "2026-11-27", "--all-no-show", "-y")
    office.now = "2026-11-30T18:00:00"
    office.json("desk", "close-day", "2026-11-30", "--all-no-show", "-y")
    office.now = "2027-12-01T10:00:00"
    assert is_whole(office)
    return office


@pytest.fixture
def worked(worked_template: OfficeInFolder, tmp_path: Path) -> OfficeInFolder:
    return worked_template.copy(tmp_path / "worked")

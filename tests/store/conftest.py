"""An office at work, made once for the store's tests and then copied."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import OfficeInFolder
from tests.store.support import booking


@pytest.fixture(scope="session")
def busy_template(
    tmp_path_factory: pytest.TempPathFactory, founded: OfficeInFolder
) -> OfficeInFolder:
    """Return an office with two agents and bookings on two days; only for copying."""
    made = founded.copy(tmp_path_factory.mktemp("busy"))
    made.add_agent("B-2", name="乙 太郎", phone="055-111-2222")
    made.book("+2", "09:00", "B-9", agent="B-2")
    assert made.run(*booking("10:00", "X-1", "X-2,kind=change")).status == 0
    assert made.run(*booking("11:00", "X-3")).status == 0
    return made


@pytest.fixture
def busy(tmp_path: Path, busy_template: OfficeInFolder) -> OfficeInFolder:
    """Return an office with two agents and bookings on two days; the last change is a booking."""
    return busy_template.copy(tmp_path / "busy")

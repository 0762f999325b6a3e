"""A visit that the tests of the counter see to."""

from __future__ import annotations

import pytest

from tests.conftest import OfficeInFolder


@pytest.fixture
def number(office: OfficeInFolder) -> str:
    """Return the number of A-1's visit of Wednesday at ten; its deadline is today at noon."""
    return str(office.book("2026-11-25", "10", "X-1", "X-2")["number"])

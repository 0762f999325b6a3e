"""Nor does the comparison with the model wait for the disk."""

from __future__ import annotations

from tests.reliability.properties.conftest import _without_waiting_for_the_disk  # noqa: F401

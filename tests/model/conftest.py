"""Stores do not wait for the disk here, as in ``tests/reliability/properties``."""

from __future__ import annotations

# pytest finds a fixture by its name in a conftest; no code here uses it.
from tests.reliability.properties.conftest import _without_waiting_for_the_disk  # noqa: F401

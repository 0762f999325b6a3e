"""The haste of the property tests holds for the model's as well."""

from __future__ import annotations

from tests.properties.conftest import _without_waiting_for_the_disk  # noqa: F401

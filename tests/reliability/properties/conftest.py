"""No property test waits for the disk: ``crash`` asks what survives a power failure."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

import tests.support.strategies  # noqa: F401  # whose profile says how examples are drawn


@pytest.fixture(autouse=True, scope="module")
def _without_waiting_for_the_disk() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        yield

"""One browser for all tests of this folder; where there is none they are skipped, but not in CI."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.browser.chromium import Chromium, find_chromium

MISSING = "no Chromium here: install the package chromium to check pages in a browser"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without a browser leave one test that needs it, skipped: one line says why."""
    if os.environ.get("CI") == "true" or find_chromium() is not None:
        return
    needing = [item for item in items if "chromium" in getattr(item, "fixturenames", ())]
    for item in needing[:1]:
        item.add_marker(pytest.mark.skip(f"{len(needing)} tests: {MISSING}"))
    items[:] = [item for item in items if item not in needing[1:]]
    config.hook.pytest_deselected(items=needing[1:])


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """Return the browser. In CI its absence is a failure."""
    path = find_chromium()
    if path is None:
        pytest.fail(MISSING)
    browser = Chromium(path, tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.close()

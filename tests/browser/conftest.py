"""Browsers for the tests of this folder, one for each set of fonts.

A test that fonts could break asks ``browsers`` for each set; any other test asks for ``chromium``.
Where the browser or a font is missing, a test is skipped and names the package; in CI it fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.browser.chromium import Chromium, find_chromium
from tests.browser.fonts import LONGEST, SETS, configure, find_missing
from tests.support.needs import lacking

Start = Callable[[str], Chromium]


@pytest.fixture(scope="session")
def browsers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Return a function from the name of a set to its browser, started when first asked for."""
    started: dict[str, Chromium] = {}

    def start(name: str) -> Chromium:
        if name not in started:
            path = find_chromium()
            missing = [*([] if path else ["chromium"]), *find_missing(name)]
            if path is None or missing:
                lacking(f"not on this machine: install the packages {' '.join(missing)}")
            folder = tmp_path_factory.mktemp("chromium")
            started[name] = Chromium(path, folder, configure(name, folder))
        return started[name]

    yield start
    for browser in started.values():
        browser.close()


@pytest.fixture
def chromium(browsers: Start) -> Chromium:
    """Return the browser with the first set of fonts that this machine has."""
    return browsers(next((name for name in SETS if not find_missing(name)), LONGEST))

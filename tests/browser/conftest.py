"""Browsers for the tests of this folder, one for each set of fonts.

A test whose outcome could hang on the fonts asks ``browsers`` for each set; any other one asks for
``chromium``. What the machine lacks is skipped with the package to install, but fails in CI.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from tests.browser.chromium import Chromium, find_chromium
from tests.browser.fonts import LONGEST, SETS, configure, find_missing

Start = Callable[[str], Chromium]


@pytest.fixture(scope="session")
def browsers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Return what gives the browser of a set; it is started when first asked for."""
    started: dict[str, Chromium] = {}

    def start(name: str) -> Chromium:
        if name not in started:
            path = find_chromium()
            missing = [*([] if path else ["chromium"]), *find_missing(name)]
            if path is None or missing:
                leave = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
                leave(f"not on this machine: install the packages {' '.join(missing)}")
            folder = tmp_path_factory.mktemp("chromium")
            started[name] = Chromium(path, folder, configure(name, folder))
        return started[name]

    yield start
    for browser in started.values():
        browser.close()


@pytest.fixture
def chromium(browsers: Start) -> Chromium:
    """Return the browser with a set of fonts that is here, whichever it is."""
    return browsers(next((name for name in SETS if not find_missing(name)), LONGEST))

"""A plugin for a bounded pass: ``pytest -p tests.support.bounded --seconds 300 -m deep``.

The time is divided among the files, so that each harness gets some; a test that has begun ends.
"""

from __future__ import annotations

import math
from collections import Counter
from zlib import crc32

import pytest

_SHARE = pytest.StashKey[float]()
_spent: Counter[str] = Counter()
"""Seconds that the tests of each file took so far, in this process."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seconds", type=float, default=math.inf, help="begin no test after these")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Shuffle the tests of each file, always alike, so that those that get time are a mixture."""
    items.sort(key=lambda item: (str(item.path), crc32(item.nodeid.encode())))
    files = {item.path for item in items}
    config.stash[_SHARE] = config.getoption("--seconds") / max(len(files), 1)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    _spent[report.location[0]] += report.duration


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose file has had its share of the time."""
    if _spent[item.location[0]] >= item.config.stash[_SHARE]:
        pytest.skip("the time of this file is up; .ci/deep runs it")

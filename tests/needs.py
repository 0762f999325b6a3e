"""What some tests need of a machine: where it is missing they say so, and in CI they fail."""

from __future__ import annotations

import os
import sys

import pytest

linux_only = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="this is no Linux (/proc, mount, strace)"
)
"""For tests that look at a process or a disk as only Linux shows them."""

posix_only = pytest.mark.skipif(
    os.name != "posix", reason="this is no POSIX system (modes, accounts, pipes with names, pty)"
)
"""For tests of what Windows does not have."""


def in_ci() -> bool:
    """Whether this run must prove everything: what is missing is a failure then."""
    return os.environ.get("CI") == "true"


def lacking(what: str) -> None:
    """Skip this test for want of ``what``, which names the package to install; in CI fail."""
    if in_ci():
        pytest.fail(what)
    pytest.skip(what)

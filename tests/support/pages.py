"""The check that every page of the program passes."""

from __future__ import annotations

import re

LOADING = re.compile(
    r"<(script|link|img|iframe|object|form|a)\b|\s(on[a-z]+|src|href|srcset|action)="
    r"|url\(|@import|https?:|//"
)
LINK = re.compile(r'<a href="(?:tel:\+?[0-9]+|https?://[!-~]+)">(?:https?://[^<]*)?')
"""A number to dial, or an address that is shown as such: nothing is loaded until it is followed."""


def assert_self_contained(page: str) -> None:
    """Assert that nothing runs or loads: one file that works without a network."""
    page = LINK.sub("", page)
    assert page.startswith("<!DOCTYPE html>")
    assert '<meta charset="utf-8">' in page
    assert LOADING.search(page) is None

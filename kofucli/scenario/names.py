"""Names in braces: what a step calls by them, and what they stand for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from kofucli.scenario.tables import Expectation

PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
TOKEN = "token"
"""The name of what redeems the newest link."""


def fill(value: Any, values: Mapping[str, str]) -> Any:
    """Return a text, or all texts in plain data, with names in braces as what they stand for."""
    if isinstance(value, dict):
        return {key: fill(each, values) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [fill(each, values) for each in value]
    if isinstance(value, str):
        return PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), value)
    return value


def fill_expectation(expectation: Expectation, values: Mapping[str, str]) -> Expectation:
    """Return an expectation with names in braces as what they stand for."""
    printed = tuple(fill(expectation.printed, values))
    part = fill(expectation.json, values)
    return replace(expectation, stdout_contains=printed, json=part)

"""Reading a scenario file: its tables checked, everything that is wrong said at once."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from msgspec import Struct, ValidationError, convert

from kofucli.base.clock import parse_instant
from kofucli.base.errors import InputError, Phrase, Problem
from kofucli.base.text import abbreviate
from kofucli.scenario.faults import SETTINGS, Faults, headline
from kofucli.scenario.tables import Head
from kofucli.settings.read import parse_toml

LARGEST = 4_000_000
"""The characters that a scenario may have: a case file of thousands of rows fits into it."""


class Script(Struct, frozen=True):
    """A scenario: where it was read from, its tables, and the tables of the configuration."""

    path: str
    text: str
    head: Head
    settings: dict[str, dict[str, Any]]

    @property
    def now(self) -> datetime:
        """The instant at which it begins."""
        return parse_instant(self.head.now)


def read_script(text: str, path: str) -> Script:
    """Read a scenario. Raises InputError with every mistake: file, line where possible, key."""
    try:
        raw = plain(parse_toml(text, LARGEST))
    except (ValueError, RecursionError) as error:
        message = Phrase("it is not readable as TOML: {detail}", detail=abbreviate(str(error), 200))
        where = Phrase("{path}", path=path)
        raise InputError(headline(path), [Problem(where, message)]) from None
    tables = {name: content for name, content in raw.items() if name in SETTINGS}
    own = {name: content for name, content in raw.items() if name not in SETTINGS}
    if "agent" in own:
        own["agent"] = _respell(own["agent"])
    faults = Faults(text, path)
    faults.check_settings(tables, "")
    try:
        head = convert(own, Head)
    except ValidationError as error:
        faults.explain(own, error)
        raise InputError(headline(path), faults.problems) from None
    faults.check_values(head)
    if faults.problems:
        raise InputError(headline(path), faults.problems)
    return Script(path, text, head, tables)


def plain(value: Any) -> Any:
    """Return what TOML holds with dates, times and instants as text."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, time):
        return f"{value:%H:%M}"
    return value.isoformat() if isinstance(value, date) else value


def _respell(tables: Any) -> Any:
    """Return tables of agents with their keys as ``agent add`` has them, or as a file does."""
    if not isinstance(tables, list):
        return tables
    return [_respell_keys(table) if isinstance(table, dict) else table for table in tables]


def _respell_keys(table: dict[str, Any]) -> dict[str, Any]:
    """Return a table with - in its keys as _; a key that is there in both spellings stays."""
    spelled = {key: key.replace("-", "_") for key in table}
    return {
        key if other != key and other in table else other: table[key]
        for key, other in spelled.items()
    }

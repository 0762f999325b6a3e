"""Reading a scenario file: its tables checked, everything that is wrong said at once."""

from __future__ import annotations

import re
import shlex
from datetime import date, datetime, time
from typing import Any, get_args

from msgspec import Struct, ValidationError, convert
from msgspec.structs import fields

from kofucli.clock import parse_date, parse_hour, parse_instant
from kofucli.errors import InputError, Phrase, Problem, WrongUsageError
from kofucli.scenario.comparing import expected_json
from kofucli.scenario.tables import LISTS, Head, MaintenanceTable
from kofucli.scenario.values import find_dates, find_escapes, find_instants, leads_out
from kofucli.settings import Settings, parse_toml, read_tables
from kofucli.settings_faults import expectation, locate, unknown_name
from kofucli.text import abbreviate

__all__ = ["LARGEST", "PLACEHOLDER", "Script", "find_lines", "headline", "read_script"]

LARGEST = 4_000_000
"""The characters that a scenario may have: a case file of thousands of rows fits into it."""
PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")

_SETTINGS = {f.encode_name for f in fields(Settings)}
_NAME = Phrase("a name of lower-case letters, digits and _, beginning with a letter")
_EXPECTED = {
    "file.name": Phrase("a file name without folders, at most 60 characters"),
    "reservation.save": _NAME,
    "step.save": _NAME,
}
_RESERVED_FILES = ("kofucli.toml", "kofu-store")
_TOKEN = "token"


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


def headline(path: str) -> Phrase:
    """Return the sentence that stands above the problems of a scenario."""
    return Phrase("The scenario {path} is wrong; nothing was run.", path=path)


def read_script(text: str, path: str) -> Script:
    """Read a scenario. Raises InputError with every mistake: file, line where possible, key."""
    try:
        raw = _plain(parse_toml(text, LARGEST))
    except (ValueError, RecursionError) as error:
        message = Phrase("it is not readable as TOML: {detail}", detail=abbreviate(str(error), 200))
        where = Phrase("{path}", path=path)
        raise InputError(headline(path), [Problem(where, message)]) from None
    tables = {name: content for name, content in raw.items() if name in _SETTINGS}
    own = {name: content for name, content in raw.items() if name not in _SETTINGS}
    reader = _Reader(text, path)
    reader.check_settings(tables, "")
    try:
        head = convert(own, Head)
    except ValidationError as error:
        reader.explain(own, error)
        raise InputError(headline(path), reader.problems) from None
    reader.check_values(head)
    if reader.problems:
        raise InputError(headline(path), reader.problems)
    return Script(path, text, head, tables)


def _plain(value: Any) -> Any:
    """Return what TOML holds with dates, times and instants as text."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, time):
        return f"{value:%H:%M}"
    return value.isoformat() if isinstance(value, date) else value


def find_lines(text: str, name: str) -> list[int]:
    """Return the lines on which the tables ``[[name]]`` begin, counted from 1."""
    heading = re.compile(rf"\s*\[\[\s*{name}\s*\]\]")
    return [at for at, line in enumerate(text.splitlines(), 1) if heading.match(line)]


class _Reader:
    """Looks at the tables of one file, and keeps everything that is wrong in them."""

    def __init__(self, text: str, path: str) -> None:
        self._text = text
        self._path = path
        self.problems: list[Problem] = []

    def _add(self, table: str, key: str, message: Phrase) -> None:
        """Keep a problem; ``table`` is "" at the top, or the name of a list and a number in it."""
        name, _, number = table.partition(" ")
        line = None
        if number:
            lines = find_lines(self._text, name)
            line = lines[int(number) - 1] if int(number) <= len(lines) else None
        where = f"[[{name}]] {number}, {key}" if number else f"{table} {key}".strip()
        self.problems.append(Problem(locate(self._path, line, where), message))

    def check_settings(self, tables: dict[str, Any], table: str) -> None:
        """Check tables of the configuration, and that nothing in them leads out of the scenario."""
        try:
            settings = read_tables(tables, "" if table else self._text, self._path)
        except InputError as error:
            self.problems += error.problems
            return
        if "path" in tables.get("store", {}):
            message = Phrase("a scenario has a store of its own: leave it out")
            self._add(table, "[store] path", message)
        if leads_out(settings.terms.path):
            message = Phrase(
                "'{value}' lies outside of the scenario's folder; [[file]] puts files into it",
                value=abbreviate(settings.terms.path),
            )
            self._add(table, "[terms] path", message)
        if settings.mail.transport == "smtp":
            message = Phrase('a scenario sends no mails: expected "outbox" or "none"')
            self._add(table, "[mail] transport", message)

    def explain(self, own: dict[str, Any], error: ValidationError) -> None:
        """Say what is wrong in the scenario's own tables; ``error`` where nothing else is found."""
        known = {f.encode_name: f.type for f in fields(Head)}
        before = len(self.problems)
        for name, content in own.items():
            if name not in known:
                self._add("", name, unknown_name(name, [*known, *sorted(_SETTINGS)]))
            elif name in LISTS and isinstance(content, list):
                for number, table in enumerate(content, 1):
                    self._explain_table(f"{name} {number}", table, LISTS[name])
            elif name == "maintenance" and isinstance(content, dict):
                self._explain_table("[maintenance]", content, MaintenanceTable)
            else:
                self._explain_value("", name, content, known[name])
        if "now" not in own:
            self._add("", "now", Phrase("it is missing: the instant at which the scenario begins"))
        if len(self.problems) == before:
            self._add("", "-", Phrase("{detail}", detail=str(error)))

    def _explain_table(
        self, table: str, content: Any, kind: type[Struct], prefix: str = ""
    ) -> None:
        if not isinstance(content, dict):
            self._add(table, "", Phrase("expected a table: [{name}]", name=table.partition(" ")[0]))
            return
        known = {f.encode_name: f for f in fields(kind)}
        for key, value in content.items():
            if key in known:
                self._explain_value(table, prefix + key, value, known[key].type)
            else:
                self._add(table, prefix + key, unknown_name(key, known))
        for key, found in known.items():
            if found.required and key not in content:
                self._add(table, prefix + key, Phrase("it is missing"))

    def _explain_value(self, table: str, key: str, value: Any, kind: Any) -> None:
        try:
            convert(value, kind)
        except ValidationError as error:
            inner = next(
                (k for k in (kind, *get_args(kind)) if hasattr(k, "__struct_fields__")), None
            )
            if inner is not None and isinstance(value, dict):
                self._explain_table(table, value, inner, f"{key}.")
                return
            named = f"{table.partition(' ')[0]}.{key}"
            expected = _EXPECTED.get(named) or expectation(kind, str(error))
            shown = abbreviate(repr(value))
            message = Phrase("found {value}, expected {expected}", value=shown, expected=expected)
            self._add(table, key, message)

    def check_values(self, head: Head) -> None:
        """Check what the types leave open: instants, dates, hours, names, commands."""
        for table, key, value in find_instants(head):
            try:
                parse_instant(value)
            except WrongUsageError as error:
                self._add(table, key, error.phrase)
        for table, key, value in find_dates(head):
            if parse_date(value) is None:
                message = Phrase("'{value}' is no date YYYY-MM-DD", value=abbreviate(value))
                self._add(table, key, message)
        for number, reservation in enumerate(head.reservations, 1):
            if parse_hour(reservation.hour) is None:
                message = Phrase(
                    "'{value}' is no HOUR: expected 10:00 or 10.", value=reservation.hour
                )
                self._add(f"reservation {number}", "hour", message)
        self._check_marks(head)
        self._check_files(head)
        self._check_steps(head)

    def _check_marks(self, head: Head) -> None:
        saved = {"", *(r.save for r in head.reservations)}
        for number, agent in enumerate(head.agents, 1):
            for mark in agent.marks:
                if mark.reservation not in saved:
                    message = Phrase("no reservation is saved as {name}", name=mark.reservation)
                    self._add(f"agent {number}", "marks", message)

    def _check_files(self, head: Head) -> None:
        seen: set[str] = set()
        for number, file in enumerate(head.files, 1):
            if file.name in seen or file.name in _RESERVED_FILES:
                message = Phrase("there is a file of that name")
                self._add(f"file {number}", "name", message)
            seen.add(file.name)

    def _check_steps(self, head: Head) -> None:
        known = {r.save for r in head.reservations if r.save} | {_TOKEN}
        for number, step in enumerate(head.steps, 1):
            table = f"step {number}"
            if step.settings:
                self.check_settings(step.settings, table)
            try:
                tokens = shlex.split(step.run)
            except ValueError as error:
                message = Phrase("it is no command line: {detail}", detail=str(error))
                self._add(table, "run", message)
                continue
            for message in find_escapes(tokens):
                self._add(table, "run", message)
            for name in PLACEHOLDER.findall(step.run):
                if name not in known:
                    message = Phrase("{name} was not saved by an earlier step", name=f"{{{name}}}")
                    self._add(table, "run", message)
            if step.save is not None:
                known.add(step.save)
            try:
                expected_json(step.expect)
            except ValueError as error:
                message = Phrase("it is no JSON: {detail}", detail=str(error))
                self._add(table, "expect.json", message)

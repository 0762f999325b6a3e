"""Reading a scenario file: its tables checked, everything that is wrong said at once."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from typing import Any, TypeVar, get_args

from msgspec import Struct, ValidationError, convert
from msgspec.structs import asdict, fields

from kofucli.base.clock import parse_date, parse_hour, parse_instant
from kofucli.base.errors import InputError, Phrase, Problem, WrongUsageError
from kofucli.base.text import abbreviate
from kofucli.scenario.tables import (
    LISTS,
    PLACEHOLDER,
    TOKEN,
    Head,
    MaintenanceTable,
    expected_json,
    find_lines,
)
from kofucli.settings import Settings
from kofucli.settings.faults import expectation, locate, unknown_name
from kofucli.settings.read import parse_toml, read_tables

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


SETTINGS = {f.encode_name for f in fields(Settings)}
"""The tables of the configuration."""
_NAME = Phrase("a name of lower-case letters, digits and _, beginning with a letter")
_EXPECTED = {
    "reservation.cases": Phrase(
        "a list of at least one SPEC, such as {example}", example='["X-1"]'
    ),
    "file.name": Phrase("a file name without folders, at most 60 characters"),
    "reservation.save": _NAME,
    "step.save": _NAME,
}
_RESERVED_FILES = ("kofucli.toml", "kofu-store")
_FORBIDDEN = ("scenario", "init", "demo")
"""Commands that make stores of their own, or run others."""
_VALUED = ("--now", "--lang", "--config", "--store")
_OUTSIDE = re.compile(r"(?:^|[=,]|^-[a-zA-Z]+)(?:[/~]|\.\.(?:/|$))|/\.\.(?:/|$)")

T = TypeVar("T")
Fault = tuple[str, str, Phrase]
"""A table (its list, and its number there), a key of it, what is wrong."""


def headline(path: str) -> Phrase:
    """Return the sentence that stands above the problems of a scenario."""
    return Phrase("The scenario {path} is wrong; nothing was run.", path=path)


class Faults:
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
            self._add(
                table, "[store] path", Phrase("a scenario has a store of its own: leave it out")
            )
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
                self._add("", name, unknown_name(name, [*known, *sorted(SETTINGS)]))
            elif name in LISTS and isinstance(content, list):
                for number, table in enumerate(content, 1):
                    self._explain_table(f"{name} {number}", table, LISTS[name])
            elif name in LISTS:
                self._add("", name, Phrase("there may be several: write [[{name}]]", name=name))
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
            if (
                inner is not None
                and isinstance(value, list)
                and all(isinstance(each, dict) for each in value)
            ):
                for number, each in enumerate(value, 1):
                    self._explain_table(table, each, inner, f"{key} {number}, ")
                return
            named = f"{table.partition(' ')[0]}.{key}"
            expected = _EXPECTED.get(named) or expectation(kind, str(error))
            shown = abbreviate(repr(value))
            message = Phrase("found {value}, expected {expected}", value=shown, expected=expected)
            self._add(table, key, message)

    def check_values(self, head: Head) -> None:
        """Check what the types leave open: instants, dates, hours, names, commands."""
        for fault in (*_find_moments(head), *_find_unknown(head), *_find_misnamed(head)):
            self._add(*fault)
        self._check_steps(head)

    def _check_steps(self, head: Head) -> None:
        known = {r.save for r in head.reservations if r.save} | {TOKEN}
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


def _number(name: str, tables: Iterable[T]) -> Iterator[tuple[str, T]]:
    """Yield the tables of a list, each with its name."""
    return ((f"{name} {at}", table) for at, table in enumerate(tables, 1))


def _find_moments(head: Head) -> Iterator[Fault]:
    """Yield the instants, dates and hours that are none."""
    for table, key, value in _list_instants(head):
        try:
            parse_instant(value)
        except WrongUsageError as error:
            yield table, key, error.phrase
    for table, key, value in _list_dates(head):
        if parse_date(value) is None:
            yield table, key, Phrase("'{value}' is no date YYYY-MM-DD", value=abbreviate(value))
    for table, reservation in _number("reservation", head.reservations):
        if parse_hour(reservation.hour) is None:
            message = Phrase("'{value}' is no HOUR: expected 10:00 or 10.", value=reservation.hour)
            yield table, "hour", message


def _list_instants(head: Head) -> Iterator[tuple[str, str, str]]:
    """Yield every instant as it is written, with its table and key."""
    moments = ("arrived_at", "ended_at", "late_notice")
    yield "", "now", head.now
    yield from _take("[maintenance]", head.maintenance, ("since", "end"))
    for table, reservation in _number("reservation", head.reservations):
        yield from _take(table, reservation, ("booked_at", "closes", *moments))
        for done in reservation.steps:
            yield from _take(table, done, ("at", *moments), "steps.")
    for table, step in _number("step", head.steps):
        yield from _take(table, step, ("at",))


def _take(
    table: str, record: Struct | None, keys: Iterable[str], prefix: str = ""
) -> Iterator[tuple[str, str, str]]:
    """Yield those of a record's values that are told, with where they stand."""
    for key in keys:
        value = getattr(record, key, None)
        if value is not None:
            yield table, prefix + key, value


def _list_dates(head: Head) -> Iterator[tuple[str, str, str]]:
    """Yield every date as it is written, with its table and key."""
    for table, agent in _number("agent", head.agents):
        for mark in agent.marks:
            yield table, "marks", mark.date
        if agent.suspension is not None:
            yield table, "suspension", agent.suspension.since
            yield table, "suspension", agent.suspension.until
    for table, reservation in _number("reservation", head.reservations):
        yield table, "date", reservation.date
    for table, notice in _number("notice", head.notices):
        yield table, "date", notice.date


def _find_unknown(head: Head) -> Iterator[Fault]:
    """Yield marks of reservations that are not there, and suspensions that end too early."""
    saved = {"", *(r.save for r in head.reservations)}
    for table, agent in _number("agent", head.agents):
        held = agent.suspension
        for mark in agent.marks:
            if mark.reservation not in saved:
                message = Phrase("no reservation is saved as {name}", name=mark.reservation)
                yield table, "marks", message
        # Dates in their one spelling are in the order of their texts.
        if held is not None and held.until < held.since:
            message = Phrase("it ends before it begins: {since}, {until}", **asdict(held))
            yield table, "suspension", message


def _find_misnamed(head: Head) -> Iterator[Fault]:
    """Yield names and days that stand twice, or that the scenario needs itself.

    What a step saves anew is the new one from then on.
    """
    saves = [(table, r.save) for table, r in _number("reservation", head.reservations)]
    days = [(table, notice.date) for table, notice in _number("notice", head.notices)]
    files = [(table, file.name) for table, file in _number("file", head.files)]
    for key, named, reserved, message in (
        ("save", saves, (), Phrase("another reservation has this name")),
        ("date", days, (), Phrase("there is a notice of that day: write one that says all")),
        ("name", files, _RESERVED_FILES, Phrase("there is a file of that name")),
    ):
        seen = {*reserved}
        for table, name in named:
            if name in seen:
                yield table, key, message
            if name is not None:
                seen.add(name)
    saves += [(table, step.save) for table, step in _number("step", head.steps)]
    for table, save in saves:
        if save == TOKEN:
            yield table, "save", Phrase("{name} is the token of a link", name=f"{{{TOKEN}}}")


def leads_out(text: str) -> bool:
    """Tell whether a word may name a file outside of the scenario's folder."""
    return _OUTSIDE.search(text) is not None


def find_escapes(tokens: list[str]) -> Iterator[Phrase]:
    """Yield what would lead a step out of its scenario: other stores, other folders."""
    command = next(_words(tokens), None)
    if command is None:
        yield Phrase("expected a command, such as: cancel {{r1}} --agent A-1")
    elif command in _FORBIDDEN:
        yield Phrase("'{name}' is no command for a scenario", name=command)
    for token in tokens:
        if token.partition("=")[0] in ("--config", "--store"):
            message = Phrase(
                "{option} is not for a scenario: it has a store of its own", option=token
            )
            yield message
        if leads_out(token):
            message = Phrase(
                "'{value}' lies outside of the scenario's folder; [[file]] puts files into it",
                value=abbreviate(token),
            )
            yield message


def _words(tokens: list[str]) -> Iterator[str]:
    """Yield what is no shared option before the command."""
    skip = False
    for token in tokens:
        if skip:
            skip = False
        elif token in _VALUED:
            skip = True
        elif token[:1] != "-":
            yield token

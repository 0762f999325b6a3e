"""Reading a scenario file, and finding every mistake in its tables at once."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from itertools import chain, product
from typing import Any, TypeVar

from msgspec import Struct, ValidationError, convert
from msgspec.structs import asdict, fields, replace

from kofucli.base import InputError, Phrase, Problem, WrongUsageError
from kofucli.base.clock import parse_instant
from kofucli.base.text import abbreviate
from kofucli.base.written_times import read_day, read_hour
from kofucli.scenario import (
    LISTS,
    PLACEHOLDER,
    TOKEN,
    Content,
    MaintenanceTable,
    StepTable,
    find_lines,
)
from kofucli.settings import Settings
from kofucli.settings.faults import find_table_faults, find_value_faults, locate, unknown_name
from kofucli.settings.read import describe_fault, parse_toml, read_tables

LARGEST = 4_000_000
"""The characters that a scenario may have: a case file of thousands of rows fits into it."""
SETTINGS = {f.encode_name for f in fields(Settings)}
"""The names of the configuration's tables."""
_NAME = Phrase("a name of lower-case letters, digits and _, beginning with a letter")
_CASES = Phrase("a list of at least one SPEC, such as {example}", example='["X-1"]')
_EXPECTED = {
    "reservation": {"cases": _CASES, "save": _NAME},
    "file": {"name": Phrase("a file name without folders, at most 60 characters")},
    "step": {"save": _NAME},
}
RESERVED_FILES = ("kofucli.toml", "kofu-store")
"""What a scenario's folder holds beside its files: the configuration and the store."""
_FORBIDDEN = ("scenario", "init", "demo")
"""Commands that make stores of their own, or run other commands."""
_VALUED = ("--now", "--lang", "--config", "--store")
"""Shared options that take a value; it may stand before the command."""
_OUTSIDE = re.compile(r"(?:^|[=,]|^-[a-zA-Z]+)(?:[/~]|\.\.(?:/|$))|/\.\.(?:/|$)")

T = TypeVar("T")
Fault = tuple[str, str, Phrase]
"""A table (name and number, such as ``step 2``), a key in it, and what is wrong."""


class Script(Struct, frozen=True):
    """A scenario as read: its ``content``, and apart from it the tables of the configuration."""

    path: str
    text: str
    content: Content
    settings: dict[str, dict[str, Any]]

    @property
    def now(self) -> datetime:
        """The instant at which it begins."""
        return parse_instant(self.content.now)


def read_script(text: str, path: str) -> Script:
    """Read a scenario. Raises InputError with every mistake: its file, key, and line if known."""
    try:
        raw = plain(parse_toml(text, LARGEST))
    except (ValueError, RecursionError) as error:
        where = Phrase("{path}", path=path)
        raise InputError(headline(path), [Problem(where, describe_fault(error))]) from None
    tables = {name: table for name, table in raw.items() if name in SETTINGS}
    own = {name: table for name, table in raw.items() if name not in SETTINGS}
    if isinstance(agents := own.get("agent"), list):
        own["agent"] = [_respell_keys(a) if isinstance(a, dict) else a for a in agents]
    faults = _Faults(text, path)
    faults.check_settings(tables, "")
    try:
        content = convert(own, Content)
    except ValidationError as error:
        faults.explain(own, error)
        raise InputError(headline(path), faults.problems) from None
    content = _write_uniformly(content)
    faults.check_values(content)
    if faults.problems:
        raise InputError(headline(path), faults.problems)
    return Script(path, text, content, tables)


def plain(value: Any) -> Any:
    """Return TOML data with its dates, times and instants as text."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, time):
        return f"{value:%H:%M}"
    return value.isoformat() if isinstance(value, date) else value


def _respell_keys(table: dict[str, Any]) -> dict[str, Any]:
    """Return an agent's table with ``valid-until`` as ``valid_until``, unless it has both."""
    spelled = ((key, key.replace("-", "_")) for key in table)
    return {key if other in table else other: table[key] for key, other in spelled}


def _write_uniformly(record: Any) -> Any:
    """Return tables with days and hours in their usual forms; what is none stays as it is."""
    if isinstance(record, tuple):
        return tuple(map(_write_uniformly, record))
    if isinstance(record, StepTable | MaintenanceTable) or not isinstance(record, Struct):
        return record
    told = {key: _write_uniformly(value) for key, value in asdict(record).items()}
    for key in {"date", "since", "until"} & told.keys():
        told[key] = str(read_day(told[key])[0] or told[key])
    if "hours" in told:
        told["hours"] = tuple(read_hour(hour)[0] or hour for hour in told["hours"])
    if "hour" in told:
        told["hour"] = read_hour(told["hour"])[0] or told["hour"]
    return replace(record, **told)


def headline(path: str) -> Phrase:
    """Return the sentence that stands above the problems of a scenario."""
    return Phrase("The scenario {path} is invalid; nothing was run.", path=path)


class _Faults:
    """Checks the tables of one file, and collects the problems."""

    def __init__(self, text: str, path: str) -> None:
        self._text = text
        self._path = path
        self.problems: list[Problem] = []

    def _add(self, table: str, key: str, message: Phrase) -> None:
        """Add a problem; ``table`` is "" for the top, or the name and number of a table."""
        name, _, number = table.partition(" ")
        line = None
        if number:
            lines = find_lines(self._text, name)
            line = lines[int(number) - 1] if int(number) <= len(lines) else None
        where = f"[[{name}]] {number}, {key}" if number else f"{table} {key}".strip()
        self.problems.append(Problem(locate(self._path, line, where), message))

    def check_settings(self, tables: dict[str, Any], table: str) -> None:
        """Check tables of the configuration, and that they name nothing outside the scenario.

        ``table`` is the step that holds them, "" for the top of the file.
        """
        try:
            settings = read_tables(tables, "" if table else self._text, self._path)
        except InputError as error:
            self.problems += error.problems
            return
        if "path" in tables.get("store", {}):
            message = Phrase("a scenario has a store of its own: leave it out")
            self._add(table, "[store] path", message)
        for name, path in (("terms", settings.terms.path), ("rules", settings.rules.path)):
            if _OUTSIDE.search(path):
                self._add(table, f"[{name}] path", _lies_outside(path))
        if settings.mail.transport == "smtp":
            message = Phrase('a scenario sends no mails: expected "outbox" or "none"')
            self._add(table, "[mail] transport", message)

    def explain(self, own: dict[str, Any], error: ValidationError) -> None:
        """Add the problems of the scenario's own tables; ``error`` itself where none is found."""
        known = {f.encode_name: f.type for f in fields(Content)}
        before = len(self.problems)
        for name, value in own.items():
            if name not in known:
                self._add("", name, unknown_name(name, [*known, *sorted(SETTINGS)]))
            elif name in LISTS and isinstance(value, list):
                for number, table in enumerate(value, 1):
                    self._explain_table(name, number, table)
            elif name in LISTS:
                self._add("", name, Phrase("there may be several: write [[{name}]]", name=name))
            else:
                for key, message in find_value_faults(name, value, known[name], {}):
                    where, _, inner = key.partition(".")
                    self._add(f"[{where}]" if inner else "", inner or where, message)
        if "now" not in own:
            self._add("", "now", Phrase("it is missing: the instant at which the scenario begins"))
        if len(self.problems) == before:
            self._add("", "-", Phrase("{detail}", detail=str(error)))

    def _explain_table(self, name: str, number: int, table: Any) -> None:
        if not isinstance(table, dict):
            self._add(f"{name} {number}", "", Phrase("expected a table: [{name}]", name=name))
            return
        for key, message in find_table_faults(table, LISTS[name], _EXPECTED.get(name, {})):
            self._add(f"{name} {number}", key, message)

    def check_values(self, content: Content) -> None:
        """Check what the types do not: instants, dates, hours, names, commands."""
        finders = _find_wrong_times, _find_wrong_agents, _find_misnamed
        for fault in chain.from_iterable(find(content) for find in finders):
            self._add(*fault)
        known = {r.save for r in content.reservations if r.save} | {TOKEN}
        for number, step in enumerate(content.steps, 1):
            table = f"step {number}"
            if step.settings:
                self.check_settings(step.settings, table)
            try:
                tokens = shlex.split(step.run)
            except ValueError as error:
                message = Phrase("it is not a command line: {detail}", detail=str(error))
                self._add(table, "run", message)
                continue
            for message in _find_escapes(tokens):
                self._add(table, "run", message)
            for name in PLACEHOLDER.findall(step.run):
                if name not in known:
                    message = Phrase("{name} was not saved by an earlier step", name=f"{{{name}}}")
                    self._add(table, "run", message)
            if step.save is not None:
                known.add(step.save)
            try:
                _ = step.expect.part
            except ValueError as error:
                message = Phrase("it is not JSON: {detail}", detail=str(error))
                self._add(table, "expect.json", message)


def _number(name: str, tables: Iterable[T]) -> Iterator[tuple[str, T]]:
    """Yield the tables of a list, each with name and number."""
    return ((f"{name} {at}", table) for at, table in enumerate(tables, 1))


def _find_wrong_times(content: Content) -> Iterator[Fault]:
    for table, key, value in _list_instants(content):
        try:
            parse_instant(value)
        except WrongUsageError as error:
            yield table, key, error.phrase
    for table, key, value in _list_dates(content):
        day, fault = read_day(value)
        if day is None:
            unlike = Phrase("'{value}' is not a date YYYY-MM-DD", value=abbreviate(value))
            yield table, key, fault or unlike
    for table, reservation in _number("reservation", content.reservations):
        given = reservation.hour
        hour, fault = read_hour(given)
        if hour is None:
            unlike = Phrase("'{value}' is not an HOUR: expected 10:00 or 10.", value=given)
            yield table, "hour", fault or unlike


def _list_instants(content: Content) -> Iterator[tuple[str, str, str]]:
    """Yield table, key and text of every instant."""
    moments = ("booked_at", "closes", "at", "arrived_at", "ended_at", "late_notice")
    tables: list[tuple[str, Any, str]] = [("", content, "")]
    tables += [("[maintenance]", content.maintenance, "")]
    for table, reservation in _number("reservation", content.reservations):
        tables.append((table, reservation, ""))
        tables += ((table, step, "steps.") for step in reservation.steps)
    tables += ((table, step, "") for table, step in _number("step", content.steps))
    for (table, record, prefix), key in product(tables, ("now", "since", "end", *moments)):
        value = getattr(record, key, None)
        if value is not None:
            yield table, prefix + key, value


def _list_dates(content: Content) -> Iterator[tuple[str, str, str]]:
    for table, agent in _number("agent", content.agents):
        for mark in agent.marks:
            yield table, "marks", mark.date
        if agent.suspension is not None:
            yield table, "suspension", agent.suspension.since
            yield table, "suspension", agent.suspension.until
    for table, reservation in _number("reservation", content.reservations):
        yield table, "date", reservation.date
    for table, notice in _number("notice", content.notices):
        yield table, "date", notice.date


def _find_wrong_agents(content: Content) -> Iterator[Fault]:
    saved = {"", *(r.save for r in content.reservations)}
    for table, agent in _number("agent", content.agents):
        held = agent.suspension
        for mark in agent.marks:
            if mark.reservation not in saved:
                message = Phrase("no reservation is saved as {name}", name=mark.reservation)
                yield table, "marks", message
        # Texts YYYY-MM-DD are in the order of their dates.
        if held is not None and held.until < held.since:
            message = Phrase("it ends before it begins: {since}, {until}", **asdict(held))
            yield table, "suspension", message


def _find_misnamed(content: Content) -> Iterator[Fault]:
    """Yield names and days that stand twice, but those of steps, and names that are reserved."""
    saves = [(table, r.save) for table, r in _number("reservation", content.reservations)]
    days = [(table, notice.date) for table, notice in _number("notice", content.notices)]
    files = [(table, file.name) for table, file in _number("file", content.files)]
    for key, named, reserved, message in (
        ("save", saves, (), Phrase("another reservation has this name")),
        ("date", days, (), Phrase("there is a notice of that day: write one that says all")),
        ("name", files, RESERVED_FILES, Phrase("there is a file of that name")),
    ):
        seen = {*reserved}
        for table, name in named:
            if name in seen:
                yield table, key, message
            if name is not None:
                seen.add(name)
    saves += [(table, step.save) for table, step in _number("step", content.steps)]
    for table, save in saves:
        if save == TOKEN:
            yield table, "save", Phrase("{name} is the token of a link", name=f"{{{TOKEN}}}")


def _find_command(tokens: list[str]) -> str | None:
    """Return the first word that is neither a shared option nor the value of one."""
    words = iter(tokens)
    for word in words:
        if word in _VALUED:
            next(words, None)
        elif word[:1] != "-":
            return word
    return None


def _lies_outside(path: str) -> Phrase:
    return Phrase(
        "'{value}' lies outside of the scenario's folder; [[file]] puts files into it",
        value=abbreviate(path),
    )


def _find_escapes(tokens: list[str]) -> Iterator[Phrase]:
    """Yield what would lead a step out of its scenario: other stores, other folders."""
    command = _find_command(tokens)
    if command is None:
        yield Phrase("expected a command, such as: cancel {{r1}} --agent A-1")
    elif command in _FORBIDDEN:
        yield Phrase("'{name}' is not a command for a scenario", name=command)
    for token in tokens:
        if token.partition("=")[0] in ("--config", "--store"):
            yield Phrase("{option} is not for a scenario: it has a store of its own", option=token)
        if _OUTSIDE.search(token):
            yield _lies_outside(token)

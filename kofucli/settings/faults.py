"""The mistakes of a configuration, their lines, and what was expected; loaded only where needed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import Literal, get_args, get_origin

from msgspec import ValidationError, convert
from msgspec.structs import fields

from kofucli.base.errors import InputError, Phrase, Problem
from kofucli.base.text import abbreviate, nearest
from kofucli.settings import Settings

_MOST_FAULTS = 30
"""The most faults of one configuration that are reported: each costs a search of its text."""
_EXPECTED = {
    "office.id": Phrase("1 to 4 capital letters A-Z"),
    "cases.kinds": Phrase("a list of kinds such as change, extension, permanent"),
    "calendar.closures": Phrase('a list of {{ date = 2026-12-28, reason = "..." }}'),
    "calendar.openings": Phrase('a list of {{ date = 2026-12-28, reason = "..." }}'),
    "frames.exceptions": Phrase('a list of {{ date = 2026-12-28, start = "09:00", capacity = 5 }}'),
    "frames.starts": Phrase('a list of hours "HH:MM", at least an hour apart'),
    "verification.link": Phrase("an address that ends in = or /, the token follows it"),
    "deadline.last_minute": Phrase('a minute "HH:MM"'),
    "user.agent": Phrase("an agent id: 1 to 32 of A-Z, 0-9 and -"),
}


def _headline(path: str) -> Phrase:
    return Phrase("The configuration {path} is wrong; nothing was done.", path=path)


def explain(raw: dict[str, object], text: str, path: str) -> InputError:
    """Return the error with the mistakes in ``raw``, the tables read from ``text``."""
    faults = islice(_find_faults(raw, text, path), _MOST_FAULTS)
    return InputError(_headline(path), list(faults))


def explain_unreadable(path: str, error: Exception) -> InputError:
    """Return the error for a file that is not TOML."""
    message = Phrase("it is not readable as TOML: {detail}", detail=abbreviate(str(error), 200))
    found = re.search(r"at line ([0-9]+)", str(error))
    where = locate(path, int(found[1]) if found else None)
    return InputError(_headline(path), [Problem(where, message)])


def locate(path: str, line: int | None, key: str = "") -> Phrase:
    """Return a place: the file, and line and key where they are known."""
    if line and key:
        return Phrase("{path}, line {line}, {key}", path=path, line=line, key=key)
    if line:
        return Phrase("{path}, line {line}", path=path, line=line)
    return Phrase("{path}, {key}", path=path, key=key) if key else Phrase("{path}", path=path)


def _find_line(text: str, table: str, key: str | None = None) -> int | None:
    """Return the line of a key in a table, counted from 1; else of the table's heading."""
    inside, heading_line = False, None
    for number, line in enumerate(text.splitlines(), 1):
        if not inside and table not in line:
            continue
        heading = re.match(r"\s*\[+\s*([^\]]+?)\s*\]+", line)
        if heading and "=" not in line.split("]")[0]:
            inside = heading[1].strip("\"'") == table
            if inside and heading_line is None:
                heading_line = number
        elif inside and key is not None:
            named = re.match(r"\s*[\"']?([^\"'=]+?)[\"']?\s*=", line)
            if named and named[1] == key:
                return number
    return heading_line


def _find_faults(raw: dict[str, object], text: str, path: str) -> Iterator[Problem]:
    tables = {f.encode_name: f for f in fields(Settings)}
    for name, content in raw.items():
        if name not in tables:
            where = locate(path, _find_line(text, name), f"[{name}]")
            yield Problem(where, unknown_name(name, tables))
        elif not isinstance(content, dict):
            yield Problem(locate(path, None, name), Phrase("expected a table: [{name}]", name=name))
        else:
            yield from _find_faults_of_table(name, content, text, path)


def _find_faults_of_table(
    name: str, content: dict[str, object], text: str, path: str
) -> Iterator[Problem]:
    table = getattr(Settings(), name)
    keys = {f.encode_name: f.type for f in fields(table)}
    for key, value in content.items():
        where = locate(path, _find_line(text, name, key), f"[{name}] {key}")
        if key not in keys:
            yield Problem(where, unknown_name(key, keys))
            continue
        try:
            convert(value, keys[key])
        except ValidationError as error:
            expected = _EXPECTED.get(f"{name}.{key}") or expectation(keys[key], str(error))
            yield Problem(
                where,
                Phrase(
                    "found {value}, expected {expected}",
                    value=abbreviate(repr(value)),
                    expected=expected,
                ),
            )


def unknown_name(name: str, known: Collection[str]) -> Phrase:
    """Return the message for a name that is none of the known ones."""
    near = nearest(name, known)
    if near is not None:
        return Phrase("unknown name '{name}'; did you mean '{near}'?", name=name, near=near)
    return Phrase("unknown name '{name}'; known are: {known}", name=name, known=sorted(known))


_NAMES = {
    "int": Phrase("a whole number"),
    "float": Phrase("a number"),
    "str": Phrase("a text in quotes"),
    "bool": Phrase("true or false"),
    "array": Phrase("a list in [ ]"),
    "object": Phrase("a table in {{ }}"),
    "date": Phrase("a date YYYY-MM-DD"),
}


def expectation(kind: object, message: str) -> Phrase:
    """Return what was expected of a value, by its type and the message of msgspec."""
    for option in (kind, *get_args(kind)):
        if get_origin(option) is Literal:
            return Phrase("one of {values}", values=get_args(option))
    bounds = re.search(r"Expected `(?:int|float)` (>=|<=) ([0-9.]+)", message)
    if bounds:
        if bounds[1] == ">=":
            return Phrase("a number of {limit} or more", limit=bounds[2])
        return Phrase("a number of at most {limit}", limit=bounds[2])
    kinds = re.search(r"Expected `([a-z]+)", message)
    if kinds and kinds[1] in _NAMES:
        return _NAMES[kinds[1]]
    return Phrase("{detail}", detail=message.split(" - at", maxsplit=1)[0])


def explain_contradictions(
    contradictions: Sequence[tuple[str, str, Phrase]], text: str, path: str
) -> InputError:
    """Return the error with contradictions (table, key, message), and the line of each key."""
    problems = [
        Problem(locate(path, _find_line(text, table, key), f"[{table}] {key}"), message)
        for table, key, message in contradictions
    ]
    return InputError(_headline(path), problems)

"""The mistakes of a configuration, their lines, and what was expected; loaded only where needed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Literal, get_args, get_origin

from msgspec import Struct, ValidationError, convert
from msgspec.structs import fields

from kofucli.base import InputError, Phrase, Problem
from kofucli.base.text import abbreviate, nearest
from kofucli.settings import Settings

_MOST_FAULTS = 30
"""The most faults of one configuration that are reported: each costs a search of its text."""
_DAYS = Phrase('a list of {{ date = 2026-12-28, reason = "..." }}')
_EXPECTED = {
    "office": {"id": Phrase("1 to 4 capital letters A-Z")},
    "cases": {
        "kinds": Phrase("a list of kinds such as change, extension, permanent"),
        "kind_marks": Phrase('a table such as {{ "更" = "extension", C = "change" }}'),
    },
    "calendar": {"closures": _DAYS, "openings": _DAYS},
    "frames": {
        "exceptions": Phrase('a list of {{ date = 2026-12-28, start = "09:00", capacity = 5 }}'),
        "starts": Phrase('a list of hours "HH:MM", at least an hour apart'),
    },
    "verification": {"link": Phrase("an address that ends in = or /, the token follows it")},
    "deadline": {"last_minute": Phrase('a minute "HH:MM"')},
    "user": {"agent": Phrase("an agent id: 1 to 32 of A-Z, 0-9 and -")},
}


def _headline(path: str) -> Phrase:
    return Phrase("The configuration {path} is invalid; nothing was done.", path=path)


def explain(
    raw: dict[str, object], contradictions: Sequence[tuple[str, str, Phrase]], text: str, path: str
) -> InputError:
    """Return the error with the mistakes in ``raw``, the tables read from ``text``.

    Where each value is right by itself, they are the ``contradictions``: table, key and message.
    """
    found = [
        Problem(locate(path, _find_line(text, table, key), f"[{table}] {key}"), message)
        for table, key, message in contradictions
    ]
    faults = islice(_find_faults(raw, text, path), _MOST_FAULTS)
    return InputError(_headline(path), found or list(faults))


def explain_unreadable(path: str, message: Phrase, said: str) -> InputError:
    """Return the error for a file that is not TOML; ``said`` may name the line."""
    found = re.search(r"at line ([0-9]+)", said)
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
            kind = type(getattr(Settings(), name))
            for key, message in find_table_faults(content, kind, _EXPECTED.get(name, {})):
                line = _find_line(text, name, key.partition(".")[0])
                yield Problem(locate(path, line, f"[{name}] {key}"), message)


def find_table_faults(
    content: dict[str, Any], kind: type[Struct], expected: Mapping[str, Phrase], prefix: str = ""
) -> Iterator[tuple[str, Phrase]]:
    """Yield each wrong key of a table, after ``prefix``, and what is wrong there.

    ``expected`` says of some keys what to expect, in place of what their type tells.
    """
    known = {f.encode_name: f for f in fields(kind)}
    for key, value in content.items():
        if key in known:
            yield from find_value_faults(prefix + key, value, known[key].type, expected)
        else:
            yield prefix + key, unknown_name(key, known)
    for key, field in known.items():
        if field.required and key not in content:
            yield prefix + key, Phrase("it is missing")


def find_value_faults(
    key: str, value: Any, kind: Any, expected: Mapping[str, Phrase]
) -> Iterator[tuple[str, Phrase]]:
    """Yield the faults of a value, those of a table or a list of tables by their keys."""
    try:
        convert(value, kind)
    except ValidationError as error:
        structs = [k for k in (kind, *get_args(kind)) if hasattr(k, "__struct_fields__")]
        is_nested = bool(structs) and key not in expected
        if is_nested and isinstance(value, dict):
            yield from find_table_faults(value, structs[0], expected, f"{key}.")
        elif get_origin(kind) is dict and isinstance(value, dict):
            for name, each in value.items():
                yield from find_value_faults(f"{key}.{name}", each, get_args(kind)[1], expected)
        elif is_nested and isinstance(value, list) and all(isinstance(v, dict) for v in value):
            for number, each in enumerate(value, 1):
                yield from find_table_faults(each, structs[0], expected, f"{key} {number}, ")
        else:
            what = expected.get(key) or _expectation(kind, str(error))
            shown = abbreviate(repr(value))
            yield key, Phrase("found {value}, expected {expected}", value=shown, expected=what)


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


def _expectation(kind: object, message: str) -> Phrase:
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

"""A scenario as text: tables in a fixed order, every value on one line but files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import tomlkit
from msgspec import Struct, field
from tomlkit.items import InlineTable, Item

Table = dict[str, Any]


class Sketch(Struct):
    """A scenario to be written: its tables as plain data, what is None in them left out."""

    title: str
    now: str
    settings: dict[str, Table] = field(default_factory=dict)
    maintenance: Table | None = None
    notices: list[Table] = field(default_factory=list)
    agents: list[Table] = field(default_factory=list)
    reservations: list[Table] = field(default_factory=list)
    files: list[Table] = field(default_factory=list)
    steps: list[Table] = field(default_factory=list)


def write_sketch(sketch: Sketch) -> str:
    """Return a scenario's text; the same sketch gives the same bytes."""
    lines = [*_lines({"title": sketch.title, "now": sketch.now})]
    for name, table in sketch.settings.items():
        lines += ["", f"[{name}]", *_lines(table)]
    if sketch.maintenance is not None:
        lines += ["", "[maintenance]", *_lines(sketch.maintenance)]
    lists = {
        "notice": sketch.notices,
        "agent": sketch.agents,
        "reservation": sketch.reservations,
        "file": sketch.files,
        "step": sketch.steps,
    }
    for name, tables in lists.items():
        for table in tables:
            lines += ["", f"[[{name}]]", *_lines(table)]
    return "\n".join(lines) + "\n"


def _lines(table: Mapping[str, Any]) -> Iterator[str]:
    for key, value in table.items():
        if isinstance(value, str) and "\n" in value:
            text = tomlkit.string(value, multiline=True).as_string()
            yield f"{key} = {text}"
        elif value is not None:
            yield f"{key} = {to_item(value).as_string()}"


def to_item(value: Any) -> Item:
    """Return plain data as TOML on one line; what is None in a table is left out."""
    if isinstance(value, dict):
        table: InlineTable = tomlkit.inline_table()
        for key, each in value.items():
            if each is not None:
                table.append(key, to_item(each))
        return table
    if isinstance(value, (list, tuple)):
        array = tomlkit.array()
        for each in value:
            array.append(to_item(each))
        return array
    item: Item = tomlkit.item(value)
    return item

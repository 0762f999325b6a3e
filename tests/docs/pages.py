"""The pages of docs/, taken apart: tables, documents, commands and what they list."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import msgspec

from kofucli.settings import Settings

FOLDER = Path(__file__).parents[2] / "docs"
_ROW = re.compile(r"(?<!\\)\|")


def read_page(name: str) -> str:
    return (FOLDER / f"{name}.md").read_text("utf-8")


def read_section(page: str, heading: str) -> str:
    """Return what stands under a heading, up to the next one of its level or above."""
    found = re.search(rf"(?m)^(#+) {re.escape(heading)}$", page)
    assert found is not None, heading
    rest = page[found.end() :]
    following = re.search(rf"(?m)^#{{1,{len(found[1])}}} ", rest)
    return rest[: following.start()] if following else rest


def read_table(page: str, *headings: str, most: int = 1) -> list[list[str]]:
    """Return the cells of all rows of the table that has these headings; there is one."""
    tables = [table[1:] for table in _read_tables(page) if table[0] == list(headings)]
    assert 1 <= len(tables) <= most, headings
    return [row for table in tables for row in table]


def read_tables(page: str, *headings: str) -> list[list[str]]:
    """Return the cells of all rows of all tables that have these headings."""
    return read_table(page, *headings, most=100)


def _read_tables(page: str) -> list[list[list[str]]]:
    found = re.findall(r"(?m)(?:^ *\|.*\n)+", re.sub(r"(?ms)^```.*?^```$", "", page))
    return [
        [
            [cell.strip().replace("\\|", "|") for cell in _ROW.split(line.strip())[1:-1]]
            for line in table.splitlines()
            if not re.fullmatch(r"[ |:-]+", line)
        ]
        for table in found
    ]


def code(cell: str) -> str:
    """Return the text of a cell that is code as a whole."""
    found = re.fullmatch(r"`([^`]*)`", cell)
    assert found is not None, cell
    return found[1]


def codes(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def read_documents(page: str) -> dict[str, Any]:
    """Return the JSON documents of a page by the name behind their fence."""
    found = re.findall(r"(?ms)^```json (\S+)\n(.*?)^```$", page)
    names = [name for name, _ in found]
    assert len(names) == len(set(names)), names
    return {name: json.loads(text) for name, text in found}


def by_name(settings: Settings) -> dict[str, Any]:
    """Return settings as TOML would have them, by names such as ``quota.frames``."""
    tables = msgspec.json.decode(msgspec.json.encode(settings))
    return {f"{table}.{key}": value for table in tables for key, value in tables[table].items()}

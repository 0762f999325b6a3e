"""The pages of docs/, taken apart: tables, documents, commands and what they list."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "docs"
_ROW = re.compile(r"(?<!\\)\|")


def read_page(name: str) -> str:
    """Return the text of a page."""
    return (FOLDER / f"{name}.md").read_text("utf-8")


def read_section(page: str, heading: str) -> str:
    """Return what stands under a heading, up to the next one of its level or above."""
    found = re.search(rf"(?m)^(#+) {re.escape(heading)}$", page)
    assert found is not None, heading
    rest = page[found.end() :]
    following = re.search(rf"(?m)^#{{1,{len(found[1])}}} ", rest)
    return rest[: following.start()] if following else rest


def read_table(page: str, *headings: str) -> list[list[str]]:
    """Return the cells of all rows of the one table that has these headings."""
    tables = _find_tables(page, headings)
    assert len(tables) == 1, headings
    return tables[0]


def read_tables(page: str, *headings: str) -> list[list[str]]:
    """Return the cells of all rows of all tables that have these headings."""
    tables = _find_tables(page, headings)
    assert tables, headings
    return [row for table in tables for row in table]


def _find_tables(page: str, headings: tuple[str, ...]) -> list[list[list[str]]]:
    return [table[1:] for table in _read_tables(page) if table[0] == list(headings)]


def _read_tables(page: str) -> list[list[list[str]]]:
    tables: list[list[list[str]]] = []
    inside = False
    for line in re.sub(r"(?ms)^```.*?^```$", "", page).splitlines():
        stripped = line.strip()
        if not stripped.startswith("|"):
            inside = False
            continue
        cells = [cell.strip().replace("\\|", "|") for cell in _ROW.split(stripped)[1:-1]]
        if not inside:
            tables.append([])
        inside = True
        if not all(re.fullmatch(r":?-+:?", cell) for cell in cells):
            tables[-1].append(cells)
    return tables


def code(cell: str) -> str:
    """Return the text of a cell that is code as a whole."""
    found = re.fullmatch(r"`([^`]*)`", cell)
    assert found is not None, cell
    return found[1]


def codes(cell: str) -> list[str]:
    """Return all pieces of code in a cell."""
    return re.findall(r"`([^`]+)`", cell)


def read_documents(page: str) -> dict[str, Any]:
    """Return the JSON documents of a page by the name behind their fence."""
    found = re.findall(r"(?ms)^```json (\S+)\n(.*?)^```$", page)
    names = [name for name, _ in found]
    assert len(names) == len(set(names)), names
    return {name: json.loads(text) for name, text in found}

"""The package of a workbook: a zip of XML parts.

A file may be hostile: parts are inflated up to a limit, whatever sizes the zip declares, and an XML
part that defines entities of its own is refused.

``xl/workbook.xml`` names the sheets; ``xl/_rels/workbook.xml.rels`` says which part each one is.
"""

from __future__ import annotations

import posixpath
import re
import struct
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial
from io import BytesIO
from types import MappingProxyType
from typing import Any
from xml.parsers import expat
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from msgspec import Struct

from kofucli.base import InputError, Phrase
from kofucli.casefile.file_rows import broken_file, name_column, name_package

_MOST_BYTES = 64 * 1024 * 1024
"""The bytes of all parts together, inflated."""
_MOST_PARTS = 1_000
_MOST_LEVELS = 100
"""The elements in one another: the parser keeps all that are open, millions would fill memory."""
_MOST_NAMES = 1_000
"""The different names of a part's elements and attributes: the parser keeps each of them."""
_PIECE = 1024 * 1024
"""A part is parsed in pieces of so many bytes. Each has a tag: no cell and no tag is as long."""
_ENCRYPTED = 1
_OF_DAMAGE = (
    *(BadZipFile, zlib.error, struct.error),
    *(EOFError, NotImplementedError, OverflowError, ValueError),
)
"""The errors of zipfile where a zip is damaged."""

_NO_WORKBOOK = Phrase("it is not an Excel workbook (.xlsx); save it as .xlsx or as CSV (UTF-8)")
_LAST_COLUMN = 16_384


def damaged(part: str) -> InputError:
    """Return the error of a workbook of which this part is invalid."""
    return broken_file(
        Phrase(
            "the workbook is damaged ({part}); open it in Excel and save it as .xlsx again",
            part=part,
        )
    )


def open_package(data: bytes) -> dict[str, bytes]:
    """Return the XML parts of a package by their names in lower case. Raises InputError."""
    if data.count(b"PK\x01\x02") > _MOST_PARTS:  # before an entry is made of each
        raise broken_file(Phrase("the workbook has more than {limit} parts", limit=_MOST_PARTS))
    parts: dict[str, bytes] = {}
    try:
        with ZipFile(BytesIO(data)) as package:
            members = package.infolist()
            names = [each.filename.replace("\\", "/").strip("/").lower() for each in members]
            other = name_package(names)
            if other is not None:
                raise broken_file(other)
            _check_members(members, len(data))
            for name, member in zip(names, members, strict=True):
                if name in parts:
                    raise damaged(name)
                with package.open(member) as file:
                    # No more than is declared is inflated. Where it is less, the sum is wrong.
                    part = file.read(member.file_size + 1)
                if name.endswith((".xml", ".rels")):
                    _check_xml(name, part)
                    parts[name] = part
    except _OF_DAMAGE:
        raise damaged("zip") from None
    return parts


def _check_members(members: Sequence[ZipInfo], size: int) -> None:
    """Raise InputError where members are encrypted, too large, or lie in one another."""
    if any(member.flag_bits & _ENCRYPTED for member in members):
        raise broken_file(Phrase("the workbook is encrypted; save it as .xlsx without a password"))
    if sum(member.file_size for member in members) > _MOST_BYTES:
        raise broken_file(
            Phrase(
                "the workbook has more than {limit} bytes when it is unpacked", limit=_MOST_BYTES
            )
        )
    if sum(member.compress_size for member in members) > size or any(
        member.compress_type not in (ZIP_STORED, ZIP_DEFLATED) for member in members
    ):
        raise damaged("zip")  # members in one another, or of a kind that inflates without a limit


def _check_xml(name: str, part: bytes) -> None:
    """Raise InputError where a part defines entities, or is UTF-16 (which has NUL bytes)."""
    if b"<!DOCTYPE" in part or b"<!ENTITY" in part:
        raise broken_file(
            Phrase("the workbook defines a DOCTYPE or an ENTITY, which Excel never does")
        )
    if b"\x00" in part:
        raise damaged(name)


class _ByTag(dict[str, Callable[[Any], None] | None]):
    """Handlers by the names of elements; a prefix, as in ``x:row``, makes no other element."""

    def __missing__(self, tag: str) -> Callable[[Any], None] | None:
        found = self[tag] = self.get(local(tag))
        return found


def parse_part(
    parts: Mapping[str, bytes],
    name: str,
    starts: Mapping[str, Callable[[dict[str, str]], None]],
    ends: Mapping[str, Callable[[str], None]] = MappingProxyType({}),
) -> None:
    """Go through the elements of a part. Raises InputError.

    ``starts`` maps the name of an element to what takes its attributes, ``ends`` to what takes the
    text since the last start of any element. What these raise for damage (LookupError, ValueError)
    becomes an InputError. They are called millions of times: they look up little and make nothing.
    """
    at_start, at_end = _ByTag(starts), _ByTag(ends)
    text: list[str] = []
    level = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal level
        level += 1
        if level > _MOST_LEVELS:
            raise ValueError
        text.clear()
        handler = at_start[tag]
        if handler is not None:
            handler(attributes)

    def end(tag: str) -> None:
        nonlocal level
        level -= 1
        handler = at_end[tag]
        if handler is not None:
            handler("".join(text))

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text.append
    try:
        part = parts[name]  # one that is missing is damage, too
        for at in range(0, len(part), _PIECE):
            piece = part[at : at + _PIECE]
            parser.Parse(piece, False)
            is_long = len(piece) == _PIECE and b"<" not in piece
            if is_long or len(parser.intern) > _MOST_NAMES:
                raise ValueError
        parser.Parse(b"", True)
    except (expat.ExpatError, LookupError, ValueError):
        raise damaged(name) from None


def local(name: str) -> str:
    """Return an XML name without its prefix."""
    return name.rpartition(":")[2]


def list_elements(
    parts: Mapping[str, bytes], name: str, tags: Iterable[str]
) -> list[tuple[str, dict[str, str]]]:
    """Return the elements of a part with one of these names, and their attributes, in order."""
    found: list[tuple[str, dict[str, str]]] = []

    def take(tag: str, attributes: dict[str, str]) -> None:
        found.append((tag, attributes))

    parse_part(parts, name, {tag: partial(take, tag) for tag in tags})
    return found


class Sheet(Struct, frozen=True):
    """A sheet: its name, its part, whether it is shown."""

    name: str
    part: str
    visible: bool


class Book(Struct, frozen=True):
    """A workbook: its worksheets and shared parts, whether its days count from 1904."""

    sheets: tuple[Sheet, ...]
    from_1904: bool
    styles: str | None
    strings: str | None


def find_book(parts: Mapping[str, bytes]) -> Book:
    """Return the workbook in a package. Raises InputError where there is none."""
    kinds = dict(_relations(parts, "").values()) if "_rels/.rels" in parts else {}
    main = kinds.get("officeDocument", "xl/workbook.xml")
    if main not in parts:
        raise broken_file(_NO_WORKBOOK)
    relations = _relations(parts, main)
    sheets: list[Sheet] = []
    from_1904 = False
    for tag, attributes in list_elements(parts, main, ("workbookPr", "sheet")):
        key = next((value for name, value in attributes.items() if local(name) == "id"), "")
        kind, part = relations.get(key, ("", ""))
        if tag == "workbookPr":
            from_1904 |= attributes.get("date1904") in ("1", "true")
        elif kind == "worksheet":
            visible = attributes.get("state", "visible") == "visible"
            sheets.append(Sheet(attributes.get("name", ""), part, visible))
    if not sheets:
        raise broken_file(_NO_WORKBOOK)
    shared = {"styles": "xl/styles.xml", "sharedStrings": "xl/sharedstrings.xml"}
    shared |= dict(relations.values())
    styles, strings = (
        shared[kind] if shared[kind] in parts else None for kind in ("styles", "sharedStrings")
    )
    return Book(tuple(sheets), from_1904, styles, strings)


def _relations(parts: Mapping[str, bytes], source: str) -> dict[str, tuple[str, str]]:
    """Return the kind and the part of each relation of a part, by its id."""
    folder, name = posixpath.split(source)
    found: dict[str, tuple[str, str]] = {}
    listed = posixpath.join(folder, "_rels", f"{name}.rels")
    for _, attributes in list_elements(parts, listed, ("Relationship",)):
        target = posixpath.join("/", folder, attributes.get("Target", "").replace("\\", "/"))
        kind = attributes.get("Type", "").rpartition("/")[2]
        part = posixpath.normpath(target).lstrip("/").lower()
        found[attributes.get("Id", "")] = (kind, part)
    return found


class Area(Struct, frozen=True):
    """Some cells: rows and columns from 0, the last ones included."""

    top: int
    left: int
    bottom: int
    right: int

    def __str__(self) -> str:
        first = f"{name_column(self.left)}{self.top + 1}"
        return f"{first}:{name_column(self.right)}{self.bottom + 1}"


def read_area(written: str) -> Area | None:
    """Read an area such as ``C2:C4``; None where it is none. Raises LookupError."""
    found = re.fullmatch("([A-Za-z]+)([0-9]{1,7}):([A-Za-z]+)([0-9]{1,7})", written)
    if found is None:
        return None
    top, bottom = sorted((int(found[2]) - 1, int(found[4]) - 1))
    left, right = sorted((read_letters(found[1]), read_letters(found[3])))
    return Area(top, left, bottom, right)


@cache
def read_letters(letters: str) -> int:
    """Return the column that letters name, from 0. Raises LookupError, ValueError."""
    column = 0
    for letter in letters[:4].upper():
        column = column * 26 + "ABCDEFGHIJKLMNOPQRSTUVWXYZ".index(letter) + 1
    if not 0 < column <= _LAST_COLUMN:
        raise LookupError
    return column - 1


def find_totals(parts: Mapping[str, bytes], sheet: Sheet) -> list[Area]:
    """Return the totals rows of the tables that a sheet has."""
    folder, name = posixpath.split(sheet.part)
    if posixpath.join(folder, "_rels", f"{name}.rels") not in parts:
        return []
    totals: list[Area] = []

    def take(attributes: dict[str, str]) -> None:
        area = read_area(attributes.get("ref", ""))
        count = attributes.get("totalsRowCount", "0")
        if area is not None and re.fullmatch("[1-9][0-9]{0,6}", count):
            top = max(area.top, area.bottom - int(count) + 1)
            totals.append(Area(top, area.left, area.bottom, area.right))

    for kind, part in _relations(parts, sheet.part).values():
        if kind == "table" and part in parts:
            parse_part(parts, part, {"table": take})
    return totals

"""The package that a workbook is: a zip of XML parts, opened so that no bomb goes off.

Neither the sizes that a zip declares nor the XML in it are believed: parts are inflated against a
limit, and parsed by a parser that knows no entities of the file's own.

``xl/workbook.xml`` names the sheets; ``xl/_rels/workbook.xml.rels`` says which part each one is.
"""

from __future__ import annotations

import posixpath
import re
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from io import BytesIO
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile, ZipInfo

from msgspec import Struct

from kofucli.base.errors import InputError, Phrase
from kofucli.casefile.notes import broken, name_column

_MOST_BYTES = 64 * 1024 * 1024
"""The bytes of all parts together, inflated."""
_MOST_PARTS = 1_000
_ENCRYPTED = 1
_OF_DAMAGE = (
    *(BadZipFile, zlib.error, struct.error),
    *(EOFError, NotImplementedError, OverflowError, ValueError),
)
"""What zipfile raises where a zip is damaged."""
_STORED, _DEFLATED = 0, 8

_NO_WORKBOOK = Phrase("it is no Excel workbook (.xlsx); save it as .xlsx or as CSV (UTF-8)")
_LAST_COLUMN = 16_384

Start = Callable[[str, dict[str, str]], None]
"""What is called at the start of each element, with its name and its attributes."""


def damaged(part: str) -> InputError:
    """Return the error of a workbook in which a part is not as it should be."""
    return broken(
        Phrase("file"),
        Phrase(
            "the workbook is damaged ({part}); open it in Excel and save it as .xlsx again",
            part=part,
        ),
    )


def open_package(data: bytes) -> dict[str, bytes]:
    """Return the XML parts of a package by their names in lower case. Raises InputError."""
    if data.count(b"PK\x01\x02") > _MOST_PARTS:  # before an entry is made of each
        message = Phrase("the workbook has more than {limit} parts", limit=_MOST_PARTS)
        raise broken(Phrase("file"), message)
    parts: dict[str, bytes] = {}
    try:
        with ZipFile(BytesIO(data)) as package:
            members = package.infolist()
            _check_members(members, len(data))
            for member in members:
                name = member.filename.replace("\\", "/").strip("/").lower()
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
    """Raise InputError where a zip of this size declares what nobody should inflate."""
    if any(member.flag_bits & _ENCRYPTED for member in members):
        message = Phrase("the workbook is encrypted; save it as .xlsx without a password")
        raise broken(Phrase("file"), message)
    if sum(member.file_size for member in members) > _MOST_BYTES:
        message = Phrase(
            "the workbook has more than {limit} bytes when it is unpacked", limit=_MOST_BYTES
        )
        raise broken(Phrase("file"), message)
    if sum(member.compress_size for member in members) > size or any(
        member.compress_type not in (_STORED, _DEFLATED) for member in members
    ):
        raise damaged("zip")  # members in one another, or of a kind that inflates without a limit


def _check_xml(name: str, part: bytes) -> None:
    """Raise InputError where a part defines entities, or is UTF-16 (which has NUL bytes)."""
    if b"<!DOCTYPE" in part or b"<!ENTITY" in part:
        message = Phrase("the workbook defines a DOCTYPE or an ENTITY, which Excel never does")
        raise broken(Phrase("file"), message)
    if b"\x00" in part:
        raise damaged(name)


def parse_part(
    parts: Mapping[str, bytes],
    name: str,
    start: Start,
    end: Callable[[str], None] | None = None,
    text: Callable[[str], object] | None = None,
) -> None:
    """Call ``start`` and ``end`` for each element of a part, ``text`` with what stands in them.

    Names of elements come with their namespace: see ``local``. Raises InputError.
    """
    if name not in parts:
        raise damaged(name)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    try:
        parser.Parse(parts[name], True)
    except (expat.ExpatError, LookupError, ValueError):
        raise damaged(name) from None


def local(name: str) -> str:
    """Return an XML name without its namespace: those of ISO's strict form are other ones."""
    return name.rpartition(" ")[2]


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
    """Return what a package holds as a workbook. Raises InputError where it is none."""
    kinds = dict(_relations(parts, "").values()) if "_rels/.rels" in parts else {}
    main = kinds.get("officeDocument", "xl/workbook.xml")
    if main not in parts:
        raise broken(Phrase("file"), _NO_WORKBOOK)
    relations = _relations(parts, main)
    sheets: list[Sheet] = []
    dates: list[str] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        tag = local(tag)
        if tag == "workbookPr":
            dates.append(attributes.get("date1904", ""))
        elif tag == "sheet":
            key = next((value for name, value in attributes.items() if local(name) == "id"), "")
            kind, part = relations.get(key, ("", ""))
            if kind == "worksheet":
                visible = attributes.get("state", "visible") == "visible"
                sheets.append(Sheet(attributes.get("name", ""), part, visible))

    parse_part(parts, main, start)
    if not sheets:
        raise broken(Phrase("file"), _NO_WORKBOOK)
    shared = {"styles": "xl/styles.xml", "sharedStrings": "xl/sharedstrings.xml"}
    shared |= dict(relations.values())
    from_1904 = any(date in ("1", "true") for date in dates)
    styles, strings = (
        shared[kind] if shared[kind] in parts else None for kind in ("styles", "sharedStrings")
    )
    return Book(tuple(sheets), from_1904, styles, strings)


def _relations(parts: Mapping[str, bytes], source: str) -> dict[str, tuple[str, str]]:
    """Return the kind and the part of each relation of a part, by its id."""
    folder, name = posixpath.split(source)
    found: dict[str, tuple[str, str]] = {}

    def start(tag: str, attributes: dict[str, str]) -> None:
        if local(tag) == "Relationship":
            target = posixpath.join("/", folder, attributes.get("Target", "").replace("\\", "/"))
            kind = attributes.get("Type", "").rpartition("/")[2]
            part = posixpath.normpath(target).lstrip("/").lower()
            found[attributes.get("Id", "")] = (kind, part)

    parse_part(parts, posixpath.join(folder, "_rels", f"{name}.rels"), start)
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

    def start(tag: str, attributes: dict[str, str]) -> None:
        area = read_area(attributes.get("ref", "")) if local(tag) == "table" else None
        count = attributes.get("totalsRowCount", "0")
        if area is not None and re.fullmatch("[1-9][0-9]{0,6}", count):
            top = max(area.top, area.bottom - int(count) + 1)
            totals.append(Area(top, area.left, area.bottom, area.right))

    for kind, part in _relations(parts, sheet.part).values():
        if kind == "table" and part in parts:
            parse_part(parts, part, start)
    return totals

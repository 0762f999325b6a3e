"""The package that a workbook is: a zip of XML parts, opened so that no bomb goes off.

Neither the sizes that a zip declares nor the XML in it are believed: parts are inflated against a
limit, and parsed by a parser that knows no entities of the file's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import TYPE_CHECKING

from kofucli.casefile.rows import broken
from kofucli.errors import InputError, Phrase

if TYPE_CHECKING:
    from zipfile import ZipInfo

_MOST_BYTES = 64 * 1024 * 1024
"""The bytes of all parts together, inflated."""
_MOST_PARTS = 1_000
_ENCRYPTED = 1
_STORED, _DEFLATED = 0, 8
_HEADER = 30
"""The length of a member's header, without its name and its extra field."""

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
    import struct
    import zlib
    from zipfile import BadZipFile, ZipFile

    if data.count(b"PK\x01\x02") > _MOST_PARTS:  # before an entry is made of each
        message = Phrase("the workbook has more than {limit} parts", limit=_MOST_PARTS)
        raise broken(Phrase("file"), message)
    faults = (BadZipFile, NotImplementedError, OverflowError, ValueError, struct.error, zlib.error)
    parts: dict[str, bytes] = {}
    left = _MOST_BYTES
    try:
        with ZipFile(BytesIO(data)) as package:
            members = package.infolist()
        if sum(member.compress_size for member in members) > len(data):
            raise damaged("zip")  # members in one another, each of which would be inflated
        for member in members:
            name = member.filename.replace("\\", "/").strip("/").lower()
            part = _inflate(data, member, left)
            left -= len(part)
            if name in parts:
                raise damaged(name)
            if name.endswith((".xml", ".rels")):
                parts[name] = _check_xml(name, part)
    except faults:
        raise damaged("zip") from None
    return parts


def _inflate(data: bytes, member: ZipInfo, limit: int) -> bytes:
    """Return a member's bytes. Raises InputError where they are more than ``limit``."""
    import struct
    import zlib

    if member.flag_bits & _ENCRYPTED:
        message = Phrase("the workbook is encrypted; save it as .xlsx without a password")
        raise broken(Phrase("file"), message)
    start = member.header_offset
    if data[start : start + 4] != b"PK\x03\x04":
        raise damaged(member.filename)
    name_length, extra_length = struct.unpack_from("<HH", data, start + 26)
    start += _HEADER + name_length + extra_length
    packed = data[start : start + member.compress_size]
    if member.compress_type == _DEFLATED:
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        part = inflater.decompress(packed, limit + 1)
        whole = inflater.eof
    else:
        part, whole = packed, member.compress_type == _STORED
    if len(part) > limit:
        message = Phrase(
            "the workbook has more than {limit} bytes when it is unpacked", limit=_MOST_BYTES
        )
        raise broken(Phrase("file"), message)
    if not whole or len(part) != member.file_size or zlib.crc32(part) != member.CRC:
        raise damaged(member.filename)
    return part


def _check_xml(name: str, part: bytes) -> bytes:
    """Return a part that defines nothing of its own and is no UTF-16 (which has NUL bytes)."""
    if b"<!DOCTYPE" in part or b"<!ENTITY" in part:
        message = Phrase("the workbook defines a DOCTYPE or an ENTITY, which Excel never does")
        raise broken(Phrase("file"), message)
    if b"\x00" in part:
        raise damaged(name)
    return part


def parse_part(
    parts: Mapping[str, bytes],
    name: str,
    start: Start,
    last: str = "",
    then: Start | None = None,
    text: Callable[[str], None] | None = None,
) -> None:
    """Call ``start`` for each element of a part up to the end of ``last``, then ``then``.

    ``text`` is given what stands in them, as far as ``last``. Raises InputError.
    """
    from xml.parsers import expat

    if name not in parts:
        raise damaged(name)
    parser = expat.ParserCreate(namespace_separator=" ")

    def end(tag: str) -> None:
        if tag.endswith(last) and local(tag) == last:
            parser.StartElementHandler, parser.EndElementHandler = then, None
            parser.CharacterDataHandler = None

    parser.StartElementHandler = start
    if text is not None:
        parser.CharacterDataHandler, parser.buffer_text = text, True
    if last:
        parser.EndElementHandler = end
    try:
        parser.Parse(parts[name], True)
    except (expat.ExpatError, LookupError, ValueError):
        raise damaged(name) from None


def local(name: str) -> str:
    """Return an XML name without its namespace: those of ISO's strict form are other ones."""
    return name.rpartition(" ")[2]


def write_package(parts: Mapping[str, bytes]) -> BytesIO:
    """Return a package of these parts, not compressed."""
    from zipfile import ZipFile

    out = BytesIO()
    with ZipFile(out, "w") as package:
        for name, part in parts.items():
            package.writestr(name, part)
    out.seek(0)
    return out

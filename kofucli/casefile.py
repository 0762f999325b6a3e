"""Case files and agent files: CSV bytes into rows of known columns, or every mistake at once."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO

from msgspec import Struct

from kofucli.casespec import KEYS, Draft
from kofucli.errors import InputError, Phrase, Problem
from kofucli.text import abbreviate, nearest

__all__ = ["AGENT_COLUMNS", "CASE_COLUMNS", "OCCUPATION_WORDS", "FileRows", "read_rows"]

_LARGEST = 20 * 1024 * 1024
_LONGEST_CELL = 10_000
_MOST_PROBLEMS = 100
_NEAR = 0.8
_NEAR_JAPANESE = 0.75
"""One character of four is wrong; below that other headings of a firm would be hit."""


CASE_COLUMNS: dict[str, str] = {
    **{key: key for key in (*KEYS, "agent", "date", "hour", "note")},
    "申請番号": "number",
    "申請種別": "kind",
    "種別": "kind",
    "受領区分": "recipient",
    "出生": "birth",
    "同時申請": "with",
    "申請方法": "filed",
    "官署": "office",
    "審査": "review",
    "交付窓口": "counter",
    "受領期限": "collect_by",
    "取次者": "agent",
    "予約日": "date",
    "時刻": "hour",
    "備考": "note",
}
AGENT_COLUMNS: dict[str, str] = {
    **{
        key: key
        for key in (
            "id",
            "name",
            "occupation",
            "certificate",
            "valid_until",
            "email",
            "phone",
            "organization",
            "language",
            "accept_terms",
        )
    },
    "取次者": "id",
    "氏名": "name",
    "職種": "occupation",
    "証明書番号": "certificate",
    "有効期限": "valid_until",
    "メール": "email",
    "メールアドレス": "email",
    "電話": "phone",
    "電話番号": "phone",
    "所属": "organization",
    "所属機関": "organization",
    "言語": "language",
    "規約同意": "accept_terms",
}


OCCUPATION_WORDS = {
    "行政書士": "scrivener",
    "弁護士": "attorney",
    "受入れ機関": "host-organization",
    "登録支援機関": "support-organization",
    "公益法人": "public-interest",
    "教育機関": "educational",
}
"""Occupations as Japanese agent files have them."""


class FileRows(Struct, frozen=True):
    """The rows of a file with their number (from 1, without the heading), and ignored headings."""

    rows: tuple[tuple[int, Draft], ...]
    ignored: tuple[str, ...]


def read_rows(
    data: bytes, columns: Mapping[str, str], own: Mapping[str, str], needed: str
) -> FileRows:
    """Read a CSV file: UTF-8 (BOM allowed) or CP932, comma, semicolon or tab.

    ``columns`` maps headings to keys, ``own`` a firm's own headings to them; ``needed`` is the key
    without which nothing makes sense. Empty rows are left out. Raises InputError.
    """
    if len(data) > _LARGEST:
        message = Phrase(
            "it has {size} bytes, at most {limit} are read", size=len(data), limit=_LARGEST
        )
        raise _broken(Phrase("file"), message)
    text = _decode(data)
    lines = list(_split(text))
    if not lines:
        raise _broken(Phrase("line {line}", line=1), Phrase("expected a line with column names"))
    keys, ignored = _read_headings(lines[0], columns, own, needed)
    rows: list[tuple[int, Draft]] = []
    problems: list[Problem] = []
    for number, cells in enumerate(lines[1:], 1):
        extra = [cell for cell in cells[len(keys) :] if cell.strip()]
        if extra:
            problems.append(
                Problem(
                    Phrase("row {row}", row=number),
                    Phrase(
                        "it has {count} cells, the heading has {limit}",
                        count=len(cells),
                        limit=len(keys),
                    ),
                )
            )
            continue
        draft = {key: cell for key, cell in zip(keys, cells, strict=False) if key is not None}
        if any(cell.strip() for cell in draft.values()):
            rows.append((number, draft))
    if problems:
        raise InputError(_headline(), problems[:_MOST_PROBLEMS])
    return FileRows(tuple(rows), ignored)


def _headline() -> Phrase:
    return Phrase("The file is not as it should be; nothing was done.")


def _broken(where: Phrase, message: Phrase) -> InputError:
    return InputError(_headline(), [Problem(where, message)])


def _decode(data: bytes) -> str:
    if data.startswith(b"PK\x03\x04"):
        raise _broken(
            Phrase("file"), Phrase("it is an Excel workbook; save the sheet as CSV (UTF-8)")
        )
    if b"\x00" in data:
        line = data[: data.index(b"\x00")].count(b"\n") + 1
        raise _broken(Phrase("line {line}", line=line), Phrase("it holds a NUL byte"))
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError as error:
            place = error.start
            if error.reason == "unexpected end of data" and not data[:place].isascii():
                break  # UTF-8 that was cut off: read as CP932 it would be other words
    line = data[:place].count(b"\n") + 1
    raise _broken(
        Phrase("line {line}", line=line),
        Phrase("the bytes are neither UTF-8 nor CP932 (Shift_JIS); save the file as UTF-8"),
    )


def _split(text: str) -> Iterator[list[str]]:
    import csv  # only files need it

    heading = text.replace("\r", "\n").partition("\n")[0]
    delimiter = max(",;\t", key=heading.count)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            if any(len(cell) > _LONGEST_CELL for cell in cells):
                raise _broken(
                    Phrase("line {line}", line=reader.line_num),
                    Phrase("a cell has more than {limit} characters", limit=_LONGEST_CELL),
                )
            yield cells
    except csv.Error as error:
        raise _broken(
            Phrase("line {line}", line=reader.line_num),
            Phrase("it is no CSV: {detail}", detail=str(error)),
        ) from None


def _fold(heading: str) -> str:
    folded = unicodedata.normalize("NFKC", heading).strip().lower()
    return folded.replace(" ", "_").replace("-", "_")


def _read_headings(
    cells: Sequence[str], columns: Mapping[str, str], own: Mapping[str, str], needed: str
) -> tuple[list[str | None], tuple[str, ...]]:
    unknown = sorted(set(own.values()) - set(columns.values()))
    if unknown:
        known_keys = sorted(set(columns.values()))
        message = Phrase(
            "unknown value '{value}'; expected one of: {allowed}",
            value=abbreviate(unknown[0]),
            allowed=known_keys,
        )
        raise _broken(Phrase("[files] columns"), message)
    known = {
        **{_fold(name): key for name, key in columns.items()},
        **{_fold(name): key for name, key in own.items()},
    }
    keys: list[str | None] = []
    ignored: list[str] = []
    problems: list[Problem] = []
    for place, cell in enumerate(cells, 1):
        name = _fold(cell)
        key = known.get(name)
        where = Phrase("heading, column {column}", column=place)
        if key is None and name:
            near = nearest(name, known, _NEAR if name.isascii() else _NEAR_JAPANESE)
            if near is not None:
                message = Phrase(
                    "unknown name '{name}'; did you mean '{near}'?",
                    name=abbreviate(cell),
                    near=near,
                )
                problems.append(Problem(where, message))
            else:
                ignored.append(abbreviate(cell))
        elif key is not None and key in keys:
            problems.append(Problem(where, Phrase("column '{name}' is there twice", name=key)))
        keys.append(key)
    if needed not in keys and not problems:
        problems.append(
            Problem(Phrase("heading"), Phrase("column '{name}' is missing", name=needed))
        )
    if problems:
        raise InputError(_headline(), problems[:_MOST_PROBLEMS])
    return keys, tuple(ignored)

"""The result of reading a file: its rows, notes for the user, and problems with their places.

A file may be of another form, whatever its name: its first bytes tell. A web page that is called
``list.xls`` is the usual one: many systems export tables so. What such a file is, and what to do
about it, helps more than what does not fit in its first line.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from datetime import date, time

from msgspec import Struct, field

from kofucli.base import InputError, Phrase, Problem
from kofucli.base.text import abbreviate
from kofucli.base.written_times import Day
from kofucli.casefile import Draft
from kofucli.rules.eligibility import TOTALS

LONGEST_CELL = 10_000
"""The characters that a cell may have."""
_MOST_ROWS = 200_000
"""The rows that a file may have: no office has so many visits, and millions would fill memory."""
MOST_FILE_PROBLEMS = 100
"""The problems of a file that are told at once: more of them have a common cause."""

_MOST_NAMES = 20
_LONGEST_COUNT, _LONGEST_WORD = 5, 20
"""The characters that a count of rows, and a word for a total with its blanks, have at most."""
END_OF_TEXT = "\x1a"
"""Ctrl-Z, with which programs for DOS end a text."""


Value = Day | str
"""A day, or an hour such as ``10:00``."""
Cell = str | float | bool | date | time
"""A cell as it was read: a text, or what it is in a workbook."""
Name = str | Phrase
"""The name of a column in a problem: its key, with its heading where that is another word."""


class FileRow(int):
    """A row of one file or of several: its place among all rows, from 1 below the heading.

    As text it is what people read: its row in the sheet, as Excel shows it, which for JSON is its
    place; one of several files has the name of its ``file`` before: ``b.csv:3``. ``number`` is its
    place in its own file, as documents have it.
    """

    number: int
    shown: int
    file: str

    def __new__(cls, number: int, shown: int, file: str = "", before: int = 0) -> FileRow:
        """Make a row; ``before`` is how many rows the files before it have."""
        row = int.__new__(cls, before + number)
        row.number, row.shown, row.file = number, shown, file
        return row

    def among(self, file: str, before: int) -> FileRow:
        """Return this row as one of several files."""
        return FileRow(self.number, self.shown, file, before)

    def alone(self) -> FileRow:
        """Return this row as one of its own file."""
        return FileRow(self.number, self.shown)

    def __str__(self) -> str:
        return f"{self.file}:{self.shown}" if self.file else str(self.shown)

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)


class FileRows(Struct, frozen=True):
    """The rows of a file.

    ``ignored`` are the headings not known here. ``notes`` tell the user what was read or left out
    against expectation. ``problems`` are the cells and rows that could not be read; ``rows`` has
    the other rows. ``hints`` are shown behind problems, if there are any. ``names`` gives the name
    of the column of a key. Where no row has the day (the hour) of its visit, ``lost`` has under
    ``date`` (``hour``) each ignored column that holds nothing but days (hours), with these, and
    ``apart`` each row that holds nothing in known columns, but days (hours) in others.

    ``columns`` are all headings as they stand there, each with its key, and ``cells_of`` gives the
    cells below them by the number of a row; the last ones may be missing.
    """

    rows: tuple[tuple[FileRow, Draft], ...]
    ignored: tuple[str, ...]
    notes: tuple[Phrase, ...] = ()
    problems: tuple[Problem, ...] = ()
    hints: tuple[Problem, ...] = ()
    names: Mapping[str, Name] = field(default_factory=dict)
    lost: Mapping[str, Mapping[str, Set[Value]]] = field(default_factory=dict)
    apart: Mapping[str, Mapping[FileRow, Set[Value]]] = field(default_factory=dict)
    columns: Sequence[tuple[str, str | None]] = ()
    cells_of: Callable[[int], Sequence[Cell]] = lambda _: ()

    def at_cell(self, row: FileRow, key: str) -> Phrase:
        """Return where a cell is."""
        return at_cell(row, self.names.get(key, key))

    def list_notes(self) -> list[Phrase]:
        """Return the notes, and before them that on ignored columns."""
        if not self.ignored:
            return list(self.notes)
        names = self.ignored
        return [Phrase("Columns not known here were ignored: {names}", names=names), *self.notes]

    def complete(self) -> FileRows:
        """Return these rows if each row of the file could be read. Raises InputError otherwise."""
        if self.problems:
            most = MOST_FILE_PROBLEMS - len(self.hints)
            raise refusal([*self.problems[:most], *self.hints])
        return self


def refusal(problems: Sequence[Problem]) -> InputError:
    """Return the error of a file with these problems."""
    headline = Phrase("The file is invalid; nothing was done.")
    return InputError(headline, problems[:MOST_FILE_PROBLEMS])


def broken(where: Phrase, message: Phrase) -> InputError:
    """Return the error of a file that cannot be read on from here."""
    return refusal([Problem(where, message)])


def broken_file(message: Phrase) -> InputError:
    """Return the error of a file that cannot be read at all."""
    return broken(Phrase("file"), message)


def broken_line(line: int, message: Phrase) -> InputError:
    """Return the error of a file that cannot be read on from a line."""
    return broken(Phrase("line {line}", line=line), message)


def check_length(count: int) -> None:
    """Raise InputError where a file has more rows than are read."""
    if count > _MOST_ROWS:
        raise broken_file(Phrase("it has more than {limit} rows", limit=_MOST_ROWS))


def at_row(row: FileRow) -> Phrase:
    """Return where a row is."""
    return Phrase("row {row}", row=row)


def at_cell(row: FileRow, key: Name) -> Phrase:
    """Return where a cell is."""
    return Phrase("row {row}, column {key}", row=row, key=key)


def row_of(problem: Problem) -> int:
    """Return the row in which a problem is; 0 for a problem of the whole file."""
    where = problem.where.values.get("where", problem.where)
    row = where.values.get("row") if isinstance(where, Phrase) else None
    return row if isinstance(row, int) else 0


def fault_of(text: str) -> Phrase | None:
    """Return why no cell can hold this text, None where it can."""
    if len(text) > LONGEST_CELL:
        return Phrase("a cell has more than {limit} characters", limit=LONGEST_CELL)
    if "\x00" in text:
        return Phrase("it holds a NUL byte")
    try:
        text.encode()
    except UnicodeEncodeError:
        return Phrase("it holds half a character (a lone surrogate)")
    return None


def fault_of_total(number: str, cells: Iterable[str]) -> Phrase | None:
    """Return that the count in a row of these cells is not a case number, None where it may be one.

    Below a list the count stands in the column of the numbers, the word for it in any other one.
    """
    if not number.isdecimal() or len(number) > _LONGEST_COUNT:
        return None
    words = ("".join(unicodedata.normalize("NFKC", cell[:_LONGEST_WORD]).split()) for cell in cells)
    if any(word.upper().rstrip(":") in TOTALS for word in words):
        return Phrase(
            "'{value}' is not a case number: {fault}",
            value=number,
            fault=Phrase("it is a total or a remark"),
        )
    return None


def shorten(names: Sequence[str]) -> list[str]:
    """Return names, such as those of sheets or rows, as a message lists them."""
    return [abbreviate(name) for name in names[:_MOST_NAMES]] + ["..."] * (len(names) > _MOST_NAMES)


def name_column(column: int) -> str:
    """Return the letters of a column, counted from 0."""
    letters = ""
    while column >= 0:
        column, place = divmod(column, 26)
        letters = chr(ord("A") + place) + letters
        column -= 1
    return letters


_LOOKED_AT = 4096
"""The bytes in which the first words of a text are looked for."""


def _save_again(form: Phrase) -> Phrase:
    return Phrase(
        "it is {form}, whatever its name says; open it and save it as .xlsx or CSV (UTF-8)",
        form=form,
    )


def _ask_for_table(form: Phrase) -> Phrase:
    return Phrase(
        "it is {form}, which holds no table that can be read; ask for the table as .xlsx or CSV",
        form=form,
    )


_PAGE = _save_again(Phrase("a web page (HTML)"))
_XLS = _save_again(Phrase("an old Excel workbook (.xls)"))
_XML_SHEET = _save_again(Phrase("an Excel 2003 XML spreadsheet"))
_ODS = _save_again(Phrase("an OpenDocument file (.ods, .fods)"))
_NUMBERS = _save_again(Phrase("a document of Numbers or Pages"))
_WORD = _save_again(Phrase("a Word document"))
_XML = _save_again(Phrase("an XML file"))
_SLIDES = _ask_for_table(Phrase("a PowerPoint presentation"))
_PICTURE = _ask_for_table(Phrase("a picture"))
_ARCHIVE = Phrase("it is a packed archive; unpack it and give the file that is in it")
_XLS_OR_PASSWORD = Phrase(
    "it is an old Excel file (.xls) or has a password; save it as .xlsx without a password"
)

_COMPOUND = b"\xd0\xcf\x11\xe0"
"""The beginning of .xls, of other old documents, and of .xlsx with a password."""
_BEGINNINGS = {
    # Excel 2 to 5, whose workbooks lie in no compound file.
    **dict.fromkeys((b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00"), _XLS),
    b"\x09\x08\x08\x00": _XLS,
    **dict.fromkeys((b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\x1f\x8b\x08"), _ARCHIVE),
    **dict.fromkeys((b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a"), _PICTURE),
    **dict.fromkeys((b"II*\x00", b"MM\x00*"), _PICTURE),
    b"%PDF-": _ask_for_table(Phrase("a PDF")),
    b"{\\rtf": _save_again(Phrase("a document in RTF")),
}
_IN_PACKAGES = {
    "content.xml": _ODS,
    "xl/workbook.bin": _save_again(Phrase("a binary Excel workbook (.xlsb)")),
    "word/document.xml": _WORD,
    "ppt/presentation.xml": _SLIDES,
    "index.zip": _NUMBERS,
    "index/document.iwa": _NUMBERS,
}
"""The file of a package that says what it is."""
_IN_COMPOUND = {
    "EncryptedPackage": Phrase("it has a password; save it as .xlsx without a password"),
    "WordDocument": _WORD,
    "PowerPoint Document": _SLIDES,
    "__nameid_version1.0": _ask_for_table(Phrase("a mail of Outlook")),
    "Workbook": _XLS,
}
"""What a directory in a compound file holds."""
_NAMESPACES = {
    "urn:schemas-microsoft-com:office:spreadsheet": _XML_SHEET,
    'progid="Excel.Sheet"': _XML_SHEET,
    "urn:oasis:names:tc:opendocument": _ODS,
}

_TAGS = (
    "html|head|meta|link|base|title|style|script|noscript|body|header|nav|main|section|form|h[1-6]"
    "|table|thead|tbody|tr|td|center|font|div|span|pre|p|br"
)
_PAGE_BEGINS = rf"(?i:<!doctype\s+html|<(?:{_TAGS})(?:\s[^<>]*)?/?>)"
"""How a page begins; this pattern and those below are compiled when a file is read."""
_BEFORE = r"(?s)(?:(?:<!--.*?-->|<\?.*?\?>)\s*)*"
"""What may stand before the first element of a page or of XML."""
_MAIL_BEGINS = r"(?i:(?:from|mime-version|subject|date|content-[a-z-]+):[^\n]*\n)"
_XML_BEGINS = r'<(?:[\w.-]+:)?([\w.-]+)(?:\s+[\w.:-]+\s*=\s*["\'])'


def name_other_form(data: bytes) -> Phrase | None:
    """Return what a file is and what to do, None where it may be read; no zip is looked into."""
    if data.startswith(_COMPOUND):  # whose directory has names in UTF-16
        found = (form for name, form in _IN_COMPOUND.items() if name.encode("utf-16-le") in data)
        return next(found, _XLS_OR_PASSWORD)
    for beginning, form in _BEGINNINGS.items():
        if data.startswith(beginning):
            return form
    head = data[:_LOOKED_AT]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _name_markup(head.decode("utf-16", "replace").lstrip())
    # What matters of it is ASCII.
    return _name_markup(head.removeprefix(b"\xef\xbb\xbf").decode("ascii", "replace").lstrip())


def _name_markup(text: str) -> Phrase | None:
    """Return what a web page, saved as a page or as a mail, or XML is; None for another text."""
    if not text.startswith("<"):
        is_mail = re.match(_MAIL_BEGINS, text) and "multipart/related" in text.lower()
        return _PAGE if is_mail else None
    rest = re.sub(_BEFORE, "", text, count=1)
    if re.match(_PAGE_BEGINS, rest):
        return _PAGE
    named = (form for name, form in _NAMESPACES.items() if name in text)
    is_xml = text.startswith("<?xml") or re.match(_XML_BEGINS, rest)
    return next(named, _XML if is_xml else None)


def name_package(names: Collection[str]) -> Phrase | None:
    """Return what a zip with files of these names (lower case) is, None for a workbook."""
    if "xl/workbook.xml" in names:
        return None
    for name, form in _IN_PACKAGES.items():
        if name in names:
            return form
    has_parts = "_rels/.rels" in names or "[content_types].xml" in names
    return _ARCHIVE if names and not has_parts else None

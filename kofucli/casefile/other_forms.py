"""Files of other forms, told by their first bytes: an office saves them under any name.

A web page that is called ``list.xls`` is the usual one: many systems export tables so. What such a
file is, and what to do about it, helps more than what does not fit in its first line.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from kofucli.base.errors import Phrase

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
_XLSB = _save_again(Phrase("a binary Excel workbook (.xlsb)"))
_NUMBERS = _save_again(Phrase("a document of Numbers or Pages"))
_WORD = _save_again(Phrase("a Word document"))
_RTF = _save_again(Phrase("a document in RTF"))
_XML = _save_again(Phrase("an XML file"))
_SLIDES = _ask_for_table(Phrase("a PowerPoint presentation"))
_MESSAGE = _ask_for_table(Phrase("a mail of Outlook"))
_PDF = _ask_for_table(Phrase("a PDF"))
_PICTURE = _ask_for_table(Phrase("a picture"))
_ARCHIVE = Phrase("it is a packed archive; unpack it and give the file that is in it")
_PASSWORD = Phrase("it has a password; save it as .xlsx without a password")
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
    b"%PDF-": _PDF,
    b"{\\rtf": _RTF,
}
_IN_PACKAGES = {
    "content.xml": _ODS,
    "xl/workbook.bin": _XLSB,
    "word/document.xml": _WORD,
    "ppt/presentation.xml": _SLIDES,
    "index.zip": _NUMBERS,
    "index/document.iwa": _NUMBERS,
}
"""The file of a package that says what it is."""
_IN_COMPOUND = {
    "EncryptedPackage": _PASSWORD,
    "WordDocument": _WORD,
    "PowerPoint Document": _SLIDES,
    "__nameid_version1.0": _MESSAGE,
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
_PAGE_BEGINS = re.compile(rf"<!doctype\s+html|<(?:{_TAGS})(?:\s[^<>]*)?/?>", re.IGNORECASE)
_BEFORE = {"<!--": "-->", "<?": "?>"}
"""How what may stand before the first element of a page or of XML begins, and how it ends."""
_MAIL_BEGINS = re.compile(r"(?:from|mime-version|subject|date|content-[a-z-]+):[^\n]*\n", re.I)
_XML_BEGINS = re.compile(r'<(?:[\w.-]+:)?([\w.-]+)(?:\s+[\w.:-]+\s*=\s*["\'])')


def name_other_form(data: bytes) -> Phrase | None:
    """Return what a file is and what to do, None where it may be a form that is read.

    A zip is not looked into: see ``name_package``.
    """
    if data.startswith(_COMPOUND):  # whose directory has names in UTF-16
        found = (form for name, form in _IN_COMPOUND.items() if name.encode("utf-16-le") in data)
        return next(found, _XLS_OR_PASSWORD)
    for beginning, form in _BEGINNINGS.items():
        if data.startswith(beginning):
            return form
    return _name_markup(_first_words(data))


def _first_words(data: bytes) -> str:
    """Return the beginning of a text; what matters of it is ASCII."""
    head = data[:_LOOKED_AT]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", "replace").lstrip()
    return head.removeprefix(b"\xef\xbb\xbf").decode("ascii", "replace").lstrip()


def _name_markup(text: str) -> Phrase | None:
    """Return what a web page, saved as a page or as a mail, or XML is; None for another text."""
    if not text.startswith("<"):
        is_mail = _MAIL_BEGINS.match(text) and "multipart/related" in text.lower()
        return _PAGE if is_mail else None
    rest = _skip_comments(text)
    if _PAGE_BEGINS.match(rest):
        return _PAGE
    named = (form for name, form in _NAMESPACES.items() if name in text)
    is_xml = text.startswith("<?xml") or _XML_BEGINS.match(rest)
    return next(named, _XML if is_xml else None)


def _skip_comments(text: str) -> str:
    """Return a text from its first element on."""
    end = next((end for begin, end in _BEFORE.items() if text.startswith(begin)), None)
    while end is not None and end in text:
        text = text[text.index(end) + len(end) :].lstrip()
        end = next((end for begin, end in _BEFORE.items() if text.startswith(begin)), None)
    return text


def name_package(names: Collection[str]) -> Phrase | None:
    """Return what a zip with files of these names (lower case) is, None for a workbook."""
    if "xl/workbook.xml" in names:
        return None
    for name, form in _IN_PACKAGES.items():
        if name in names:
            return form
    has_parts = "_rels/.rels" in names or "[content_types].xml" in names
    return _ARCHIVE if names and not has_parts else None

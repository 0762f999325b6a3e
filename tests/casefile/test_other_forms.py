"""Files of other forms under any name: each is called what it is, with what to do."""

from __future__ import annotations

import tracemalloc
import zipfile
from io import BytesIO

import pytest

from tests.casefile.support import faults, make_package, make_workbook, rows

PAGE = "<html><table><tr><td>申請番号</td></tr><tr><td>横支更1</td></tr></table></html>"
XML = '<?xml version="1.0"?>\n'
SHEET_2003 = '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet/>'
FLAT = '<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"/>'
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
MAIL = "MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n--x\r\n"


@pytest.mark.parametrize(
    ("data", "form"),
    [
        (PAGE.encode(), "a web page (HTML)"),
        (PAGE.encode("cp932"), "a web page (HTML)"),
        (b"\xef\xbb\xbf\r\n " + PAGE.encode(), "a web page (HTML)"),
        (PAGE.encode("utf-16"), "a web page (HTML)"),
        (b"<!DOCTYPE html>\n<head>", "a web page (HTML)"),
        (b"<!-- saved from x --><TABLE border='1'>", "a web page (HTML)"),
        (XML.encode() + b"<!DOCTYPE html PUBLIC 'x'><html>", "a web page (HTML)"),
        (b'<meta http-equiv="Content-Type" content="application/vnd.ms-excel">', "a web page"),
        (MAIL.encode(), "a web page (HTML)"),
        (("From: <Saved by Blink>\n" + MAIL).encode(), "a web page (HTML)"),
        (b"<table>" + b"<div>" * 200_000, "a web page (HTML)"),
        ((XML + SHEET_2003).encode(), "an Excel 2003 XML spreadsheet"),
        ((XML + '<?mso-application progid="Excel.Sheet"?><x/>').encode(), "an Excel 2003 XML"),
        (SHEET_2003.encode(), "an Excel 2003 XML spreadsheet"),
        ((XML + FLAT).encode(), "an OpenDocument file (.ods, .fods)"),
        ((XML + "<cases><case/></cases>").encode(), "an XML file"),
        ((XML + "<cases/>").encode("utf-16"), "an XML file"),
        (COMPOUND, "an old Excel file (.xls) or has a password"),
        (COMPOUND + "WordDocument".encode("utf-16-le"), "a Word document"),
        (COMPOUND + "PowerPoint Document".encode("utf-16-le"), "a PowerPoint presentation"),
        (COMPOUND + "Workbook".encode("utf-16-le"), "an old Excel workbook (.xls)"),
        (COMPOUND + "__nameid_version1.0".encode("utf-16-le"), "a mail of Outlook"),
        (b"\x09\x08\x08\x00\x00\x05\x05\x00", "an old Excel workbook (.xls)"),
        (b"\x09\x00\x04\x00\x02\x00\x10\x00", "an old Excel workbook (.xls)"),
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF"),
        (b"\x89PNG\r\n\x1a\n", "a picture"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "a picture"),
        (b"{\\rtf1\\ansi", "a document in RTF"),
        (b"\x1f\x8b\x08\x00", "a packed archive"),
        (b"7z\xbc\xaf\x27\x1c\x00\x04", "a packed archive"),
    ],
)
def test_other_forms(data: bytes, form: str) -> None:
    """A file of another form is called what it is, and told what to do."""
    (fault,) = faults(data)
    assert fault.startswith(f"file: it is {form}")
    assert "; " in fault


@pytest.mark.parametrize(
    ("names", "form"),
    [
        (("mimetype", "content.xml", "META-INF/manifest.xml"), "an OpenDocument file"),
        (("[Content_Types].xml", "_rels/.rels", "xl/workbook.bin"), "a binary Excel workbook"),
        (("[Content_Types].xml", "_rels/.rels", "word/document.xml"), "a Word document"),
        (("[Content_Types].xml", "_rels/.rels", "ppt/presentation.xml"), "a PowerPoint"),
        (("Index/Document.iwa", "Metadata/Properties.plist"), "a document of Numbers or Pages"),
        (("Index.zip", "preview.jpg"), "a document of Numbers or Pages"),
        (("案件.csv",), "a packed archive"),
        (("folder/a.xlsx", "folder/b.xlsx"), "a packed archive"),
    ],
)
def test_other_packages(names: tuple[str, ...], form: str) -> None:
    """A zip that is no workbook is called what it is by the names in it."""
    (fault,) = faults(make_package(dict.fromkeys(names, "x")))
    assert fault.startswith(f"file: it is {form}")


def test_a_package_is_not_unpacked_to_name_it() -> None:
    """A spreadsheet of another program that would fill memory is named without unpacking it."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        package.writestr("content.xml", bytes(200_000_000))
    data = out.getvalue()
    del out
    tracemalloc.start()
    (fault,) = faults(data)
    assert "an OpenDocument file" in fault
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


def test_a_password() -> None:
    """A workbook with a password is no old one."""
    data = COMPOUND + "EncryptedPackage".encode("utf-16-le")
    assert ["file: it has a password; save it as .xlsx without a password"] == faults(data)


@pytest.mark.parametrize(
    "text", ["number,<b>\nX-1,2\n", "<No>,number\n1,X-1\n", "From: x,number\n1,X-1\n"]
)
def test_what_is_none_of_them(text: str) -> None:
    """A table whose first heading only begins like one of them is read."""
    assert "X-1" == rows(text.encode())[0][1]["number"]


def test_a_workbook_stays_one() -> None:
    """A workbook is read without the list of its parts' types, as some programs write it."""
    cells = '<row><c t="str"><v>number</v></c></row><row><c t="str"><v>1</v></c></row>'
    assert [(1, {"number": "1"})] == rows(make_workbook(cells))

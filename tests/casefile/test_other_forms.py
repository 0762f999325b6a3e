"""Files of other forms under any name: each is called what it is, with what to do."""

from __future__ import annotations

import tracemalloc
import zipfile
from io import BytesIO

import pytest

from tests.casefile.support import drafts, faults, make_package

PAGE = "<html><table><tr><td>申請番号</td></tr><tr><td>横支更1</td></tr></table></html>"
XML = '<?xml version="1.0"?>\n'
SHEET_2003 = '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet/>'
FLAT = '<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"/>'
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
MAIL = "MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n--x\r\n"


HTML, OLD = "a web page (HTML)", "an old Excel workbook (.xls)"
MADE_BY_EXCEL = XML + '<?mso-application progid="Excel.Sheet"?><x/>'


@pytest.mark.parametrize(
    ("form", "data"),
    [
        *((HTML, PAGE.encode(encoding)) for encoding in ("utf-8", "cp932", "utf-16")),
        (HTML, b"\xef\xbb\xbf\r\n " + PAGE.encode()),
        (HTML, b"<!DOCTYPE html>\n<head>"),
        (HTML, b"<!-- saved from x --><TABLE border='1'>"),
        (HTML, XML.encode() + b"<!DOCTYPE html PUBLIC 'x'><html>"),
        (HTML, b'<meta http-equiv="Content-Type" content="application/vnd.ms-excel">'),
        *((HTML, MAIL.encode()), (HTML, f"From: <Saved by Blink>\n{MAIL}".encode())),
        (HTML, b"<table>" + b"<div>" * 200_000),
        *(("an Excel 2003 XML", each.encode()) for each in (SHEET_2003, XML + SHEET_2003)),
        ("an Excel 2003 XML", MADE_BY_EXCEL.encode()),
        ("an OpenDocument file (.ods, .fods)", (XML + FLAT).encode()),
        ("an XML file", (XML + "<cases><case/></cases>").encode()),
        ("an XML file", (XML + "<cases/>").encode("utf-16")),
        ("an old Excel file (.xls) or has a password", COMPOUND),
        ("a Word document", COMPOUND + "WordDocument".encode("utf-16-le")),
        ("a PowerPoint presentation", COMPOUND + "PowerPoint Document".encode("utf-16-le")),
        ("a mail of Outlook", COMPOUND + "__nameid_version1.0".encode("utf-16-le")),
        (OLD, COMPOUND + "Workbook".encode("utf-16-le")),
        *((OLD, b"\x09\x08\x08\0\0\x05\x05\0"), (OLD, b"\x09\0\x04\0\x02\0\x10\0")),
        *(("a PDF", b"%PDF-1.7\n%\xe2\xe3"), ("a document in RTF", b"{\\rtf1\\ansi")),
        *(("a picture", each) for each in (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0\0\x10JFIF")),
        *(("a packed archive", b"\x1f\x8b\x08\0"), ("a packed archive", b"7z\xbc\xaf'\x1c\0\x04")),
    ],
)
def test_a_file_of_another_form_is_called_what_it_is_with_what_to_do(
    form: str, data: bytes
) -> None:
    (fault,) = faults(data)
    assert fault.startswith(f"file: it is {form}")
    assert "; " in fault


OFFICE = ("[Content_Types].xml", "_rels/.rels")


@pytest.mark.parametrize(
    ("names", "form"),
    [
        (("mimetype", "content.xml", "META-INF/manifest.xml"), "an OpenDocument file"),
        ((*OFFICE, "xl/workbook.bin"), "a binary Excel workbook"),
        ((*OFFICE, "word/document.xml"), "a Word document"),
        ((*OFFICE, "ppt/presentation.xml"), "a PowerPoint"),
        (("Index/Document.iwa", "Metadata/Properties.plist"), "a document of Numbers or Pages"),
        (("Index.zip", "preview.jpg"), "a document of Numbers or Pages"),
        (("案件.csv",), "a packed archive"),
        (("folder/a.xlsx", "folder/b.xlsx"), "a packed archive"),
    ],
)
def test_a_zip_is_called_what_it_is_by_the_names_in_it(names: tuple[str, ...], form: str) -> None:
    (fault,) = faults(make_package(dict.fromkeys(names, "x")))
    assert fault.startswith(f"file: it is {form}")


def test_a_package_is_not_unpacked_to_name_it() -> None:
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


def test_a_workbook_with_a_password_is_no_old_one() -> None:
    data = COMPOUND + "EncryptedPackage".encode("utf-16-le")
    assert ["file: it has a password; save it as .xlsx without a password"] == faults(data)


@pytest.mark.parametrize(
    "text", ["number,<b>\nX-1,2\n", "<No>,number\n1,X-1\n", "From: x,number\n1,X-1\n"]
)
def test_a_table_whose_first_heading_only_begins_like_one_of_them_is_read(text: str) -> None:
    assert "X-1" == drafts(text.encode())[0]["number"]

"""Mails as bytes: the standard library's email package reads them as they were meant."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tests.support.strategies  # noqa: F401  # whose profile says how examples are drawn
from kofucli.base.text import safe
from kofucli.mail import Envelope, Letter, encode, find_receiver, read_visit
from tests.mail.reading import read_mail, text_of

NOW = datetime.fromisoformat("2026-11-04T09:05:07+09:00")
HEADERS = [
    *("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Language"),
    *("MIME-Version", "Content-Type", "Content-Transfer-Encoding"),
]
HOSTILE = [
    *(f"x{end}Bcc: evil@example.com" for end in ("\r\n", "\n", "\r", "\u2028", "\x85")),
    *("x\nBcc: evil@example.com\n\nbody", "=?utf-8?q?=0D=0ABcc:_evil@example.com?="),
    *("x\x00y\x0bz\x1b[31m", "\u202egpj.exe", "\ud800", " leading and trailing ", ""),
]


def make(subject: str = "s", text: str = "t", receiver: str = "a@example.jp") -> bytes:
    return encode(Envelope("pickup@example.jp", receiver, NOW), Letter(subject, text))


def test_a_mail_has_its_ten_headers_each_once() -> None:
    mail = read_mail(make("予約 Y261125-0001-7", "本文"))
    assert HEADERS == mail.keys()
    assert ("pickup@example.jp", "a@example.jp") == (mail["From"], mail["To"])
    assert "予約 Y261125-0001-7" == mail["Subject"]
    assert mail["Date"].datetime == NOW
    assert "Wed, 04 Nov 2026 09:05:07 +0900" == mail["Date"]
    assert mail["Message-ID"].endswith("@example.jp>")
    assert "auto-generated" == mail["Auto-Submitted"]
    assert "本文\n" == text_of(mail)


def test_the_same_mail_is_the_same_bytes() -> None:
    """A mail sent again is the same mail; another one has another Message-ID."""
    assert make() == make()
    ids = {read_mail(m)["Message-ID"] for m in (make(), make("other"), make(text="other"))}
    assert len(ids) == 3


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_text_becomes_a_header(hostile: str) -> None:
    """Line ends and controls in a subject or text end no header, and begin none."""
    for mail in (make(subject=hostile), make(text=hostile), make(subject="予" + hostile)):
        assert HEADERS == read_mail(mail).keys()
        head = mail.partition(b"\r\n\r\n")[0].replace(b"\r\n", b"")
        assert not any(byte < 0x20 or byte > 0x7E for byte in head)


@given(st.text(), st.text())
def test_any_subject_and_text(subject: str, text: str) -> None:
    """Any subject and text are read back, but for unsafe characters, and blanks in a subject."""
    mail = read_mail(make(subject, text))
    assert HEADERS == mail.keys()
    assert safe(" ".join(subject.split())) == mail["Subject"]
    lines = [safe(line) for line in text.rstrip("\n").split("\n")]
    assert [*lines, ""] == text_of(mail).split("\n")


@given(st.text("予約a =?_", max_size=400))
def test_lines_of_a_header_are_short(subject: str) -> None:
    """No line of a header is longer than 76, no encoded word longer than 75 (RFC 2047, 2)."""
    for line in make(subject).partition(b"\r\n\r\n")[0].split(b"\r\n"):
        assert len(line) <= 76 or line.startswith(b"Message-ID")
        assert all(len(word) <= 75 for word in line.split(b" ") if b"=?" in word)


def test_addresses_with_dots_at_odd_places_are_quoted() -> None:
    """As RFC 5322 wants it; any other goes as registered."""
    for name in ("a", "o'b+x", "a..b", "a.", ".a"):
        mail = make(receiver=f"{name}@mobile.example.jp")
        written = f'"{name}"' if "." in name else name
        assert f"{written}@mobile.example.jp" == find_receiver(mail)
        (address,) = read_mail(mail)["To"].addresses
        assert name == address.username


NAMES = ("Taro Yamada", "山手花子", '"A, B" <b@evil.example.jp>', "a@b.jp", "名" * 200, "x" * 200)


@pytest.mark.parametrize("name", [*NAMES, *HOSTILE])
def test_an_address_has_its_name(name: str) -> None:
    """Whatever a name holds, it stands before the one address, and is read back.

    The email package of older Pythons puts a space between the words of a long one.
    """
    envelope = Envelope("p@example.jp", "a@example.jp", NOW, name, name)
    content = encode(envelope, Letter("s", "t"))
    assert "a@example.jp" == find_receiver(content)
    mail = read_mail(content)
    assert HEADERS == mail.keys()
    for header, address in (("From", "p@example.jp"), ("To", "a@example.jp")):
        (found,) = mail[header].addresses
        assert address == found.addr_spec
        assert safe("".join(name.split())) == found.display_name.replace(" ", "")


@pytest.mark.parametrize("visit", [b"", b"\x00\xff" * 3, bytes(range(256)) * 9])
def test_a_visit_is_read_back(visit: bytes) -> None:
    """What a mail carries for its sending is read back, and ends no header."""
    content = encode(Envelope("p@example.jp", "a@example.jp", NOW), Letter("s", "t", visit))
    assert visit == read_visit(content)
    assert "a@example.jp" == find_receiver(content)
    assert {*HEADERS} | ({"X-Kofucli-Visit"} if visit else set()) == set(read_mail(content).keys())


@pytest.mark.parametrize("length", [329, 330, 331, 2000])
def test_lines_that_are_too_long_for_mail(length: int) -> None:
    """A line over 990 bytes sends the body in base64; it reads the same."""
    text = "Content-Transfer-Encoding: 8bit\n" + "あ" * length
    mail = make(text=text)
    assert (length > 330) is (b"base64" in mail)
    assert max(map(len, mail.split(b"\r\n"))) <= 990
    assert text + "\n" == text_of(read_mail(mail))


def test_what_is_no_mail_of_ours_has_no_receiver() -> None:
    """The receiver is read from one whole header; a damaged or foreign file has none."""
    for content in (
        *("", "To: a@example.jp", "\r\n\r\nTo: a@example.jp\r\n", "X-To: a@example.jp\r\n\r\n"),
        *("Subject: x\r\n\r\nTo: a@example.jp\r\n\r\n", "To: あ@example.jp\r\n\r\n"),
        "To: a@example.jp, b@example.jp\r\n\r\n",
    ):
        assert find_receiver(content.encode()) is None

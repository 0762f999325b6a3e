"""Mails as bytes (RFC 5322), and reading the receiver from them.

Written by hand, since loading the standard library's email package takes as long as the rest of a
booking, and the mails of this program are all of one kind: plain text for one receiver.
"""

from __future__ import annotations

import re
from datetime import datetime

from msgspec import Struct

from kofucli.base.clock import weekday
from kofucli.base.text import safe

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LONGEST_LINE = 990
"""Bytes of a line that is sent as it is; a longer one needs base64 (998, RFC 5322, 2.1.1)."""
_LONGEST_PLAIN = 60
"""Characters of a subject that is sent as it is."""
_LONGEST_WORD = 50
"""Characters of the text in an encoded word: the line stays within 76 (RFC 2047, 2)."""
_EIGHT_BIT = b"\r\nContent-Transfer-Encoding: 8bit\r\n"
_BASE64 = b"\r\nContent-Transfer-Encoding: base64\r\n"
_BYTES_OF_BASE64_LINE = 57


class Letter(Struct, frozen=True):
    """What a mail says: its subject and its plain text."""

    subject: str
    text: str


class Envelope(Struct, frozen=True):
    """The sender's and the receiver's address of a mail, and its date."""

    sender: str
    receiver: str
    date: datetime


def encode(envelope: Envelope, letter: Letter) -> bytes:
    """Return a mail as bytes; the same envelope and letter always give the same bytes.

    An address or a subject cannot add a header: its line ends become spaces, controls escapes.
    """
    domain = _one_line(envelope.sender).rpartition("@")[2]
    headers = [
        f"From: {_address(envelope.sender)}",
        f"To: {_address(envelope.receiver)}",
        f"Subject: {_words(letter.subject)}",
        f"Date: {_date(envelope.date)}",
        f"Message-ID: <{envelope.date:%Y%m%d%H%M%S}.{digest_of(envelope, letter)}@{domain}>",
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
    ]
    lines = [safe(line) for line in letter.text.rstrip("\n").split("\n")]
    content = "\r\n".join([*headers, "", *lines, ""]).encode()
    if max(map(len, content.split(b"\r\n"))) > _LONGEST_LINE:
        return to_seven_bits(content)
    return content


def digest_of(envelope: Envelope, letter: Letter) -> str:
    """Return 24 hexadecimal digits, other ones for another mail."""
    from hashlib import sha256  # reading needs none

    parts = (
        envelope.sender,
        envelope.receiver,
        envelope.date.isoformat(),
        letter.subject,
        letter.text,
    )
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _one_line(text: str) -> str:
    """Return a text without line ends, and without any other control character."""
    return safe(" ".join(text.split()))


def _address(address: str) -> str:
    """Return an address for a header, quoted where its dots need that (RFC 5322, 3.4.1)."""
    local, sign, domain = _one_line(address).rpartition("@")
    odd = local.startswith(".") or local.endswith(".") or ".." in local
    return f'"{local}"{sign}{domain}' if odd else local + sign + domain


def _words(text: str) -> str:
    """Return the text of a header; one that is long or not ASCII as encoded words (RFC 2047)."""
    plain = _one_line(text)
    if plain.isascii() and len(plain) <= _LONGEST_PLAIN and "=?" not in plain:
        return plain
    words, word = [], ""
    for char in plain:
        encoded = _encode_char(char)
        if len(word) + len(encoded) > _LONGEST_WORD:
            words.append(word)
            word = ""
        word += encoded
    return "\r\n ".join(f"=?utf-8?q?{word}?=" for word in [*words, word])


def _encode_char(char: str) -> str:
    if char.isascii() and char.isalnum():
        return char
    return "_" if char == " " else "".join(f"={byte:02X}" for byte in char.encode())


def _date(instant: datetime) -> str:
    """Return an instant as the Date header has it, which is English in every locale."""
    day = f"{weekday(instant.date())}, {instant.day:02d} {_MONTHS[instant.month - 1]}"
    return f"{day} {instant.year:04d} {instant:%H:%M:%S} {instant:%z}"


def find_receiver(content: bytes) -> str | None:
    """Return the receiver's address of a mail that ``encode`` made; None for anything else."""
    head, blank, _ = content.partition(b"\r\n\r\n")
    found = re.search(rb"(?:\A|\r\n)To: ([!-~]{1,400}@[!-~]{1,400})(?:\r\n|\Z)", head)
    return found[1].decode("ascii") if found is not None and blank else None


def read_text(content: bytes) -> str:
    """Return the text of a mail that ``encode`` made."""
    from binascii import a2b_base64  # seldom needed

    head, _, body = content.partition(b"\r\n\r\n")
    if _BASE64 in head + b"\r\n":
        body = a2b_base64(body)
    return body.decode("utf-8", "replace")


def to_seven_bits(content: bytes) -> bytes:
    """Return a mail with its body in base64, for long lines and for servers without 8BITMIME."""
    from binascii import b2a_base64  # seldom needed

    head, blank, body = content.partition(b"\r\n\r\n")
    if _EIGHT_BIT not in head + b"\r\n":
        return content
    head = (head + b"\r\n").replace(_EIGHT_BIT, _BASE64)[:-2]
    chunks = range(0, len(body), _BYTES_OF_BASE64_LINE)
    lines = [b2a_base64(body[at : at + _BYTES_OF_BASE64_LINE], newline=False) for at in chunks]
    return head + blank + b"\r\n".join(lines) + b"\r\n"

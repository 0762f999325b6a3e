"""Mails: their bytes (RFC 5322) as they lie in the outbox, and reading from them.

``encode(Envelope(sender, receiver, date), Letter(subject, text))`` gives these bytes;
``smtp.Server(account, complete).send(content)`` reads the receiver from them and hands over what
``complete`` makes of them.

The bytes are written by hand, since loading the standard library's email package takes as long as
the rest of a booking, and the mails of this program are all of one kind: plain text for one
receiver. When they are sent, ``kofucli.output.booking.mail_parts`` adds what mail programs show
beside it.
"""

from __future__ import annotations

import re
from datetime import datetime

from msgspec import Struct, json

from kofucli.base.clock import weekday
from kofucli.base.text import safe

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LONGEST_LINE = 990
"""Bytes of a line that is sent as it is; a longer one needs base64 (998, RFC 5322, 2.1.1)."""
_LONGEST_PLAIN = 60
"""Characters of a subject that is sent as it is."""
_BYTES_OF_WORD = 39
"""Bytes in an encoded word: with it the line of a subject stays within 76 (RFC 2047, 2)."""
_BYTES_OF_NAME = 42
"""The same beside ``From:`` and ``To:``: some programs put a space between two words of a name."""
_EIGHT_BIT = b"\r\nContent-Transfer-Encoding: 8bit"
_BASE64 = b"\r\nContent-Transfer-Encoding: base64"
_VISIT = "X-Kofucli-Visit: "
_ADDRESS = rb"[!-;=?-~]{1,400}@[!-;=?-~]{1,400}"


class Letter(Struct, frozen=True):
    """What a mail says: its subject and its plain text.

    ``visit`` is what the parts are made of that are added when it is sent; empty for no visit.
    """

    subject: str
    text: str
    visit: bytes = b""


class Envelope(Struct, frozen=True):
    """The addresses and names of sender and receiver, the date of a mail and its language."""

    sender: str
    receiver: str
    date: datetime
    sender_name: str = ""
    receiver_name: str = ""
    language: str = "ja"


def encode(envelope: Envelope, letter: Letter) -> bytes:
    """Return a mail as bytes; the same envelope and letter always give the same bytes.

    No address, name or subject adds a header: its line ends become spaces, controls escapes.
    """
    domain = _one_line(envelope.sender).rpartition("@")[2]
    headers = [
        f"From: {_mailbox(envelope.sender_name, envelope.sender)}",
        f"To: {_mailbox(envelope.receiver_name, envelope.receiver)}",
        f"Subject: {_words(letter.subject)}",
        f"Date: {_date(envelope.date)}",
        f"Message-ID: <{envelope.date:%Y%m%d%H%M%S}.{digest_of(envelope, letter)}@{domain}>",
        "Auto-Submitted: auto-generated",
        *([_VISIT + _base64(letter.visit, "\r\n ")] if letter.visit else []),
        f"Content-Language: {envelope.language}",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
    ]
    lines = [safe(line) for line in letter.text.rstrip("\n").split("\n")]
    content = "\r\n".join([*headers, "", *lines, ""]).encode()
    if max(map(len, content.split(b"\r\n"))) > _LONGEST_LINE:
        head, blank, body = content.partition(b"\r\n\r\n")
        head = head.replace(_EIGHT_BIT, _BASE64)
        return head + blank + _base64(body, "\r\n").encode() + b"\r\n"
    return content


def _base64(data: bytes, line_end: str = "") -> str:
    """Return bytes in base64, with a line end after every 76 characters."""
    written = json.encode(data).decode()[1:-1]  # JSON has bytes in base64
    return line_end.join(re.findall(".{1,76}", written))


def _from_base64(written: bytes) -> bytes:
    """Return the bytes of a text in base64, which may have several lines."""
    return json.decode(b'"%b"' % b"".join(written.split()), type=bytes)


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


def _mailbox(name: str, address: str) -> str:
    """Return an address for a header with the name before it, if there is one."""
    plain = _one_line(name)
    if not plain:
        return _address(address)
    is_word = plain.isascii() and plain.replace(" ", "").isalnum()  # else it would need quotes
    word = plain if is_word and len(plain) <= _LONGEST_PLAIN else _encode(plain, _BYTES_OF_NAME)
    return f"{word}\r\n <{_address(address)}>"


def _words(text: str) -> str:
    """Return a text for a header; one that is long or not ASCII as encoded words (RFC 2047)."""
    plain = _one_line(text)
    if plain.isascii() and len(plain) <= _LONGEST_PLAIN and "=?" not in plain:
        return plain
    return _encode(plain, _BYTES_OF_WORD)


def _encode(text: str, most: int) -> str:
    """Return a text as encoded words of at most so many bytes; none begins within a character."""
    words = [b""]
    for char in text:
        encoded = char.encode()
        if len(words[-1]) + len(encoded) > most:
            words.append(b"")
        words[-1] += encoded
    return "\r\n ".join(f"=?utf-8?b?{_base64(word)}?=" for word in words)


def _date(instant: datetime) -> str:
    """Return an instant as the Date header has it, which is English in every locale."""
    day = f"{weekday(instant.date())}, {instant.day:02d} {_MONTHS[instant.month - 1]}"
    return f"{day} {instant.year:04d} {instant:%H:%M:%S} {instant:%z}"


def find_receiver(content: bytes) -> str | None:
    """Return the receiver's address of a mail that ``encode`` made; None for anything else."""
    head, blank, _ = content.partition(b"\r\n\r\n")
    named = rb"(?:(?:[^<>\r\n]|\r\n )*<(%b)>|(%b))" % (_ADDRESS, _ADDRESS)
    found = re.search(rb"(?:\A|\r\n)To: " + named + rb"(?:\r\n(?! )|\Z)", head)
    return (found[1] or found[2]).decode("ascii") if found is not None and blank else None


def read_text(content: bytes) -> str:
    """Return the text of a mail that ``encode`` made."""
    head, _, body = content.partition(b"\r\n\r\n")
    if _BASE64 in head:
        body = _from_base64(body)
    return body.decode("utf-8", "replace")


def read_visit(content: bytes) -> bytes:
    """Return the ``visit`` of the letter of a mail; empty where there is none."""
    head = content.partition(b"\r\n\r\n")[0]
    found = re.search(rb"\r\n" + _VISIT.encode() + rb"((?:[A-Za-z0-9+/=]|\r\n )+)", head)
    return _from_base64(found[1]) if found is not None else b""

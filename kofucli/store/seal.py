"""A checksum within a line or a document, so that what a disk or a hand changed is not believed.

It is the first field, ``sum``: the CRC-32 (ISO-HDLC, as in RFC 1952) of all bytes with zeros in its
own place, as eight hexadecimal digits. It finds accidents, not forgeries: the ledger's hash chain
and a head kept elsewhere are for those.
"""

from __future__ import annotations

from zlib import crc32

BLANK = "00000000"


def seal(data: bytes) -> bytes:
    """Return the bytes with the checksum in the place of the first BLANK."""
    return data.replace(BLANK.encode(), f"{crc32(data):08x}".encode(), 1)


def is_sealed(data: bytes, checksum: str) -> bool:
    """Tell whether the bytes fit the checksum that stands in them."""
    blank = data.replace(checksum.encode(), BLANK.encode(), 1)
    return len(checksum) == len(BLANK) and f"{crc32(blank):08x}" == checksum

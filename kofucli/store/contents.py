"""What the lines of a ledger put into its documents, gathered in one pass over the ledger.

A store of a million reservations does not fit into memory: beyond some megabytes what was put lies
in a temporary file, which has no name and ends with the process.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from typing import BinaryIO

import msgspec

from kofucli.store import disk, documents
from kofucli.store.documents import Codec

_HELD = 24 << 20
"""How many bytes are held in memory."""


Records = dict[str, msgspec.Raw]
"""Records by key."""


class Content(msgspec.Struct, frozen=True):
    """A document as the ledger has it: the last line that it includes, and its records."""

    n: int
    records: Records

    def encode(self, codec: Codec) -> bytes:
        """Return the document's bytes."""
        if codec == "json":
            return documents.encode(self.n, self.records.values(), codec)
        plain = map(msgspec.json.decode, self.records.values())
        return documents.encode(self.n, plain, codec)


class _Put(msgspec.Struct, array_like=True, gc=False):
    """What line ``n`` put into a document."""

    n: int
    records: Records


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(_Put)


class Contents:
    """The records of all documents, in the order in which they were put."""

    def __init__(self) -> None:
        self._held: dict[str, list[bytes]] = {}
        self._size = 0
        self._file: BinaryIO | None = None
        self._parts: dict[str, list[tuple[int, int]]] = {}

    def __del__(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()

    def put(self, name: str, n: int, records: Records) -> None:
        """Add what line ``n`` puts into a document. Raises StoreError."""
        data = _encoder.encode(_Put(n, records)) + b"\n"
        self._held.setdefault(name, []).append(data)
        self._size += len(data)
        if self._size > _HELD:
            self._write_out()

    def _write_out(self) -> None:
        """Move what is held to the file. A disk without room for it raises StoreError."""
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile()  # noqa: SIM115 (it ends with this object)
            at = self._file.seek(0, 2)
            for name, held in self._held.items():
                size = self._file.write(b"".join(held))
                self._parts.setdefault(name, []).append((at, size))
                at += size
        except OSError as error:
            raise disk.unusable(error, error.filename or tempfile.tempdir or "TMPDIR") from None
        self._held, self._size = {}, 0

    def read(self, name: str, until: int | None = None) -> Content:
        """Return a document as of the last line, or as of line ``until``.

        A record stands where its key was put first, as it was put last.
        """
        n, records = 0, Records()
        for put in _decoder.decode_lines(b"".join(self._read_parts(name))):
            if until is None or put.n <= until:
                n = put.n
                records.update(put.records)
        return Content(n, records)

    def _read_parts(self, name: str) -> Iterable[bytes]:
        for at, size in self._parts.get(name, ()):
            assert self._file is not None
            self._file.seek(at)
            yield self._file.read(size)
        yield from self._held.get(name, ())

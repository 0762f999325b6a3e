"""Reading an archive: every line verified as it comes, in the order in which it was packed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

import msgspec

from kofucli.errors import InputError, Phrase, Problem, StoreError
from kofucli.store.anchor import snapshot_name
from kofucli.store.archive import Chain, End, Entry, Manifest
from kofucli.store.header import FORMAT, Header
from kofucli.store.ledger import GENESIS, digest

_PERSONAL = re.compile(r"private/[A-Z0-9][A-Z0-9-]{0,31}-([0-9a-f]{32})\.json")
_MONTH = re.compile(r"ledger/[0-9]{4}-(0[1-9]|1[0-2])\.jsonl")
_HASH = re.compile(r"[0-9a-f]{64}")
_NAME_LENGTH = 32
_LAST_FORMAT = 999
"""No store will ever have a higher format: what says so is no store's header."""

_entry_decoder = msgspec.json.Decoder(Entry)


class _ProbedStore(msgspec.Struct):
    format: int


class _Probe(msgspec.Struct):
    """What every manifest says, whatever the format of its store."""

    kofucli: str
    store: _ProbedStore


def read_manifest(lines: Iterator[bytes], name: str) -> tuple[Manifest, bytes]:
    """Read the first line of an archive: as it is meant, and its bytes.

    Raises InputError where this is no archive, StoreError where its store is newer than this
    program.
    """
    first = next(lines, b"")
    try:
        probe = msgspec.json.decode(first, type=_Probe)
        if probe.kofucli == "store" and FORMAT < probe.store.format <= _LAST_FORMAT:
            raise _newer(name, probe.store.format)
        manifest = msgspec.json.decode(first, type=Manifest)
        _check_header(manifest.store)
        return manifest, first
    except (ValueError, RecursionError):
        raise InputError(
            Phrase(
                "{path} is no export or backup of a store, or a newer kofucli wrote it.", path=name
            )
        ) from None


def _newer(name: str, version: int) -> StoreError:
    return StoreError(
        "newer",
        Phrase(
            "The store {path} has format {version}; this program knows formats up to "
            "{known}. Install a newer kofucli.",
            path=name,
            version=version,
            known=FORMAT,
        ),
    )


def _check_header(header: Header) -> None:
    """Raise ValueError where a header is not one that this program writes."""
    anchor = header.anchor
    if header.format != FORMAT:
        raise ValueError("there is no such format")
    if anchor is not None and (
        anchor.n < 1
        or _HASH.fullmatch(anchor.hash) is None
        or _HASH.fullmatch(anchor.digest) is None
    ):
        raise ValueError("there is no such anchor")


def read_entries(
    lines: Iterator[bytes], manifest: Manifest, first: bytes, name: str
) -> Iterator[Entry]:
    """Yield what follows the manifest, every line of it verified; its end too.

    Raises InputError naming the line where a checksum or the chain is broken, a file stands there
    twice or out of its order, the end is missing, or something follows it.
    """
    sum_ = hashlib.sha256(first)
    reader = _Reader(manifest)
    count = 0
    for count, line in enumerate(lines, 1):
        if line.startswith(b'{"end"'):
            _check_end(line, (count, sum_.hexdigest()), (reader.chain, manifest), name)
            if next(lines, None) is not None:
                raise bad_line(name, count + 2, Phrase("something follows the end"))
            return
        sum_.update(line)
        try:
            entry = _entry_decoder.decode(line)
            reader.check(entry, count + 1)
        except (ValueError, RecursionError) as error:
            raise bad_line(name, count + 1, Phrase("{detail}", detail=str(error))) from None
        except StoreError as error:
            what = error.phrase.values.get("what", error.phrase)
            raise bad_line(name, count + 1, Phrase("{detail}", detail=what)) from None
        yield entry
    raise bad_line(name, count + 1, Phrase("the end is missing: the file was cut"))


class _Reader:
    """What has been read of an archive: the file that the last entry belongs to, and the chain."""

    def __init__(self, manifest: Manifest) -> None:
        anchor = manifest.store.anchor
        self.chain = Chain(0, GENESIS) if anchor is None else Chain(anchor.n, anchor.hash)
        self._snapshot = ""
        if anchor is not None:
            self._snapshot = f"ledger/{snapshot_name(anchor.n, anchor.digest)}"
        self._last = (0, "")
        self._personal: set[str] = set()

    def check(self, entry: Entry, number: int) -> None:
        """Raise ValueError, StoreError where an entry is not what comes next in an archive."""
        line, whole = bytes(entry.line), bytes(entry.whole)
        rank = self._rank(entry.file)
        if bool(line) == bool(whole) or (rank == 0) == bool(line):
            raise ValueError("no part of a store has this name")
        if rank == 0:
            if entry.file in self._personal:
                raise ValueError("this file stands there twice")
            self._personal.add(entry.file)
            if not entry.file.endswith(f"-{digest(whole)[:_NAME_LENGTH]}.json"):
                raise ValueError("its content does not fit its name")
        place = (rank, entry.file if rank else "")
        if place < self._last:
            raise ValueError("this file stands there twice, or in a wrong place")
        self._last = place
        if _MONTH.fullmatch(entry.file):
            self.chain.follow(line, entry.file, number)

    def _rank(self, file: str) -> int:
        """Return where a file stands among the parts of an archive."""
        if _PERSONAL.fullmatch(file) is not None:
            return 0
        if file == self._snapshot:
            return 1
        if _MONTH.fullmatch(file) is not None:
            return 2
        raise ValueError("no part of a store has this name")


def _check_end(
    line: bytes, seen: tuple[int, str], state: tuple[Chain, Manifest], name: str
) -> None:
    count, sha256 = seen
    chain, manifest = state
    try:
        end = msgspec.json.decode(line, type=End)
    except (ValueError, RecursionError) as error:
        raise bad_line(name, count + 1, Phrase("{detail}", detail=str(error))) from None
    if (end.lines, end.sha256) != (count, sha256):
        raise bad_line(name, count + 1, Phrase("its checksum does not fit"))
    if (chain.n, chain.hash) != (manifest.n, manifest.hash):
        raise bad_line(name, count + 1, Phrase("the ledger ends before its last line"))


def bad_line(name: str, number: int, message: Phrase) -> InputError:
    """Return the error for a line of an archive that is not as it was packed."""
    return InputError(
        Phrase("{path} is damaged, so nothing was made of it.", path=name),
        [Problem(Phrase("line {number}", number=number), message)],
    )

"""Whether a whole store can be made of an archive: asked of its entries as they come.

What is asked of a backup that was just written, of a dry run and of a restore is the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress

import msgspec

from kofucli.errors import Phrase
from kofucli.model import OfficeRecord, Purged, Sequences
from kofucli.numbers import NUMBER
from kofucli.store.anchor import Kept, decode_kept, snapshot_name
from kofucli.store.archive import Entry, Manifest
from kofucli.store.ledger import GENESIS, Ledger, decode_line
from kofucli.store.replay import Finding, Folded, fold

_HIGHEST = 10**12 - 10**9
"""Sequences have at most twelve digits, and there must be room for restores to come."""


class Proof(msgspec.Struct):
    """The ledger of an archive, folded; what is wrong in it; and the highest sequence it knows."""

    folded: Folded
    findings: list[Finding]
    highest: int


class _Stream(Ledger):
    """The ledger's lines as an archive yields them; what comes before them is kept."""

    def __init__(self, manifest: Manifest, entries: Iterable[Entry]) -> None:
        anchor = manifest.store.anchor
        super().__init__("", (0, GENESIS) if anchor is None else (anchor.n, anchor.hash))
        self.personal: set[str] = set()
        self.snapshot: list[bytes] = []
        self.floor = 0
        self._entries = iter(entries)
        self._first = self._read_beginning()

    def _read_beginning(self) -> Entry | None:
        """Read what stands before the first line, and return that."""
        for entry in self._entries:
            if entry.file.startswith("private/"):
                self.personal.add(entry.file)
            elif entry.file.startswith("ledger/anchor-"):
                self.snapshot.append(bytes(entry.line) + b"\n")
            else:
                return entry
        return None

    def files(self) -> list[str]:
        """Return nothing: there are no files."""
        return []

    def lines(self, of: list[str] | None = None) -> Iterator[tuple[str, int, bytes]]:
        """Yield every line as (file, line number, bytes)."""
        last, number = "", 0
        entry = self._first
        while entry is not None:
            number = number + 1 if entry.file == last else 1
            last, raw = entry.file, bytes(entry.line)
            if b'"office":[' in raw:
                self.note_floor(decode_line(raw, last, number).put.get("office", ()))
            yield last, number, raw
            entry = next(self._entries, None)

    def note_floor(self, records: Iterable[msgspec.Raw]) -> None:
        """Note what the office says of sequences that were given, and are not known any more."""
        for raw in records:
            with suppress(ValueError, RecursionError):  # folding it tells what is wrong
                record = msgspec.json.decode(raw, type=OfficeRecord)
                if isinstance(record, Sequences):
                    self.floor = max(self.floor, record.floor)
                elif isinstance(record, Purged):
                    self.floor = max(self.floor, record.highest)


def find_sequence(number: str) -> int | None:
    """Return the sequence in a reservation number, None where it has not the form of one."""
    found = NUMBER.fullmatch(number)
    return int(found[3]) if found is not None else None


def prove(manifest: Manifest, entries: Iterable[Entry]) -> Proof:
    """Fold the ledger of an archive, and find what keeps a whole store from being made of it.

    Takes every entry. Raises InputError where the archive itself is damaged.
    """
    stream = _Stream(manifest, entries)
    snapshot = _read_snapshot(manifest, stream)
    folded, findings = fold(".", manifest.store, stream, snapshot=snapshot)
    if not findings:
        # A change of an older copy is past: a backup of what stands now is better than none.
        findings += [found for found in folded.history if found.part != "history"]
    findings += _find_personal(folded, stream.personal)
    highest = stream.floor
    for name in folded.names():
        for key in folded.state_of(name)[1] if name.startswith("days/") else ():
            sequence = find_sequence(key)
            if sequence is None:
                message = Phrase("it is no reservation number: {number}", number=f"{key!a}")
                findings.append(Finding(name, None, message))
            highest = max(highest, sequence or 0)
    if highest > _HIGHEST:
        message = Phrase("its sequences leave no room for new ones: {highest}", highest=highest)
        findings.append(Finding("ledger", None, message))
    return Proof(folded, findings, highest)


def _read_snapshot(manifest: Manifest, stream: _Stream) -> Iterator[Kept]:
    anchor = manifest.store.anchor
    if anchor is not None:
        path = f"ledger/{snapshot_name(anchor.n, anchor.digest)}"
        for kept in decode_kept(b"".join(stream.snapshot) or None, path, anchor):
            if kept.name == "office":
                stream.note_floor(kept.records)
            yield kept


def _find_personal(folded: Folded, present: set[str]) -> Iterator[Finding]:
    """Yield the personal values that a record names, and the archive has not."""
    for agent_id, name in sorted(folded.personal.items()):
        file = f"private/{agent_id}-{name}.json"
        if name is not None and file not in present:
            yield Finding(file, None, Phrase("it is missing"), "personal")

"""Removing what is old: days, and the ledger's lines before them, so that the rest still verifies.

1. Lock, and check everything: what a purge removes nobody can make again. 2. Find the last line
before the first day that is kept, and the days that no later line touches. 3. Write the documents
as of that line into a snapshot. 4. Append the line of the purge. 5. Put the anchor into
``store.json``: this is the switch. 6. Remove. 7. Note that it is finished. Before 5 nothing has
changed but for a line and a file; after it the next writer does the rest.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime

import msgspec

from kofucli.clock import JST
from kofucli.errors import Phrase, StoreError, UnknownOutcomeError, reason_of
from kofucli.model import ACTIVE, Purged, Stamp
from kofucli.store import disk, documents
from kofucli.store.anchor import SNAPSHOT, Kept, encode_kept, read_kept, snapshot_name
from kofucli.store.check import refuse_damage
from kofucli.store.files import FileStore
from kofucli.store.fold import collect
from kofucli.store.header import Anchor, Header, read_header, write_header
from kofucli.store.ledger import decode_line, digest, number_of
from kofucli.store.proof import find_sequence
from kofucli.store.view import FileView

_YEAR = re.compile(r"[0-9]{4}")


class KeptDay(msgspec.Struct, frozen=True):
    """A day that stays though it is old: its reservations without an outcome, 0 for none.

    Where there is none, something was changed on it after the first day that is kept.
    """

    date: date
    standing: int


class PurgeResult(msgspec.Struct, frozen=True):
    """What a purge removes: days, reservations, ledger lines; and which old days it keeps.

    ``anchor`` is ``n:hash`` of the last line that is gone, None where none ever went.
    """

    before: date
    days: tuple[date, ...]
    reservations: int
    lines: int
    kept: tuple[KeptDay, ...]
    anchor: str | None
    dry_run: bool = False

    @property
    def changed(self) -> bool:
        """Whether there is anything to remove."""
        return bool(self.days) or self.lines > 0


class _Survey(msgspec.Struct):
    """What there is to remove: the last line to go, and what the old days hold.

    ``highest`` is the highest sequence in a number that goes.
    """

    n: int
    hash: str
    days: list[date] = []
    reservations: int = 0
    kept: list[KeptDay] = []
    highest: int = 0


def purge(store: FileStore, before: date, stamp: Stamp) -> PurgeResult:
    """Remove days before ``before``, and ledger lines written before it.

    A day stays where a reservation has no outcome yet, or where a later line than those that go
    changed something on it. Lines go up to the first one written on ``before`` or later. Agents
    and what the office decided stay as they are.

    Documents say what is open, and a purge destroys what they could be made of, and the lines that
    tell what was lost: so it raises StoreError, before it changes anything, where anything is
    damaged but personal values. LockedError.
    """
    with store.locked("store purge"):
        store.use_header(read_header(store.root) or store.header)
        refuse_damage(store.root, store.header, store.ledger, frozenset())
        with store.change("purge", stamp):
            pass  # finishes what a killed process began
        survey = store.read(lambda view: _survey(store, view, before))
        result = _describe(store, survey, before, stamp.dry_run)
        if result.changed and not stamp.dry_run:
            try:
                _purge(store, survey, before, stamp)
            except OSError as error:
                raise disk.failure(error, store.root) from None
    return result


def _describe(store: FileStore, survey: _Survey, before: date, dry_run: bool) -> PurgeResult:
    return PurgeResult(
        before,
        tuple(survey.days),
        survey.reservations,
        survey.n - store.ledger.start[0],
        tuple(survey.kept),
        f"{survey.n}:{survey.hash}" if survey.n else None,
        dry_run,
    )


def _survey(store: FileStore, view: FileView, before: date) -> _Survey:
    survey = _Survey(*_find_last(store, before))
    for day in view.days(None, date.fromordinal(before.toordinal() - 1)):
        reservations = view.day(day)
        standing = sum(r.status in ACTIVE for r in reservations.values())
        if standing or view.included(day) > survey.n:
            survey.kept.append(KeptDay(day, standing))
        elif reservations:
            survey.days.append(day)
            survey.reservations += len(reservations)
            survey.highest = max(survey.highest, *(find_sequence(n) or 0 for n in reservations))
        view.forget(day)
    return survey


def _find_last(store: FileStore, before: date) -> tuple[int, str]:
    """Return number and hash of the last line that may go: all up to it are older."""
    first = datetime(before.year, before.month, before.day, tzinfo=JST)
    n, prev = store.ledger.start
    for path, number, raw in store.ledger.lines():
        line = decode_line(raw, path, number)
        if (line.n, line.prev) != (n + 1, prev):
            what = Phrase("it does not continue the line before: one was changed or removed")
            raise disk.damaged(f"{path}:{number}", what)
        if line.at >= first:
            break
        n, prev = line.n, digest(raw)
    return n, prev


def _purge(store: FileStore, survey: _Survey, before: date, stamp: Stamp) -> None:
    data = b"".join(encode_kept(_keep(store, survey)))
    sha256 = hashlib.sha256(data).hexdigest()
    disk.replace_file(os.path.join(store.root, "ledger", snapshot_name(survey.n, sha256)), data)
    with store.change("purge", stamp) as transaction:
        highest, earlier = survey.highest, transaction.office().get("purged")
        if isinstance(earlier, Purged):
            before, highest = max(before, earlier.before), max(highest, earlier.highest)
        record = Purged("purged", before, survey.n, survey.hash, sha256, highest)
        transaction.put_office(record)
        transaction.forget_days(survey.days)
    anchor = Anchor(survey.n, survey.hash, sha256, before, unfinished=True)
    header = msgspec.structs.replace(store.header, anchor=anchor)
    _switch(store, header)
    store.committed.append("purge")
    try:
        finish(store)
    except (OSError, StoreError):
        store.warnings.append(
            Phrase("The purge is recorded; not everything is removed yet, the next change does it.")
        )


def _switch(store: FileStore, header: Header) -> None:
    """Put the anchor in its place. Raises OSError where it is not there, UnknownOutcomeError."""
    try:
        write_header(store.root, header)
    except OSError as error:
        found = read_header(store.root)
        if found is None or found.anchor != header.anchor:
            raise
        raise UnknownOutcomeError(
            Phrase(
                "The disk failed while the purge was made durable ({detail} at {path}): it may be "
                "kept or lost. Run 'kofucli store purge' again.",
                detail=reason_of(error),
                path=store.root,
            )
        ) from None
    store.use_header(header)


def _keep(store: FileStore, survey: _Survey) -> Iterator[Kept]:
    """Yield the documents that stay, as the last line that goes left them."""
    gone = {documents.day_name(day) for day in survey.days}
    names = {name for name in _names_until(store, survey.n) if name not in gone}
    contents = collect(store.root, store.ledger, store.header.anchor, names, survey.n)
    for name, content in sorted(contents.items()):
        yield Kept(name, content.n, list(content.records.values()))


def _names_until(store: FileStore, n: int) -> Iterator[str]:
    """Yield the names of all documents that there were after line ``n``."""
    for kept in read_kept(store.root, store.header.anchor):
        yield kept.name
    for path, number, raw in store.ledger.lines():
        line = decode_line(raw, path, number)
        if line.n > n:
            return
        yield from line.put


def finish(store: FileStore) -> None:
    """Remove what an anchor has made needless, and note that this is done; under the lock.

    Raises StoreError, OSError.
    """
    header = read_header(store.root) or store.header
    anchor = header.anchor
    if anchor is None:
        return
    _remove_lines(store, anchor)
    _remove_days(store, anchor)
    finished = msgspec.structs.replace(anchor, unfinished=False)
    header = msgspec.structs.replace(header, anchor=finished)
    write_header(store.root, header)
    store.use_header(header)


def _remove_lines(store: FileStore, anchor: Anchor) -> None:
    """Remove ledger files up to the anchor, and the beginning of the one that goes on after it."""
    folder = os.path.join(store.root, "ledger")
    for path in store.ledger.files():
        data = disk.read_bytes(path) or b""
        lines = data.splitlines(keepends=True)
        old = next((at for at, x in enumerate(lines) if number_of(x) > anchor.n), len(lines))
        if old == len(lines):
            disk.remove(path)
            continue
        if old:
            disk.replace_file(path, b"".join(lines[old:]))
        break
    for name in os.listdir(folder):
        if SNAPSHOT.fullmatch(name) and name != snapshot_name(anchor.n, anchor.digest):
            disk.remove(os.path.join(folder, name))
    disk.sync_folder(folder)


def _remove_days(store: FileStore, anchor: Anchor) -> None:
    """Remove the documents of old days that neither the snapshot nor a later line knows."""
    known = {kept.name for kept in read_kept(store.root, anchor)}
    for path, number, raw in store.ledger.lines():
        known.update(decode_line(raw, path, number).put)
    folder = os.path.join(store.root, "days")
    ending = f".{store.header.codec}"
    for year in sorted(filter(_YEAR.fullmatch, os.listdir(folder))):
        place = os.path.join(folder, year)
        for name in os.listdir(place):
            day = name.removesuffix(ending)
            if name.endswith(ending) and day < str(anchor.before) and f"days/{day}" not in known:
                disk.remove(os.path.join(place, name))
        if year < f"{anchor.before.year}":
            with suppress(OSError):  # a day of it was kept
                os.rmdir(place)
        else:
            disk.sync_folder(place)
    disk.sync_folder(folder)

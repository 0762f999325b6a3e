"""The foundation of a store, made again: its folders and ``store.json``, without which none opens.

``store.json`` can be derived. The documents show the codec, the ledger line of a purge holds the
anchor, and reservation numbers begin with the office.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import nullcontext

import msgspec

from kofucli.base.errors import Phrase, StoreError
from kofucli.model.numbers import NUMBER
from kofucli.model.records import OfficeRecord, Purged, Stamp
from kofucli.store import disk
from kofucli.store.documents import Codec, damaged
from kofucli.store.files.ledger import Ledger
from kofucli.store.files.store import FileStore
from kofucli.store.files.upkeep import FileMending, is_odd
from kofucli.store.files.view import FOLDERS, read_header
from kofucli.store.header import FORMAT, Anchor, Header, Kept, last_lines, refuse_other_office
from kofucli.store.integrity.replay import Repaired
from kofucli.store.ledger import decode_lines, sum_up

_REPLACEABLE = ("days", "agents", "outbox")
"""Where something else is in the place of these folders, it is set aside and they are made anew.

Only a user can judge what is in the place of another folder.
"""


def mend_foundation(
    root: str, office: str, lock_seconds: float, stamp: Stamp
) -> tuple[list[Repaired], str | None, FileStore | None]:
    """Make the folders that a store lacks, and a ``store.json`` that is missing or damaged.

    See ``kofucli.store.place.Place``. A file or a link in the place of a folder, or a folder in
    that of ``store.json``, is set aside.
    """
    if not any(os.path.lexists(os.path.join(root, name)) for name in ("store.json", "ledger")):
        return [], None, None
    with disk.errors_at(root):
        disk.refuse_link(root)
        intact = _read_intact(root)
        header = intact or _derive_header(root, office)
        refuse_other_office(root, header.office, office)
        places = {name: os.path.join(root, name) for name in FOLDERS}
        missing = [name for name, place in places.items() if not os.path.lexists(place)]
        taken = [
            name
            for name in _REPLACEABLE
            if name not in missing
            and (os.path.islink(places[name]) or not os.path.isdir(places[name]))
        ]
        if intact is not None and not taken and not missing:
            return [], None, None
        store = FileStore(root, header, lock_seconds)
        mending = FileMending(store, stamp)
        with nullcontext() if stamp.dry_run else store.locked("store check"):
            for name in FOLDERS:
                if name in taken:
                    mending.set_aside(name)
                if name in taken or name in missing:
                    mending.make_folder(name)
            if intact is None:
                if is_odd(os.path.join(root, "store.json")):
                    mending.set_aside("store.json")
                mending.write_header()
    if not stamp.dry_run:
        return mending.done, mending.moved_to, None
    # The dry run of the repair that follows says that it would write store.json: not twice.
    done = [step for step in mending.done if step.action != "written"]
    return done, mending.moved_to, store


def _read_intact(root: str) -> Header | None:
    """Return what ``store.json`` says, None where it is missing or damaged."""
    try:
        return read_header(root)
    except StoreError as error:
        if error.reason != "damaged":
            raise
        return None


def _derive_header(root: str, office: str) -> Header:
    """Derive the header; its office is ``office`` where no reservation tells.

    Raises StoreError where the ledger's beginning is missing and no line tells of a purge.
    """
    anchor, theirs = _read_ledger(root)
    header = Header(FORMAT, theirs or office, _find_codec(root), anchor)
    # The snapshot is read in any case: a damaged one raises StoreError.
    store = FileStore(root, header, 0)
    kept = list(store.kept())
    if anchor is not None:
        anchor = msgspec.structs.replace(anchor, gone=_sum_gone(store, kept))
        header = msgspec.structs.replace(header, anchor=anchor)
    if theirs is not None:
        return header
    days = (each.records for each in kept if each.name.startswith("days/"))
    found = next(filter(None, (_office_of(raw) for raws in days for raw in raws)), office)
    return msgspec.structs.replace(header, office=found)


def _sum_gone(store: FileStore, kept: Sequence[Kept]) -> int:
    """Return what the sum of all days is more than that of the days which are left."""
    line = store.ledger.read_tail().line
    if line.sums is msgspec.UNSET:
        return 0
    lasts = last_lines(kept, decode_lines(store.lines()))
    return line.sums.days - sum_up(lasts, line.live, line.sums.before, 0).days


def _find_codec(root: str) -> Codec:
    if os.path.lexists(os.path.join(root, "office.json")):
        return "json"
    for _, _, names in os.walk(root):
        if any(name.endswith(".toml") for name in names):
            return "toml"
    return "json"


def _read_ledger(root: str) -> tuple[Anchor | None, str | None]:
    """Return the anchor that the ledger begins after, and the office that its numbers name."""
    first, found, office = 0, None, None
    ledger = Ledger(root)
    lines = ledger.lines() if os.path.isdir(os.path.join(root, "ledger")) else ()
    for line in decode_lines(lines):
        first = first or line.n
        for record in line.put.get("office", ()):
            read = msgspec.json.decode(record, type=OfficeRecord)
            if isinstance(read, Purged) and read.n + 1 == first:
                found = read
        if office is None:
            days = (raws for name, raws in line.put.items() if name.startswith("days/"))
            office = next((_office_of(raw) for raws in days for raw in raws), None)
    if found is None:
        if first > 1:
            raise damaged(ledger.files()[0], Phrase("its beginning is missing"))
        return None, office
    return Anchor(found.n, found.hash, found.digest, found.before), office


class _Numbered(msgspec.Struct):
    number: str


def _office_of(reservation: msgspec.Raw) -> str | None:
    found = NUMBER.fullmatch(msgspec.json.decode(reservation, type=_Numbered).number)
    return None if found is None else found[1]

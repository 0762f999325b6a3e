"""A store made of an archive, or copied: verified, and then all of it is there, or nothing.

``prove`` asks the same of a new backup, a dry run, an import and a restore.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime
from itertools import chain, groupby

import msgspec

from kofucli.base import (
    AftermathError,
    InputError,
    KofuError,
    Phrase,
    Problem,
    StoreError,
    reason_after_change,
)
from kofucli.base.text import N_
from kofucli.model import Moved, Sequences, Stamp
from kofucli.model.numbers import draw_floor
from kofucli.store import Store, documents
from kofucli.store.copies import Archive, Entry, Manifest, pack, read_entries, read_manifest
from kofucli.store.disk import Stages, unseen
from kofucli.store.documents import Codec, digest, personal_file
from kofucli.store.header import Header, Kept, decode_kept, snapshot_file
from kofucli.store.integrity import Contents, Finding, Folded, fold
from kofucli.store.ledger import Chain, RawLine, number_of
from kofucli.store.place import Building, Place
from kofucli.store.view import refuse_moved

_HIGHEST = 10**12 - 10**9
"""The highest sequence that a restore accepts: there are twelve digits, and more may follow."""


class Copied(msgspec.Struct, frozen=True):
    """A store that was made of an archive.

    ``head`` is ``n:hash`` of the archive's last line. New numbers begin above ``floor``; it is None
    where they continue as before.
    """

    path: str
    office: str
    codec: Codec
    head: str
    at: datetime
    floor: int | None = None
    dry_run: bool = False


def check_target(office: str, archive: Archive, place: Place) -> None:
    """Raise InputError where an archive is another office's, StoreError where a place is taken."""
    theirs = archive.manifest.store.office
    if theirs != office:
        raise InputError(
            Phrase(
                "The file is of office {theirs}, and the configuration describes office {ours}: "
                "check FILE and --config.",
                theirs=theirs,
                ours=office,
            )
        )
    place.ensure_vacant(office)


def import_archive(
    office: str,
    archive: Archive,
    place: Place,
    codec: Codec | None,
    dry_run: bool,
    stages: Stages = unseen,
) -> Copied:
    """Make the store that was exported again, at a place.

    ``codec`` is how its documents are written, None for as they were. Raises InputError where the
    archive makes no whole store, StoreError; then nothing is there.
    """
    header = archive.manifest.store
    header = msgspec.structs.replace(header, codec=codec or header.codec)
    finish = None if dry_run else lambda building, highest: None
    return _make(office, archive, place, header, finish, stages)


def restore_archive(
    office: str, archive: Archive, place: Place, stamp: Stamp, stages: Stages = unseen
) -> Copied:
    """Make the store of a backup again, and let it give no number that was given already.

    Nobody knows which numbers were given after the backup, or by other stores restored from it. So
    new sequences begin far above the highest one in it (``draw_floor``). Raises what
    ``import_archive`` does.
    """
    # A backup of a wrong clock counts, too.
    stamp = msgspec.structs.replace(stamp, by_machine=False)

    def begin_above(building: Building, highest: int) -> int:
        floor = draw_floor(highest)
        with building.store.transaction("restore", stamp) as transaction:
            if "moved" in transaction.office():
                transaction.put_office(Moved("moved", ""))  # this store is open again
            transaction.put_office(Sequences("sequences", floor))
        return floor

    finish = None if stamp.dry_run else begin_above
    return _make(office, archive, place, archive.manifest.store, finish, stages)


def _make(
    office: str,
    archive: Archive,
    place: Place,
    header: Header,
    finish: Callable[[Building, int], int | None] | None,
    stages: Stages,
) -> Copied:
    """Make the store of an archive; without ``finish`` only make sure that it would be whole."""
    check_target(office, archive, place)
    floor, last = None, archive.manifest
    header = msgspec.structs.replace(header, codec=place.codec or header.codec)
    if finish is None:
        _refuse(prove(last, archive.entries, None, stages)[1])
    else:
        floor = place.build(header, lambda new: finish(new, _fill(new, archive, stages)))
    return Copied(
        place.name, header.office, header.codec, last.head, last.at, floor, finish is None
    )


def _fill(building: Building, archive: Archive, stages: Stages) -> int:
    """Make a whole store of an archive, read once; return the highest sequence it knows of."""
    entries = _write_entries(building, archive.entries)
    folded, findings = prove(archive.manifest, entries, Contents(), stages)
    _refuse(findings)
    names, codec = folded.names(), building.store.header.codec
    for name in stages(N_("Writing the documents"), names, len(names)):
        with building.open_new(documents.path_of(name, codec)) as file:
            file.write(folded.read(name).encode(codec))
    _refuse(list(building.store.upkeep().find_strays(folded)))
    building.sync()
    return folded.highest


def _write_entries(building: Building, entries: Iterable[Entry]) -> Iterator[Entry]:
    """Write each entry to its file, and pass it on. The lines of one file come together."""
    with ExitStack() as stack:
        name, file = "", None
        for entry in entries:
            if file is None or entry.file != name:
                stack.close()
                name = entry.file
                file = stack.enter_context(building.open_new(name))
            line = bytes(entry.line)
            file.write(line + b"\n" if line else entry.whole)
            yield entry


def _refuse(findings: Sequence[Finding]) -> None:
    """Raise InputError for findings, but not for a change of an older copy, which is past."""
    faults = [found for found in findings if found.part != "history"]
    if faults:
        raise InputError(
            Phrase("The file does not hold a whole store, so nothing was made of it."),
            [Problem(Phrase("{file}", file=f.file), f.message) for f in faults],
        )


def prove(
    manifest: Manifest, entries: Iterable[Entry], contents: Contents | None, stages: Stages
) -> tuple[Folded, list[Finding]]:
    """Fold the ledger of an archive, and find why no whole store could be made of it.

    Reads all entries, and gathers ``contents`` where they are asked for. Raises InputError where
    the archive itself is damaged.
    """
    header = manifest.store
    personal, snapshot, raw_lines = _split(entries)
    folded = Folded(Chain(*header.start), contents)
    lines = stages(N_("Reading the archive"), raw_lines, manifest.n - header.start[0])
    kept: Iterable[Kept] = ()
    if header.anchor is not None:
        path = snapshot_file(header.anchor)
        kept = decode_kept(snapshot or None, path, header.anchor)
    findings = fold(folded, ".", header, lines, kept)
    if not findings:
        # A change of an older copy is past: a backup of what stands now is better than none.
        findings += [found for found in folded.history if found.part != "history"]
    for agent_id, name in sorted(folded.personal.items()):
        if name is not None and personal_file(agent_id, name) not in personal:
            file = personal_file(agent_id, name)
            findings.append(Finding(file, None, Phrase("it is missing"), "personal"))
    for key, name in folded.odd.items():
        message = Phrase("it is not a reservation number: {number}", number=f"{key!a}")
        findings.append(Finding(name, None, message))
    highest = folded.highest
    if highest > _HIGHEST:
        message = Phrase("its sequences leave no room for new ones: {highest}", highest=highest)
        findings.append(Finding("ledger", None, message))
    return folded, findings


def _split(entries: Iterable[Entry]) -> tuple[set[str], bytes, Iterator[RawLine]]:
    """Return the files of an archive's personal values, a snapshot's bytes, the ledger's lines."""
    personal, snapshot = set[str](), bytearray()
    first: list[Entry] = []
    rest = iter(entries)
    for entry in rest:
        if entry.file.startswith("private/"):
            personal.add(entry.file)
        elif entry.file.startswith("ledger/anchor-"):
            snapshot += bytes(entry.line) + b"\n"
        else:
            first.append(entry)
            break
    files = groupby(chain(first, rest), key=lambda entry: entry.file)
    lines = (
        (file, number, bytes(entry.line))
        for file, its in files
        for number, entry in enumerate(its, 1)
    )
    return personal, bytes(snapshot), lines


class StoreCopy(msgspec.Struct, frozen=True, rename={"source": "from", "target": "to"}):
    """A copy of the store ``source`` at ``target``.

    ``head`` is ``n:hash`` of its last line, ``at`` the instant of that. ``closed`` says that the
    source takes no changes any more, ``mails`` how many mails were moved.
    """

    source: str
    target: str
    head: str
    at: datetime
    closed: bool
    mails: int = 0
    dry_run: bool = False


def copy_store(
    source: Store, place: Place, stamp: Stamp, keep: bool, stages: Stages = unseen
) -> StoreCopy:
    """Copy a store, and close it unless ``keep``: then mails stay, too.

    1. Lock the first store, so that nobody changes it meanwhile.
    2. Make the other one of an archive of it: all of it appears, or nothing.
    3. Close the first: a last line says where it moved.
    4. Move the mails that wait.

    Interrupted, the same copy goes on: a store that is there and is an earlier state of the first
    one is taken, or made anew.
    Raises StoreError where something else is at the place, and what an import raises;
    AftermathError where the store is closed and not all mails could be moved.
    """
    office = source.header.office
    with source.locked("store copy"):
        source.refresh()
        lines = pack(source)
        manifest, first = read_manifest(lines, source.root)
        moved = Moved("moved", place.name)
        is_closed = source.read(lambda view: view.office().get("moved")) == moved
        if not is_closed:
            source.read(lambda view: refuse_moved(view, source.root))
        if not is_closed and not _is_there(source, place, office, manifest, stamp.dry_run):
            entries = read_entries(lines, manifest, first, source.root)
            archive = Archive(manifest, entries)
            import_archive(office, archive, place, None, stamp.dry_run, stages)
        if not keep and not is_closed:
            with source.change("store copy", stamp) as transaction:
                transaction.put_office(moved)
    made = StoreCopy(
        source.root, place.name, manifest.head, manifest.at, not keep or is_closed, 0, stamp.dry_run
    )
    if keep or stamp.dry_run:
        return made
    return msgspec.structs.replace(made, mails=_move_mails(source, place.open(office)))


def _is_there(source: Store, place: Place, office: str, manifest: Manifest, dry_run: bool) -> bool:
    """Tell whether the copy is there already; an earlier state of the source is removed."""
    try:
        place.ensure_vacant(office)
    except StoreError as error:
        if error.reason != "exists":
            raise
        try:
            there = place.open(office)
            last = max((raw for _, _, raw in there.lines()), key=number_of, default=b"")
            there.close()
        except KofuError:
            raise error from None
        theirs = f"{number_of(last)}:{digest(last)}"
        if theirs == manifest.head:
            return True
        if theirs not in (f"{number_of(raw)}:{digest(raw)}" for _, _, raw in source.lines()):
            raise
        if not dry_run:
            place.remove(office)
    return False


def _move_mails(source: Store, target: Store) -> int:
    """Move the mails that wait, each once; return how many."""
    names = source.mails()
    try:
        for name in names:
            with source.claim_mail(name) as content:
                if content is not None:
                    target.write_mail(name, content)
                    source.remove_mail(name)
    except (OSError, KofuError) as error:
        raise AftermathError(
            Phrase(
                "The store was copied and closed, but not all of its mails could be moved "
                "({detail}). Run 'kofucli store copy' again.",
                detail=reason_after_change(error),
            )
        ) from None
    finally:
        target.close()
    return len(names)

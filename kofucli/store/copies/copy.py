"""A store copied to another place, of whatever kind: then the first one is closed for changes.

1. Lock the first store, so that nobody changes it meanwhile.
2. Make the other one of an archive of it: all of it appears, or nothing.
3. Close the first: a last line says where it moved.
4. Move the mails that wait.

Interrupted, the same copy goes on: a store that is there and is an earlier state of the first one
is taken, or made anew.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from kofucli.base.errors import (
    AftermathError,
    KofuError,
    Phrase,
    StoreError,
    reason_after_change,
)
from kofucli.model.records import Moved, Stamp
from kofucli.store import Stages, Store, unseen
from kofucli.store.copies.archive import Archive, Manifest, pack, read_entries, read_manifest
from kofucli.store.copies.restore import import_archive
from kofucli.store.documents import digest
from kofucli.store.ledger import number_of
from kofucli.store.place import Place
from kofucli.store.transaction import refuse_moved


class StoreCopy(msgspec.Struct, frozen=True):
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
    """Copy a store, and close it unless ``keep``: then mails stay, too. See the module.

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
    """Tell whether the copy is at the place already.

    An earlier state of the source is removed, since nothing else is in it. Raises StoreError where
    it is anything else.
    """
    try:
        place.ensure_vacant(office)
    except StoreError as error:
        if error.reason != "exists":
            raise
        try:
            theirs = _head_of(place.open(office))
        except KofuError:
            raise error from None
        if theirs == manifest.head:
            return True
        if theirs not in (f"{number_of(raw)}:{digest(raw)}" for _, _, raw in source.lines()):
            raise
        if not dry_run:
            place.remove(office)
    return False


def _head_of(store: Store) -> str:
    raw = max((raw for _, _, raw in store.lines()), key=number_of, default=b"")
    store.close()
    return f"{number_of(raw)}:{digest(raw)}"


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

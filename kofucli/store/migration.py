"""Bringing a store of an older format to this program's: backed up first, switched at once."""

from __future__ import annotations

import msgspec

from kofucli.errors import Phrase, StoreError, UnknownOutcomeError, reason_of
from kofucli.model import Stamp
from kofucli.store import disk
from kofucli.store.check import refuse_damage
from kofucli.store.copying import Backup, back_up
from kofucli.store.files import FileStore
from kofucli.store.header import FORMAT, Header, read_header, write_header


class Migrated(msgspec.Struct, frozen=True):
    """What a migration did: from which format, to which, and the backup it made before."""

    before: int
    after: int
    backup: Backup | None = None

    @property
    def changed(self) -> bool:
        """Whether the store had an older format."""
        return self.before != self.after


def migrate(store: FileStore, folder: str, stamp: Stamp) -> Migrated:
    """Back a store up into ``folder``, and bring it to this program's format.

    What differs from format 1 is ``store.json``: it has a checksum, and may name an anchor. One
    renaming puts it in its place, so at any time the store has one format or the other, whole. A
    dry run does nothing, and a store of this format is left alone. Raises StoreError, before
    anything is changed where the store is damaged; LockedError, UnknownOutcomeError.
    """
    before = store.header.format
    if before == FORMAT or stamp.dry_run:
        return Migrated(before, FORMAT)
    with store.locked("store migrate"):
        header = read_header(store.root) or store.header
        store.use_header(header)
        if header.format == FORMAT:
            return Migrated(FORMAT, FORMAT)  # by somebody else, meanwhile
        # All lines stay: what was changed from an older copy is named by every check to come.
        refuse_damage(store.root, store.header, store.ledger, frozenset({"history"}))
        with store.change("migrate", stamp):
            pass  # finishes what a killed process began
        backup = back_up(store, folder, stamp.now)
        header = msgspec.structs.replace(header, format=FORMAT)
        _switch(store, header)
        store.committed.append("migrate")
        try:
            with store.change("migrate", stamp) as transaction:
                transaction.note()
        except (StoreError, UnknownOutcomeError):
            store.warnings.append(
                Phrase("The store is migrated; the ledger's line about it could not be written.")
            )
    return Migrated(before, FORMAT, backup)


def _switch(store: FileStore, header: Header) -> None:
    """Put the new header in its place. Raises StoreError where the old one stays."""
    try:
        write_header(store.root, header)
    except OSError as error:
        if read_header(store.root) != header:
            raise disk.failure(error, store.root) from None
        raise UnknownOutcomeError(
            Phrase(
                "The disk failed while the migration was made durable ({detail} at {path}): the "
                "store may have either format, and is whole. Run 'kofucli store migrate' again.",
                detail=reason_of(error),
                path=store.root,
            )
        ) from None
    store.use_header(header)

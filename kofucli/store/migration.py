"""Bringing a store of an older format to this program's: the frame for the next format.

Every store that this program opens has its one format, so there is nothing to do today.
"""

from __future__ import annotations

import msgspec

from kofucli.store import Store
from kofucli.store.copying import Backup
from kofucli.store.header import FORMAT


class Migrated(msgspec.Struct, frozen=True):
    """What a migration did: from which format, to which, and the backup it made before."""

    before: int
    after: int
    backup: Backup | None = None

    @property
    def changed(self) -> bool:
        """Whether the store had an older format."""
        return self.before != self.after


def migrate_store(store: Store) -> Migrated:
    """Bring a store to this program's format; one that has it is left alone."""
    return Migrated(store.header.format, FORMAT)

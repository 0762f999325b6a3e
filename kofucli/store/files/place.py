"""The folder of a store: opened, made, mended."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from kofucli.store import disk
from kofucli.store.files.store import FileStore

if TYPE_CHECKING:
    from kofucli.model.records import OfficeRecord, Stamp
    from kofucli.store.documents import Codec
    from kofucli.store.files.creation import FileBuilding
    from kofucli.store.header import Header
    from kofucli.store.integrity.replay import Repaired

T = TypeVar("T")


class FilePlace:
    """A folder as ``kofucli.store.place.Place``."""

    codec: Codec | None = None

    def __init__(self, path: str) -> None:
        self._path = path
        self.name = os.path.abspath(path)

    def open(self, office: str, lock_seconds: float = 10) -> FileStore:
        """Open the store in the folder."""
        return FileStore.open(self._path, office, lock_seconds)

    def ensure_vacant(self, office: str) -> None:
        """Raise StoreError where anything but an empty folder is there."""
        from kofucli.base.results import refuse_place
        from kofucli.store.files.creation import ensure_vacant

        refuse_place(self._path)
        ensure_vacant(self._path)

    def create(
        self,
        header: Header,
        records: Sequence[OfficeRecord],
        stamp: Stamp,
        lock_seconds: float = 10,
    ) -> FileStore:
        """Make a store in the folder."""
        from kofucli.store.files.creation import create

        return create(self._path, header, records, stamp, lock_seconds)

    def build(self, header: Header, fill: Callable[[FileBuilding], T]) -> T:
        """Let ``fill`` make a store in the folder of the parts of another one."""
        from kofucli.store.files.creation import build

        return build(self._path, header, fill)

    def mend_foundation(
        self, office: str, lock_seconds: float, stamp: Stamp
    ) -> tuple[list[Repaired], str | None, FileStore | None]:
        """Make the folders and the header that the store lacks."""
        from kofucli.store.files.foundation import mend_foundation

        return mend_foundation(self._path, office, lock_seconds, stamp)

    def remove(self, office: str) -> None:
        """Remove the folder."""
        from shutil import rmtree

        with disk.errors_at(self.name):
            rmtree(self.name)

    def holds(self, path: str) -> bool:
        """Tell whether a path leads to the folder, or into it."""
        from kofucli.base.results import lies_in

        return lies_in(path, self._path)

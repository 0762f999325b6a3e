"""The folder of a store: opened, made, removed. Of a new store all appears at once, or nothing."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO, TypeVar

from kofucli.base import Phrase, StoreError, UnknownOutcomeError, reason_of
from kofucli.store import disk
from kofucli.store.documents import refusal
from kofucli.store.files.store import FileStore
from kofucli.store.files.view import FOLDERS
from kofucli.store.header import Header, encode_header

if TYPE_CHECKING:
    from kofucli.model import Stamp
    from kofucli.store.documents import Codec
    from kofucli.store.integrity import Repaired

T = TypeVar("T")


class FilePlace:
    """A folder as ``kofucli.store.place.Place``."""

    codec: Codec | None = None

    def __init__(self, path: str) -> None:
        self._path = path
        self.name = os.path.abspath(path)

    def open(self, office: str, lock_seconds: float = 10) -> FileStore:
        """Open the store in the folder."""
        return FileStore.open(self.name, office, lock_seconds)

    def ensure_vacant(self, office: str) -> None:
        """Raise StoreError where anything but an empty folder is there."""
        from kofucli.base.results import refuse_place

        refuse_place(self._path)
        _ensure_vacant(self._path)

    def build(
        self, header: Header, fill: Callable[[FileBuilding], T], lock_seconds: float = 10
    ) -> T:
        """Let ``fill`` make a store in the folder of its parts; nobody else has its lock."""
        return _build_beside(self.name, lambda root: fill(FileBuilding(root, header)))

    def mend_foundation(
        self, office: str, lock_seconds: float, stamp: Stamp
    ) -> tuple[list[Repaired], str | None, FileStore | None]:
        """Make the folders and the header that the store lacks."""
        from kofucli.store.files.foundation import mend_foundation

        return mend_foundation(self.name, office, lock_seconds, stamp)

    def remove(self, office: str) -> None:
        """Remove the folder."""
        from shutil import rmtree

        with disk.errors_at(self.name):
            rmtree(self.name)

    def beside(self, ending: str) -> str | None:
        """Return the path of the store's folder with an ending."""
        return self.name + ending

    def holds(self, path: str) -> bool:
        """Tell whether a path leads to the folder, or into it."""
        from kofucli.base.results import lies_in

        return lies_in(path, self._path)


def _ensure_vacant(path: str) -> None:
    try:
        vacant = os.path.isdir(path) and not os.path.islink(path) and not os.listdir(path)
    except OSError as error:
        raise disk.unusable(error, path) from None
    if os.path.lexists(path) and not vacant:
        raise refusal("exists", path)


def _build_beside(root: str, build: Callable[[str], T]) -> T:
    """Let ``build`` make a store in a folder beside ``root``; rename that, or leave nothing."""
    building = f"{root}.{os.getpid()}.new"
    try:
        _ensure_vacant(root)
        disk.make_parents(root)
        _remove_folder(building)
        made = build(building)
        os.rename(building, root)
    except BaseException as error:
        _remove_folder(building)
        if isinstance(error, StoreError):
            raise _named(error, building, root) from None
        if isinstance(error, UnknownOutcomeError) and isinstance(error.__context__, OSError):
            error = error.__context__  # the outcome is known: what was being made is gone
        if not isinstance(error, OSError):
            raise
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            raise refusal("exists", root) from None
        raise disk.unusable(error, root) from None
    try:
        disk.sync_folder(os.path.dirname(root))
    except OSError as error:
        raise UnknownOutcomeError(
            Phrase(
                "The disk failed while the store was made durable ({detail} at {path}): it may be "
                "kept or lost. Before you use it, run 'kofucli store check'.",
                detail=reason_of(error),
                path=root,
            )
        ) from None
    return made


def _named(error: StoreError, building: str, root: str) -> StoreError:
    """Return an error that names the store's place instead of the folder beside it."""
    values = {
        key: value.replace(building, root) if isinstance(value, str) else value
        for key, value in error.phrase.values.items()
    }
    return StoreError(error.reason, Phrase(error.phrase.text, **values))


class FileBuilding:
    """A store that is being made in folder ``root``, of its parts.

    ``store`` reads what was written. Nothing of it is durable before ``sync``.
    """

    def __init__(self, root: str, header: Header) -> None:
        for folder in (root, *(os.path.join(root, name) for name in FOLDERS)):
            disk.make_folder(folder)
        self._root = root
        self.store = FileStore(root, header, 0)
        with self.open_new("store.json") as file:
            file.write(encode_header(header))

    def open_new(self, file: str) -> BinaryIO:
        """Open a new file of the store for writing. Raises OSError where it is there already."""
        path = os.path.join(self._root, file)
        if file.startswith("days/"):
            self.make_room(int(file.split("/")[1]))
        return open(disk.open_file(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb")

    def make_room(self, year: int) -> None:
        """Make the folder of a year."""
        disk.make_folder(os.path.join(self._root, "days", f"{year}"))

    def sync(self) -> None:
        """Make everything durable. Raises OSError."""
        for place, _, names in os.walk(self._root):
            for error in disk.sync_files([os.path.join(place, name) for name in names]).values():
                raise error
            disk.sync_folder(place)


def _remove_folder(path: str) -> None:
    """Remove what a creation left that failed or was killed."""
    if os.path.lexists(path):
        from shutil import rmtree

        rmtree(path, ignore_errors=True)

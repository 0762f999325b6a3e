"""Stores as files: exported and imported, backed up and restored."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from kofucli.errors import InputError, Phrase
from kofucli.model import Stamp
from kofucli.settings import Settings
from kofucli.store.copying import Archive
from kofucli.store.creation import ensure_vacant
from kofucli.store.documents import Codec
from kofucli.store.unpacking import build, restore, verify


class Copied(Struct, frozen=True):
    """A store made of an archive: its folder, the last line, above what its new numbers begin.

    ``floor`` is None where it goes on counting as before.
    """

    path: str
    office: str
    codec: Codec
    head: str
    at: datetime
    floor: int | None = None
    dry_run: bool = False


def check_target(settings: Settings, archive: Archive, path: str) -> None:
    """Raise InputError where an archive is another office's, StoreError where ``path`` is taken."""
    office = archive.manifest.store.office
    if office != settings.office.id:
        raise InputError(
            Phrase(
                "What stands there belongs to office {theirs}, the configuration describes "
                "office {ours}: check FILE and --config.",
                theirs=office,
                ours=settings.office.id,
            )
        )
    ensure_vacant(path)


def import_archive(
    settings: Settings, archive: Archive, path: str, codec: Codec | None, stamp: Stamp
) -> Copied:
    """Make a store in folder ``path``, the same as the one that was exported.

    ``codec`` writes its documents in another form, of the same ledger. Raises InputError,
    StoreError; then nothing is there.
    """
    check_target(settings, archive, path)
    made = _describe(archive, path, codec)
    if stamp.dry_run:
        return _verify(archive, made)
    return _at(made, build(path, archive, codec))


def restore_archive(settings: Settings, archive: Archive, path: str, stamp: Stamp) -> Copied:
    """Make the store of a backup again; its new numbers leave out all that may have been given.

    Raises InputError, StoreError; then nothing is there.
    """
    check_target(settings, archive, path)
    made = _describe(archive, path, None)
    if stamp.dry_run:
        return _verify(archive, made)
    restored = restore(path, archive, stamp)
    return _at(made, restored.path, restored.floor)


def _describe(archive: Archive, path: str, codec: Codec | None) -> Copied:
    found = archive.manifest
    head = f"{found.n}:{found.hash}"
    return Copied(path, found.store.office, codec or found.store.codec, head, found.at)


def _verify(archive: Archive, made: Copied) -> Copied:
    verify(archive)
    return Copied(made.path, made.office, made.codec, made.head, made.at, dry_run=True)


def _at(made: Copied, path: str, floor: int | None = None) -> Copied:
    return Copied(path, made.office, made.codec, made.head, made.at, floor)

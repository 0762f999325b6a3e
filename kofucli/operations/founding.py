"""Making a new store, with the settings that its first decisions are made under."""

from __future__ import annotations

from kofucli.model import Stamp
from kofucli.operations.context import record_settings
from kofucli.settings import Settings
from kofucli.store import Store, create_store

__all__ = ["found"]


def found(path: str, settings: Settings, stamp: Stamp) -> Store:
    """Make an empty store at ``path``; raises StoreError where something is there already."""
    store = create_store(path, settings.office.id, settings.store.format, stamp)
    with store.transaction("settings", stamp) as transaction:
        record_settings(transaction, settings)
    return store

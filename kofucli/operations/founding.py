"""Making a new store, with the settings that its first decisions are made under."""

from __future__ import annotations

from kofucli.model import RecordedSettings, Stamp
from kofucli.settings import Settings, rule_tables
from kofucli.store import Store, create_store


def found(path: str, settings: Settings, stamp: Stamp) -> Store:
    """Make an empty store at ``path``; raises StoreError where something is there already."""
    recorded = RecordedSettings("settings", rule_tables(settings))
    return create_store(path, settings.office.id, settings.store.format, stamp, [recorded])

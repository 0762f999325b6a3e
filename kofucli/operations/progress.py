"""How far work has come: who takes many items tells a watch of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol


class Watch(Protocol):
    """Yields what it is given, and shows how far that has come."""

    def __call__(self, items: Sequence[Any], step: int | None = None, /) -> Iterable[Any]:
        """Yield the items; the clock is looked at after every ``step`` of them.

        Without a step it is often enough for items that take no time of their own.
        """


def watch_nothing(items: Sequence[Any], step: int | None = None, /) -> Iterable[Any]:
    """Return the items, showing nothing."""
    return items

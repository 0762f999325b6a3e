"""The progress of work on many items, which a watch may show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol


class Watch(Protocol):
    """Yields the items it is given, and shows how many were taken."""

    def __call__(self, items: Sequence[Any], step: int | None = None, /) -> Iterable[Any]:
        """Yield the items, and look at the clock after every ``step`` of them.

        Without a step it looks as often as it should for quick items.
        """


def watch_nothing(items: Sequence[Any], step: int | None = None, /) -> Iterable[Any]:
    """Return the items, showing nothing."""
    return items

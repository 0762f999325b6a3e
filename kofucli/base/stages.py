"""How far long work has come, as the work tells it; whoever shows it passes a ``Stages``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

T = TypeVar("T")


class Stages(Protocol):
    """Passes on what a stage of the work goes through, and may show how much of it is done."""

    def __call__(self, label: str, items: Iterable[T], count: int, /) -> Iterable[T]:
        """Return the items; ``label`` is English and marked, ``count`` how many they are."""


def unseen(label: str, items: Iterable[T], count: int, /) -> Iterable[T]:
    """Return the items, showing nothing."""
    return items

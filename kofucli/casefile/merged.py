"""Merged cells: one value, which stands in the first of them and is shown for all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from msgspec import Struct

from kofucli.casefile.letters import name_column, read_column

Place = tuple[int, int]
"""Row and column of a cell, from 0."""


class Area(Struct, frozen=True):
    """Cells that are merged into one: its rows and columns from 0, the last ones included."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def first(self) -> Place:
        """The cell that holds what all of them show."""
        return self.top, self.left

    def __str__(self) -> str:
        first = f"{name_column(self.left)}{self.top + 1}"
        return f"{first}:{name_column(self.right)}{self.bottom + 1}"


def read_area(written: str) -> Area | None:
    """Read an area such as ``C2:C4``; None where it is none."""
    found = re.fullmatch("([A-Za-z]{1,3})([0-9]{1,7}):([A-Za-z]{1,3})([0-9]{1,7})", written)
    if found is None:
        return None
    top, bottom = sorted((int(found[2]) - 1, int(found[4]) - 1))
    left, right = sorted((read_column(found[1]), read_column(found[3])))
    return Area(top, left, bottom, right)


def find_covered(
    areas: Iterable[Area], extent: Area, columns: Sequence[int]
) -> dict[Place, Area] | None:
    """Return of which area each cell is that shows another one's value.

    Only areas that begin within ``extent`` are looked at, and of their cells only those in it, in
    these ``columns``. None where areas lie upon each other, as Excel never has them.
    """
    covered: dict[Place, Area] = {}
    for area in areas:
        within = [column for column in columns if area.left <= column <= area.right]
        if area.top < extent.top or area.left < extent.left or not within:
            continue  # above the heading, beside the table, in columns that nobody reads
        for row in range(area.top, min(area.bottom, extent.bottom) + 1):
            for column in within:
                if covered.setdefault((row, column), area) is not area:
                    return None
    return {place: area for place, area in covered.items() if place != area.first}

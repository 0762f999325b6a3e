"""Text of which a part is struck through: two numbers in one cell, of which one counts.

``<si><r><rPr><strike/></rPr><t>横支更1</t></r><r><t>横支更2</t></r></si>`` has two runs. The first
one is struck through, the second one as far as the font of its cell is.
"""

from __future__ import annotations

from collections.abc import Mapping

from kofucli.casefile.package import local, parse_part

ELEMENTS = frozenset({"si", "is", "r", "rPr", "strike", "rPh"})
"""The elements that say what is struck through."""


class Runs:
    """Reads the runs of one text after the other.

    ``found`` says how the runs of the present text that show something are written: True is struck
    through, False is not, None is as the font of the cell.
    """

    def __init__(self) -> None:
        self.found: set[bool | None] = set()
        self._struck: bool | None = None
        self._is_reading_aid = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Take in one of ELEMENTS."""
        if tag in ("si", "is"):
            self.found, self._is_reading_aid = set(), False
        if tag == "rPh":  # kana beside the text, behind all of its runs
            self._is_reading_aid = True
        elif tag == "strike":
            self._struck = is_on(attributes)
        else:
            self._struck = False if tag == "rPr" else None

    def text(self, text: str) -> None:
        """Take in what stands in a run."""
        if text.strip() and not self._is_reading_aid:
            self.found.add(self._struck)


def is_on(attributes: Mapping[str, str]) -> bool:
    """Tell whether an element such as ``strike`` says yes: without a value it does."""
    return attributes.get("val", "1") in ("1", "true", "on")


def is_half_struck(found: set[bool | None], font: bool) -> bool:
    """Tell whether a text is struck through in part, in a cell whose font is struck or not."""
    return {font if struck is None else struck for struck in found} == {True, False}


def read_runs(
    parts: Mapping[str, bytes], name: str | None, fonts: bool
) -> dict[str, set[bool | None]]:
    """Return how the runs of shared strings are written, by the string's place in the list.

    Only of strings with runs of two kinds: no other one can be struck through in part. ``fonts``
    tells whether the font of any cell is struck. Few workbooks have such strings; in the others
    nothing is parsed.
    """
    if name is None or (b"rPr" if fonts else b"strike") not in parts[name]:
        return {}
    runs = Runs()
    mixed: dict[str, set[bool | None]] = {}
    count = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal count
        tag = local(tag)
        if tag == "si":
            count += 1
        if tag in ELEMENTS:
            runs.start(tag, attributes)

    def text(data: str) -> None:
        runs.text(data)
        if len(runs.found) > 1:
            mixed[str(count - 1)] = runs.found

    parse_part(parts, name, start, text=text)
    return mixed

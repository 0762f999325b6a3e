"""The confirmation as a page, for a telephone or printed on one sheet, and its QR code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kofucli.model.records import Reservation
from kofucli.output.confirmation.facts import Bearer, find_facts
from kofucli.output.tables import fill_page
from kofucli.settings import Settings

if TYPE_CHECKING:
    from segno import QRCode

QUIET = 4
"""Modules of quiet zone on each side (ISO/IEC 18004, 6.3.8)."""

_HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
"""A character for two modules, the upper and the lower one; ink is dark, as on paper."""


def confirmation_page(reservation: Reservation, bearer: Bearer, settings: Settings) -> str:
    """Return the confirmation as one HTML page that asks for nothing from outside.

    What has ended has no QR code: there is nothing to scan any more.
    """
    from markupsafe import Markup  # only pages need it

    facts = find_facts(reservation, bearer, settings)
    # The only value that is no text: segno draws it from a number of the store's own making.
    code = Markup(draw_svg(facts.number)) if facts.valid else None
    return fill_page("confirmation.html", facts=facts, code=code)


def _make(number: str) -> QRCode:
    """Return the code: any number fits the smallest size, the rest of it goes to correction."""
    import segno  # costs start-up, and most commands draw nothing

    return segno.make_qr(number, error="L", boost_error=True)


def draw_svg(number: str) -> str:
    """Return the code as an SVG element that stands in a page: black on its own white ground.

    It has no size of its own, so that the page's style gives it one.
    """
    return _make(number).svg_inline(border=QUIET, dark="#000", light="#fff", omitsize=True)


def draw_in_text(number: str) -> list[str]:
    """Return the code in lines of 29 block characters, two rows of modules in each."""
    rows = [[bool(module) for module in row] for row in _make(number).matrix_iter(border=QUIET)]
    if len(rows) % 2:
        rows.append([False] * len(rows[0]))
    return [
        "".join(_HALVES[above, below] for above, below in zip(*pair, strict=True)).rstrip()
        for pair in zip(rows[::2], rows[1::2], strict=True)
    ]

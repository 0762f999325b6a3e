"""The confirmation as a page, and its QR code: on the page, in a mail, in text, in a terminal."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from kofucli.model.records import Reservation
from kofucli.output.confirmation import Bearer, find_facts
from kofucli.output.tables import fill_page
from kofucli.settings import Settings

if TYPE_CHECKING:
    from segno import QRCode

_QUIET = 4
"""Modules of quiet zone on each side (ISO/IEC 18004, 6.3.8)."""
_PIXELS = 8
"""Pixels of a module in a picture."""

HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
"""A character for two modules, one above the other; True is dark."""
_BLACK_ON_WHITE, _PLAIN = "\x1b[38;5;16;48;5;231m", "\x1b[0m"
"""Of the 256 colours, two that no theme changes."""


def confirmation_page(reservation: Reservation, bearer: Bearer, settings: Settings) -> str:
    """Return the confirmation as one HTML page that loads nothing else.

    A reservation that has ended has no QR code, for there is nothing to scan any more.
    """
    from markupsafe import Markup  # only pages need it

    facts = find_facts(reservation, bearer, settings)
    # Not escaped, and safe: segno draws it from a number that the store made.
    code = Markup(_draw_svg(facts.number)) if facts.valid else None
    return fill_page("confirmation.html", facts=facts, code=code)


def _make(number: str) -> QRCode:
    """Return the code in the smallest size; the room that is left goes to error correction."""
    import segno  # costs start-up, and most commands draw nothing

    return segno.make_qr(number, error="L", boost_error=True)


def _draw_svg(number: str) -> str:
    """Return the code as an SVG element for a page: black on white, sized by the page's style."""
    return _make(number).svg_inline(border=_QUIET, dark="#000", light="#fff", omitsize=True)


def draw_png(number: str) -> bytes:
    """Return the code as a picture, black on white: mail programs show no SVG."""
    drawn = io.BytesIO()
    _make(number).save(drawn, "png", scale=_PIXELS, border=_QUIET, dark="#000", light="#fff")
    return drawn.getvalue()


def draw_in_text(number: str, coloured: bool = False) -> list[str]:
    """Return the code in lines of 29 block characters; a line shows two rows of modules.

    ``coloured`` is for terminals: black on white, whatever their background. Else the code is as
    dark as letters are, and as light as what is behind them.
    """
    rows = [[bool(module) for module in row] for row in _make(number).matrix_iter(border=_QUIET)]
    if len(rows) % 2:
        rows.append([False] * len(rows[0]))
    lines = [
        "".join(HALVES[above, below] for above, below in zip(*pair, strict=True))
        for pair in zip(rows[::2], rows[1::2], strict=True)
    ]
    if coloured:
        return [f"{_BLACK_ON_WHITE}{line}{_PLAIN}" for line in lines]
    return [line.rstrip() for line in lines]

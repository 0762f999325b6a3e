"""The browser of the tests finds a page's faults: overflow, requests, wrong fonts."""

from __future__ import annotations

import pytest

from tests.browser.chromium import Chromium
from tests.browser.conftest import Start
from tests.browser.fonts import ALONE, SETS, each_set

pytestmark = pytest.mark.xdist_group("browser")

HEAD = '<!DOCTYPE html><meta name="viewport" content="width=device-width"><title>t</title>'
WORD = "x" * 80


def test_what_overflows_is_named(chromium: Chromium) -> None:
    """A box that is too wide, a word that leaves its box, and what is cut off."""
    boxes = (
        "<div id=wide style='width: 400px'>a</div>"
        f"<div style='width: 100px'><p class=word>{WORD}</p></div>"
        f"<p id=cut style='overflow: hidden'>{WORD}</p>"
    )
    found = chromium.render(HEAD + boxes, 360)
    assert {"div#wide", "p.word text", "p#cut"} <= set(found.overflowing)
    assert found.scroll_width > 360
    found = chromium.render(f"{HEAD}<p style='overflow-wrap: anywhere'>{WORD}", 360)
    assert (360, 360, []) == (found.width, found.scroll_width, found.overflowing)


def test_whatever_a_page_asks_for_is_seen(chromium: Chromium) -> None:
    page = f"{HEAD}<link rel=stylesheet href='missing.css'><p>a"
    (request,) = chromium.render(page, 360).requests
    assert request.endswith("/missing.css")
    assert [] == chromium.render(f"{HEAD}<p>a", 360).requests


@pytest.mark.parametrize("fonts", each_set(*ALONE))
def test_the_fonts_of_the_set_and_no_others(browsers: Start, fonts: str) -> None:
    """Text is drawn with the fonts of the set alone, though the machine has others."""
    asked = ("system-ui", "sans-serif", "serif", "monospace", "IPAPGothic", "'DejaVu Sans'")
    texts = "".join(f'<p style="font-family: {family}">Y26 交付 <b>予約</b>' for family in asked)
    drawn = browsers(fonts).find_fonts(f"{HEAD}<body lang=ja>{texts}", "p, b")
    families = [set(font.families) for font in SETS[fonts]]
    assert drawn <= set().union(*families)
    assert all(drawn & of_font for of_font in families)

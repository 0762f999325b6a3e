"""The browser of the tests finds a page's faults: overflow, requests, wrong fonts and colours."""

from __future__ import annotations

import pytest

from tests.browser import fonts as machine
from tests.browser.chromium import Chromium, count_pages
from tests.browser.conftest import Start
from tests.browser.fonts import ALONE, SETS, each_set

pytestmark = pytest.mark.xdist_group("browser")

HEAD = '<!DOCTYPE html><meta name="viewport" content="width=device-width"><title>t</title>'
WORD = "x" * 80
STYLE = """<style>
body { margin: 0 } p { margin: 0; font-size: 20px; color: #010101 }
@media (prefers-color-scheme: dark) { p { color: #fefefe } }
@media print { p { color: #0000ff } }
</style>"""


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


def test_places_fonts_and_colours(chromium: Chromium) -> None:
    """The dark colours and the style sheet for paper can be asked for."""
    page = f"{HEAD}{STYLE}<div style='height: 50px'></div><p>a<p>b"
    for dark, media, color in (
        (False, "", "rgb(1, 1, 1)"),
        (True, "", "rgb(254, 254, 254)"),
        (False, "print", "rgb(0, 0, 255)"),
    ):
        boxes = chromium.render(page, 360, selectors=["p", "b"], dark=dark, media=media).boxes
        first, _ = boxes["p"]
        assert (0, 50, 20, color) == (first.left, first.top, first.font, first.color)
        assert [] == boxes["b"]


def test_sheets_of_paper_are_counted(chromium: Chromium) -> None:
    sheet = "<div style='height: 297mm; break-after: page'>a</div>"
    style = "<style>@page { margin: 0 } body { margin: 0 }</style>"
    for sheets in (1, 3):
        page = HEAD + style + sheet * (sheets - 1) + "<p>end"
        assert sheets == count_pages(chromium.print_pdf(page))


@pytest.mark.parametrize("fonts", each_set(*ALONE))
def test_the_fonts_of_the_set_and_no_others(browsers: Start, fonts: str) -> None:
    """Text is drawn with the fonts of the set alone, though the machine has others."""
    asked = ("system-ui", "sans-serif", "serif", "monospace", "IPAPGothic", "'DejaVu Sans'")
    texts = "".join(f'<p style="font-family: {family}">Y26 交付 <b>予約</b>' for family in asked)
    drawn = browsers(fonts).find_fonts(f"{HEAD}<body lang=ja>{texts}", "p, b")
    families = [set(font.families) for font in SETS[fonts]]
    assert drawn <= set().union(*families)
    assert all(drawn & of_font for of_font in families)


@pytest.mark.parametrize(
    ("ci", "outcome"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)]
)
def test_only_ci_wants_every_font(
    browsers: Start, monkeypatch: pytest.MonkeyPatch, ci: str, outcome: type[BaseException]
) -> None:
    """A missing font skips the test, and in CI fails it; either names the package to install."""
    monkeypatch.setattr(machine, "FOLDERS", ())
    monkeypatch.setitem(machine.SETS, "not started", (machine.IPA,))
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="fonts-ipafont-gothic"):
        browsers("not started")

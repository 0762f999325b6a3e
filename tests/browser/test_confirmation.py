"""The confirmation as a telephone and a printer show it (notice 5)."""

from __future__ import annotations

import io
import re
from itertools import product
from pathlib import Path

import pytest
import zxingcpp
from _pytest.mark import ParameterSet
from PIL import Image

from tests.browser.chromium import Chromium, count_pages
from tests.browser.conftest import Start
from tests.browser.fonts import ALONE, LONGEST, SETS
from tests.conftest import OfficeInFolder

pytestmark = pytest.mark.xdist_group("browser")

SCREENSHOT = Path(__file__).parents[2] / "docs" / "confirmation.png"
PHONE = 360
FIRST_SCREEN = 600
ESSENTIAL = (".code", ".number", ".day", ".hours", ".who")
SMALLEST = 16
PAPER, PAPER_HEIGHT = (round(millimetres / 25.4 * 96) for millimetres in (186, 277 - 12))
"""What the margins leave of a sheet of A4, in CSS pixels.

Twelve millimetres stay free at its foot, for fonts that are wider than those of the tests.
"""
PERSON = "Wolfeschlegelsteinhausenbergerdorff 国際行政書士法人横浜みなとみらい"
OFFICE = "東京出入国在留管理局横浜支局横浜市みなとみらい地区臨時交付窓口担当部門"
PLACE = "神奈川県横浜市金沢区鳥浜町10-7、2階の交付窓口までお越しください"


def read_codes(png: bytes) -> list[str]:
    return [found.text for found in zxingcpp.read_barcodes(Image.open(io.BytesIO(png)))]


def page_of(office: OfficeInFolder, number: str) -> str:
    return office.run("confirmation", number, "-f", "html").out


def book(office: OfficeInFolder, agent: str, cases: int, hour: str, sign: str = "更") -> str:
    """Return the page of a reservation: long numbers, long kinds, two papers each."""
    kinds = ["kind=activity", "kind=acquisition,birth=yes", "kind=change"]
    specs = [
        f"{hour}{sign * 28}{at:02d},{kinds[at % 3]},recipient=professional,collect_by=2026-12-10"
        for at in range(cases)
    ]
    return page_of(office, office.book("+1", hour, *specs, agent=agent)["number"])


@pytest.fixture(scope="module")
def pages(founded: OfficeInFolder, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    office = founded.copy(tmp_path_factory.mktemp("pages"))
    number = office.book("+1", "09", "1", "2")["number"]
    found = {"two": page_of(office, number)}
    office.json("cancel", number, "--agent", "A-1")
    found["ended"] = page_of(office, number)
    office.set("office", "name", f'"{OFFICE}"')
    office.set("office", "place", f'"{PLACE}"')
    office.add_agent("B" * 32, name="名" * 200)
    found["full"] = book(office, "B" * 32, 10, "10")
    found["five cases"] = book(office, "B" * 32, 5, "14")
    found["three cases"] = book(office, "B" * 32, 3, "15", "変")
    number = re.findall(r'class="number">(.*?)<', found["full"])[0]
    office.json("desk", "arrive", number, now="2026-11-25T10:05:00")
    office.json("desk", "collect", number, now="2026-11-25T10:30:00")
    found["collected"] = page_of(office, number)
    office.add_agent("C-1", name=PERSON)
    found["one case"] = book(office, "C-1", 1, "11")
    office.add_agent("W" * 32, name="Wm" * 100)
    found["Latin"] = book(office, "W" * 32, 10, "13")
    office.set("office", "name", f'"{"W" * 150}"')
    office.add_agent("D-1", name=f"<script>{'M' * 100}</script>")
    found["hostile"] = book(office, "D-1", 1, "15")
    return found


NAMES = (
    *("full", "two", "ended", "five cases", "three cases"),
    *("collected", "one case", "Latin", "hostile"),
)


def combine(quick: set[tuple[str, str]]) -> list[ParameterSet]:
    """Return every page with every set of fonts; what is not quick is deep."""
    return [
        pytest.param(*both, marks=[] if both in quick else pytest.mark.deep)
        for both in product(SETS, NAMES)
    ]


FULL = {(fonts, "full") for fonts in ALONE}
MEASURED = combine(FULL | {(LONGEST, name) for name in NAMES})
PRINTED = combine(FULL)


@pytest.mark.parametrize(("fonts", "name"), MEASURED)
def test_a_telephone_and_a_sheet_of_paper_hold_it(
    browsers: Start, pages: dict[str, str], fonts: str, name: str
) -> None:
    """No scrolling sideways, no text out of its place; what is asked for at the entrance is first.

    QR code, number, day, hour and agent stand in the first 600 pixels, in letters to read. Ten
    cases with two papers each, numbers of 32, names of 200 stay within the height of A4: it is laid
    out as the printer does it, on a screen of the paper's width, and measured.
    """
    for width in (320, PHONE, 1024):
        found = browsers(fonts).render(pages[name], width, selectors=ESSENTIAL)
        assert (width, width) == (found.width, found.scroll_width)
        assert ([], []) == (found.overflowing, found.requests)
        if width == PHONE:
            first = {selector: boxes[0] for selector, boxes in found.boxes.items() if boxes}
            valid = name not in ("ended", "collected")
            assert first.keys() == set(ESSENTIAL[0 if valid else 1 :])
            assert not valid or 150 <= first[".code"].right - first[".code"].left
            assert FIRST_SCREEN >= max(box.bottom for box in first.values())
            assert SMALLEST <= min(box.font for box in first.values())
    found = browsers(fonts).render(pages[name], PAPER, 100, media="print")
    assert [] == found.overflowing
    assert found.height <= PAPER_HEIGHT


@pytest.mark.parametrize(("fonts", "name"), PRINTED)
def test_it_prints_on_one_sheet(
    browsers: Start, pages: dict[str, str], fonts: str, name: str
) -> None:
    assert 1 == count_pages(browsers(fonts).print_pdf(pages[name]))


def test_no_line_is_as_high_as_its_font(browsers: Start, pages: dict[str, str]) -> None:
    """A font that asks for three times the height moves no line that has a height of its own."""
    heights = []
    for metrics in ("", "ascent-override: 200%; descent-override: 100%"):
        face = f'@font-face {{ font-family: tall; src: local("IPAGothic"); {metrics} }}'
        style = f"<style>{face} * {{ font-family: tall !important }}</style>"
        page = pages["full"].replace("</head>", f"{style}</head>")
        page = page.replace("</body>", '<p id="free" style="line-height: normal">x</p></body>')
        for media, at in (("print", PAPER), ("", PHONE)):
            boxes = browsers("ipa").render(page, at, media=media, selectors=["main", "#free"]).boxes
            main, free = boxes["main"][0], boxes["#free"][0]
            heights.append((main.bottom, free.bottom - free.top))
    (print_main, free), (phone_main, _), *tall = heights
    assert [print_main, phone_main] == pytest.approx([main for main, _ in tall], abs=0.5)
    assert all(height > 2 * free for _, height in tall)


@pytest.mark.parametrize("name", ["two", "full", "ended"])
def test_the_paper_has_the_code(chromium: Chromium, pages: dict[str, str], name: str) -> None:
    """A scanner reads the number from paper; the page of an ended reservation has no code."""
    found = chromium.render(pages[name], PAPER, 400, media="print", scale=2, picture=True)
    assert (0 if name == "ended" else 1) == len(read_codes(found.png))


@pytest.mark.parametrize("dark", [False, True])
def test_the_desk_reads_the_code_from_the_screen(
    chromium: Chromium, office: OfficeInFolder, dark: bool
) -> None:
    """A scanner reads from a telephone, dark or light, the number that ``desk arrive`` takes."""
    number = office.book("+1", "10", "1")["number"]
    page = page_of(office, number)
    found = chromium.render(
        page, PHONE, selectors=[".code", "body"], dark=dark, scale=2, picture=True
    )
    white = "rgb(255, 255, 255)"
    assert white == found.boxes[".code"][0].background
    assert dark == (white != found.boxes["body"][0].background)
    (code,) = read_codes(found.png)
    assert number == code
    arrived = office.json("desk", "arrive", code, now="2026-11-25T10:05:00")
    assert "arrived" == arrived["reservation"]["status"]


def test_the_screenshot_of_the_docs(
    chromium: Chromium, office: OfficeInFolder, request: pytest.FixtureRequest
) -> None:
    """docs/confirmation.png is a telephone's screen; --update-golden takes it anew."""
    if request.config.getoption("--update-golden"):
        office.set("office", "place", '"神奈川県横浜市金沢区鳥浜町10-7"')
        office.add_agent("S-1", name="山手花子")
        specs = ("横支更20261102211,recipient=professional", "横支変20261102345,kind=change")
        page = page_of(office, office.book("+1", "10", *specs, agent="S-1")["number"])
        png = chromium.render(page, PHONE, 740, scale=2, picture=True).png
        with Image.open(io.BytesIO(png)) as shot:
            shot.convert("RGB").quantize(64).save(SCREENSHOT, optimize=True)
    assert SCREENSHOT.stat().st_size < 150_000
    with Image.open(SCREENSHOT) as image:
        assert (2 * PHONE, 2 * 740) == image.size
    assert 1 == len(read_codes(SCREENSHOT.read_bytes()))

"""The nightly page as a telephone, a screen and a printer show it."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from msgspec.structs import replace

from kofucli.base.clock import JST
from kofucli.model import Actor, Case, Mark, Reservation, Stamp
from kofucli.model.numbers import make_number
from kofucli.store.place import open_store
from kofucli.store.view import Transaction
from tests.browser.chromium import Chromium, count_pages
from tests.browser.conftest import Start
from tests.browser.fonts import LONGEST, each_set
from tests.conftest import OfficeInFolder
from tests.rules.samples import make_reservation
from tests.support.pages import assert_self_contained

pytestmark = pytest.mark.xdist_group("browser")

NIGHT = "2026-11-24T06:00:00"
TODAY = date(2026, 11, 24)
STARTS = ("09:00", "10:00", "11:00", "13:00", "14:00", "15:00")
HOLIDAYS = (date(2026, 10, 12), date(2026, 11, 3), date(2026, 11, 23))
PHONE, SCREEN, PAPER = 360, 1280, 703
SMALLEST = 11
"""Font size in CSS pixels below which nothing is read on a telephone."""
LINKS = [f"{name}.{form}" for name in ("load", "quota", "conduct") for form in ("json", "csv")]


def fill(transaction: Transaction, choice: Random) -> None:
    """Book nine weeks of visits, some on days that are never closed; some agents get marks."""
    agents = [f"K-{at:03d}" for at in range(120)]
    pattern = transaction.agent("A-1")
    assert pattern is not None
    for at, name in enumerate(agents):
        visit = TODAY - timedelta(days=at)
        marks = (Mark("no-show", visit, make_number("Y", visit, 1)),) if at % 6 == 0 else ()
        until = date(2026, 11, 26) if at % 40 == 3 else pattern.valid_until
        transaction.put_agent(replace(pattern, id=name, marks=marks, valid_until=until))
    for back in range(-7, 63):
        day = TODAY - timedelta(days=back)
        if day.weekday() > 4 or day in HOLIDAYS:
            continue
        for n in range(1, choice.randint(40, 75)):
            transaction.put_reservation(visit_on(day, n, choice, choice.choice(agents)))


def visit_on(day: date, n: int, choice: Random, agent: str) -> Reservation:
    """Return the n-th visit of a day, as it may have ended."""
    start = choice.choice(STARTS[:2] * 3 + STARTS)
    begins = datetime.fromisoformat(f"{day.isoformat()}T{start}:00+09:00")
    ended = choice.choices(["collected", "no-show", "cancelled"], [20, 1, 2])[0]
    coming = "cancelled" if choice.random() < 0.1 else "active"
    forgotten = day == date(2026, 11, 19) and n < 4
    status = coming if day >= TODAY or forgotten else ended
    handed = "collected" if status == "collected" else "active"
    return make_reservation(
        *(Case(f"{day:%y%m%d}-{n}-{at}", status=handed) for at in range(2)),
        number=make_number("Y", day, n),
        agent=agent,
        date=day,
        start=start,
        booked_at=begins - timedelta(days=4),
        closes=begins - timedelta(days=1),
        status=status,
        ended_at=None if status == "active" else begins - timedelta(hours=20),
    )


@pytest.fixture(scope="module")
def full(founded: OfficeInFolder, tmp_path_factory: pytest.TempPathFactory) -> OfficeInFolder:
    """Return an office that has been at work for nine weeks, with long names of everything."""
    office = founded.copy(tmp_path_factory.mktemp("night"))
    office.now = NIGHT
    office.json("office", "close", "2026-12-01", "15", "--reason", "drill", "-y")
    stamp = Stamp(datetime(2026, 11, 24, 5, tzinfo=JST), Actor(None, "test"))
    with open_store(str(office.store), "Y").transaction("fill", stamp) as transaction:
        fill(transaction, Random(4))
    office.set("calendar", "closures", '[{date = 2026-11-30, reason = "moving"}]')
    office.set("frames", "exceptions", '[{start = "11:00", capacity = 4}]')
    return office


def page_of(office: OfficeInFolder, lang: str = "ja", now: str = NIGHT) -> str:
    folder = Path(office.folder) / "night"
    office.json("report", "nightly", "-o", str(folder), "--lang", lang, now=now)
    return (folder / "index.html").read_text("utf-8")


@pytest.fixture(scope="module", params=["ja", "en"])
def page(request: pytest.FixtureRequest, full: OfficeInFolder) -> str:
    return page_of(full, request.param)


def assert_fits(browser: Chromium, page: str, width: int) -> None:
    """Assert that a page fits a window, and loads nothing from elsewhere."""
    found = browser.render(page, width)
    assert (width, [], []) == (found.scroll_width, found.overflowing, found.requests)


@pytest.mark.parametrize("fonts", each_set(LONGEST))
def test_it_fits_a_telephone_a_screen_and_paper(browsers: Start, page: str, fonts: str) -> None:
    """No mark of the plot touches another one.

    Two sheets of A4 hold it, with a dozen lines of what needs somebody.
    """
    browser = browsers(fonts)
    for width, media in ((PHONE, ""), (SCREEN, ""), (PAPER, "print")):
        if not media:
            assert_fits(browser, page, width)
        boxes = browser.render(page, width, media=media, selectors=[".value", ".week"]).boxes
        weeks = [box for box in boxes[".week"] if box.right > box.left]
        assert all(a.right <= b.left for a, b in pairwise(weeks)), (width, weeks)
        values = boxes[".value"]
        assert all(b.bottom <= a.top for a, b in pairwise(values)), (width, values)
    assert 2 == count_pages(browser.print_pdf(page))


def test_what_is_folded_is_open_on_paper(chromium: Chromium, page: str) -> None:
    """Totals, zeros and hashes."""
    folded = ["#load-totals", "#unchanged", '[data-name="head"]']
    for media, shown in (("", False), ("print", True)):
        boxes = chromium.render(page, PAPER, media=media, selectors=[*folded, "footer"]).boxes
        for selector in folded:
            assert shown is (0 < boxes[selector][0].bottom <= boxes["footer"][0].top), selector


def test_a_telephone_can_be_read(chromium: Chromium, page: str) -> None:
    """No text is too small; the first screen has when it was made and the first thing to do."""
    selectors = ["main *", ".when", ".needs h3", "#hours"]
    boxes = chromium.render(page, PHONE, selectors=selectors).boxes
    assert min(box.font for box in boxes["main *"]) >= SMALLEST
    assert boxes[".when"][0].bottom < boxes[".needs h3"][0].bottom < 400
    assert boxes[".needs h3"][-1].bottom < boxes["#hours"][0].top


def test_it_is_dark_where_that_is_asked_for(chromium: Chromium, page: str) -> None:
    light, dark = (
        chromium.render(page, PHONE, selectors=["body"], dark=dark).boxes["body"][0].background
        for dark in (False, True)
    )
    assert light != dark


def test_it_stands_alone_and_has_a_bar_a_day(page: str) -> None:
    """No script, nothing that loads, no reference but to the reports, no empty heading.

    The bars are from 28 September 2026 on, less three holidays; from today to the fifth shown day;
    the closed Monday between, on which reservations stand.
    """
    assert LINKS == re.findall(r'<a href="([a-z.]+)">', page)
    assert_self_contained(re.sub(r"</?a( href=.[a-z.]+.)?>", "", page))
    assert [] == re.findall(r"<th[^>]*></th>", page)
    bars = [page.count(f'<rect class="{kind}"') for kind in ("bar", "coming", "shut")]
    assert [38, 6, 1] == bars


def test_an_office_without_bookings_or_without_a_day_fits(
    chromium: Chromium, bare_office: OfficeInFolder
) -> None:
    page = page_of(bare_office)
    assert_fits(chromium, page, PHONE)
    assert 'class="good"' in page
    days = (TODAY + timedelta(days=at) for at in range(402))
    closures = ", ".join(f'{{date = {day}, reason = "x"}}' for day in days)
    bare_office.set("calendar", "shown_days", "1")
    bare_office.set("calendar", "closures", f"[{closures}]")
    page = page_of(bare_office, "en")
    assert_fits(chromium, page, PHONE)
    assert 2 == page.count("No day is shown.")


def test_a_month_of_many_hours_fits_a_screen(
    chromium: Chromium, bare_office: OfficeInFolder
) -> None:
    bare_office.set("calendar", "shown_days", "20")
    hours = ", ".join(f'"{hour:02d}:00"' for hour in range(8, 20))
    bare_office.set("frames", "starts", f"[{hours}]")
    assert_fits(chromium, page_of(bare_office), SCREEN)

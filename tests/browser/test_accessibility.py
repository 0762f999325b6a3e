"""The pages as axe-core judges them: what people who do not see well, or hear them, can use."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from kofucli.output.booking.mail_parts import complete
from kofucli.settings.read import parse_settings
from tests.browser.chromium import Chromium
from tests.conftest import OfficeInFolder
from tests.support.needs import lacking

pytestmark = pytest.mark.xdist_group("browser")

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
RUN = """
axe.run(document, {resultTypes: ['violations']}).then((found) => found.violations.flatMap(
  (rule) => rule.nodes.map((node) => rule.id + ': ' + node.target.join(' ') + ': ' + node.html)))
"""
WIDTHS = (360, 1280)
LEVELS = "".join(f'<td class="l{level}">100</td>' for level in range(-1, 6))
"""A cell of each level of the heat map; of a single character axe judges no contrast."""
CASES = ("X-1,recipient=professional,collect_by=2026-12-10", "X-2,kind=change")
NAMES = ("confirmation", "ended", "mail", "nightly ja", "nightly en", "sheet ja", "sheet en")


@pytest.fixture(scope="module")
def axe() -> str:
    """Return the source of axe-core; what it finds is no matter of this machine."""
    if not AXE.exists():
        lacking("axe-core is not here: run npm ci --prefix tests/browser")
    return AXE.read_text("utf-8")


@pytest.fixture(scope="module")
def pages(founded: OfficeInFolder, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return every kind of page of an office in which something went wrong, too."""
    office = founded.copy(tmp_path_factory.mktemp("pages"))
    office.set("office", "place", '"神奈川県横浜市金沢区鳥浜町10-7"')
    number = office.book("+1", "10", *CASES)["number"]
    found = {"confirmation": office.run("confirmation", number, "-f", "html").out}
    (booked,) = (office.store / "outbox").glob("*-booked-*")
    settings = parse_settings(office.config.read_text("utf-8"), "")
    sent = message_from_bytes(complete(settings, booked.read_bytes()), policy=default)
    found["mail"] = str(sent.get_body(("html",)).get_content())
    ended = office.book("+1", "11", "X-3")["number"]
    office.json("cancel", ended, "--agent", "A-1")
    found["ended"] = office.run("confirmation", ended, "-f", "html").out
    office.json("office", "close", "2026-11-27", "--reason", "点検", "-y")
    office.json("agent", "suspend", "A-1", "--reason", "調査")
    for lang in ("ja", "en"):
        sheet = ("desk", "sheet", "2026-11-25", "--lang", lang, "-f", "html")
        found[f"sheet {lang}"] = office.run(*sheet, now="2026-11-25T08:30:00").out
        night = office.folder / f"night-{lang}"
        nightly = ("report", "nightly", "-o", str(night), "--lang", lang)
        office.json(*nightly, now="2026-11-26T06:00:00")
        page = (night / "index.html").read_text("utf-8")
        # Every level of the heat map stands on it, whatever the night was like.
        found[f"nightly {lang}"] = page.replace("</tfoot>", f"<tr>{LEVELS}</tr></tfoot>", 1)
    return found


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_axe_finds_nothing(
    chromium: Chromium, axe: str, pages: dict[str, str], name: str, dark: bool
) -> None:
    """No violation of any rule of axe-core, on a telephone and a screen, light and dark."""
    for width in WIDTHS:
        assert [] == chromium.run(pages[name], width, f"{axe};{RUN}", dark=dark)

"""Links between the pages of docs/."""

from __future__ import annotations

import re

import pytest

from tests.docs.pages import FOLDER, read_page

PAGES = (
    *("rulebook", "contract", "architecture", "operations", "rules", "scenarios"),
    *("testing", "comparisons"),
)


def anchors_of(page: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"(?m)^#+ (.+)$", page)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_to_headings(name: str) -> None:
    """A link to a page names one that is there, a link to a heading one that it has."""
    for target, anchor in re.findall(r"\]\(([^)#:]*)#?([^)]*)\)", read_page(name)):
        assert not target or (FOLDER / target).is_file(), target
        page = target.removesuffix(".md") if target else name
        assert not anchor or anchor in anchors_of(read_page(page)), anchor

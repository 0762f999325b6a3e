"""Links between the pages of the repository."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    p.relative_to(ROOT).as_posix() for p in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"))
)
PATH = re.compile(r"(?:kofucli|tests|docs|benchmarks|requirements|examples|\.ci|\.github)/[\w./-]+")
"""A path in the repository, as the pages name one in code."""


def anchors_of(page: Path) -> set[str]:
    headings = re.findall(r"(?m)^#+ (.+)$", page.read_text("utf-8"))
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_to_files_and_headings(name: str) -> None:
    """A link names a file that is there, and of a page a heading that it has."""
    page = ROOT / name
    for target, anchor in re.findall(r"\]\(([^)#:]*)#?([^):]*)\)", page.read_text("utf-8")):
        linked = page.parent / target if target else page
        assert linked.exists(), target
        assert not anchor or anchor in anchors_of(linked), anchor


@pytest.mark.parametrize("name", PAGES)
def test_paths_are_there(name: str) -> None:
    """A path that a page names, in code, is one of the repository; CODE stands for a rule's."""
    for span in re.findall(r"`([^`\n]+)`", (ROOT / name).read_text("utf-8")):
        for word in span.split():
            if PATH.fullmatch(word) and "CODE" not in word:
                assert (ROOT / word).exists(), word

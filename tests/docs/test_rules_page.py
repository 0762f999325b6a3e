"""docs/rules.md is made from the table of codes, and is never behind it."""

from __future__ import annotations

import re

import pytest

from kofucli.rules.wording import RULES
from tests.docs.pages import FOLDER, read_page
from tests.docs.rules_page import make_page


def test_the_page_is_the_table_of_codes(pytestconfig: pytest.Config) -> None:
    """The page is as the program would write it now; --update-golden writes it anew."""
    page = make_page()
    if pytestconfig.getoption("--update-golden"):
        (FOLDER / "rules.md").write_text(page, "utf-8")
    assert page == read_page("rules"), "run pytest tests/docs/test_rules_page.py --update-golden"


def test_every_code_has_a_section_in_both_languages() -> None:
    """Each code is a heading, and what it says stands there in English and in Japanese."""
    sections = re.split(r"(?m)^## ", make_page())[1:]
    assert list(RULES) == [section.split("\n", 1)[0] for section in sections]
    for section in sections:
        prose = section.partition("```toml")[0]
        lines = [line for line in prose.splitlines() if line.startswith("- ")]
        japanese = [bool(re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", line)) for line in lines]
        assert japanese == [False, True] * (len(lines) // 2), section

"""docs/scenarios.md: its examples hold, and what it links to is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import read_page
from tests.scenario.support import play

EXAMPLES = re.findall(r"(?ms)^```toml\n(.*?)^```$", read_page("scenarios"))


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_examples_hold(tmp_path: Path, number: int) -> None:
    outcome = play(tmp_path, EXAMPLES[number])
    assert outcome.status == 0, outcome.out + outcome.err


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 3

"""What the machine lacks is said: skipped by who looks at a page, failed where all must run."""

from __future__ import annotations

import pytest

from tests.browser import fonts
from tests.browser.conftest import Start


def test_missing_fonts_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without fonts lacks the packages of every set."""
    monkeypatch.setattr(fonts, "FOLDERS", ())
    assert ["fonts-noto-cjk"] == fonts.find_missing("noto")
    assert ["fonts-dejavu-core", "fonts-noto-cjk"] == fonts.find_missing("dejavu and noto")


@pytest.mark.parametrize(
    ("ci", "outcome"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)]
)
def test_only_ci_wants_every_font(
    browsers: Start, monkeypatch: pytest.MonkeyPatch, ci: str, outcome: type[BaseException]
) -> None:
    """The package to install is named either way."""
    monkeypatch.setattr(fonts, "FOLDERS", ())
    monkeypatch.setitem(fonts.SETS, "not started", (fonts.IPA,))
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="fonts-ipafont-gothic"):
        browsers("not started")

"""``demo`` plays the main job from start to end, each command as a user would type it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import run_command

STEPS = (
    "init", "agent add", "verify send", "verify redeem", "slots", "book", "book", "book", "book",
    "amend", "cancel", "cancel", "confirmation", "store check",
)  # fmt: skip


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize(
    "now", ["2026-11-24T10:00:00", "2026-04-30T11:59:59", "2026-12-28T12:00:00", "2026-11-28T00:00"]
)
def test_demo_runs_whenever_it_is_asked(language: str, now: str) -> None:
    """On a work day, before holidays, at the turn of the year, on a Saturday at midnight."""
    outcome = run_command("demo", "--lang", language, "--now", now)
    assert (0, "") == (outcome.status, outcome.err)
    typed = [line[10:] for line in outcome.out.splitlines() if line.startswith("$ kofucli ")]
    assert len(STEPS) == len(typed)
    assert all(line.startswith(step) for step, line in zip(STEPS, typed, strict=True))
    assert 1 == outcome.out.count("[quota.frames]")
    assert 1 == outcome.out.count("[deadline.passed]")
    assert "交付予約確認書" in outcome.out


def test_demo_keeps_a_store_that_is_named(tmp_path: Path) -> None:
    """--store DIR keeps what was made; one that is there is not touched."""
    store = tmp_path / "store"
    assert 0 == run_command("demo", "--store", str(store), "--now", "2026-11-24T10:00").status
    before = sorted(path.name for path in store.iterdir())
    assert "store.json" in before
    again = run_command("demo", "--store", str(store))
    assert 0 != again.status
    assert str(store) in again.err

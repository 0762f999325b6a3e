"""``scenario run --update``: what happened becomes what is expected, and nothing else changes."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import run_command
from tests.scenario.support import HEAD, play, write

TEXT = (
    "# What this is about.\n"
    + HEAD
    + """
# A booking.
[[step]]   # the first
run = "book +1 10:00 --agent A-1 --case X-1"   # one case
# What comes of it:
expect = { exit = 3, json = {reservation = {status = "late", cases = [{number = "Y"}]}} }  # so far
save = "r1"

# The same again.
[[step]]
run = "book +1 10:00 --agent A-1 --case X-1"

# Where it stands.
[[step]]
run = "show {r1}"
[step.expect]
stdout_contains = ["Y261125-0001-7", "nowhere"]   # a list
exit = 0
"""
)


def test_comments_and_layout_stay(tmp_path: Path) -> None:
    """Only the expectations that did not hold change; what was asked is asked again."""
    path = write(tmp_path, TEXT)
    assert run_command("scenario", "run", str(path)).status == 3
    outcome = run_command("scenario", "run", "--update", str(path))
    assert outcome.status == 0
    assert str(path) in outcome.err
    before, after = TEXT.splitlines(), path.read_text("utf-8").splitlines()
    gone = [line for line in before if line not in after]
    new = [line for line in after if line not in before]
    assert [line.partition(" ")[0] for line in gone] == ["expect", "stdout_contains"]
    assert new[0].startswith("expect = { exit = 0, json = {reservation = {")
    assert new[0].endswith("}  # so far")
    assert 'status = "active"' in new[0]
    assert new[1] == 'expect = {codes = ["case.duplicate"]}'
    assert new[2].endswith("   # a list")
    assert after.index(new[1]) == after.index("# The same again.") + 3
    assert run_command("scenario", "run", str(path)).status == 0


def test_what_held_is_not_touched(tmp_path: Path) -> None:
    """A file in which all held keeps its bytes."""
    text = HEAD + "[[step]]\nrun = 'list'\nexpect={json={reservations=[]}}"
    outcome = play(tmp_path, text, "--update")
    assert outcome.status == 0
    assert outcome.err == ""
    assert (tmp_path / "case.toml").read_text("utf-8") == text


def test_keys_that_are_gone(tmp_path: Path) -> None:
    """A key that the document does not have is asked no more."""
    text = HEAD + "[[step]]\nrun = 'list'\nexpect = {exit = 3, codes = ['x'], json = {a = 1}}\n"
    assert play(tmp_path, text, "--update").status == 0
    last = (tmp_path / "case.toml").read_text("utf-8").splitlines()[-1]
    assert last == "expect = {exit = 0, codes = [], json = {}}"


def test_null_needs_json(tmp_path: Path) -> None:
    """What is null is left out of a table, and kept in a text of JSON."""
    run = "[[step]]\nrun = 'book 2026-11-25 9 --agent B-2 --case X'\n"
    part = """'{"error": {"exit": 1, "reason": null}}'"""
    text = HEAD + run + "expect = {exit = 4, json = " + part + "}\n"
    assert play(tmp_path, text, "--update").status == 0
    assert '{\\"error\\": {\\"exit\\": 4}}' in (tmp_path / "case.toml").read_text("utf-8")


def test_a_step_that_could_not_run(tmp_path: Path) -> None:
    """Nothing can be expected of a step that could not run: exit status 3 stays."""
    steps = (
        "[[step]]\nrun = 'book 2026-11-23 9 --agent A-1 --case X'\nsave = 'r1'\n"
        "[[step]]\nrun = 'cancel {r1} --agent A-1'\n"
    )
    outcome = play(tmp_path, HEAD + steps, "--update")
    assert outcome.status == 3
    text = (tmp_path / "case.toml").read_text("utf-8")
    assert text.count("expect") == 1

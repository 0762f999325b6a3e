"""``scenario run --update``: what happened becomes what is expected, and nothing else changes."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from tests.conftest import run_command
from tests.scenario.support import HEAD, play, write
from tests.support.needs import mode_of

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
LIST = "[[step]]\nrun = 'list'\n"
BOOK = '[[step]]\nrun = "book +1 10:00 --agent A-1 --case X-1"\n'


def test_only_the_expectations_that_did_not_hold_change(tmp_path: Path) -> None:
    """Comments and layout stay; what was asked is asked again."""
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


def test_nothing_is_expected_of_a_step_that_could_not_run(tmp_path: Path) -> None:
    steps = (
        "[[step]]\nrun = 'book 2026-11-23 9 --agent A-1 --case X1'\nsave = 'r1'\n"
        "[[step]]\nrun = 'cancel {r1} --agent A-1'\n"
    )
    assert play(tmp_path, HEAD + steps, "--update").status == 3
    assert (tmp_path / "case.toml").read_text("utf-8").count("expect") == 1


def updated(folder: Path, text: str) -> tuple[str, str]:
    """Update a scenario's steps; return the file's text and what stderr says. It holds then."""
    outcome = play(folder, HEAD + text, "--update")
    assert outcome.status == 0, outcome
    after = (folder / "case.toml").read_text("utf-8")
    assert run_command("scenario", "run", str(folder / "case.toml")).status == 0
    return after.removeprefix(HEAD), outcome.err


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        pytest.param(
            BOOK
            + """[step.expect]
exit = 0
[step.expect.json.reservation]
cases = [
  {number = "X-1", kind = "change"},   # the only one
]
# by now
status = "active"
""",
            "change",
            "extension",
            id="a part over several lines keeps its layout",
        ),
        pytest.param(
            BOOK + 'expect.json = {changed = false, reservation = {status = "active"}}\n',
            *("false", "true"),
            id="a truth value under a dotted key",
        ),
        pytest.param(
            BOOK
            + 'save = "r1"\n[[step]]\nrun = "show {r1}"\nexpect = {stdout_contains = "{r1}", '
            + 'json = {reservation = {number = "{r1}", status = "late"}}}\n',
            *("late", "active"),
            id="what is expected by a name stays the name",
        ),
    ],
)
def test_only_the_value_that_differs_changes(tmp_path: Path, text: str, old: str, new: str) -> None:
    after, said = updated(tmp_path, text)
    assert after == text.replace(old, new)
    assert "no longer" not in said


@pytest.mark.parametrize(
    ("text", "comments", "said", "expected"),
    [
        pytest.param(
            BOOK
            + """[step.expect]
exit = 3   # refused
# why it is refused
[step.expect.json.error]
kind = "refused"  # not input

# The second one: it's "new".
[[step]]
run = "list"
""",
            ("# refused", "# why it is refused", "# not input", "# The second one"),
            "step 1: no longer asked: json",
            {"exit": 0},
            id="tables of their own",
        ),
        pytest.param(
            """[[step]]
run = "help book"
expect = {json = {format = 1}}  # it prints none
""",
            ("# it prints none",),
            "step 1: no longer asked: json",
            {},
            id="no document",
        ),
        pytest.param(
            """[[step]]
run = "book 2026-11-23 10:00 --agent A-1 --case X-1"
input = \"\"\"
# no comment
[[step]]
\"\"\"
expect = {codes = [
  # both of them
  "day.past",
  "frame.unknown",  # '12:30'
]}
""",
            ("# both of them", "# '12:30'", "# no comment"),
            "",
            {"codes": ["day.past"]},
            id="within a list",
        ),
        pytest.param(
            """[[step]]
run = "odd"
# of the visit
expect.json.reservation.status = "cancelled"  # last
expect.stdout_contains = "cancelled"
""",
            ("# of the visit", "# last"),
            "json.reservation",
            {"exit": 2},
            id="dotted keys that lie apart",
        ),
    ],
)
def test_the_comments_of_what_is_written_anew_stay(
    tmp_path: Path, text: str, comments: tuple[str, ...], said: str, expected: dict[str, object]
) -> None:
    """Each stands once, in the same order, before the next step."""
    after, told = updated(tmp_path, text)
    assert tomllib.loads(after)["step"][0]["expect"] == expected
    assert [after.count(comment) for comment in comments] == [1] * len(comments)
    assert said in told
    if "# The second one" in comments:
        assert after.endswith('\n\n# The second one: it\'s "new".\n[[step]]\nrun = "list"\n')


def test_line_ends_of_windows_and_the_mode_stay(tmp_path: Path) -> None:
    text = HEAD + LIST + "expect = {exit = 3} # one\n# two\n" + LIST
    path = tmp_path / "case.toml"
    path.write_bytes(text.replace("\n", "\r\n").encode())
    path.chmod(0o644)
    assert run_command("scenario", "run", "--update", str(path)).status == 0
    assert path.read_bytes() == text.replace("= 3", "= 0").replace("\n", "\r\n").encode()
    assert mode_of(path) == 0o644


def test_null_is_expected_in_a_text_of_json_and_left_out_of_a_table(tmp_path: Path) -> None:
    text = """[[step]]
run = "agent show A-1"
expect = {json = {agent = {id = "A-1", suspension = {reason = "x"}}}}
[[step]]
run = 'book 2026-11-25 9 --agent B-2 --case X1'
expect = {exit = 4, json = '{"error": {"exit": 1, "reason": null}}'}
"""
    after, said = updated(tmp_path, text)
    parts = [json.loads(step["expect"]["json"]) for step in tomllib.loads(after)["step"]]
    assert parts[0] == {"agent": {"id": "A-1", "suspension": None}}
    assert parts[1] == {"error": {"exit": 4}}
    assert "step 1" not in said


def test_what_is_no_longer_asked_is_said_by_step(tmp_path: Path) -> None:
    text = (
        LIST
        + """expect.json = {format = 2, gone = 1}
expect.stdout_contains = ["nowhere", "No reservations"]
[[step]]
run = "book +1 9 --agent A-1 --case X1"
expect = {exit = 3, json = {error = {kind = "refused"}}}
[[step]]
run = "list"
expect = {exit = 3, codes = ['x']}
"""
    )
    after, said = updated(tmp_path, text)
    first, second, third = (step["expect"] for step in tomllib.loads(after)["step"])
    assert first["json"] == {"format": 1}
    assert 'step 1: no longer asked: stdout_contains "nowhere"' in said
    assert "json.gone" in said
    assert second == {"exit": 0}
    assert "step 2: no longer asked: json" in said
    assert third == {"exit": 0, "codes": []}


def test_an_updated_scenario_is_reported_as_updated_and_not_as_failed(tmp_path: Path) -> None:
    text = HEAD + LIST + "expect = {exit = 3}\n"
    first, *_, last = play(tmp_path, text, "--update").out.splitlines()
    assert first.endswith("case.toml: updated")
    assert last == "0 of 1 scenarios held, 1 updated."
    again = play(tmp_path, text, "--update", "-f", "json")
    assert again.json["scenarios"][0]["updated"] is True


def test_steps_that_are_not_tables_cannot_be_updated(tmp_path: Path) -> None:
    text = "step = [{run = 'list', expect = {exit = 3}}]\n" + HEAD
    outcome = play(tmp_path, text, "--update")
    assert (outcome.status, "[[step]]" in outcome.err) == (5, True)
    assert (tmp_path / "case.toml").read_text("utf-8") == text

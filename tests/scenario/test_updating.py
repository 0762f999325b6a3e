"""``scenario run --update``: what happened becomes what is expected, and nothing else changes."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

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


def test_keys_that_are_gone_are_asked_no_more(tmp_path: Path) -> None:
    """A key that the document does not have is asked no more."""
    text = HEAD + "[[step]]\nrun = 'list'\nexpect = {exit = 3, codes = ['x'], json = {a = 1}}\n"
    assert play(tmp_path, text, "--update").status == 0
    (step,) = tomllib.loads((tmp_path / "case.toml").read_text("utf-8"))["step"]
    assert step["expect"] == {"exit": 0, "codes": []}


def test_null_needs_json(tmp_path: Path) -> None:
    """What is null is left out of a table, and kept in a text of JSON."""
    run = "[[step]]\nrun = 'book 2026-11-25 9 --agent B-2 --case X1'\n"
    part = """'{"error": {"exit": 1, "reason": null}}'"""
    text = HEAD + run + "expect = {exit = 4, json = " + part + "}\n"
    assert play(tmp_path, text, "--update").status == 0
    assert '{\\"error\\": {\\"exit\\": 4}}' in (tmp_path / "case.toml").read_text("utf-8")


def test_nothing_is_expected_of_a_step_that_could_not_run(tmp_path: Path) -> None:
    """Nothing can be expected of a step that could not run: exit status 3 stays."""
    steps = (
        "[[step]]\nrun = 'book 2026-11-23 9 --agent A-1 --case X1'\nsave = 'r1'\n"
        "[[step]]\nrun = 'cancel {r1} --agent A-1'\n"
    )
    outcome = play(tmp_path, HEAD + steps, "--update")
    assert outcome.status == 3
    text = (tmp_path / "case.toml").read_text("utf-8")
    assert text.count("expect") == 1


def updated(folder: Path, text: str) -> tuple[str, str]:
    """Update a scenario's steps; return the file's text and what stderr says. It holds then."""
    outcome = play(folder, HEAD + text, "--update")
    assert outcome.status == 0, outcome
    after = (folder / "case.toml").read_text("utf-8")
    assert run_command("scenario", "run", str(folder / "case.toml")).status == 0
    return after.removeprefix(HEAD), outcome.err


def test_a_comment_above_the_next_step_stays(tmp_path: Path) -> None:
    """Expectations in tables of their own go; what is said about the next step does not."""
    text = """[[step]]
run = "book +1 10:00 --agent A-1 --case X-1"
[step.expect]
exit = 3   # refused
# why it is refused
[step.expect.json.error]
kind = "refused"  # not input

# The second one: it's "new".
[[step]]
run = "list"
"""
    after, said = updated(tmp_path, text)
    for comment in ("# refused", "# why it is refused", "# not input"):
        assert after.count(comment) == 1
    assert after.endswith('\n\n# The second one: it\'s "new".\n[[step]]\nrun = "list"\n')
    assert after.index("# not input") < after.index("# The second one")
    assert "step 1: no longer asked: json" in said


def test_comments_within_lists_stay(tmp_path: Path) -> None:
    """Comments within a list that is written anew stand before the expectation."""
    text = """[[step]]
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
"""
    after, _ = updated(tmp_path, text)
    assert after.count("# both of them") == after.count("# '12:30'") == 1
    assert after.count("# no comment") == 1
    assert 'codes = ["day.past"]' in after


def test_only_the_value_that_differs_changes(tmp_path: Path) -> None:
    """A document's part over several lines keeps its layout, but for the values that differ."""
    text = """[[step]]
run = "book +1 10:00 --agent A-1 --case X-1"
[step.expect]
exit = 0
[step.expect.json.reservation]
cases = [
  {number = "Y-1", kind = "extension"},   # the only one
]
# by now
status = "late"
"""
    after, said = updated(tmp_path, text)
    assert after == text.replace("Y-1", "X-1").replace('"late"', '"active"')
    assert "no longer" not in said


def test_truth_values_and_dotted_keys_are_written_anew(tmp_path: Path) -> None:
    """A truth value, and a key with dots, are written anew like anything else."""
    text = """[[step]]
run = "book +1 10:00 --agent A-1 --case X-1"
expect.json = {changed = false, reservation = {status = "active"}}
"""
    after, _ = updated(tmp_path, text)
    assert after == text.replace("false", "true")


def test_dotted_keys_that_lie_apart_are_written_as_a_whole(tmp_path: Path) -> None:
    """Dotted keys that lie apart are written anew as a whole; their comments stay."""
    text = """[[step]]
run = "odd"
# of the visit
expect.json.reservation.status = "cancelled"  # last
expect.stdout_contains = "cancelled"
"""
    after, said = updated(tmp_path, text)
    assert tomllib.loads(after)["step"] == [{"run": "odd", "expect": {"exit": 2}}]
    assert after.count("# of the visit") == after.count("# last") == 1
    assert "json.reservation" in said


def test_line_ends_of_windows_stay(tmp_path: Path) -> None:
    """A file with CR LF keeps them."""
    text = (
        HEAD + "[[step]]\nrun = 'list'\nexpect = {exit = 3} # one\n# two\n[[step]]\nrun = 'list'\n"
    )
    path = tmp_path / "case.toml"
    path.write_bytes(text.replace("\n", "\r\n").encode())
    assert run_command("scenario", "run", "--update", str(path)).status == 0
    assert path.read_bytes() == text.replace("= 3", "= 0").replace("\n", "\r\n").encode()


def test_what_is_null_now_is_asked_as_json(tmp_path: Path) -> None:
    """A value that is null now is expected to be null, in the form that can say so."""
    text = """[[step]]
run = "agent show A-1"
expect = {json = {agent = {id = "A-1", suspension = {reason = "x"}}}}
"""
    after, said = updated(tmp_path, text)
    part = tomllib.loads(after)["step"][0]["expect"]["json"]
    assert json.loads(part) == {"agent": {"id": "A-1", "suspension": None}}
    assert "no longer" not in said


def test_what_is_no_longer_asked_is_said(tmp_path: Path) -> None:
    """Keys and texts that are not there any more are named, by step."""
    text = """[[step]]
run = "list"
expect = {json = {format = 2, gone = 1}, stdout_contains = ["nowhere", "No reservations"]}
[[step]]
run = "book +1 9 --agent A-1 --case X1"
expect = {exit = 3, json = {error = {kind = "refused"}}}
"""
    after, said = updated(tmp_path, text)
    first, second = tomllib.loads(after)["step"]
    assert first["expect"]["json"] == {"format": 1}
    assert 'step 1: no longer asked: stdout_contains "nowhere"' in said
    assert "json.gone" in said
    assert second["expect"] == {"exit": 0}
    assert "step 2: no longer asked: json" in said


def test_an_update_says_so(tmp_path: Path) -> None:
    """An updated scenario is reported as updated, not as failed."""
    text = "[[step]]\nrun = 'list'\nexpect = {exit = 3}\n"
    outcome = play(tmp_path, HEAD + text, "--update")
    first, *_, last = outcome.out.splitlines()
    assert first.endswith("case.toml: updated")
    assert last == "0 of 1 scenarios held, 1 updated."
    again = play(tmp_path, HEAD + text, "--update", "-f", "json")
    assert again.json["scenarios"][0]["updated"] is True


def test_the_mode_stays(tmp_path: Path) -> None:
    """Whoever could read a scenario can read it after an update."""
    path = write(tmp_path, HEAD + "[[step]]\nrun = 'list'\nexpect = {exit = 3}\n")
    path.chmod(0o644)
    assert run_command("scenario", "run", "--update", str(path)).status == 0
    assert mode_of(path) == 0o644


def test_steps_in_one_list_cannot_be_updated(tmp_path: Path) -> None:
    """Steps that are not written as tables cannot be updated; the file stays as it is."""
    text = "step = [{run = 'list', expect = {exit = 3}}]\n" + HEAD
    outcome = play(tmp_path, text, "--update")
    assert outcome.status == 5
    assert "[[step]]" in outcome.err
    assert (tmp_path / "case.toml").read_text("utf-8") == text


def test_names_stay(tmp_path: Path) -> None:
    """What is expected by a name stays the name, where it holds."""
    text = """[[step]]
run = "book +1 10:00 --agent A-1 --case X-1"
save = "r1"
[[step]]
run = "show {r1}"
expect = {stdout_contains = "{r1}", json = {reservation = {number = "{r1}", status = "late"}}}
"""
    after, _ = updated(tmp_path, text)
    assert after == text.replace("late", "active")

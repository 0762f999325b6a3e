"""``scenario run``: steps, expectations, folders, and what is said where one does not hold."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.conftest import OfficeInFolder, run_command
from tests.docs.pages import read_page
from tests.scenario.support import BOOK, HEAD, REFUSED, play, played, step, write

EXAMPLES = re.findall(r"(?ms)^```toml\n(.*?)^```$", read_page("scenarios"))
"""What docs/scenarios.md shows."""


def test_a_scenario_that_holds_says_so_in_one_line(tmp_path: Path) -> None:
    outcome = play(tmp_path, 'title = "one"' + HEAD + step(BOOK))
    assert outcome.status == 0
    assert outcome.out.splitlines()[0].endswith("(one): held")
    assert outcome.err == ""


@pytest.mark.parametrize(
    ("expect", "key", "expected", "found"),
    [
        ("", "exit", 0, 3),
        ("expect = {exit = 4}", "exit", 4, 3),
        ('expect = {codes = ["quota.frames"]}', "codes", ["quota.frames"], ["day.past"]),
        ("expect = {exit = 3, codes = []}", "codes", [], ["day.past"]),
        ('expect = {exit = 3, json.error.kind = "x"}', "json.error.kind", "x", "refused"),
        ("expect = {exit = 3, json.error.refusals = []}", "json.error.refusals", [], None),
        (
            "expect = {exit = 3, json.error.refusals = [{subject = 1}]}",
            *("json.error.refusals[0].subject", 1, "2026-11-23"),
        ),
        ("expect = {exit = 3, json = {nothing = 1}}", "json.nothing", 1, None),
        ("""expect = {exit = 3, json = '{"error": null}'}""", "json.error", None, None),
        ('expect = {exit = 3, stdout_contains = "Booked."}', "stdout_contains", "Booked.", ""),
    ],
)
def test_each_expectation_can_fail(
    tmp_path: Path, expect: str, key: str, expected: object, found: object
) -> None:
    (done,) = played(tmp_path, HEAD + step(REFUSED, expect))
    (problem,) = done["problems"]
    assert not done["ok"]
    assert (problem["key"], problem["expected"]) == (key, expected)
    assert found is None or problem["found"] == found
    assert problem["message"]


@pytest.mark.parametrize(
    ("part", "status"),
    [
        ('{reservation = {status = "active", cases = [{number = "X-1"}]}}', 0),
        ('{reservation = {closes = "2026-11-24T03:00:00+00:00"}}', 0),
        ("{reservation = {cases = []}}", 3),
        ("{changed = true}", 0),
        ("{changed = 1}", 3),
    ],
)
def test_json_is_a_part_of_the_document(tmp_path: Path, part: str, status: int) -> None:
    """Tables may say less, lists not; instants have any offset; a number is no truth value."""
    assert play(tmp_path, HEAD + step(BOOK, f"expect = {{json = {part}}}")).status == status


def test_names_stand_in_input_and_expectations(tmp_path: Path) -> None:
    rows = '"number,date,hour\\nX-2,,\\n"'
    steps = [
        step(BOOK, 'save = "r1"'),
        step('run = "verify send A-1"'),
        step('run = "verify redeem -"', 'input = "{token}"'),
        step('run = "book --from - --agent A-1"', f"input = {rows}"),
        step('run = "book --from - --agent A-1"', "expect = {exit = 5}"),  # nothing to read
        step(
            'run = "show {r1}"',
            'expect = {stdout_contains = "{r1}", json = {reservation = {number = "{r1}"}}}',
        ),
        step('run = "show X-2"', """expect = {json = '{"reservation": {"number": "{r1}"}}'}"""),
        step('run = "show X-2"', 'expect = {stdout_contains = "{other}"}'),
    ]
    done = played(tmp_path, HEAD + "".join(steps))
    assert [each["ok"] for each in done] == [True] * 6 + [False] * 2
    assert done[6]["problems"][0]["expected"] == "Y261125-0001-7"
    assert done[7]["problems"][0]["expected"] == "{other}"


def test_steps_that_name_no_reservation_do_not_run(tmp_path: Path) -> None:
    steps = [
        step(REFUSED, "expect = {exit = 3}", 'save = "r1"'),
        step('run = "cancel {r1} --agent A-1"'),
        step(BOOK),
    ]
    done = played(tmp_path, HEAD + "".join(steps))
    assert [each["ok"] for each in done] == [True, False, True]
    assert done[1]["exit"] is None
    assert done[1]["problems"][0]["key"] == "run"


def test_a_failure_shows_step_line_command_and_both_values(tmp_path: Path) -> None:
    outcome = play(tmp_path, HEAD + step(BOOK) + step(REFUSED, "expect = {exit = 4}"))
    assert outcome.status == 3
    assert outcome.err == ""
    assert "step 2, line 10: kofucli book 2026-11-23 10:00" in outcome.out
    assert "exit: expected 4, found 3" in outcome.out
    assert "stderr|   [day.past]" in outcome.out
    assert "step 1" not in outcome.out
    assert outcome.out.endswith("0 of 1 scenarios held.\n")


# Isolation


def test_nothing_of_the_user_is_seen_or_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scenario ignores the user's variables, configuration and folder, and removes its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", None)
    (tmp_path / "kofucli.toml").write_text('[quota]\nframes = 1\n[user]\nlang = "ja"\n', "utf-8")
    variables = {"AGENT": "B-2", "OFFICE": "1", "NOW": "2030-01-01T00:00:00", "STORE": "/nowhere"}
    env = {f"KOFUCLI_{name}": value for name, value in variables.items()}
    steps = [step('run = "status"', 'expect = {stdout_contains = "office"}'), step(BOOK)]
    steps += [step('run = "book +1 11:00 --agent A-1 --case X-2"'), step('run = "list -o x.txt"')]
    assert play(tmp_path, HEAD + "".join(steps), env=env).status == 0
    assert Path.cwd() == tmp_path
    assert sorted(os.listdir(tmp_path)) == ["case.toml", "kofucli.toml", "tmp"]
    assert os.listdir(tmp_path / "tmp") == []


def test_a_scenario_speaks_english(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "ja")
    text = step(REFUSED, "expect = {exit = 3, stdout_contains = 'x'}")
    english, japanese = play(tmp_path, HEAD + text), play(tmp_path, 'lang = "ja"' + HEAD + text)
    assert "nothing was changed" in english.out
    assert "nothing was changed" not in japanese.out
    play(tmp_path, HEAD + text, "--lang", "ja")
    assert os.environ["LANGUAGE"] == "ja"


@pytest.mark.parametrize(
    "run",
    [
        *("init", "-q init", "--now 2026-11-24T10:00:00 demo", "scenario run case.toml"),
        *("list --store x", "--config=x list", "book --from ~/x --agent A-1"),
        *("list -o /etc/motd", "list -o/etc/motd", "list -qo/etc/motd", "list --output=/etc/motd"),
        *("list -o ../x", "list -o../x", "list -o=..", "list -o a/../../x"),
        *("", "list 'x"),
    ],
)
def test_a_step_cannot_get_out(tmp_path: Path, run: str) -> None:
    """Other stores, configurations, folders and scenarios are bad input, before anything runs."""
    text = f'{HEAD}{step(BOOK)}\n[[step]]\nrun = "{run}"\n'
    outcome = play(tmp_path, text, "-f", "json")
    assert (outcome.status, outcome.out) == (5, "")
    places = {p["where"].split(", ", 1)[1] for p in outcome.error["problems"]}
    assert places == {"line 10, [[step]] 2, run"}


def test_settings_that_reach_outside_are_bad_input(tmp_path: Path) -> None:
    text = '[store]\npath = "/x"\n[mail]\ntransport = "smtp"\nhost = "mail.example.jp"\n'
    text += '[terms]\npath = "/etc/hostname"\n'
    outcome = play(tmp_path, 'now = "2026-11-24T10:00:00"\n' + text, "-f", "json")
    assert outcome.status == 5
    assert len(outcome.error["problems"]) == 3


def test_where_no_office_can_be_made_the_folder_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "gone"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    done = play(tmp_path, HEAD + step(BOOK))
    assert done.status == 6
    assert str(tmp_path / "gone") in done.err


def test_an_interruption_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("kofucli.cli.booking.show.list_reservations", interrupt)
    outcome = play(tmp_path, HEAD + step('run = "list"', "expect = {exit = 1}") + step(BOOK))
    assert outcome.status == 1
    assert outcome.out == ""
    assert "Interrupted" in outcome.err


def test_only_what_differs_is_shown(tmp_path: Path) -> None:
    cases = '[{number = "X-2"}, {}]'  # compared as far as both sides go
    part = f'{{changed = false, reservation = {{agent = "A-1", start = "11:00", cases = {cases}}}}}'
    for form in ("", " -f json"):
        run = BOOK.replace('X-1"', f'X-1{form}"')
        lines = play(tmp_path, HEAD + step(run, f"expect = {{json = {part}}}")).out.splitlines()
        assert [
            "    json.changed: expected false, found true",
            '    json.reservation.start: expected "11:00", found "10:00"',
            "    json.reservation.cases: expected 2 elements, found 1",
            '    json.reservation.cases[0].number: expected "X-2", found "X-1"',
            "0 of 1 scenarios held.",
        ] == lines[2:]


def test_long_values_are_cut(tmp_path: Path) -> None:
    part = "{reservation = 1, nothing = {" + ", ".join(f"k{n} = {n}" for n in range(200)) + "}}"
    out = play(tmp_path, HEAD + step(BOOK, f"expect = {{json = {part}}}")).out
    assert "json.reservation: expected 1, found {" in out
    assert "json.nothing: expected {" in out
    assert all(len(line) < 500 for line in out.splitlines())
    assert "booked_at" not in out
    assert "k199" not in out


def test_a_document_of_an_error_is_told_in_words(tmp_path: Path) -> None:
    steps = [step(REFUSED.replace('X-1"', 'X-1 -f json"'))]
    steps += [step('run = "book +1 10:00 --agent A-1 --case X/1 -f json"')]
    steps += [step('run = "slots --agent A-9 -f json"')]
    out = play(tmp_path, HEAD + "".join(steps)).out
    assert "exit: expected 0, found 3" in out
    assert "stderr| Refused; nothing was changed." in out
    assert "stderr|   2026-11-23 is past; the earliest day is 2026-11-25." in out
    assert "only letters, digits and hyphens are allowed" in out
    assert "stderr| There is no agent A-9." in out
    assert '"kind"' not in out


@pytest.mark.parametrize("number", range(max(3, len(EXAMPLES))))
def test_the_examples_of_the_page_hold(tmp_path: Path, number: int) -> None:
    outcome = play(tmp_path, EXAMPLES[number])
    assert outcome.status == 0, outcome.out + outcome.err


# Folders


def test_a_folder_is_all_its_scenarios(tmp_path: Path) -> None:
    """All files *.toml in it and in the folders within it, in the order of their paths."""
    (tmp_path / "b" / "c").mkdir(parents=True)
    (tmp_path / ".hidden").mkdir()
    for name in ("z.toml", "b/2.toml", "b/10.toml", "b/c/d.TOML", "a.toml"):
        write(tmp_path, HEAD + step(BOOK), name)
    for name in ("kofucli.toml", "b/notes.txt", ".hidden/x.toml", ".y.toml"):
        write(tmp_path, "no scenario", name)
    outcome = run_command("scenario", "run", str(tmp_path), "-f", "json")
    assert outcome.status == 0, outcome.err
    found = [Path(each["file"]) for each in outcome.json["scenarios"]]
    names = ("a.toml", "b/10.toml", "b/2.toml", "b/c/d.TOML", "z.toml")
    assert [tmp_path / name for name in names] == found
    several = [str(tmp_path / "b"), str(tmp_path / "a.toml")]
    outcome = run_command("scenario", "run", *several)
    assert outcome.out.endswith("4 of 4 scenarios held.\n")


def test_a_folder_with_a_store_is_not_searched_there(tmp_path: Path) -> None:
    office = OfficeInFolder(tmp_path, "toml")
    office.add_agent()
    office.book("+1", "10", "X-1")
    write(tmp_path, HEAD + step(BOOK), "case.toml")
    outcome = run_command("scenario", "run", str(tmp_path))
    assert outcome.out.endswith("1 of 1 scenarios held.\n"), outcome


@pytest.mark.parametrize("names", [(), ("kofucli.toml", "b/x.txt", ".a.toml", "c/kofucli.toml")])
def test_a_folder_without_a_scenario_is_an_error(tmp_path: Path, names: tuple[str, ...]) -> None:
    (tmp_path / "f" / "b").mkdir(parents=True)
    (tmp_path / "f" / "c").mkdir()
    for name in names:
        write(tmp_path / "f", "", name)
    folder = str(tmp_path / "f")
    outcome = run_command("scenario", "run", folder, "-f", "json")
    assert 5 == outcome.status
    assert f"{folder} holds no scenario" in outcome.error["message"]
    wrong = write(tmp_path, "x = ", "wrong.toml")
    outcome = run_command("scenario", "run", folder, str(wrong), "-f", "json")
    assert 5 == outcome.status
    assert 2 == len(outcome.error["problems"])


def test_a_folder_is_updated(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    kept = write(tmp_path, HEAD + step(BOOK), "a.toml")
    changed = write(tmp_path / "in", HEAD + step(REFUSED, "expect = {exit = 0}"), "b.toml")
    before = kept.stat().st_mtime_ns
    outcome = run_command("scenario", "run", str(tmp_path), "--update")
    assert 0 == outcome.status, outcome
    assert f"{changed} was updated." in outcome.err
    assert before == kept.stat().st_mtime_ns
    assert 0 == run_command("scenario", "run", str(tmp_path)).status


def test_the_result_replaces_no_scenario_of_a_folder(tmp_path: Path) -> None:
    path = write(tmp_path, HEAD + step(BOOK), "a.toml")
    assert 2 == run_command("scenario", "run", str(tmp_path), "-o", str(path)).status

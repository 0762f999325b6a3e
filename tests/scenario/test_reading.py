"""Malformed scenarios: exit status 5, with file, line and key of every mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import run_command
from tests.scenario.support import HEAD, play, step, write


def reservation(**values: str) -> str:
    usual = {"agent": '"A-1"', "date": '"2026-11-25"', "hour": '"10:00"', "cases": '["X-1"]'}
    return "[[reservation]]\n" + "\n".join(f"{k} = {v}" for k, v in (usual | values).items())


def places(folder: Path, text: str) -> list[str]:
    """Run a malformed scenario and return where its mistakes are, without the file's name."""
    outcome = play(folder, text, "-f", "json")
    assert outcome.status == 5, outcome
    assert outcome.out == ""
    return [p["where"].removeprefix(f"{folder}/case.toml, ") for p in outcome.error["problems"]]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('titel = "x"' + HEAD, "titel"),
        ("[[agent]]\nid = 'A-1'", "now"),
        ('now = "tomorrow"', "now"),
        (HEAD + "[quota]\nframs = 3", "line 7, [quota] frams"),
        (HEAD + "[quota]\nframes = 'x'", "line 7, [quota] frames"),
        (HEAD + '[quota]\nreading = "note"\nframes = 2', "line 7, [quota] reading"),
        (HEAD + "[[step]]\nrun = 'list'\nexpct = {}", "line 6, [[step]] 1, expct"),
        (HEAD + "[[step]]\nexpect = {}", "line 6, [[step]] 1, run"),
        (HEAD + "[[step]]\nrun = 'list'\nexpect = {exti = 1}", "line 6, [[step]] 1, expect.exti"),
        (HEAD + "[[step]]\nrun = 'list'\nexpect = {json = '{'}", "line 6, [[step]] 1, expect.json"),
        (HEAD + "[[step]]\nrun = 'list'\nat = 'noon'", "line 6, [[step]] 1, at"),
        (HEAD + "[[step]]\nrun = 'cancel {r1}'", "line 6, [[step]] 1, run"),
        (HEAD + "[[step]]\nrun = 'list'\nsave = 'R 1'", "line 6, [[step]] 1, save"),
        (HEAD + "[[step]]\nrun = 'list'\nsettings = {quota = {frames = 0}}", "[quota] frames"),
        (HEAD + "[[file]]\nname = '../x'\ntext = ''", "line 6, [[file]] 1, name"),
        (HEAD + "[[file]]\nname = 'kofucli.toml'\ntext = ''", "line 6, [[file]] 1, name"),
        (HEAD + "[[notice]]\ndate = '2026-13-01'", "line 6, [[notice]] 1, date"),
        (HEAD + "[[notice]]\ndate = '2026-11-25'\nhours = ['x']", "[[notice]] 1, hours"),
        (HEAD + "[[agent]]\nid = 'a'", "[[agent]] 2, id"),
        (HEAD + "[[agent]]\nid = 'A-1'", "[[agent]] 2, id"),
        (HEAD + "[[agent]]\nid = 'B-1'\noccupation = 'baker'", "[[agent]] 2, occupation"),
        (
            HEAD + "marks = [{kind = 'no-show', date = 2026-11-02, reservation = 'r1'}]",
            "line 4, [[agent]] 1, marks",
        ),
        (HEAD + "[maintenance]\nuntil = 1", "[maintenance] until"),
        ("now = [", None),
        # What cannot stand in a store is bad input, though no rule is asked.
        (HEAD + reservation(agent='"B-2"'), "[[reservation]] 1, agent"),
        (HEAD + reservation(hour='"noon"'), "line 6, [[reservation]] 1, hour"),
        (HEAD + reservation(status='"gone"'), "line 6, [[reservation]] 1, status"),
        (HEAD + reservation(cases='["X-1,kind=pizza"]'), "[[reservation]] 1, cases, kind"),
        (HEAD + reservation(cases='["X-1,status=gone"]'), "[[reservation]] 1, cases"),
        (HEAD + reservation(booked_at='"x"'), "line 6, [[reservation]] 1, booked_at"),
        (HEAD + reservation(sequence="0"), "line 6, [[reservation]] 1, sequence"),
    ],
)
def test_each_mistake_is_placed(tmp_path: Path, text: str, where: str | None) -> None:
    found = places(tmp_path, text)
    assert where is None or found[0] == where


@pytest.mark.parametrize(
    ("bad", "worse"),
    [
        ("[quota]\nx = 1\n[[step]]\nrun = 'init'", "x = 1"),
        # What cannot stand in a store is found once all files are read.
        (reservation(agent="'B-2'"), reservation(cases="['X1,kind=pizza']")),
    ],
)
def test_mistakes_of_all_files_are_told_at_once(tmp_path: Path, bad: str, worse: str) -> None:
    paths = [
        str(write(tmp_path, HEAD + text, f"{at}.toml"))
        for at, text in enumerate(("[[step]]\nrun = 'list'", bad, worse))
    ]
    outcome = run_command("scenario", "run", *paths, "-f", "json")
    assert (outcome.status, outcome.out) == (5, "")
    files = [p["where"].split(", ")[0] for p in outcome.error["problems"]]
    assert list(dict.fromkeys(files)) == paths[1:]


def test_what_is_no_file_or_no_text_is_bad_input(tmp_path: Path) -> None:
    assert run_command("scenario", "run", str(tmp_path / "x.toml")).status == 5
    (tmp_path / "y.toml").write_bytes(b"\xff\xfe")
    assert run_command("scenario", "run", str(tmp_path / "y.toml")).status == 5
    assert run_command("scenario", "run").status == 2
    assert run_command("scenario", "run", "-", "-").status == 2
    assert run_command("scenario", "run", "-", "--update").status == 2


@pytest.mark.parametrize(
    ("text", "where", "said"),
    [
        ('now = "2026-11-24T10:00:00"\n[agent]\nid = "A-1"', "agent", "write [[agent]]"),
        (HEAD + "[step]\nrun = 'list'", "step", "write [[step]]"),
        (HEAD + "marks = [{kind = 'late', date = 2026-11-02}]", "marks 1, kind", "no-show"),
        (HEAD + reservation(cases="[]"), "[[reservation]] 1, cases", "at least one"),
        (HEAD + reservation(cases="['X,colour=red']"), "[[reservation]] 1, cases", "'colour'"),
        (HEAD + reservation(cases="['X,not_handed=blah']"), "1, cases", "not_handed=blah"),
        (HEAD + reservation(save="'token'"), "[[reservation]] 1, save", "{token}"),
        (HEAD + "[[step]]\nrun = 'list'\nsave = 'token'", "[[step]] 1, save", "{token}"),
        (
            HEAD + "suspension = {since = '2026-11-24', until = '2026-11-23'}",
            "[[agent]] 1, suspension",
            "2026-11-23",
        ),
        (
            HEAD + "[[notice]]\ndate = 2026-11-25\n" * 2,
            "line 8, [[notice]] 2, date",
            "notice of that day",
        ),
        (
            HEAD + reservation(save="'a'") + "\n" + reservation(save="'a'", cases="['X-2']"),
            "line 12, [[reservation]] 2, save",
            "another reservation",
        ),
        (
            HEAD + reservation(sequence="2") + "\n" + reservation(sequence="2", cases='["X-2"]'),
            "[[reservation]] 2, sequence",
            "another reservation of that day",
        ),
        (
            HEAD + "valid-until = '2027-01-01'\nvalid_until = '2027-01-01'",
            "[[agent]] 1, valid-until",
            "valid_until",
        ),
    ],
)
def test_each_mistake_is_explained(tmp_path: Path, text: str, where: str, said: str) -> None:
    outcome = play(tmp_path, text, "-f", "json")
    assert outcome.status == 5, outcome
    (problem,) = outcome.error["problems"]
    assert problem["where"].startswith(str(tmp_path / "case.toml"))
    assert where in problem["where"]
    assert said in problem["message"]


def test_a_heading_within_a_text_is_no_heading(tmp_path: Path) -> None:
    file = "[[file]]\nname = 'a.toml'\ntext = '''\n[[step]]\n# it's\n[[step]]\n'''\n"
    text = HEAD + file + "[[step]]\nrun = 'list'\nat = 'noon'"
    assert places(tmp_path, text) == ["line 13, [[step]] 1, at"]


def test_keys_of_agents_may_be_spelled_as_options(tmp_path: Path) -> None:
    text = HEAD + "valid-until = 2026-11-24\naccept-terms = false\n[[step]]\n"
    codes = "expect = {codes = ['agent.certificate', 'agent.terms']}"
    assert play(tmp_path, text + f"run = 'book +1 9 --agent A-1 --case X1'\n{codes}").status == 0


# Days and hours, as people write them

WRITTEN = """
now = "2026-11-24T10:00:00"

[[agent]]
id = "A-1"
valid_until = "令和９年３月３１日"
marks = [{kind = "no-show", date = "R8.10.5", reservation = "r1"}]
suspension = {since = "2026/11/1", until = "令8/11/20"}

[[reservation]]
agent = "A-1"
date = "令和8年11月25日(水)"
hour = "午前１０時～11時"
cases = ["X-1"]
save = "r1"

[[notice]]
date = "２０２６年１１月３０日"
hours = ["10時", "1:00 PM"]
"""


def test_days_and_hours_of_tables_and_steps(tmp_path: Path) -> None:
    show = '{reservation = {date = "2026-11-25", start = "10:00"}}'
    hours = "expect = {exit = 3, codes = ['frame.closed']}"
    steps = [
        step('run = "show {r1}"', f"expect = {{json = {show}}}"),
        step('run = "book 令和8年11月26日 午後１時 --agent A-1 --case X-2"'),
        step('run = "book 2026/11/30 10時 --agent A-1 --case X-3"', hours),
        step('run = "book R8.11.30 13:00-14:00 --agent A-1 --case X-3"', hours),
        step('run = "book 2026-11-30 9 --agent A-1 --case X-3"'),
    ]
    outcome = play(tmp_path, WRITTEN + "".join(steps))
    assert outcome.status == 0, outcome

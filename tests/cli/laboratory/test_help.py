"""The help: examples and forms of arguments, in lines that fit; ``demo`` plays the main job."""

from __future__ import annotations

import io
import re
import shlex
from pathlib import Path

import pytest

from kofucli.base.language import translator
from kofucli.cli.help import EXAMPLES, FORMS
from kofucli.cli.main import root
from tests.conftest import OfficeInFolder, read_token, run_command
from tests.support.command_tree import COMMANDS, EVERYTHING, options_of
from tests.support.terminal import columns

HEADINGS = {
    "en": ("Options of every command", "How values are written", "Example"),
    "ja": ("共通のオプション", "値の書き方", "例"),
}
AGENTS = """\
id,name,occupation,certificate,valid_until,email
S-5,n,attorney,c,2030-03-31,s-5@example.jp
"""
BEFORE = {
    "desk close-day": ["kofucli desk arrive 0001-7 --at 10:05"],
    "desk collect": ["kofucli desk arrive 0001-7"],
    "desk undo": ["kofucli desk arrive 0001-7"],
    "agent reinstate": ["kofucli agent suspend S-1 --reason x"],
}
"""What was done before the example makes sense."""
ASKING = {"agent erase", "office close", "store restore"}
NOW = ("2026-11-24T09:30", "2026-11-25T09:30")
"""The morning before the visit, and that of the visit."""


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory) -> OfficeInFolder:
    office = OfficeInFolder(tmp_path_factory.mktemp("examples"))
    for agent in ("S-1", "S-2", "S-3"):
        office.add_agent(agent)
    office.book("+1", "10:00", "X-1", "X-2", agent="S-1")
    sent = office.json("verify", "send", "S-2")["outbox"]
    (office.folder / "link.txt").write_text(f"https://a.example/{read_token(sent)}\n", "utf-8")
    office.set("mail", "host", '"localhost"')
    (office.folder / "cases.csv").write_text("number\nX-9\n", "utf-8")
    (office.folder / "agents.csv").write_text(AGENTS, "utf-8")
    for made in ("store export -o {}/store.jsonl", "scenario record X-1 -o {}/case.toml"):
        assert office.run(*made.format(office.folder).split()).status == 0
    return office


def test_every_command_has_an_example() -> None:
    """And no example is of a command that there is not."""
    assert EXAMPLES.keys() == {"", *COMMANDS}
    for path, text in EXAMPLES.items():
        assert text.startswith(f"kofucli {path}" if path != "gate" else "command=")


@pytest.mark.parametrize("path", ["", *EVERYTHING])
@pytest.mark.parametrize(("language", "width"), [("en", "80"), ("ja", "60"), ("ja", "40")])
def test_help_of_a_command(
    path: str, language: str, width: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shared options in one block, forms, an example; lines fit the terminal but for examples."""
    monkeypatch.setenv("COLUMNS", width)
    outcome = run_command(*path.split(), "--help", "--lang", language)
    assert (outcome.status, outcome.err) == (0, "")
    shown, command = outcome.out, EVERYTHING.get(path, root)
    assert run_command("help", *path.split(), "--lang", language) == outcome
    assert all(found.opts[-1] in shown for found in options_of(command))
    told = "".join(shown.split("\n\n")[1].split())
    assert told.startswith("".join(translator(language)(command.help or "").split())[:20])
    assert (language == "ja") == (re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", told) is not None)
    shared, _, example = HEADINGS[language]
    body, _, examples = shown.rpartition(f"\n{example}")
    assert f"\n  {'command=' if path == 'gate' else f'kofucli {path}'}" in examples
    assert max(map(columns, body.splitlines()[1:])) <= int(width)
    heading = r"\s*".join(map(re.escape, "".join(shared.split())))
    before, *rest = re.split(heading, body)
    after = "".join(rest)
    assert len(rest) == (path != "")
    if path:
        assert after.split("\n\n")[0].count("\n") <= 280 // int(width)
        assert "--no-color  " not in body
    for way in re.findall(r"\n(  [アイウエ]（\w+） +)[^\n]+\n( {9,})", body):
        assert columns(way[0]) == columns(way[1])
    for name in FORMS:
        if path and re.search(rf"\b{name}\b", before):
            assert f"\n  {name} " in after


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=[pytest.mark.files] if path == "store copy" else [])
        for path in sorted(EXAMPLES.keys() - {"gate"})
    ],
)
@pytest.mark.parametrize("language", ["en", "ja"])
def test_examples_work(
    counter: OfficeInFolder,
    tmp_path: Path,
    path: str,
    language: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    office = counter.copy(tmp_path)
    monkeypatch.chdir(office.folder)
    now = {"desk close-day": "2026-11-25T18:00"}.get(path, NOW["desk" in path])
    environment = {"KOFUCLI_LANG": language, "KOFUCLI_NOW": now}
    lines = translator(language)(EXAMPLES[path]).replace("\\\n", "").splitlines()
    for line in (*BEFORE.get(path, ()), *lines):
        words, _, source = line.partition(" > ")[0].partition(" < ")
        if source:
            typed = io.BytesIO(Path(source).read_bytes())
            monkeypatch.setattr("sys.stdin", io.TextIOWrapper(typed))
        arguments = shlex.split(words)[1:] + ["-y"] * (path in ASKING)
        assert run_command(*arguments, env=environment).status == 0, line


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
    store = tmp_path / "store"
    assert 0 == run_command("demo", "--store", str(store), "--now", "2026-11-24T10:00").status
    before = sorted(path.name for path in store.iterdir())
    assert "store.json" in before
    again = run_command("demo", "--store", str(store))
    assert 0 != again.status
    assert str(store) in again.err

"""What the shell's Tab offers: as the program answers it, and in the real shells."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

import pytest

from kofucli.casefile import KEYS
from kofucli.cli.main import main
from kofucli.rules.wording import RULES
from tests.conftest import OfficeInFolder
from tests.support.command_tree import COMMANDS
from tests.support.needs import lacking, linux_only
from tests.support.terminal import run_on_terminal

DAYS = ["2026-11-25", "2026-11-26", "2026-11-27", "2026-11-30", "2026-12-01"]
OFFERED_DAYS = [*(f"+{n}" for n in range(1, 6)), *DAYS]
HOURS = ["09:00", "10:00", "11:00", "13:00", "14:00", "15:00"]
KINDS = ["change", "extension", "permanent", "acquisition", "activity", "work-certificate"]


@pytest.fixture(scope="module")
def desk(founded: OfficeInFolder, tmp_path_factory: pytest.TempPathFactory) -> OfficeInFolder:
    office = founded.copy(tmp_path_factory.mktemp("desk"))
    office.add_agent("B-1")
    office.add_agent("C-1")
    assert office.run("agent", "erase", "C-1", "-y").status == 0
    office.book("+1", "10:00", "X-1", "X-2")
    office.book("+2", "13:00", "Z-1", agent="B-1")
    (office.folder / "cases.toml").write_text("", "utf-8")
    (office.folder / "more").mkdir()
    return office


class Tab:
    def __init__(self, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
        self._patch, self._captured = monkeypatch, capfd
        self.set(KOFUCLI_NOW="2026-11-24T10:00", LC_ALL="C.UTF-8")

    def set(self, **variables: str) -> None:
        for name, value in variables.items():
            self._patch.setenv(name, value)

    def answer(self, shell: str, words: list[str]) -> str:
        self.set(_KOFUCLI_COMPLETE=f"{shell}_complete", COMP_WORDS="\n".join(["kofucli", *words]))
        self.set(COMP_CWORD=words[-1] if shell == "fish" else str(len(words)))
        assert main([], os.environ) == 0
        printed = self._captured.readouterr()
        assert printed.err == ""
        return printed.out

    def press(self, line: str) -> list[str]:
        lines = self.answer("bash", line.split(" ")).split()
        return [each.partition(",")[2] for each in lines]


@pytest.fixture
def tab(
    desk: OfficeInFolder, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Tab:
    monkeypatch.chdir(desk.folder)
    return Tab(monkeypatch, capfd)


@pytest.mark.files
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("sh", ["show"]),
        ("list --da", ["--day"]),
        ("list --status off", ["office-closed"]),
        # Reservations that are active, of whoever is asked for.
        ("show ", ["Y261125-0001-7", "Y261126-0001-R"]),
        ("show --agent B-1 ", ["Y261126-0001-R"]),
        ("show --office --agent B-1 y2", ["Y261126-0001-R"]),
        ("cancel --config nowhere.toml ", []),
        ("desk arrive Y261125", ["Y261125-0001-7"]),
        ("store log --reservation Y261125", ["Y261125-0001-7"]),
        ("amend --drop ", ["X-1", "X-2", "Z-1"]),
        ("amend z-1 --drop ", ["Z-1"]),
        ("amend Y261125-0001-7 --agent B-1 --drop ", []),
        ("desk collect --now 2026-11-26T09:30 0001-R --not-handed ", ["Z-1="]),
        ("amend Y261125-0001-7 --agent A-1 --replace ", ["X-1=", "X-2="]),
        ("desk collect Y261125-0001-7 --not-handed X-1=p", ["X-1=papers", "X-1=period"]),
        # Agents; an erased one is none.
        ("slots --agent ", ["A-1", "B-1"]),
        ("plan cases.csv --agent A-1 --agent b", ["B-1"]),
        ("agent show ", ["A-1", "B-1"]),
        ("agent add --id ", []),
        # Days and hours.
        ("book ", OFFERED_DAYS),
        ("store purge --before ", []),
        ("book +1 ", HOURS),
        # Codes, and what a SPEC may hold.
        ("rules show quota.", [code for code in RULES if code.startswith("quota.")]),
        ("book --case X-9", []),
        ("book --case X-9,", [f"X-9,{key}=" for key in KEYS[1:]]),
        ("book --case X-9,kind=a,re", ["X-9,kind=a,recipient=", "X-9,kind=a,review="]),
        ("book --case X-9,kind=", [f"X-9,kind={kind}" for kind in KINDS]),
        ("amend --add X-9,filed=", ["X-9,filed=window", "X-9,filed=online"]),
        ("amend --replace X-1=X-9,kind=c", ["X-1=X-9,kind=change"]),
        # Files, folders, scenarios.
        ("book --from ca", ["ca"]),
        ("scenario run ", ["cases.toml", "kofu-store/", "more/"]),
        ("scenario run ./c", ["./cases.toml"]),
        ("list -o ", [""]),
        ("help desk arr", ["arrive"]),
        ("help ver", ["verify"]),
        ("no-such-command Y", []),
        # Bash takes equals signs and colons for words, and completes what follows them alone.
        ("book +1 1 : ", []),
        ("book +1 10 :", ["00"]),
        ("book --case X-9,kind =", KINDS),
        ("book --case X-9,kind = ch", ["change"]),
        ("book --case = X-9,kind = ch", ["change"]),
        ("show --agent = B-1 Y", ["Y261126-0001-R"]),
    ],
)
def test_what_may_stand_there(tab: Tab, line: str, offered: list[str]) -> None:
    assert tab.press(line) == offered


def test_files_and_folders_are_left_to_the_shell(tab: Tab) -> None:
    for line, kind in {"plan c": "file", "store check --config c": "file", "init c": "dir"}.items():
        assert tab.answer("bash", line.split(" ")) == f"{kind},c\n"


def test_who_acts_is_offered_its_own(tab: Tab, desk: OfficeInFolder) -> None:
    """By variable or [user] agent too; of agents it is offered itself."""
    desk.set("user", "agent", '"A-1"')
    try:
        assert tab.press("show ") == ["Y261125-0001-7"]
        assert tab.press("agent show ") == ["A-1"]
        assert len(tab.press("show --office --agent=B-1 ")) == 1
    finally:
        desk.config.write_text(desk.config.read_text("utf-8").replace('agent = "A-1"', ""), "utf-8")
    tab.set(KOFUCLI_AGENT="B-1")
    assert tab.press("cancel ") == ["Y261126-0001-R"]


def test_zsh_and_fish_say_what_it_is(tab: Tab) -> None:
    tab.set(LC_ALL="ja_JP.UTF-8")
    assert tab.answer("zsh", ["sh"]) == "plain\nshow\n予約番号又は申請番号で予約を表示します。\n"
    told = "plain,Y261125-0001-7\t2026-11-25 10:00 X-1 X-2\n"
    assert tab.answer("fish", ["show", "--agent", "A-1", "Y"]) == told
    assert tab.answer("fish", ["list", "--da"]) == "plain,--day\tこの日のものに限ります。\n"
    assert tab.answer("zsh", ["book", "+1", "13"]) == "plain\n13:00\n_\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_never_an_error(
    tab: Tab, desk: OfficeInFolder, tmp_path: Path, shell: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No store, a broken store or configuration, wrong variables: nothing, in silence, with 0."""
    broken = desk.copy(tmp_path / "broken")
    next(broken.store.glob("ledger/*")).write_text("{", "utf-8")
    (tmp_path / "kofucli.toml").write_text("[office\n", "utf-8")
    lines = [f"show --store {tmp_path} ", f"show --store {broken.store} "]
    lines += [
        f"{verb} --config {tmp_path}/kofucli.toml " for verb in ("show", "book", "slots --agent")
    ]
    lines += ["show --now never ", "show --agent no/id Y", "show --config /dev/null/x "]
    for line in lines:
        assert tab.answer(shell, line.split(" ")).strip() == "", line
    for name, value in {"COMP_CWORD": "x", "_KOFUCLI_COMPLETE": "tcsh_complete"}.items():
        tab.set(_KOFUCLI_COMPLETE=f"{shell}_complete", COMP_WORDS="kofucli show ")
        tab.set(**{name: value})
        assert main([], os.environ) == 0
    monkeypatch.delenv("COMP_WORDS")
    assert main([], os.environ) == 0


@pytest.mark.parametrize("path", COMMANDS)
def test_every_value_of_every_command_can_be_asked_for(tab: Tab, path: str) -> None:
    for parameter in COMMANDS[path].params:
        named = parameter.opts[-1:] if parameter.opts[0].startswith("-") else []
        tab.answer("bash", [*path.split(), *named, ""])


COMPINIT = "autoload compinit; compinit -D"
IN_FILE = "mkdir ~/.zfunc; kofucli completion zsh > ~/.zfunc/_kofucli; fpath=(~/.zfunc $fpath)"
STARTS = {
    "bash": ("bash --norc --noprofile -i", 'eval "$(kofucli completion bash)"'),
    "zsh": ("zsh -f -i", f'{COMPINIT}; eval "$(kofucli completion zsh)"'),
    "zsh, from a file": ("zsh -f -i", f"{IN_FILE}; {COMPINIT}"),
    "fish": ("fish --no-config -i", "kofucli completion fish | source"),
}
"""How each shell is begun without anybody's configuration, and how its completion is set up."""

TYPED = {
    "sh": ["show"],
    "show Y261125": ["show", "Y261125-0001-7"],
    "show --agent B-1 Y": ["show", "--agent", "B-1", "Y261126-0001-R"],
    "cancel --agent=b": ["cancel", "--agent=B-1"],
    "book +1 14": ["book", "+1", "14:00"],
    "book +1 14:": ["book", "+1", "14:00"],
    "book --case X-9,ki\tch": ["book", "--case", "X-9,kind=change"],
    "amend --replace=X-1=X-9,ki\tex": ["amend", "--replace=X-1=X-9,kind=extension"],
    "book --from my": ["book", "--from", "my cases.csv"],
    "book --from=my": ["book", "--from=my cases.csv"],
    "scenario run ca": ["scenario", "run", "cases.toml"],
    "rules show quota.fr": ["rules", "show", "quota.frames"],
    "desk und": ["desk", "undo"],
    "list --sta\toff": ["list", "--status", "office-closed"],
    "show --config my Y": ["show", "--config", "my", "Y"],
}
"""What is typed behind ``kofucli`` before Tab is pressed, and the words that stand there then."""


@linux_only
@pytest.mark.deep
@pytest.mark.parametrize("shell", STARTS)
def test_in_a_real_shell(desk: OfficeInFolder, tmp_path: Path, shell: str) -> None:
    """Typed at a terminal, Tab makes of each beginning what it should, and prints no error."""
    start, prepare = STARTS[shell]
    name = start.split()[0]
    if shutil.which(name) is None:
        lacking(f"{name} is missing (Debian: {name})")
    office = desk.copy(tmp_path / "office")
    (office.folder / "my cases.csv").write_text("number\n", "utf-8")
    program = tmp_path / "kofucli"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m kofucli "$@"\n', "utf-8")
    program.chmod(0o755)
    # Ctrl-A goes to the line's beginning: instead of kofucli, printf shows the words.
    lines = [f"kofucli {begun}\t\x01printf '<%s>' " for begun in TYPED]
    typed = "\r".join([f"cd {office.folder}", prepare, *lines, "exit", ""])
    environment = {"HOME": str(tmp_path), "LC_ALL": "C.UTF-8", "TERM": "xterm"}
    environment |= {"KOFUCLI_NOW": office.now, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    environment |= {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    terminal = ["setsid", "--ctty", "--wait", *start.split()]
    _, shown = run_on_terminal(terminal, environment, typed.encode())
    text = shown.decode()
    words = [re.findall("<(.*?)>", each) for each in re.findall("<kofucli>((?:<[^<>%]*>)*)", text)]
    assert words == list(TYPED.values()), text
    assert "Traceback" not in text

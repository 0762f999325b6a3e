"""Every command that writes, each with an office to run it in.

A new command is one entry of ``COMMANDS``; ``test_killed.py`` compares them with the command line.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from kofucli.base.clock import machine_now
from kofucli.store.files import view as in_files
from kofucli.store.postgres import store as in_tables
from tests.conftest import NOW, OfficeInFolder, run_command, token_of
from tests.support.postgres import Server

VISIT = "2026-11-25T09:30:00"
"""The morning of the first visits, before they begin."""
EVENING = "2026-11-25T18:00:00"
_BOOK = "book +1 13:00 --case N-1 --agent A-1"
ADD = (
    "agent add --id C-3 --name 丙 --certificate C-3 --email c@office.example.jp"
    " --occupation attorney --valid-until 2030-01-01"
)
_ADDED = (f"{ADD} --accept-terms", "verify send C-3")
_FILES = {
    "rows.csv": "number,date,hour,agent\nK-1,2026-11-25,13:00,B-2\nK-2,2026-11-25,13:00,B-2\n"
    "K-3,2026-11-26,09:00,A-1\nK-4,2026-11-27,14:00,B-2\nK-5,,,B-2\n",
    "amend.csv": "申請番号,訂正後\nX-1,X-7\nX-2,\nX-3,X-8\nB-9,B-8\n",
    "cancel.csv": "申請番号\nX-1\nX-2\nB-9\n",
    "agents.csv": "id,name,occupation,certificate,valid_until,email\n"
    "D-4,丁,attorney,D-4,2030-01-01,d@office.example.jp\n"
    "E-5,戊,attorney,E-5,2030-01-01,e@office.example.jp\n",
}
_ARRIVED = ("desk arrive {X-1}",)
_SUSPEND = "agent suspend A-1 --reason 調査"
_MAINTENANCE = "office maintenance --reason 更新"
_BACKUP = "store backup {folder}/backup"
_CLOSE = "office close 2026-11-25 --reason 点検 -y"


@dataclass(frozen=True)
class Command:
    """A command line, at an instant, in an office in which ``before`` has been run.

    Lines are split as a shell does. Words in braces are filled in: ``{folder}`` the office's
    folder, ``{token}`` that of the link for agent C-3, ``{backup}`` the only backup, ``{X-1}`` the
    number of the reservation with that case; a line of ``before`` may begin with ``@`` and its own
    instant, and ``prepare`` goes last.

    - ``stdin``: what it reads; each line is a transaction of its own.
    - ``again``: its exit statuses where its change is there already; only 0 means that a second
      run must leave the same store as one run.
    - ``leaves``: what ``store check`` may say after a run that was broken off.
    - ``follower``: the agent that books next.
    - ``erases``: the agent of whom no file may be left.
    - ``makes``, ``saves``: the store that it makes, the folder that gets a backup, below the
      office's folder; each is there whole, or not at all.
    - ``rewrites``: it may remove lines of the ledger.
    - ``repairs``: the store is damaged before.
    - ``commit``: a folder that the commit makes durable beside the ledger's.
    - ``server``: it needs a mail server.
    """

    name: str
    line: str
    now: str = NOW
    before: tuple[str, ...] = ()
    prepare: Callable[[OfficeInFolder], object] | None = None
    stdin: str = ""
    again: tuple[int, ...] = (0, 3, 4, 5)
    leaves: str = ""
    follower: str = "Z-9"
    erases: str = ""
    makes: str = ""
    saves: str = ""
    rewrites: bool = False
    repairs: bool = False
    commit: str = ""
    server: bool = False

    @property
    def whole_folder(self) -> bool:
        """Whether it writes beside the store, too."""
        return bool(self.makes or self.saves)


def _damage(office: OfficeInFolder) -> None:
    """Take a day's document away, and put a foreign one beside it."""
    day = "days/2026/2026-11-{}.json"
    office.put(day.format(30), office.bytes()[day.format(25)])
    office.put(day.format(25), None)


@contextmanager
def clock_ahead() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for module in (in_files, in_tables):
            patch.setattr(module, "machine_now", lambda: machine_now() + timedelta(days=9))
        yield


def _run_ahead(office: OfficeInFolder) -> None:
    with clock_ahead():
        office.json("office", "maintenance", "--reason", "更新")


COMMANDS = (
    Command("book", _BOOK),
    Command("book, first of a month", _BOOK, now="2026-12-01T10:00:00"),
    Command("book, first of a year", _BOOK, now="2027-12-28T10:00:00"),
    Command("book --from", "book --from {folder}/rows.csv --office", again=(0,)),
    Command("amend", "amend X-1 --drop X-2 --agent A-1"),
    Command("cancel", "cancel X-3 --agent A-1"),
    Command("amend --from", "amend --from {folder}/amend.csv --office", again=(0,)),
    Command("cancel --from", "cancel --from {folder}/cancel.csv --office", again=(0,)),
    Command("confirmation --send", "confirmation {X-1} --send --agent A-1"),
    Command("verify send", "verify send A-1"),
    Command("verify redeem", "verify redeem {token}", before=_ADDED),
    Command("terms accept", "terms accept --agent C-3", before=(ADD,)),
    Command("desk arrive", "desk arrive {X-1}", now=VISIT),
    Command("desk arrive -", "desk arrive -", now=VISIT, stdin="{X-1}\n{X-3}\n"),
    Command("desk collect", "desk collect {X-1} --not-handed X-2=papers", VISIT, _ARRIVED),
    Command("desk late-notice", "desk late-notice {X-1}", now=VISIT),
    Command("desk late-cancel", "desk late-cancel {X-1} --reason 本人から電話", now=VISIT),
    Command("desk close-day", "desk close-day 2026-11-25 --all-no-show -y", now=EVENING),
    Command("desk undo", "desk undo {X-1} --reason 読み違い", VISIT, _ARRIVED),
    Command("agent add", _ADDED[0]),
    Command("agent edit", "agent edit A-1 --name 新しい名 --email a@new.example.jp"),
    Command("agent import", "agent import {folder}/agents.csv --accept-terms"),
    Command("agent suspend", _SUSPEND),
    Command("agent reinstate", "agent reinstate A-1 --reason 済", before=(_SUSPEND,)),
    Command(
        "agent erase",
        "agent erase C-3 -y",
        before=_ADDED,
        leaves="the agent was erased",
        erases="C-3",
    ),
    Command("office close", _CLOSE),
    Command("office reopen", "office reopen 2026-11-25 --restore", before=(_CLOSE,)),
    Command("office maintenance", _MAINTENANCE),
    Command("office maintenance --over", "office maintenance --over", before=(_MAINTENANCE,)),
    Command("office clock", "office clock", prepare=_run_ahead),
    Command("mail send", "mail send", server=True),
    Command("init", "init {folder}/new", makes="new/kofu-store", commit="new", again=(6,)),
    Command("store backup", _BACKUP, saves="backup", again=(0, 6)),
    Command(
        "store restore",
        "store restore {backup} {folder}/new/copy -y",
        before=(_BACKUP,),
        makes="new/copy",
        commit="new",
        again=(5, 6),
    ),
    Command(
        "store import",
        "store import {folder}/export.jsonl {folder}/new/copy",
        before=("store export -o {folder}/export.jsonl",),
        makes="new/copy",
        commit="new",
        again=(5, 6),
    ),
    Command(
        "store copy",
        "store copy {folder}/kofu-store {folder}/new/copy --keep",
        makes="new/copy",
        commit="new",
        again=(0,),
    ),
    Command(
        "store purge",
        "store purge --before 2026-12-05 -y",
        now="2026-12-10T10:00:00",
        before=("@2026-11-28T10:00:00 desk close-day --all-no-show -y",),
        rewrites=True,
        commit="kofu-store",
    ),
    Command("store check --repair", "store check --repair", prepare=_damage, repairs=True),
)


def by_name(name: str) -> Command:
    return next(command for command in COMMANDS if command.name == name)


class Start(OfficeInFolder):
    """An office in which a command can be run, with the command line filled in."""

    def __init__(self, folder: Path, command: Command, server: Server | None = None) -> None:
        super().__init__(folder, server=server)
        self.now = command.now
        self.command = command
        self.arguments = self.fill(*shlex.split(command.line))
        self.stdin = self.fill(command.stdin)[0]

    def fill(self, *words: str) -> tuple[str, ...]:
        return tuple(re.sub(r"\{([^{}]*)\}", self._find, word) for word in words)

    def _find(self, match: re.Match[str]) -> str:
        name = match[1]
        if name in ("source", "target"):
            return match[0]
        if name == "folder":
            return str(self.folder)
        if name == "backup":
            (backup,) = (self.folder / "backup").iterdir()
            return str(backup)
        if name == "token":
            (mail,) = (name for name in self.named("outbox/") if "-verify-C-3-" in name)
            return token_of(self.bytes()[mail])
        for each in self.json("list", "--all")["reservations"]:
            if each["cases"][0]["number"] == name:
                return str(each["number"])
        raise LookupError(name)

    @property
    def full_line(self) -> list[str]:
        """The command line with configuration and instant."""
        config = [] if self.arguments[0] == "init" else ["--config", str(self.config)]
        return [*self.arguments, *config, "--now", self.now]

    def copy(self, folder: Path) -> Start:
        """Return a copy in a folder that is not there; the words that were filled in stay."""
        made, moved = super().copy(folder), copy(self)
        moved.folder, moved.config, moved.store = folder, made.config, made.store
        moved.arguments = tuple(
            word.replace(str(self.folder), str(folder)) for word in self.arguments
        )
        return moved


def make_busy(folder: Path, server: Server | None = None) -> OfficeInFolder:
    """Make an office with bookings of two agents on two days; a third agent books next."""
    office = OfficeInFolder(folder, server=server)
    office.add_agent()
    office.add_agent("B-2", name="乙 太郎", phone="055-111-2222")
    office.add_agent("Z-9")
    office.book("+2", "09:00", "B-9", agent="B-2")
    office.book("+1", "10:00", "X-1", "X-2,kind=change")
    office.book("+1", "11:00", "X-3")
    for name, text in _FILES.items():
        (folder / name).write_text(text, "utf-8")
    return office


def make_start(
    busy: Path, folder: Path, command: Command, port: int = 0, server: Server | None = None
) -> Start:
    """Return the office in which a command begins, made in ``folder`` from a busy one."""
    office = OfficeInFolder(busy, server=server).copy(folder)
    office.now = command.now
    if command.server:
        for key, value in (("host", '"127.0.0.1"'), ("port", str(port)), ("starttls", "false")):
            office.set("mail", key, value)
    for line in command.before:
        instant, _, words = line[1:].partition(" ") if line[0] == "@" else (command.now, "", line)
        begun = Start(folder, Command("", words), server)
        done = run_command(*begun.arguments, "--config", str(office.config), "--now", instant)
        assert done.status == 0, done
    start = Start(folder, command, server)
    if command.prepare is not None:
        command.prepare(office)
    return start

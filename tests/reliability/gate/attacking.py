"""Command lines with which one agent tries to reach another, the office or the machine."""

from __future__ import annotations

import random
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

import click

from kofucli.cli.office.gate import TABLE
from tests.support.command_tree import COMMANDS

_OPEN = [path for path in TABLE if path in COMMANDS]
_CHANGING = ["book", "amend", "cancel"]


@dataclass(frozen=True)
class Marks:
    """What an agent may know of: words to try, such as numbers and paths of others."""

    own: Sequence[str]
    others: Sequence[str]


_USUAL = (
    *("+1", "+4", "today", "2026-12-01", "10", "10:00", "-", "ja", "json", "csv", "html", "ics"),
    *("X-1", "X-2", "X-1=X-9", "quota.frames", "active", "bash", "S-1", "A-1", "A-2", "yes", "0"),
)
HIDDEN = "00912"
"""An agent of whom nobody knows; a spreadsheet would lose its zeros."""
_BARE = "912", "0912"
_HOSTILE = (
    *("/etc/passwd", "../kofucli.toml", "/dev/stdin", "/proc/self/environ", "-", "--", "-o", "~"),
    *("; id", "$(id)", "`id`", "| cat /etc/passwd", "&& id", "> made", "\n", "a\nb", "\t", ""),
    *("-oProxyCommand=id", "--office", "--agent=A-2", "{0.__class__}", "%s", "\x1b[2J", "\u202e"),
    *("$HOME", "*", "?", "[a-z]", "${IFS}", "\\", "..", "'", '"', "A" * 300, "é"),
    "横支更20260000001",
)
_TWISTS = (
    lambda option, value: [option, value],
    lambda option, value: [f"{option}={value}"],
    lambda option, value: [f"{option}{value}"],
    lambda option, value: [option[: max(3, len(option) - 2)], value],
    lambda option, value: [option.upper(), value],
    lambda option, value: [option],
    lambda option, value: [option, value, option, value],
    lambda option, value: [f"-qf{value}", option],
)

_FITTING = {
    "date": "+3 +4 +5",
    "hour": "9 10 11 13 14 15",
    "days": "+5",
    "hours": "10",
    "file": "-",
    "files": "-",
    "output": "-",
    "shell": "bash",
    "code": "quota.frames case.duplicate",
    "until": "+5",
    "day": "+4",
    "since": "today",
    "lang": "ja en",
    "format": "json csv table",
}
"""Values that a parameter can have; the others are words that somebody may try."""


def draw_line(lot: random.Random, marks: Marks) -> str:
    """Return a command as ssh sends it: what is open and reaches far, or anything at all."""
    words = _draw_open(lot, marks) if lot.random() < 0.6 else _draw_any(lot, marks)
    return " ".join(words) if lot.random() < 0.1 else shlex.join(words)


def _draw_open(lot: random.Random, marks: Marks) -> list[str]:
    """Return words of an open command, with values that reach what it is about."""
    path = lot.choice([*_OPEN, *_CHANGING * 4])
    decided = f"{TABLE['*']} {TABLE[path]}".split()
    words = path.split()
    for parameter in COMMANDS[path].params:
        name = parameter.name or ""
        tried = [*marks.own, *marks.others, f"X-{lot.randint(1, 99)}"]
        value = lot.choice(_FITTING[name].split() if name in _FITTING else tried)
        is_argument = isinstance(parameter, click.Argument)
        if name not in decided or (not is_argument and lot.random() < 0.7):
            continue
        if name == "replace":
            value += f"=X-{lot.randint(100, 999)}"
        if is_argument:
            words.append(value)
        else:
            words += [parameter.opts[-1], *([] if parameter.is_flag else [value])]
    if path == "book":
        is_file = lot.random() < 0.5
        case = lot.choice([*marks.others, f"X-{lot.randint(1, 99)}"])
        alone = [*words[1:3], "--case", case]
        words = ["book", *(["--from", "-", "--best-effort"] if is_file else alone)]
    return words


def _draw_any(lot: random.Random, marks: Marks) -> list[str]:
    """Return words of any command of the program, with any of its parameters, well or ill put."""
    path = lot.choice([*COMMANDS])
    command = COMMANDS[path]
    values = [*_USUAL, *_HOSTILE, *marks.own, *marks.others, *marks.others]
    words: list[list[str]] = []
    for parameter in lot.sample(command.params, lot.randint(0, min(6, len(command.params)))):
        value = lot.choice(values)
        if isinstance(parameter, click.Argument):
            words.append([value])
        elif parameter.is_flag:
            words.append([lot.choice(parameter.opts)])
        else:
            words.append(lot.choice(_TWISTS)(lot.choice(parameter.opts), value))
    lot.shuffle(words)
    start = path.split()
    if lot.random() < 0.1:
        start = [word[: lot.randint(2, len(word))] for word in start]
    parts = [start, *words] if lot.random() < 0.8 else [*words, start]
    return [word for part in parts for word in part]


def draw_data(lot: random.Random, marks: Marks) -> bytes:
    """Return what stands on standard input: mostly a file of cases of anybody."""
    case = lot.choice([*marks.own, *marks.others, "横支更20260000007", "X-77"])
    other = lot.choice([*marks.others, "A-2", "A-9", *_BARE])
    return lot.choice(
        [
            b"",
            f"number\n{case}\n".encode(),
            f"申請番号,取次者\n{case},{other}\n".encode("cp932"),
            f"申請番号,予約番号\n{case},{other}\n".encode("cp932"),
            f"old,new\n{case},X-{lot.randint(100, 999)}\n".encode(),
            f"number,date,hour,kind\n{case},2026-12-04,10:00,change\n".encode(),
            f"number,with,備考\n{case},{other},{other}\nX-78,{case},\n".encode(),
            f'[{{"number": "{case}", "with": "{other}", "agent": "{other}"}}]'.encode(),
            lot.randbytes(lot.randint(1, 200)),
            b"PK\x03\x04" + lot.randbytes(50),
        ]
    )

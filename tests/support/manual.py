"""The man page kofucli(1), made of the commands, of what their help says, and of the contract."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import click

import kofucli
from kofucli.base.language import speak
from kofucli.cli.help import EXAMPLES, FORMS
from kofucli.cli.main import root
from kofucli.output.wrap import wrap
from tests.docs.pages import code, read_page, read_table
from tests.support.command_tree import EVERYTHING

_DAY = "2026-11-30"
"""The day of the page: not that of its making, so that the same source gives the same page."""


def write_manual() -> str:
    """Return the page in roff, for ``man -l``."""
    speak("en")
    top = click.Context(root, info_name="kofucli")
    contract = read_page("contract")
    kinds = {row[0]: row[2] for row in read_table(contract, "Status", "Kind", "Meaning")}
    variables = read_table(contract, "Variable", "Stands for")
    lines = [
        f'.TH KOFUCLI 1 "{_DAY}" "kofucli {kofucli.__version__}" "User Commands"',
        *_section("NAME", _text(f"kofucli - {(root.help or '')[:-1].lower()}")),
        *_section("SYNOPSIS", [r".B kofucli", r"[\fIOPTIONS\fR] \fICOMMAND\fR [\fIARGS\fR]..."]),
        *_section("DESCRIPTION", _text(_DESCRIPTION)),
        *_section("OPTIONS", _list_options(top)),
    ]
    for title, commands in root.list_sections(top):
        found = [path for path in EVERYTHING if path.split()[0] in dict(commands)]
        told = (line for path in found for line in _command(path, top))
        lines += _section(f"{title} commands".upper(), told)
    lines += [
        *_section("HOW VALUES ARE WRITTEN", _list_words(FORMS.items())),
        *_section("ENVIRONMENT", _list_words((code(row[0]), row[1]) for row in variables)),
        *_section("EXIT STATUS", _list_words(kinds.items())),
        *_section("EXAMPLES", _lines(EXAMPLES[""])),
    ]
    return "\n".join(lines) + "\n"


_DESCRIPTION = (
    "A reservation system for the counter at which finished residence cards are collected: agents "
    "book hours and hand in cases, the counter records visits, the office closes days and reports. "
    "Options stand before or after a command's name; every command takes those below. The same "
    "help, in Japanese too, is shown by 'kofucli help COMMAND'."
)


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    yield f".SH {title}"
    yield from lines


def _command(path: str, top: click.Context) -> Iterator[str]:
    """Yield what a command or a group does, its options and example."""
    command = EVERYTHING[path]
    if isinstance(command, click.Group):
        return
    ctx = click.Context(command, parent=top, info_name=path)
    arguments = [p.make_metavar(ctx) for p in command.params if isinstance(p, click.Argument)]
    yield f'.SS "{_escape(" ".join(["kofucli", path, *arguments]))}"'
    yield from _text(command.help or "")
    yield from _list_options(ctx)
    yield ".PP"
    yield from _lines(EXAMPLES[path])


def _list_options(ctx: click.Context) -> Iterator[str]:
    shared = {option.name for option in root.get_params(ctx)} if ctx.parent else set()
    for option in ctx.command.get_params(ctx):
        record = option.get_help_record(ctx)
        if isinstance(option, click.Option) and record and option.name not in shared:
            names = re.sub(r"(?<![\w-])(-[\w-]+)", r"\\fB\1\\fR", record[0])
            yield from [".TP", names.replace("-", r"\-"), *_text(record[1])]


def _list_words(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    for word, meaning in rows:
        yield from [".TP", rf"\fB{_escape(word)}\fR", *_text(meaning)]


def _lines(text: str) -> list[str]:
    return [".RS 4", ".nf", *map(_escape, text.splitlines()), ".fi", ".RE"]


def _text(text: str) -> list[str]:
    """Return a text of the help or of a page, without what markdown has around its words."""
    plain = re.sub(r"\[([^]]+)\]\([^)]+\)|`", lambda found: found[1] or "", text)
    return [_escape(line) for line in wrap(plain, 70)]


def _escape(line: str) -> str:
    line = line.replace("\\", r"\e").replace("-", r"\-").replace("—", r"\(em")
    return rf"\&{line}" if line[:1] in (".", "'") else line

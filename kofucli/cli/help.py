"""What the help of a command says beside its options: shared ones, forms, an example.

Loaded where a help is shown. The man page is made of the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from gettext import gettext, ngettext
from shutil import get_terminal_size
from typing import Any

import click

from kofucli.base.text import N_
from kofucli.output.wrap import width, wrap

_NARROW, _NARROWEST = 66, 30  # columns up to which the long names of options get lines of their own

FORMS = {
    "DATE": N_(
        "2026-11-25, 2026/11/25 or R8.11.25; today, tomorrow, yesterday; +1 for the first shown "
        "day, +2 for the second, up to the last."
    ),
    "HOUR": N_("10:00, 10, 10 AM, or 10:00-11:00: when a frame begins."),
    "INSTANT": N_("2026-11-24T11:59, in Japan time, or 2026-11-24T11:59:59+09:00."),
    "NUMBER": N_(
        "A reservation number, such as Y261125-0001-7, or an active case's number; for 'desk' "
        "its last part is enough, such as 0001-7."
    ),
    "CASE": N_("The number of a case, such as X-1."),
    "SPEC": N_(
        "The number of a case, and what is known of it, as in X-2,kind=change,recipient=self. "
        "Keys: kind, recipient, birth, with, filed, office, review, counter, collect_by."
    ),
    "ID": N_("An agent's id, such as S-1."),
    "FILE": N_("A path; - is standard input, and with -o standard output."),
}
"""How values are written, by the name that usage and options have for them."""

EXAMPLES = {
    "": "kofucli demo\nkofucli help book",
    "status": "kofucli status --agent S-1",
    "slots": "kofucli slots --agent S-1",
    "book": "kofucli book +1 10:00 --case X-4,kind=change --agent S-1\n"
    "kofucli book --from cases.csv --best-effort -n --agent S-1",
    "plan": "kofucli plan cases.csv --agent S-1 --agent S-2 --day +2 --split shares",
    "amend": "kofucli amend Y261125-0001-7 --drop X-2 --agent S-1\n"
    "kofucli amend X-1 --replace X-1=X-3,kind=extension --agent S-1",
    "cancel": "kofucli cancel Y261125-0001-7 --agent S-1",
    "show": "kofucli show Y261125-0001-7",
    "list": "kofucli list --since today --until +5 --status active -f csv -o visits.csv",
    "confirmation": "kofucli confirmation Y261125-0001-7 -f html -o visit.html",
    "verify send": "kofucli verify send S-1",
    "verify redeem": "kofucli verify redeem - < link.txt",
    "notice": "kofucli notice --lang en",
    "terms show": "kofucli terms show --easy",
    "terms accept": "kofucli terms accept --agent S-1",
    "desk sheet": "kofucli desk sheet today -f html -o sheet.html",
    "desk arrive": "kofucli desk arrive 0001-7",
    "desk collect": "kofucli desk collect 0001-7 --not-handed X-1=papers",
    "desk late-notice": "kofucli desk late-notice 0001-7 --at 09:20",
    "desk late-cancel": N_("kofucli desk late-cancel 0001-7 --reason 'Called: cannot come'"),
    "desk close-day": "kofucli desk close-day today",
    "desk undo": N_("kofucli desk undo 0001-7 --reason 'Wrong number scanned'"),
    "agent add": N_(
        "kofucli agent add --id S-4 --name 'Hanako Yamate' --occupation scrivener \\\n"
        "      --certificate 26-0417 --valid-until 2030-03-31 --email yamate@example.jp \\\n"
        "      --accept-terms"
    ),
    "agent edit": "kofucli agent edit S-1 --email yamate@example.jp",
    "agent show": "kofucli agent show S-1",
    "agent list": "kofucli agent list -f csv -o agents.csv",
    "agent import": "kofucli agent import agents.csv --accept-terms",
    "agent suspend": N_("kofucli agent suspend S-1 --until 2027-03-01 --reason 'Did not come'"),
    "agent reinstate": N_("kofucli agent reinstate S-1 --reason 'Explained'"),
    "agent export": "kofucli agent export S-1 -f json -o S-1.json",
    "agent erase": N_("kofucli agent erase S-3 --reason 'Has retired'"),
    "office show": "kofucli office show",
    "office close": N_("kofucli office close +2 13:00 14:00 --reason Typhoon"),
    "office reopen": "kofucli office reopen +2 --restore",
    "office maintenance": N_(
        "kofucli office maintenance --end 2026-11-28T18:00 --reason 'New server'"
    ),
    "office clock": "kofucli office clock",
    "mail send": "kofucli mail send -n",
    "report load": "kofucli report load --since 2026-11-01 --until today -f csv -o load.csv",
    "report quota": "kofucli report quota",
    "report conduct": "kofucli report conduct --since 2026-06-01",
    "report nightly": "kofucli report nightly -o nightly",
    "gate": 'command="/srv/kofu/.venv/bin/python -I -m kofucli '
    '--config /srv/kofu/kofucli.toml gate S-1",restrict ssh-ed25519 AAAA... S-1',
    "init": "kofucli init office",
    "demo": "kofucli demo",
    "rules list": "kofucli rules list",
    "rules show": "kofucli rules show quota.frames --example",
    "scenario run": "kofucli scenario run case.toml",
    "scenario record": "kofucli scenario record Y261125-0001-7 -o case.toml",
    "store check": "kofucli store check",
    "store log": "kofucli store log --since today --agent S-1",
    "store purge": "kofucli store purge --before 2025-12-01 -n",
    "store backup": "kofucli store backup backups",
    "store restore": "kofucli store restore store.jsonl restored",
    "store export": "kofucli store export -o store.jsonl",
    "store import": "kofucli store import store.jsonl copy",
    "store copy": "kofucli store copy kofu-store /mnt/kofu-store --keep -n",
    "store migrate": "kofucli store migrate -n",
    "help": "kofucli help desk arrive",
    "completion": "kofucli completion bash > ~/.local/share/bash-completion/completions/kofucli\n"
    "kofucli completion zsh > ~/.zfunc/_kofucli\n"
    "kofucli completion fish > ~/.config/fish/completions/kofucli.fish",
}
"""Command lines that work, by the command; tests run them."""


def help_text(command: Any, ctx: click.Context) -> str:
    """Return the help of a command: what it does, options, forms, examples."""
    most = min(get_terminal_size().columns, ctx.max_content_width or _NARROW)
    formatter = _Formatter(width=max(most - 2, _NARROWEST))
    command.format_usage(ctx, formatter)
    formatter.write_paragraph()
    with formatter.indentation():
        formatter.write_text(gettext(command.help))
    root = ctx.find_root()
    shared = {each.name for each in root.command.get_params(root)} if ctx is not root else set()
    options = [each for each in command.get_params(ctx) if isinstance(each, click.Option)]
    shown = [(each.name in shared, each.get_help_record(ctx)) for each in options]
    rows = [(is_shared, row) for is_shared, row in shown if row is not None]
    formatter.write_section("Options", [row for is_shared, row in rows if not is_shared])
    formatter.write_shared(name for is_shared, (name, _) in rows if is_shared)
    for title, commands in command.list_sections(ctx):
        formatter.write_section(title, commands)
    taken = [
        each
        for each in command.params
        if each.name not in shared and not getattr(each, "hidden", False)
    ]
    metavars = " ".join(each.make_metavar(ctx) for each in taken)
    forms = [(name, gettext(FORMS[name])) for name in FORMS if re.search(rf"\b{name}\b", metavars)]
    formatter.write_section(N_("How values are written"), forms)
    meanings = [gettext(text).partition(": ") for text in command.meanings]
    formatter.write_section(command.meanings_of, [(word, meant) for word, _, meant in meanings])
    if getattr(root.command, "has_examples", True):
        formatter.write_examples(ctx.command_path.partition(" ")[2])
    return formatter.getvalue().rstrip("\n")


class _Formatter(click.HelpFormatter):
    def write_text(self, text: str) -> None:
        self._write(wrap(text, self.width, " " * self.current_indent))

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        rows = list(rows)
        most = col_max if self.width > _NARROW else self.width // 3
        widths = (width(word) for word, _ in rows if width(word) <= most)
        start = self.current_indent + max(widths, default=most) + col_spacing
        for word, meaning in rows:
            head = " " * self.current_indent + word
            if width(head) + col_spacing > start:
                self._write(self._break(head))
                head = ""
            first = head + " " * (start - width(head))
            self._write(wrap(meaning, self.width, " " * start, first))

    def _break(self, head: str) -> list[str]:
        """Return the name of an option in lines; a long list of choices is broken between them."""
        if len(head) <= self.width:
            return [head]
        space = " " * (self.current_indent + 4)
        return [
            line.replace("| ", "|") for line in wrap(head.replace("|", "| "), self.width, space, "")
        ]

    def _write(self, lines: Iterable[str]) -> None:
        self.write("".join(f"{line}\n" for line in lines))

    def write_heading(self, heading: str) -> None:
        self._write(wrap(f"{heading}:", self.width, " " * self.current_indent))

    def write_section(self, title: str, rows: list[tuple[str, str]]) -> None:
        if rows:
            with self.section(gettext(title)):
                self.write_dl(rows)

    def write_shared(self, options: Iterable[str]) -> None:
        names = list(options)
        if not names:
            return
        with self.section(gettext("Options of every command, before or after its name")):
            # What belongs to one option is not parted.
            listed = ", ".join(name.replace(" ", "\xa0") for name in names)
            told = gettext("{options}. 'kofucli help' explains them.").format(options=listed)
            space = " " * self.current_indent
            self._write(line.replace("\xa0", " ") for line in wrap(told, self.width, space))

    def write_examples(self, path: str) -> None:
        """Of a group the first one of each of its commands."""
        below = [text for name, text in EXAMPLES.items() if name.startswith(f"{path} ")]
        found = [gettext(text).partition("\nkofucli")[0] for text in below]
        if path in EXAMPLES:
            found = [gettext(EXAMPLES[path])]
        lines = "\n".join(found).splitlines()
        with self.section(gettext("Example") if len(lines) == 1 else gettext("Examples")):
            self._write(f"{'':>{self.current_indent}}{line}" for line in lines)


def click_messages(n: int) -> tuple[str, ...]:
    """Mark click's messages, which click asks of this program's catalog; nobody calls this."""
    return (
        *(N_("Usage:"), N_("Options"), N_("Commands"), N_("Positional arguments")),
        *(N_("Show this message and exit."), N_("default: {default}"), N_("env var: {var}")),
        *(N_("required"), N_("(dynamic)"), N_("Error: {message}")),
        *(N_("Try '{command} {option}' for help."), N_("Missing argument"), N_("Missing option")),
        *(N_("Missing parameter"), N_("Missing parameter: {param_name}"), N_("Missing command.")),
        *(N_("Choose from:\n\t{choices}"), N_("Invalid value: {message}")),
        *(N_("Invalid value for {param_hint}: {message}"), N_("No such command {name!r}.")),
        *(N_("No such option {name!r}."), N_("Option {name!r} does not take a value.")),
        N_("Argument {name!r} takes {nargs} values."),
        N_("{value!r} is not a valid {number_type}."),
        N_("{value!r} is not a valid boolean. Recognized values: {states}"),
        *(N_("{value} is not in the range {range}."), N_("file"), N_("directory"), N_("path")),
        *(N_("{name} {filename!r} does not exist."), N_("{name} {filename!r} is a file.")),
        *(N_("{name} {filename!r} is a directory."), N_("{name} {filename!r} is not readable.")),
        N_("{name} {filename!r} is not writable."),
        *(N_("Could not open file {filename!r}: {message}"), N_("unknown error"), N_("Aborted!")),
        *(N_("Do you want to continue?"), N_("Error: invalid input")),
        N_("Couldn't detect Bash version, shell completion is not supported."),
        N_("Shell completion is not supported for Bash versions older than 4.4."),
        ngettext("Did you mean {possibility}?", "(Did you mean one of: {possibilities}?)", n),
        ngettext(
            "Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})", n
        ),
        ngettext(
            "Option {name!r} requires an argument.",
            "Option {name!r} requires {nargs} arguments.",
            n,
        ),
        ngettext(
            "Takes {nargs} values but 1 was given.", "Takes {nargs} values but {len} were given.", n
        ),
        ngettext("{value!r} is not {choice}.", "{value!r} is not one of {choices}.", n),
    )

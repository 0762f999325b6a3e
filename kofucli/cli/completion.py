"""What a shell offers at Tab: commands and options by click, values by their forms.

``kofucli show Y<Tab>`` runs ``_KOFUCLI_COMPLETE=bash_complete kofucli`` with the words of the line,
which prints ``plain,Y261125-0001-7`` for every reservation of whoever acts. What goes wrong offers
nothing, in silence.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from gettext import gettext
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    split_arg_string,
)

from kofucli.base.language import speak
from kofucli.cli.files import print_text

if TYPE_CHECKING:
    from kofucli.cli.app import App
    from kofucli.model import Reservation

Item = CompletionItem[str]


def complete(root: click.Command, app: App, instruction: str) -> None:
    """Print what the shell asks for: ``bash_complete``, or ``bash_source`` for its script."""
    shell, _, wanted = instruction.partition("_")
    with suppress(Exception, KeyboardInterrupt):
        found = SHELLS[shell](root, {"obj": app}, "kofucli", "_KOFUCLI_COMPLETE")
        print_text(found.source() if wanted == "source" else f"{found.complete()}\n")


class _Speaking(ShellComplete):
    """A shell that shows what its candidates mean, in the user's language."""

    def get_completions(self, args: list[str], incomplete: str) -> list[Item]:
        found = super().get_completions(args, incomplete)
        speak(self.ctx_args["obj"].language)
        for item in found:
            item.help = gettext(item.help) if item.help else None
        return found


class _Bash(BashComplete):
    """Bash, which takes ``=`` and ``:`` for words of their own, and completes what follows them."""

    source_template = """\
%(complete_func)s() {
    local IFS=$'\\n' kind value
    COMPREPLY=()
    while IFS=, read -r kind value; do
        case $kind in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            path) COMPREPLY+=("$value"); compopt -o filenames ;;
            plain) COMPREPLY+=("$value"); [[ $value == *= ]] && compopt -o nospace ;;
        esac
    done < <(env COMP_WORDS="${COMP_WORDS[*]:0:COMP_CWORD+1}" COMP_CWORD=$COMP_CWORD \\
        %(complete_var)s=bash_complete "$1" 2>/dev/null)
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""
    _typed = ""

    def get_completion_args(self) -> tuple[list[str], str]:
        at = int(os.environ["COMP_CWORD"])
        split = [*split_arg_string(os.environ["COMP_WORDS"]), ""][: at + 1]
        words: list[str] = []
        joins = False
        for word in split[1:]:
            breaks = word != "" and not word.strip("=:")
            if words and (joins or breaks):
                words[-1] += word
            else:
                words.append(word)
            joins = breaks
        self._typed = "" if joins else split[-1]
        return words[:-1], words[-1]

    def get_completions(self, args: list[str], incomplete: str) -> list[Item]:
        name, equals, value = incomplete.partition("=")
        whole = value if equals and name.startswith("-") else incomplete
        known = max(0, len(whole) - len(self._typed))
        found = super().get_completions(args, incomplete)
        return [CompletionItem(item.value[known:], item.type) for item in found]


class _Zsh(_Speaking, ZshComplete):
    """Zsh, told that ``--from=`` stands before the value."""

    source_template = """\
#compdef %(prog_name)s
%(complete_func)s() {
    local -a response plain open described
    local kind value help
    (( $+commands[%(prog_name)s] )) || return 1
    [[ $words[CURRENT] == -*=* ]] && compset -P 1 '*='
    response=("${(@f)$(env COMP_WORDS="${words[1,CURRENT]}" COMP_CWORD=$((CURRENT-1)) \\
        %(complete_var)s=zsh_complete %(prog_name)s 2>/dev/null)}")
    for kind value help in "${response[@]}"; do
        case $kind in
            dir) _path_files -/ ;;
            file) _path_files -f ;;
            path|plain)
                if [[ $help != _ ]]; then described+=("$value:$help")
                elif [[ $value == *[=/] ]]; then open+=("$value")
                else plain+=("$value"); fi ;;
        esac
    done
    (( $#described )) && _describe -V unsorted described -U -i "$IPREFIX"
    (( $#open )) && compadd -U -i "$IPREFIX" -V unsorted -S '' -a open
    (( $#plain )) && compadd -U -i "$IPREFIX" -V unsorted -a plain
}
if [[ $funcstack[1] == _%(prog_name)s ]]; then
    %(complete_func)s "$@"
else
    compdef %(complete_func)s %(prog_name)s
fi
"""


class _Fish(_Speaking, FishComplete):
    """Fish, whose candidates hold the whole word, ``--from=`` too."""

    source_template = """\
function %(complete_func)s
    set -l begin (string match -r -- '^-[^=]*=' (commandline -ct))
    for line in (env %(complete_var)s=fish_complete COMP_WORDS=(commandline -cp | string collect) \\
            COMP_CWORD=(commandline -ct | string collect) %(prog_name)s 2>/dev/null)
        set -l item (string split -m 1 , -- $line)
        switch $item[1]
            case dir
                printf '%%s\\n' "$begin"(__fish_complete_directories "$item[2]")
            case file
                printf '%%s\\n' "$begin"(__fish_complete_path "$item[2]")
            case path plain
                printf '%%s\\n' "$begin$item[2]"
        end
    end
end
complete --no-files --command %(prog_name)s --arguments '(%(complete_func)s)'
"""


SHELLS: dict[str, type[ShellComplete]] = {"bash": _Bash, "zsh": _Zsh, "fish": _Fish}


def complete_value(parameter: click.Parameter, ctx: click.Context, incomplete: str) -> list[Item]:
    """Return the values that a parameter may have, by its form; none where something is wrong."""
    offer = _OFFERS.get(parameter.make_metavar(ctx).strip("[]."))
    if offer is None or "--id" in parameter.opts:  # that is a new one
        return []
    begun = incomplete.upper()
    with suppress(Exception):
        return [
            item
            for item in offer(ctx, incomplete)
            if item.type in ("file", "dir") or item.value.upper().startswith(begun)
        ]
    return []


def _list_active(ctx: click.Context) -> Iterable[Reservation]:
    from kofucli.operations.lookup import ListRequest, find_reservation, list_reservations

    app: App = ctx.obj
    actor = app.reader()
    # Click leaves NUMBER among the words where the option that is completed has no value yet.
    named = ctx.params.get("number") or next(iter(ctx.args), None)
    if named is None:
        request = ListRequest(agent=app.agent_id)
        return app.read(lambda context: list_reservations(context, request, actor))
    if ctx.command_path.startswith("kofucli desk"):
        from kofucli.operations.counter import find_at_desk

        return [app.read(lambda context: find_at_desk(context, named))]
    return [app.read(lambda context: find_reservation(context, named, actor))]


def _offer_numbers(ctx: click.Context, _: str) -> Iterator[Item]:
    for found in _list_active(ctx):
        cases = " ".join(case.number for case in found.active_cases)
        yield CompletionItem(found.number, help=f"{found.date} {found.start} {cases}")


def _offer_cases(ctx: click.Context, _: str, end: str = "") -> Iterator[Item]:
    for found in _list_active(ctx):
        for case in found.active_cases:
            yield CompletionItem(case.number + end)


def _offer_agents(ctx: click.Context, _: str) -> list[Item]:
    app = ctx.obj
    own = app.reader().agent
    if own is not None:
        return [CompletionItem(own)]
    agents = app.read(lambda context: [a for a in context.view.agents() if a.erased is None])
    return [CompletionItem(agent.id) for agent in agents]


def _offer_days(ctx: click.Context, _: str) -> list[Item]:
    if ctx.command_path.startswith("kofucli store"):
        return []  # these look back, and shown days are to come
    days = [day.isoformat() for day in ctx.obj.read(lambda context: context.shown)]
    named = [CompletionItem(f"+{n}", help=day) for n, day in enumerate(days, 1)]
    return [*named, *map(CompletionItem, days)]


def _offer_codes(ctx: click.Context, _: str) -> list[Item]:
    from kofucli.rules.wording import RULES

    return list(map(CompletionItem, RULES))


def _offer_spec(ctx: click.Context, incomplete: str) -> list[Item]:
    """Offer the keys that a SPEC has not yet, or the values of the one that it ends with."""
    from kofucli.casefile import KEYS, VALUES

    before, comma, last = incomplete.rpartition(",")
    if not comma:
        return []  # the number is new
    key, equals, _ = last.partition("=")
    if not equals:
        used = {part.partition("=")[0] for part in before.split(",")}
        return [CompletionItem(f"{before},{key}=") for key in KEYS[1:] if key not in used]
    words: Iterable[str] = filter(str.isascii, VALUES.get(key, ()))
    if key == "kind":
        words = ctx.obj.settings.cases.kinds
    return [CompletionItem(f"{before},{key}={word}") for word in words]


def _offer_replacement(ctx: click.Context, incomplete: str) -> Iterable[Item]:
    old, equals, spec = incomplete.partition("=")
    if not equals:
        return _offer_cases(ctx, incomplete, "=")
    return [CompletionItem(f"{old}={item.value}") for item in _offer_spec(ctx, spec)]


def _offer_outcome(ctx: click.Context, incomplete: str) -> Iterable[Item]:
    from kofucli.operations.counter import REASONS

    case, equals, _ = incomplete.partition("=")
    if not equals:
        return _offer_cases(ctx, incomplete, "=")
    return [CompletionItem(f"{case}={reason}") for reason in REASONS]


def _offer_commands(ctx: click.Context, incomplete: str) -> list[Item]:
    root = ctx.find_root()
    group: Any = root.command
    for name in ctx.params["names"]:
        group = group.get_command(root, name)  # what has no commands ends in nothing
    return list(group.shell_complete(click.Context(group, parent=root), incomplete))


def _offer_files(ctx: click.Context, incomplete: str) -> list[Item]:
    """Leave files to the shell; of scenarios name the files and folders that can hold one."""
    if not ctx.command_path.endswith("scenario run"):
        return [CompletionItem(incomplete, type="file")]
    begin = incomplete[: incomplete.rfind("/") + 1]
    with os.scandir(begin or ".") as entries:
        found = [(each.name, each.is_dir()) for each in entries]
    return [
        CompletionItem(begin + name + "/" * is_folder, type="path")
        for name, is_folder in sorted(found)
        if (is_folder and name[0] != ".") or (name.endswith(".toml") and name != "kofucli.toml")
    ]


_OFFERS: dict[str, Callable[[click.Context, str], Iterable[Any]]] = {
    "NUMBER": _offer_numbers,
    "CASE": _offer_cases,
    "SPEC": _offer_spec,
    "OLD=SPEC": _offer_replacement,
    "CASE=REASON": _offer_outcome,
    "ID": _offer_agents,
    "DATE": _offer_days,
    "HOUR": lambda ctx, _: map(CompletionItem, ctx.obj.settings.frames.starts),
    "CODE": _offer_codes,
    "COMMAND": _offer_commands,
    "FILE": _offer_files,
    "PATH": _offer_files,
    "DIR": lambda _, incomplete: [CompletionItem(incomplete, type="dir")],
}
"""What stands for a form, by the name that the help has for it."""

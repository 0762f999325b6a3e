"""``gate``: a command of one agent, which came through sshd with that agent's key.

docs/gate.md says how it is set up. Whoever calls chooses the words, a language and what stands on
standard input, and nothing else: no file, variable, option or clock counts but those of the office.
"""

from __future__ import annotations

import copy
import os
import re
import shlex
import signal
import stat
import sys
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from hashlib import sha256
from types import FrameType
from typing import Any

import click
from msgspec.structs import replace

from kofucli import cli
from kofucli.base import InputError, KofuError, NotFoundError, Phrase, usage_error
from kofucli.base.text import N_
from kofucli.cli.app import App
from kofucli.cli.files import print_text
from kofucli.cli.invocation import check_agent_id
from kofucli.cli.main import Root, report, root, run, scan
from kofucli.model import Actor, Stamp
from kofucli.operations import find_registered
from kofucli.settings import Settings

LONGEST = 64 << 10  # the most bytes of a command
SECONDS = 120  # a command is interrupted then, and killed some seconds later if it has not ended
_GRACE = 10
_LARGEST_PROOF = 64 << 10

TABLE = {
    "*": "lang quiet no_color format output raw dry_run explain sheet"
    " -config -store -now -verbose -agent -office -by -scenario",
    "": "version",
    "status": "",
    "slots": "",
    "book": "date hour cases files best_effort again -confirmations -form",
    "plan": "file days hours again -agents -folder",
    "amend": "number drop replace add file",
    "cancel": "number file",
    "show": "number",
    "list": "day since until statuses case everything",
    "confirmation": "number with_code -send",
    "verify": "",
    "verify redeem": "token",
    "notice": "",
    "terms": "",
    "terms show": "easy",
    "terms accept": "",
    "agent": "",
    "agent export": "agent_id",
    "rules": "",
    "rules list": "",
    "rules show": "code example",
    "help": "names",
    "completion": "shell",
}
"""The commands and groups that are open to an agent, with their parameters: - where one is closed.

The first line is of the parameters that many have. The gate runs click's own commands, in which a
parameter that is closed is unknown to the parser. So what is not open does not exist, however it is
written, and no second parser can read otherwise.
"""

STREAMS = frozenset({"file", "files", "output"})
"""The parameters that name a file: only standard input and output can be named."""

_UNTOLD = {
    "store": Phrase("The store cannot be used now. Nothing was changed: the office must mend it."),
    "locked": Phrase(
        "Another process holds the store and did not let go in time. Nothing was changed: try "
        "again."
    ),
    "unknown": Phrase(
        "The disk failed while the change was made durable: it may be kept or not. 'list' shows "
        "it, once the office has mended the store."
    ),
    "input": Phrase("The office's configuration, or a file that it names, is invalid."),
}
"""What is said of failures whose messages name files and processes of the machine, by kind."""


class _Stream(click.ParamType[str]):
    name = "-"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value != "-":
            raise usage_error(
                "Files of this machine are not open here: - is standard input or output."
            )
        return value


def _open_parameter(found: click.Parameter, path: str) -> click.Parameter:
    made = copy.copy(found)
    if found.name not in f"{TABLE['*']} {TABLE[path]}".split():
        made.hidden = True  # type: ignore[attr-defined]  # only options are ever closed
    elif found.name in STREAMS:
        made.type, made.metavar = _Stream(), "-"
    return made


def _open_command(found: click.Command, path: str) -> click.Command:
    made = copy.copy(found)
    made.params = [_open_parameter(each, path) for each in found.params]
    if isinstance(made, click.Group):
        names = {name: f"{path} {name}" for name in made.commands}
        made.commands = {
            name: _open_command(made.commands[name], below)
            for name, below in names.items()
            if below in TABLE
        }
    return made


class _OpenRoot(Root):
    has_examples = False
    """The examples of the help are of the whole program."""

    def __init__(self) -> None:
        told = {name: told for name, told in root.told.items() if name in TABLE}
        super().__init__(told | {"agent": N_("Show everything that is kept about an agent.")})
        self.params = [_open_parameter(each, "") for each in root.params]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        found = super().get_command(ctx, cmd_name)
        return _open_command(found, cmd_name) if found is not None else None


class _GateApp(App):
    """A run for an agent at the gate; ``key`` is the fingerprint of its key, if that is known."""

    interrupted = Phrase(
        "It took more than {seconds} s, the most that a command from outside may take; 'list' "
        "shows whether a change was made.",
        seconds=SECONDS,
    )

    def __init__(self, options: dict[str, Any], environment: Mapping[str, str], key: str) -> None:
        super().__init__(options, environment)
        self._key = key
        self.tree = _OpenRoot()

    @cached_property
    def settings(self) -> Settings:
        """Mails wait in the outbox, whoever sends them."""
        found = super().settings
        if found.mail.transport != "smtp":
            return found
        return replace(found, mail=replace(found.mail, transport="outbox"))

    @property
    def places(self) -> tuple[None, None]:
        return None, None

    @property
    def warnings(self) -> Sequence[Phrase]:
        return ()

    def name_actor(self, agent: str | None, by: str | None = None) -> Actor:
        return replace(super().name_actor(agent, by), via="ssh", key=self._key)

    def stamp(self, actor: Actor) -> Stamp:
        return replace(super().stamp(actor), bounds=self._hurry)

    @contextmanager
    def _hurry(self) -> Iterator[None]:
        seconds = max(self.settings.store.lock_seconds / 2, 1)
        left, _ = signal.setitimer(signal.ITIMER_REAL, seconds, _GRACE)
        try:
            yield
        except KeyboardInterrupt:
            raise InputError(
                Phrase(
                    "To decide this took more than {seconds} s, and others wait meanwhile. Nothing "
                    "was changed: send fewer rows at a time.",
                    seconds=f"{seconds:g}",
                )
            ) from None
        finally:
            unused, _ = signal.getitimer(signal.ITIMER_REAL)
            signal.setitimer(signal.ITIMER_REAL, max(left - seconds, 0) + unused, _GRACE)

    def _refuse_form(self) -> None:
        """Every form goes to standard output, which is never a terminal here."""

    def _write(
        self,
        make: Callable[[], Iterable[str]],
        of_file: Callable[[], Iterable[bytes]] | None = None,
    ) -> None:
        if self.format == "xlsx" and of_file is not None:
            sys.stdout.buffer.writelines(of_file())
            sys.stdout.flush()
        else:
            print_text(make())

    def tell(self, error: KofuError) -> KofuError:
        if error.kind == "aftermath" and self.stands:
            error.phrase = Phrase(
                "The change is done ({changed}), but what follows it failed. 'show' and 'list' "
                "show it.",
                changed=self.changes or "-",
            )
        elif error.kind in ("store", "locked", "unknown"):
            error.phrase = _UNTOLD[error.kind]
        else:
            problems = error.problems if isinstance(error, InputError) else ()
            told = (error.phrase, *(p for each in problems for p in (each.where, each.message)))
            if any(map(_names_a_file, told)):
                return type(error)(_UNTOLD.get(error.kind, _UNTOLD["store"]))
        return error

    def admit(self) -> None:
        """The agent may have been erased."""

        named = self.options["agent"]
        if self.read(lambda context: find_registered(context.view, named)) is None:
            raise NotFoundError(Phrase("This key opens nothing: nobody is registered for it."))


def _names_a_file(phrase: Phrase) -> bool:
    values = phrase.values
    return values.get("path", "-") != "-" or any(
        _names_a_file(value) for value in values.values() if isinstance(value, Phrase)
    )


@cli.command("gate", runs=False)
@cli.argument("agent_id", metavar="ID")
def gate(app: App, agent_id: str) -> int:
    """Run the command in SSH_ORIGINAL_COMMAND and return its exit status."""
    if not sys.flags.isolated or set(app.options) != {"config"}:
        raise usage_error(
            "Expected 'python -I -m kofucli --config FILE gate ID', without other options."
        )
    options = {"config": app.options["config"], "agent": check_agent_id(agent_id)}
    came = app.environment
    asked = os.environb.get(b"SSH_ORIGINAL_COMMAND", b"")  # whatever the locale makes of it
    key = read_key(came.get("SSH_USER_AUTH", ""))
    language = {name: came[name] for name in came if name == "LANG" or name.startswith("LC_")}
    os.environ.clear()
    os.environ.update(language)
    visit = _GateApp(options, language, key)
    signal.signal(signal.SIGALRM, _interrupt)
    signal.setitimer(signal.ITIMER_REAL, SECONDS, _GRACE)
    try:
        words = split(asked)
        shown = scan(words)
        options |= {name: shown[name] for name in ("lang", "format") if name in shown}
        visit.admit()
    except KofuError as error:
        return report(error, visit, ())
    return run(visit, words)


def split(asked: bytes) -> list[str]:
    """Return the words as a POSIX shell parts them; of none ``--help``. Raises WrongUsageError."""
    if len(asked) > LONGEST:
        raise usage_error(
            "The command has more than {limit} bytes, the most that is read.", limit=LONGEST
        )
    try:
        return shlex.split(asked.decode()) or ["--help"]
    except UnicodeDecodeError:
        raise usage_error("The command is not UTF-8.") from None
    except ValueError:
        raise usage_error("A quote or a backslash has no end.") from None


def read_key(path: str) -> str:
    """Return the fingerprint of the key that sshd (ExposeAuthInfo) tells, else an empty text."""
    # It is no matter who gives the path: only a file of this account that nobody else reads counts.
    if not os.path.basename(path).startswith("sshauth."):
        return ""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with open(descriptor, "rb") as file:
            found = os.fstat(descriptor)
            is_own = found.st_uid == os.geteuid() and not found.st_mode & 0o077
            proof = file.read(_LARGEST_PROOF) if stat.S_ISREG(found.st_mode) and is_own else b""
        shown = re.search(rb"(?m)^publickey [!-~]+ ([!-~]+)", proof)
        return "" if shown is None else fingerprint(b64decode(shown[1], validate=True))
    except (OSError, ValueError):
        return ""


def fingerprint(key: bytes) -> str:
    """Return the fingerprint of a public key as ``ssh-keygen -l`` shows it."""
    return "SHA256:" + b64encode(sha256(key).digest()).decode().rstrip("=")


def _interrupt(number: int, frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_DFL)
    raise KeyboardInterrupt

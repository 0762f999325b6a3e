"""What a command needs of the world: configuration, store, clock, language, who acts, output."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kofucli.cli.files import BYTE_ORDER_MARK, print_text, read_text, write_file
from kofucli.clock import machine_now, parse_instant
from kofucli.errors import (
    AbortedError,
    AftermathError,
    InputError,
    Phrase,
    WrongUsageError,
    reason_of,
)
from kofucli.language import Translate, from_locale, render, translator
from kofucli.text import abbreviate, find_unsafe, looks_like_my_number

if TYPE_CHECKING:
    from kofucli.model import Actor, Stamp
    from kofucli.operations.context import Context
    from kofucli.output.documents import Document
    from kofucli.output.tables import Sheet
    from kofucli.settings import Settings
    from kofucli.store import Store

__all__ = ["App", "check_agent_id", "find_configuration"]

T = TypeVar("T")
_AGENT_ID = re.compile(r"[A-Z0-9][A-Z0-9-]{0,31}")
_LONGEST_NAME = 100
_CLOCK_TOLERANCE = timedelta(seconds=60)
_VARIABLES = {
    "now": "KOFUCLI_NOW",
    "agent": "KOFUCLI_AGENT",
    "by": "KOFUCLI_BY",
    "store": "KOFUCLI_STORE",
}
_FALSE = ("", "0", "no", "false")


def find_configuration(given: str | None, environment: Mapping[str, str]) -> str | None:
    """Return the path of the configuration: option, variable, ./kofucli.toml, user's folder."""
    named = given or environment.get("KOFUCLI_CONFIG")
    if named:
        return named
    for path in ("kofucli.toml", os.path.join(click.get_app_dir("kofucli"), "kofucli.toml")):
        if os.path.exists(path):
            return path
    return None


class App:
    """One run of the program: the options given, read from ``options`` when they are needed."""

    def __init__(self, options: dict[str, Any], environment: Mapping[str, str]) -> None:
        self.options = options
        self.environment = environment
        self.changed = False

    def _named(self, name: str) -> str | None:
        """Return an option's value, else its variable's; an empty variable is none."""
        given = self.options.get(name)
        if given is not None:
            return str(given)
        return self.environment.get(_VARIABLES[name]) or None

    @property
    def now_is_given(self) -> bool:
        """Whether the instant is not the machine's."""
        return self._named("now") is not None

    @cached_property
    def now(self) -> datetime:
        """The instant the command acts at, read once."""
        given = self._named("now")
        return parse_instant(given) if given is not None else machine_now()

    @cached_property
    def config_path(self) -> str:
        """The configuration's path. Raises InputError where there is none."""
        path = find_configuration(self.options.get("config"), self.environment)
        if path is None:
            raise InputError(
                Phrase(
                    "There is no configuration (kofucli.toml) here or in your configuration "
                    "folder. Run 'kofucli init' to make one, or name one with --config."
                )
            )
        return path

    @cached_property
    def settings(self) -> Settings:
        """The configuration. Raises InputError."""
        from kofucli.settings import parse_settings  # help needs none

        return parse_settings(read_text(self.config_path), self.config_path)

    def use_configuration(self, path: str) -> None:
        """Read the configuration from ``path`` from now on."""
        self.options["config"] = path
        for name in ("config_path", "settings"):
            self.__dict__.pop(name, None)

    @cached_property
    def language(self) -> str:
        """The language of what is shown: option, variable, [user], locale."""
        named = self.options.get("lang") or self.environment.get("KOFUCLI_LANG")
        if named in ("ja", "en"):
            return str(named)
        if find_configuration(self.options.get("config"), self.environment) is not None:
            with suppress(InputError):  # said where the configuration is needed
                if self.settings.user.lang is not None:
                    return self.settings.user.lang
        return from_locale(self.environment)

    @cached_property
    def translate(self) -> Translate:
        """The translation into the user's language."""
        return translator(self.language)

    @property
    def store_path(self) -> str:
        """Where the store lies: option, variable, configuration (relative to its folder)."""
        named = self._named("store")
        if named is not None:
            return named
        folder = os.path.dirname(os.path.abspath(self.config_path))
        return os.path.join(folder, self.settings.store.path)

    @cached_property
    def store(self) -> Store:
        """The store, opened. Raises StoreError, InputError."""
        from kofucli.store import open_store  # help needs none

        settings = self.settings
        return open_store(self.store_path, settings.office.id, settings.store.lock_seconds)

    def read(self, work: Callable[[Context], T]) -> T:
        """Return what ``work`` makes of a consistent state of the store."""
        from kofucli.operations.context import Context  # help needs none

        return self.store.read(lambda view: work(Context(self.settings, view, self.now)))

    @property
    def format(self) -> str:
        """The form of the result: option, variable, [user], table."""
        named = self.options.get("format")
        if named:
            return str(named)
        default = self.environment.get("KOFUCLI_FORMAT")
        if default is None:
            with suppress(InputError):  # said where the configuration is needed
                default = self.settings.user.format
        return default if default in ("json", "csv") else "table"

    def check_variables(self) -> None:
        """Raise WrongUsageError where a variable has no value of its own."""
        for name, allowed in (("LANG", ("ja", "en")), ("FORMAT", ("table", "json", "csv"))):
            value = self.environment.get(f"KOFUCLI_{name}")
            if value and value not in allowed and self.options.get(name.lower()) is None:
                raise WrongUsageError(
                    Phrase(
                        "KOFUCLI_{name} is '{value}'; expected one of: {allowed}.",
                        name=name,
                        value=abbreviate(value),
                        allowed=allowed,
                    )
                )

    @property
    def dry_run(self) -> bool:
        """Whether nothing may be changed."""
        return bool(self.options.get("dry_run"))

    @property
    def acts_as_office(self) -> bool:
        """Whether --office or its variable is given."""
        variable = self.environment.get("KOFUCLI_OFFICE", "").lower()
        return bool(self.options.get("office")) or variable not in _FALSE

    @property
    def agent_id(self) -> str | None:
        """The agent named: option, variable, [user]. Raises WrongUsageError where it is no id."""
        named = self._named("agent")
        if named is None:
            named = self.settings.user.agent
        return check_agent_id(named) if named is not None else None

    @property
    def by(self) -> str:
        """The name that is recorded: --by, variable, login name."""
        named = self._named("by")
        if named is None:
            from kofucli.store.transaction import account_name  # reading needs none

            return account_name()
        bad = not named.strip() or len(named) > _LONGEST_NAME or find_unsafe(named)
        if bad or looks_like_my_number(named):
            raise WrongUsageError(
                Phrase(
                    "--by '{value}' is no name: 1 to {limit} characters without controls, "
                    "and no My Number (個人番号).",
                    value=abbreviate(named),
                    limit=_LONGEST_NAME,
                )
            )
        return named

    def reader(self) -> Actor:
        """Return who reads: an agent sees its own, everybody else what the office sees."""
        from kofucli.model import Actor  # help needs none

        return Actor(None if self.acts_as_office else self.agent_id, "")

    def agent_or_office(self) -> Actor:
        """Return who changes a reservation. Raises WrongUsageError where nobody is named."""
        from kofucli.model import Actor  # help needs none

        if self.acts_as_office:
            return Actor(None, self.by)
        agent = self.agent_id
        if agent is None:
            raise WrongUsageError(
                Phrase(
                    "Nobody acts: name an agent with --agent ID (or KOFUCLI_AGENT, or [user] "
                    "agent), or act as the office with --office."
                )
            )
        return Actor(agent, self.by)

    def office_only(self) -> Actor:
        """Return the office as actor. Raises WrongUsageError while an agent is set by default."""
        from kofucli.model import Actor  # help needs none

        if not self.acts_as_office and self.agent_id is not None:
            raise WrongUsageError(
                Phrase(
                    "This is the office's command, and agent {agent} is set by a variable or the "
                    "configuration: add --office if you are the office.",
                    agent=self.agent_id,
                )
            )
        return Actor(None, self.by)

    def stamp(self, actor: Actor) -> Stamp:
        """Return when and by whom a change is made. Raises WrongUsageError for a foreign clock."""
        from kofucli.model import Stamp  # help needs none

        self.refuse_in_store(str(self.options.get("output") or "-"))
        refuses = self.settings.store.fixed_clock == "refuse" and not self.dry_run
        if refuses and self._clock_is_foreign():
            raise WrongUsageError(
                Phrase(
                    "--now {now} is away from the machine's clock, and [store] fixed_clock = "
                    '"refuse" allows no change then.',
                    now=self.now,
                )
            )
        return Stamp(self.now, actor, self.dry_run)

    def _clock_is_foreign(self) -> bool:
        return self.now_is_given and abs(self.now - machine_now()) > _CLOCK_TOLERANCE

    def refuse_in_store(self, path: str) -> None:
        """Raise WrongUsageError where a result would be written into the store."""
        if path == "-":
            return
        try:
            store = os.path.realpath(self.store_path)
        except InputError:
            return  # without a configuration there is no store to damage
        if os.path.commonpath([store, os.path.realpath(path)]) == store:
            raise WrongUsageError(
                Phrase("{path} lies in the store; results belong elsewhere.", path=path)
            )

    def confirm(self, question: Phrase) -> None:
        """Ask before a change that cannot simply be taken back; -y answers, a dry run needs none.

        Raises WrongUsageError without a terminal, AbortedError where the answer is no.
        """
        if self.dry_run or self.options.get("yes"):
            return
        if sys.stdin is None or not sys.stdin.isatty():
            raise WrongUsageError(
                Phrase("This asks first, and there is no terminal: add -y to answer yes.")
            )
        if not click.confirm(render(question, self.translate), err=True):
            raise AbortedError(Phrase("Aborted; nothing was changed."))
        self.__dict__.pop("now", None)

    def show(
        self,
        document: Callable[[], Document],
        text: Callable[[Translate], str],
        sheet: Callable[[Translate], Sheet] | None = None,
        notes: Iterable[Phrase] = (),
        changed: bool = False,
    ) -> None:
        """Show a result in the form asked for; only what that form needs is made.

        Notes go to stderr, in JSON into the document. A result that cannot be written after a
        change is AftermathError: the change stands.
        """
        self.changed = changed
        said = [render(note, self.translate) for note in self._all_notes(notes, changed)]
        form = self.format
        if form == "json":
            from kofucli.output.documents import encode  # tables need none

            content = document()
            if self.dry_run:
                content["dry_run"] = True
            content["warnings"] = said
            self._write(encode(content))
        elif form == "csv" and sheet is not None:
            from kofucli.output.tables import csv_text  # JSON needs none

            self._write(csv_text(sheet(self.translate), bool(self.options.get("raw"))), "csv")
        else:
            self._write(text(self.translate))
        if form != "json":
            self.say(said)

    def say(self, notes: Iterable[str]) -> None:
        """Write notes to stderr, unless -q."""
        if not self.options.get("quiet"):
            for note in notes:
                click.echo(self.translate("Note: {note}").format(note=note), err=True)

    def _all_notes(self, notes: Iterable[Phrase], changed: bool) -> Iterable[Phrase]:
        yield from notes
        if self.dry_run and self.format != "json":
            yield Phrase("This was a dry run: nothing was changed.")
        if changed and not self.dry_run:
            yield from self.store.warnings
            if self._clock_is_foreign():
                yield Phrase(
                    "This change was made with --now {now}, away from the machine's clock.",
                    now=self.now,
                )

    def _write(self, text: str, form: str = "") -> None:
        path = str(self.options.get("output") or "-")
        if path != "-" and not self.changed:
            self.refuse_in_store(path)
        try:
            if path != "-":
                bom = BYTE_ORDER_MARK if form == "csv" else b""
                write_file(path, bom + text.encode())
            else:
                print_text(text)
        except OSError as error:
            raise AftermathError(self._unwritten(path, error)) from None

    def _unwritten(self, path: str, error: OSError) -> Phrase:
        place = Phrase("standard output") if path == "-" else path
        if self.changed and not self.dry_run:
            return Phrase(
                "{path} could not be written ({detail}). The change itself is done; "
                "'kofucli show' and 'kofucli list' show it.",
                path=place,
                detail=reason_of(error),
            )
        return Phrase(
            "{path} could not be written ({detail}).", path=place, detail=reason_of(error)
        )


def check_agent_id(text: str) -> str:
    """Return an agent's id. Raises WrongUsageError where it is none."""
    if _AGENT_ID.fullmatch(text) is None:
        raise WrongUsageError(
            Phrase(
                "'{value}' is no agent id: 1 to 32 of A-Z, 0-9 and -, not beginning with -.",
                value=abbreviate(text),
            )
        )
    return text

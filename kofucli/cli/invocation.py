"""What a command line asks for, and in whose name: the half of ``App`` that looks around."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kofucli.base import InputError, Phrase, Problem, WrongUsageError, usage_error
from kofucli.base.clock import parse_instant, read_clock
from kofucli.base.language import Translate, from_locale, translator
from kofucli.base.text import AGENT_ID, abbreviate, find_unsafe, looks_like_my_number
from kofucli.cli.files import columns_of, read_text

if TYPE_CHECKING:
    from kofucli.model import Actor
    from kofucli.operations import Context
    from kofucli.settings import Settings
    from kofucli.store import Store
    from kofucli.store.integrity.check import Heads
    from kofucli.store.place import Place
    from kofucli.store.view import View

T = TypeVar("T")
_LONGEST_NAME = 100
_TEXT_COLUMNS = 72
_FALSE = ("", "0", "no", "false")


class Invocation:
    """The half of ``App`` that only looks around, when asked, and keeps what it finds."""

    def __init__(self, options: dict[str, Any], environment: Mapping[str, str]) -> None:
        self.options = options
        self.environment = environment

    @property
    def output(self) -> str:
        """The path of the result, ``-`` for standard output."""
        return str(self.options.get("output") or "-")

    @property
    def is_printed(self) -> bool:
        """Whether the result goes to standard output."""
        return self.output == "-"

    def columns(self) -> int:
        """Return how wide a text of clauses is: 72 columns, or less on a narrower terminal."""
        terminal = columns_of(sys.stdout) if self.is_printed else 0
        return min(terminal or _TEXT_COLUMNS, _TEXT_COLUMNS)

    def _named(self, name: str) -> str | None:
        """Return an option's value, else its variable's; an empty variable counts as unset."""
        given = self.options.get(name)
        if given is not None:
            return str(given)
        return self.environment.get(f"KOFUCLI_{name.upper()}") or None

    @property
    def now_is_given(self) -> bool:
        """Whether --now or its variable sets the instant."""
        return self._named("now") is not None

    @cached_property
    def now(self) -> datetime:
        """The instant at which the command acts, read once. Raises WrongUsageError."""
        given = self._named("now")
        name = "--now" if self.options.get("now") is not None else "KOFUCLI_NOW"
        return parse_instant(given, name) if given is not None else read_clock()

    def find_configuration(self) -> str | None:
        """Return the configuration's path: option, variable, ./kofucli.toml, user's folder."""
        named = self.options.get("config") or self.environment.get("KOFUCLI_CONFIG")
        if named:
            return str(named)
        places = "kofucli.toml", os.path.join(click.get_app_dir("kofucli"), "kofucli.toml")
        return next(filter(os.path.exists, places), None)

    @cached_property
    def config_path(self) -> str:
        """The configuration's path. Raises InputError where there is none."""
        path = self.find_configuration()
        if path is None:
            raise InputError(
                Phrase(
                    "There is no configuration (kofucli.toml) here or in your configuration "
                    "folder. Run 'kofucli init' to make one, or name one with --config."
                )
            )
        return path

    @property
    def folder(self) -> str:
        """The folder of the configuration, from which its paths count. Raises InputError."""
        return os.path.dirname(os.path.abspath(self.config_path))

    @property
    def settings(self) -> Settings:
        """The configuration. Raises InputError."""
        if isinstance(self._configuration, InputError):
            raise self._configuration
        return self._configuration

    @cached_property
    def _configuration(self) -> Settings | InputError:
        """What is read once: a wrong configuration, too, is asked for its language and form."""
        from kofucli.settings.read import parse_settings  # help needs none

        try:
            return parse_settings(read_text(self.config_path), self.config_path)
        except InputError as error:
            return error

    def settings_or_defaults(self, note: Phrase) -> tuple[Settings, list[Phrase]]:
        """Return the office's settings; without a configuration the defaults, and the note."""
        if self.find_configuration() is not None:
            return self.settings, []
        from kofucli.settings import Settings  # help needs none

        return Settings(), [note]

    def use_configuration(self, path: str) -> None:
        """Read the configuration from ``path`` from now on."""
        self.options["config"] = path
        for name in ("config_path", "_configuration"):
            self.__dict__.pop(name, None)

    @cached_property
    def language(self) -> str:
        """The language of what is shown, ``en`` or ``ja``: option, variable, [user], locale."""
        named = self.options.get("lang") or self.environment.get("KOFUCLI_LANG")
        if named in ("ja", "en"):
            return str(named)
        if self.find_configuration() is not None:
            with suppress(InputError):  # said where the configuration is needed
                if self.settings.user.lang is not None:
                    return self.settings.user.lang
        return from_locale(self.environment)

    @cached_property
    def translate(self) -> Translate:
        """The translation into the user's language."""
        return translator(self.language)

    @property
    def has_colours(self) -> bool:
        """Whether standard output is a terminal that shows colours, and nobody wants none."""
        unwanted = self.options.get("no_color") or self.environment.get("NO_COLOR")
        is_plain = unwanted or self.environment.get("TERM") == "dumb"
        return not is_plain and sys.stdout.isatty()

    @cached_property
    def place(self) -> Place:
        """Where the store is: option, variables, configuration (relative to its own folder)."""
        return self.place_beside(self.config_path)

    def place_beside(self, configuration: str) -> Place:
        """Return where the store is for the settings, if they stand in a file of that path."""
        from kofucli.store.place import parse_place  # help needs none

        kept = self.settings.store
        folder = os.path.dirname(os.path.abspath(configuration))
        named = self._named("store") or self.environment.get("KOFUCLI_STORE_URL")
        try:
            return parse_place(named or kept.url or os.path.join(folder, kept.path))
        except WrongUsageError as error:
            if named:
                raise
            raise InputError(error.phrase) from None

    def refuse_in_store(self, path: str) -> None:
        """Raise WrongUsageError where a result would be written into the store."""
        if path == "-":
            return
        try:
            within = self.place.holds(path)
        except InputError:
            return  # without a configuration there is no store to damage
        if within:
            raise usage_error("{path} lies in the store; results belong elsewhere.", path=path)

    @property
    def places(self) -> tuple[str | None, str | None]:
        """The paths of configuration and store, as far as they are told."""
        return os.path.abspath(self.config_path), self.place.name

    @cached_property
    def store(self) -> Store:
        """The store, opened. Raises StoreError, InputError."""
        return self.place.open(self.settings.office.id, self.settings.store.lock_seconds)

    def close(self) -> None:
        """Close the store, if it was opened."""
        if "store" in self.__dict__:
            self.store.close()

    @property
    def heads_path(self) -> str | None:
        """The file to which heads are noted, if any. Raises InputError where it is in the store."""
        named = self.settings.store.heads
        if not named:
            return None
        path = os.path.join(self.folder, named)
        if self.place.holds(path) or os.path.realpath(path) == os.path.realpath(self.config_path):
            where, what = Phrase("[store] heads"), Phrase("expected a file outside of the store")
            raise InputError(
                Phrase("Heads cannot be kept there; nothing was changed."), [Problem(where, what)]
            )
        return path

    def read_heads(self) -> Heads | None:
        """Read the heads that were noted; None where none are, or were yet. Raises StoreError."""
        from kofucli.store.integrity.check import read_heads  # only checks need it

        return None if self.heads_path is None else read_heads(self.heads_path)

    def read(self, work: Callable[[Context], T]) -> T:
        """Return what ``work`` makes of one state of the store. Raises as ``check_clock``."""
        from kofucli.operations import Context  # help needs none

        def read(view: View) -> T:
            if not self.now_is_given:
                view.check_clock(self.now)
            return work(Context(self.settings, view, self.now))

        return self.store.read(read)

    @property
    def format(self) -> str:
        """The form of the result: option, variable, [user], else ``table``."""
        named = self.options.get("format")
        if named:
            return str(named)
        default = self.environment.get("KOFUCLI_FORMAT")
        if default is None:
            with suppress(InputError):  # said where the configuration is needed
                default = self.settings.user.format
        return default if default in ("json", "csv") else "table"

    def check_variables(self) -> None:
        """Raise WrongUsageError for a language or a form in the variables that there is not."""
        for name, allowed in (("LANG", ("ja", "en")), ("FORMAT", ("table", "json", "csv"))):
            value = self.environment.get(f"KOFUCLI_{name}")
            if value and value not in allowed and self.options.get(name.lower()) is None:
                raise usage_error(
                    "KOFUCLI_{name} is '{value}'; expected one of: {allowed}.",
                    name=name,
                    value=abbreviate(value),
                    allowed=allowed,
                )

    @property
    def dry_run(self) -> bool:
        """Whether nothing may be changed."""
        return bool(self.options.get("dry_run"))

    @property
    def explains(self) -> bool:
        """Whether --explain is given."""
        return bool(self.options.get("explain"))

    @property
    def acts_as_office(self) -> bool:
        """Whether --office or its variable is given."""
        variable = self.environment.get("KOFUCLI_OFFICE", "").lower()
        return bool(self.options.get("office")) or variable not in _FALSE

    @property
    def agent_id(self) -> str | None:
        """The agent's id: option, variable, [user]. Raises WrongUsageError for what is no id."""
        named = self._named("agent")
        if named is None:
            named = self.settings.user.agent
        return check_agent_id(named) if named is not None else None

    def agent_to_serve(self) -> str:
        """Return the agent's id, which the office must name too. Raises WrongUsageError."""
        if self.agent_id is None:
            raise usage_error("For whom? Add --agent ID to --office.")
        return self.agent_id

    @property
    def by(self) -> str:
        """The name that is recorded: --by, variable, login name."""
        named = self._named("by")
        if named is None:
            from kofucli.store.ledger import account_name  # reading needs none

            return account_name()
        bad = not named.strip() or len(named) > _LONGEST_NAME or find_unsafe(named)
        if bad or looks_like_my_number(named):
            raise usage_error(
                "--by '{value}' is not a name: 1 to {limit} characters without controls, "
                "and no My Number (個人番号).",
                value=abbreviate(named),
                limit=_LONGEST_NAME,
            )
        return named

    def reader(self) -> Actor:
        """Return who reads: the office with --office or where no agent is named, else the agent."""
        return self.name_actor(None if self.acts_as_office else self.agent_id, "")

    def name_actor(self, agent: str | None, by: str | None = None) -> Actor:
        """Return an agent, or the office, as actor; ``by`` is who acts, else as options say."""
        from kofucli.model import Actor  # help needs none

        return Actor(agent, self.by if by is None else by)

    def actor(self) -> Actor:
        """Return who changes something. Raises WrongUsageError if neither is named."""
        if self.acts_as_office:
            return self.name_actor(None)
        agent = self.agent_id
        if agent is None:
            raise usage_error(
                "Nobody acts: name an agent with --agent ID (or KOFUCLI_AGENT, or [user] "
                "agent), or act as the office with --office."
            )
        return self.name_actor(agent)

    def office_actor(self) -> Actor:
        """Return the office as actor.

        Raises WrongUsageError where an agent is set, and no --office is given: an agent's machine
        could act as the office by mistake.
        """
        if not self.acts_as_office and self.agent_id is not None:
            raise usage_error(
                "This is the office's command, and agent {agent} is set by a variable or the "
                "configuration: add --office if you are the office.",
                agent=self.agent_id,
            )
        return self.name_actor(None)


def check_agent_id(text: str) -> str:
    """Return an agent's id, written in any case and width. Raises WrongUsageError."""
    from kofucli.model.numbers import normalise_number  # help needs none

    found = normalise_number(text)
    if re.fullmatch(AGENT_ID, found) is None:
        raise usage_error(
            "'{value}' is not an agent id: 1 to 32 of A-Z, 0-9 and -, not beginning with -.",
            value=abbreviate(text),
        )
    return found

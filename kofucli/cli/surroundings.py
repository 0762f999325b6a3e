"""What a run finds around it: streams, configuration, store, clock, language, form of the result.

The standard streams are prepared once, when the process begins. A write to stderr that fails is
passed over: a note that nobody can read changes no exit status. A write to stdout that fails is
raised, for that is the result; ``kofucli.cli.main`` decides how the run ends.
"""

from __future__ import annotations

import errno
import os
import sys
from codecs import lookup
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from functools import cached_property
from io import BufferedWriter, RawIOBase, TextIOWrapper
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kofucli.base.clock import machine_now, parse_instant
from kofucli.base.errors import InputError, Phrase, WrongUsageError
from kofucli.base.language import Translate, from_locale, translator
from kofucli.base.text import abbreviate
from kofucli.cli.files import read_text

if TYPE_CHECKING:
    from kofucli.operations.context import Context
    from kofucli.settings import Settings
    from kofucli.store import Store

T = TypeVar("T")
_STDOUT, _STDERR = 1, 2
_VARIABLES = {
    "now": "KOFUCLI_NOW",
    "agent": "KOFUCLI_AGENT",
    "by": "KOFUCLI_BY",
    "store": "KOFUCLI_STORE",
}


class ReaderGoneError(Exception):
    """The reader of standard output has gone (``| head``), which is nobody's error."""


class UnwrittenError(OSError):
    """Standard output cannot be written: a full disk, a closed descriptor, and the like."""


class _Guarded(RawIOBase):
    """Standard output or standard error; it may have been closed when the process began."""

    def __init__(self, descriptor: int, is_open: bool) -> None:
        self._descriptor = descriptor
        self._is_open = is_open

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return self._is_open and os.isatty(self._descriptor)

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        try:
            if not self._is_open:
                raise OSError(errno.EBADF, os.strerror(errno.EBADF))
            return os.write(self._descriptor, data)
        except BrokenPipeError:
            if self._descriptor == _STDOUT:
                raise ReaderGoneError from None
        except OSError as error:
            if self._descriptor == _STDOUT:
                raise UnwrittenError(*error.args) from None
        return len(memoryview(data))


def prepare_streams() -> None:
    """Guard stdout and stderr, also where they are closed, and choose their encoding.

    A closed descriptor is opened on the null device first. Otherwise the next file that is opened,
    perhaps the ledger, would get the number of stderr, and notes would be written into it.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number
    sys.stdout = _prepare(sys.stdout, _STDOUT)
    sys.stderr = _prepare(sys.stderr, _STDERR)
    if isinstance(sys.stdin, TextIOWrapper):  # undecodable input is a wrong answer, not an error
        sys.stdin.reconfigure(errors="replace")


def _prepare(stream: object, descriptor: int) -> TextIOWrapper:
    """Return a guarded stream in UTF-8; ``stream`` is None if it is closed.

    A terminal keeps its encoding, unless that is ASCII, which Python assumes where no locale is
    set. A character that the terminal cannot show becomes an escape.
    """
    encoding, is_terminal = "utf-8", False
    if isinstance(stream, TextIOWrapper):
        is_terminal = stream.isatty()
        if is_terminal and lookup(stream.encoding).name != "ascii":
            encoding = stream.encoding
        if is_terminal and sys.platform == "win32":  # a console there is not written as bytes
            stream.reconfigure(errors="backslashreplace", newline="\n")
            return stream
    return TextIOWrapper(
        BufferedWriter(_Guarded(descriptor, stream is not None)),
        encoding,
        "backslashreplace",
        newline="\n",
        line_buffering=is_terminal or descriptor == _STDERR,
    )


class Surroundings:
    """What a run finds around it, looked up in options, variables and files when it is needed."""

    def __init__(self, options: dict[str, Any], environment: Mapping[str, str]) -> None:
        self.options = options
        self.environment = environment

    def _named(self, name: str) -> str | None:
        """Return an option's value, else its variable's; an empty variable counts as unset."""
        given = self.options.get(name)
        if given is not None:
            return str(given)
        return self.environment.get(_VARIABLES[name]) or None

    @property
    def now_is_given(self) -> bool:
        """Whether --now or its variable sets the instant."""
        return self._named("now") is not None

    @cached_property
    def now(self) -> datetime:
        """The instant at which the command acts, read once."""
        given = self._named("now")
        return parse_instant(given) if given is not None else machine_now()

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

    @cached_property
    def settings(self) -> Settings:
        """The configuration. Raises InputError."""
        from kofucli.settings.read import parse_settings  # help needs none

        return parse_settings(read_text(self.config_path), self.config_path)

    def use_configuration(self, path: str) -> None:
        """Read the configuration from ``path`` from now on."""
        self.options["config"] = path
        for name in ("config_path", "settings"):
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
    def store_path(self) -> str:
        """The store's folder: option, variable, configuration (relative to its own folder)."""
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

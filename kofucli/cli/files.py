"""Files that users name, read whole within a limit, and the standard streams.

The standard streams are prepared once, when the process begins. A write to stderr that fails is
passed over: a note that nobody can read changes no exit status. A write to stdout that fails is
raised, for that is the result; ``kofucli.cli.main`` decides how the run ends.
"""

from __future__ import annotations

import errno
import os
import sys
from codecs import lookup
from collections.abc import Iterable
from io import BufferedWriter, RawIOBase, TextIOWrapper
from typing import Any, TextIO

import click

from kofucli.base import InputError, Phrase, UnusableError, reason_of

_STDOUT, _STDERR = 1, 2
_LARGEST_CONFIGURATION = 1 << 20
_NARROWEST = 20


def print_text(parts: Iterable[str]) -> None:
    """Print a text to standard output. Raises UnwrittenError, ReaderGoneError."""
    sys.stdout.writelines(parts)
    sys.stdout.flush()


def can_print(text: str) -> bool:
    """Tell whether the encoding that Python was given for standard output has all of a text."""
    try:
        text.encode(getattr(sys.stdout, "given", sys.stdout.encoding))
    except UnicodeEncodeError:
        return False
    return True


def print_message(text: str) -> None:
    """Print lines for people to standard error, their sentences broken at the terminal's width."""
    click.echo(fit_terminal(text, sys.stderr), err=True, nl=False)


def fit_terminal(text: str, stream: TextIO) -> str:
    """Break sentences for a terminal; elsewhere lines stay whole, so that they can be searched."""
    columns = columns_of(stream)
    if not columns:
        return text
    from kofucli.output.wrap import fit  # a pipe needs none

    return fit(text, columns)


def columns_of(stream: TextIO) -> int:
    """Return the columns of the terminal that a stream goes to; 0 where lines stay whole."""
    named = os.environ.get("COLUMNS", "")
    columns = int(named) if named.isdecimal() and (stream is sys.stderr or stream.isatty()) else 0
    if not columns and stream.isatty():
        columns = os.get_terminal_size(stream.fileno()).columns
    return columns if columns >= _NARROWEST else 0


def read_text(path: str) -> str:
    """Return a configuration's text. Raises InputError."""
    try:
        with open(path, "rb") as file:
            data = file.read(_LARGEST_CONFIGURATION + 1)  # it may be a device
        if len(data) <= _LARGEST_CONFIGURATION:
            return data.decode("utf-8-sig")
        detail = Phrase(
            "it has more than {limit} bytes, the most that is read", limit=_LARGEST_CONFIGURATION
        )
    except FileNotFoundError:
        raise InputError(
            Phrase(
                "There is no configuration at {path}. Run 'kofucli init' to make one.", path=path
            )
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        broken = Phrase("its bytes are not UTF-8")
        detail = reason_of(error) if isinstance(error, OSError) else broken
    raise InputError(
        Phrase("The configuration {path} is not readable: {detail}.", path=path, detail=detail)
    )


def read_input(path: str, most: int) -> bytes:
    """Return the bytes of a file (``-``: stdin). Raises InputError, also for more than ``most``."""
    try:
        if path == "-":
            if sys.stdin is None:
                raise UnusableError(Phrase("standard input is closed"))
            data = sys.stdin.buffer.read(most + 1)
        else:
            with open(path, "rb") as file:
                data = file.read(most + 1)
    except OSError as error:
        raise InputError(
            Phrase("{path} is not readable: {detail}.", path=path, detail=reason_of(error))
        ) from None
    if len(data) > most:
        raise InputError(
            Phrase(
                "{path} has more than {limit} bytes, the most that is read.", path=path, limit=most
            )
        )
    return data


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


class _Output(TextIOWrapper):
    """A guarded stream; ``given`` is the encoding that Python was given for it."""

    given = "utf-8"


def prepare_streams() -> None:
    """Guard stdout and stderr, also where they are closed, and choose their encoding.

    The next file that is opened, perhaps the ledger, would get the number of a closed stderr, and
    notes would be written into it: so the null device gets it.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            # Takes the lowest free number: else the next file, perhaps the ledger, would be stderr.
            os.open(os.devnull, os.O_RDWR)
    sys.stdout = _prepare(sys.stdout, _STDOUT)
    sys.stderr = _prepare(sys.stderr, _STDERR)
    if isinstance(sys.stdin, TextIOWrapper):  # undecodable input is a wrong answer, not an error
        sys.stdin.reconfigure(errors="replace")


def _prepare(stream: object, descriptor: int) -> TextIOWrapper:
    """A terminal keeps its encoding, but for ASCII, which Python assumes without a locale."""
    encoding, is_terminal = "utf-8", False
    if isinstance(stream, TextIOWrapper):
        is_terminal = stream.isatty()
        if is_terminal and lookup(stream.encoding).name != "ascii":
            encoding = stream.encoding
        if is_terminal and sys.platform == "win32":  # a console there is not written as bytes
            stream.reconfigure(errors="backslashreplace", newline="\n")
            return stream
    made = _Output(
        BufferedWriter(_Guarded(descriptor, stream is not None)),
        encoding,
        "backslashreplace",
        newline="\n",
        line_buffering=is_terminal or descriptor == _STDERR,
    )
    if isinstance(stream, TextIOWrapper):
        made.given = stream.encoding
    return made

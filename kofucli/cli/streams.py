"""Standard output and error of a process: their encoding, and what is done where they fail.

Prepared once, when the process begins, so that nothing else has to ask. What is lost on stderr is
lost in silence: a note that nobody can read changes no exit status. What is lost on stdout is
raised, for it is the result; how the run ends then is decided in ``kofucli.cli.main``.
"""

from __future__ import annotations

import errno
import os
import sys
from codecs import lookup
from io import BufferedWriter, RawIOBase, TextIOWrapper
from typing import Any

_STDOUT, _STDERR = 1, 2


class ReaderGoneError(Exception):
    """Who read standard output has gone (``| head``): no error of anybody's."""


class UnwrittenError(OSError):
    """Standard output cannot be written: its disk is full, it is closed, and the like."""


class _Guarded(RawIOBase):
    """A standard stream that was opened by whoever started the process, or was not."""

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

    Closed descriptors are opened on nothing first: else the next file that is opened, the ledger
    perhaps, would get the number of stderr, and with it what is written there.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free
    sys.stdout = _prepare(sys.stdout, _STDOUT)
    sys.stderr = _prepare(sys.stderr, _STDERR)
    if isinstance(sys.stdin, TextIOWrapper):  # typed bytes that are no text are no answer
        sys.stdin.reconfigure(errors="replace")


def _prepare(stream: object, descriptor: int) -> TextIOWrapper:
    """Return a guarded stream in UTF-8; ``stream`` is None where it is closed.

    A terminal keeps its encoding, unless that is ASCII: Python takes a terminal for that where
    nobody has set a locale. What it cannot show becomes an escape.
    """
    encoding, is_terminal = "utf-8", False
    if isinstance(stream, TextIOWrapper):
        is_terminal = stream.isatty()
        if is_terminal and lookup(stream.encoding).name != "ascii":
            encoding = stream.encoding
        if is_terminal and sys.platform == "win32":  # its console is written in a way of its own
            stream.reconfigure(errors="backslashreplace", newline="\n")
            return stream
    return TextIOWrapper(
        BufferedWriter(_Guarded(descriptor, stream is not None)),
        encoding,
        "backslashreplace",
        newline="\n",
        line_buffering=is_terminal or descriptor == _STDERR,
    )

"""A command in a process of its own, seen and struck from outside by strace.

The process is forked from one that has loaded the program already, stops itself until strace is
attached, and then runs the console script's own entry. strace reports each call on files, and can
kill the process at one, or let one fail.
"""

from __future__ import annotations

import ast
import ctypes
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_TRACED = (
    "openat,?open,?creat,write,pwrite64,fsync,?fdatasync,ftruncate,?truncate,flock,"
    "?rename,?renameat,?renameat2,?mkdir,?mkdirat,?unlink,?unlinkat,?rmdir,?link,?linkat,"
    "?symlink,?symlinkat,?chmod,fchmod,?fchmodat,?copy_file_range,?sendfile"
)
_LINE = re.compile(r"([a-z][a-z0-9_]*)\((.*)\)\s+= (\?|-?[0-9]+)(.*)", re.DOTALL)
_ARGUMENT = re.compile(r'\s*("(?:[^"\\]|\\.)*"(?:\.\.\.)?|(?:<[^>]*>|[^,<])+),?')
_PATH = re.compile(r'"((?:[^"\\]|\\.)*)"|<([^>]*)>')
_PATIENCE = 60
"""Seconds that a command has before it is taken for hanging."""
_PR_SET_PTRACER = 0x59616D61
_ANYBODY = ctypes.c_ulong(-1)


@dataclass(frozen=True)
class Call:
    """A system call: its name, its number among those of that name, its arguments as written.

    ``result`` is what it returned, None where the process was killed at it; ``injected`` tells that
    it was made to fail.
    """

    name: str
    number: int
    arguments: tuple[str, ...]
    result: int | None
    injected: bool

    @property
    def paths(self) -> list[str]:
        """The paths that it names, in order, those of descriptors too."""
        found = [_PATH.search(argument) for argument in self.arguments]
        return [_unescape(m[1]) if m[1] is not None else m[2] for m in found if m]

    @property
    def path(self) -> str:
        """The path that it acts on; of a renaming the new one."""
        if self.name in ("write", "pwrite64"):
            return self.paths[0]
        return ([p for p in self.paths if p] or [""])[-1]

    def concerns(self, root: Path) -> bool:
        inside = f"{root}/"
        return any(path == str(root) or path.startswith(inside) for path in self.paths)

    def text(self, index: int) -> bytes:
        return bytes(ast.literal_eval("b" + self.arguments[index]))

    def describe(self, root: Path) -> str:
        return f"{self.name} #{self.number} {os.path.relpath(self.path, root)}"


@dataclass(frozen=True)
class Run:
    """How a process ended (a negative status is a signal), what it printed, what it called."""

    status: int
    out: str
    err: str
    calls: tuple[Call, ...]


def _unescape(text: str) -> str:
    return bytes(ast.literal_eval(f'b"{text}"')).decode("utf-8", "surrogateescape")


def run_alone(arguments: Sequence[str], folder: Path, stdin: str, inject: str | None) -> Run:
    """Run a command line of kofucli in a process that strace watches, with ``folder`` to work in.

    ``inject`` is strace's: ``fsync:signal=SIGKILL:when=2``. The folder holds what was printed.
    """
    for name, content in (("in", stdin), ("out", ""), ("err", "")):
        (folder / name).write_text(content, "utf-8")
    log = folder / "calls"
    process = os.fork()
    if process == 0:
        _become(arguments, folder)
    try:
        os.waitpid(process, os.WUNTRACED)
        options = ["-e", f"inject={inject}"] if inject is not None else []
        with subprocess.Popen(
            [
                *("strace", "-y", "-s", "33554432", "-e", f"trace={_TRACED}", *options),
                *("-o", str(log), "-p", str(process)),
            ],
            stderr=subprocess.PIPE,
            env={"PATH": os.environ.get("PATH", os.defpath)},
        ) as strace:
            said = strace.stderr.readline()
            assert b"attached" in said, said
            os.kill(process, signal.SIGCONT)
            _, status = os.waitpid(process, 0)
    except BaseException:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
        raise
    return Run(
        os.waitstatus_to_exitcode(status),
        (folder / "out").read_text("utf-8"),
        (folder / "err").read_text("utf-8"),
        _read_calls(log),
    )


def _become(arguments: Sequence[str], folder: Path) -> None:
    try:
        for target, name in enumerate(("in", "out", "err")):
            flags = os.O_RDONLY if target == 0 else os.O_WRONLY
            os.dup2(os.open(folder / name, flags), target)
        sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
        sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)
        for name in list(os.environ):
            if name.startswith(("KOFUCLI_", "LANG", "LC_")):
                del os.environ[name]
        sys.argv = ["kofucli", *arguments]
        # Where a process may trace only its own children, strace is allowed all the same.
        ctypes.CDLL(None).prctl(_PR_SET_PTRACER, _ANYBODY, 0, 0, 0)
        from kofucli.__main__ import run

        signal.alarm(_PATIENCE)
        os.kill(os.getpid(), signal.SIGSTOP)
        run()
    finally:
        os._exit(97)


def _read_calls(log: Path) -> tuple[Call, ...]:
    counts: Counter[str] = Counter()
    calls = []
    for line in log.read_text("utf-8").splitlines():
        found = _LINE.fullmatch(line)
        if found is None:
            continue
        name, arguments, result, rest = found.groups()
        counts[name] += 1
        calls.append(
            Call(
                name,
                counts[name],
                tuple(m[1].strip() for m in _ARGUMENT.finditer(arguments)),
                None if result == "?" else int(result),
                "(INJECTED)" in rest,
            )
        )
    return tuple(calls)


def find_obstacle() -> str | None:
    """Return why commands cannot be watched here, None where they can."""
    if not sys.platform.startswith("linux"):
        return "this is no Linux"
    if shutil.which("strace") is None:
        return "no strace here: install the package strace"
    tried = subprocess.run(
        ["strace", "-e", "trace=none", "true"], capture_output=True, text=True, check=False
    )
    if tried.returncode != 0:
        return f"strace may not watch processes here: {tried.stderr.strip().splitlines()[-1]}"
    return None

"""Running a scenario: each step is a command line in a throw-away office; then comparing."""

from __future__ import annotations

import io
import os
import re
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout, suppress
from datetime import datetime
from shutil import disk_usage
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from msgspec import Struct

from kofucli.base.clock import parse_instant
from kofucli.scenario import (
    PLACEHOLDER,
    TOKEN,
    Expectation,
    StepTable,
    fill,
    fill_expectation,
    find_lines,
)
from kofucli.scenario.reading import Script
from kofucli.scenario.stage import BY, Stage, set_stage

_MEMORY = "/dev/shm"  # where Linux keeps files in memory
_ROOM = 1 << 28
_LINK_TOKEN = re.compile(r"[=/]([A-Za-z0-9_-]{43})(?![A-Za-z0-9_-])")


_CommandLine = Callable[[Sequence[str], Mapping[str, str], Callable[[dict[str, Any]], None]], int]
"""The program: takes arguments, environment, and what gets its document or that of its error.

It prints, and returns an exit status.
"""


class PlayedStep(Struct, frozen=True):
    """A step as it was run: at which instant, from which line of the file, with which result.

    ``values`` are the texts that its names stood for. ``happened`` is None where the step could not
    be run because the names in ``missing`` stood for nothing.
    """

    step: StepTable
    at: datetime
    line: int | None
    happened: Happened | None
    misses: tuple[Miss, ...] = ()
    missing: tuple[str, ...] = ()
    values: Mapping[str, str] = {}

    @property
    def ok(self) -> bool:
        """Whether the step ran, and every expectation holds."""
        return self.happened is not None and not self.misses


class Played(Struct, frozen=True):
    """A scenario as it was run."""

    script: Script
    steps: tuple[PlayedStep, ...]

    @property
    def complete(self) -> bool:
        """Whether every step could be run."""
        return all(step.happened is not None for step in self.steps)

    @property
    def ok(self) -> bool:
        """Whether every step ran and held."""
        return all(step.ok for step in self.steps)


def run_script(script: Script, run: _CommandLine) -> Played:
    """Run all steps of a scenario in a fresh folder. Raises InputError for wrong tables."""
    with TemporaryDirectory(prefix="kofucli-scenario-", dir=_memory()) as name:
        folder = os.path.realpath(name)
        stage = set_stage(script, folder)
        with chdir(folder), _users_kept():
            return Played(script, tuple(_Player(script, stage, run).play()))


def _memory() -> str | None:
    """Return a folder in memory that has room, unless another one for temporary files is set."""
    named = any(os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP"))
    if named or not os.access(_MEMORY, os.W_OK | os.X_OK):
        return None
    return _MEMORY if disk_usage(_MEMORY).free > _ROOM else None


class _Player:
    """Runs the steps one after the other; clock and settings carry over from step to step."""

    def __init__(self, script: Script, stage: Stage, run: _CommandLine) -> None:
        self._script = script
        self._stage = stage
        self._run = run
        self._now = script.now
        self._tables = dict(script.settings)
        self._known = {TOKEN, *stage.names}  # also names that were to be saved, and were not

    def play(self) -> Iterator[PlayedStep]:
        """Yield each step after running it."""
        steps, lines = self._script.content.steps, find_lines(self._script.text, "step")
        return map(self._play, steps, lines if len(lines) == len(steps) else [None] * len(steps))

    def _play(self, step: StepTable, line: int | None) -> PlayedStep:
        if step.at is not None:
            self._now = parse_instant(step.at)
        if step.settings:
            self._tables |= step.settings
            self._stage.configure(self._tables)
        names = self._find_names(step)
        known = dict(self._stage.names)
        if TOKEN in names and (token := _read_token(self._stage)) is not None:
            known[TOKEN] = token
        values = {name: known[name] for name in names if name in known}
        missing = tuple(name for name in names if name not in values)
        if step.save is not None:
            self._known.add(step.save)
        if missing:
            return PlayedStep(step, self._now, line, None, missing=missing)
        arguments = [fill(token, values) for token in shlex.split(step.run)]
        happened = self._call(arguments, fill(step.input, values))
        if step.save is not None:
            self._save(step.save, happened.document)
        misses = tuple(compare(fill_expectation(step.expect, values), happened))
        return PlayedStep(step, self._now, line, happened, misses, values=values)

    def _find_names(self, step: StepTable) -> list[str]:
        """Return the names in braces in a step: of its command all, elsewhere the known ones."""
        told = msgspec.json.encode([step.input, step.expect.printed, step.expect.json]).decode()
        known = [name for name in PLACEHOLDER.findall(told) if name in self._known]
        return list(dict.fromkeys([*PLACEHOLDER.findall(step.run), *known]))

    def _save(self, name: str, document: dict[str, Any] | None) -> None:
        """Keep the number of the reservation in a step's document; of several the first."""
        self._stage.names.pop(name, None)
        document = document or {}
        found = document.get("reservation") or next(iter(document.get("reservations", ())), None)
        if isinstance(found, dict) and found.get("number"):
            self._stage.names[name] = found["number"]

    def _call(self, arguments: list[str], given: str) -> Happened:
        environment = {
            "KOFUCLI_CONFIG": self._stage.config,
            "KOFUCLI_STORE": self._stage.store,
            "KOFUCLI_NOW": f"{self._now:%Y-%m-%dT%H:%M:%S}",
            "KOFUCLI_LANG": self._script.content.lang,
            "KOFUCLI_BY": BY,
        }
        documents: list[dict[str, Any]] = []
        out, err = io.BytesIO(), io.BytesIO()
        with (
            _text_of(out) as stdout,
            _text_of(err) as stderr,
            redirect_stdout(stdout),
            redirect_stderr(stderr),
        ):
            sys.stdin = io.TextIOWrapper(io.BytesIO(given.encode()), "utf-8")
            status = self._run(arguments, environment, documents.append)
            printed, said = (each.getvalue().decode("utf-8", "replace") for each in (out, err))
        return Happened(status, _document(documents, printed), printed, said)


def _text_of(data: io.BytesIO) -> io.TextIOWrapper:
    return io.TextIOWrapper(data, "utf-8", "backslashreplace", write_through=True)


@contextmanager
def _users_kept() -> Iterator[None]:
    """Restore standard input and the language, which the scenario's commands change."""
    stdin, language = sys.stdin, os.environ.get("LANGUAGE")
    try:
        yield
    finally:
        sys.stdin = stdin
        os.environ.pop("LANGUAGE", None)
        if language is not None:
            os.environ["LANGUAGE"] = language


def _document(documents: list[dict[str, Any]], printed: str) -> dict[str, Any] | None:
    """Return a command's document as plain JSON data; else the JSON table that it printed."""
    # A list may be made only when it is read.
    data = msgspec.json.encode(documents[-1], enc_hook=list) if documents else printed
    with suppress(ValueError):
        found = msgspec.json.decode(data)
        return found if isinstance(found, dict) else None
    return None


def _read_token(stage: Stage) -> str | None:
    """Return the token in the newest mail with a verification link, or None."""
    from email import message_from_bytes  # only links need it
    from email.policy import default  # only links need it

    outbox = os.path.join(stage.store, "outbox")
    paths = [os.path.join(outbox, name) for name in os.listdir(outbox) if "verify" in name]
    for path in sorted(paths, key=os.path.getmtime, reverse=True):
        with open(path, "rb") as file:
            mail = message_from_bytes(file.read(), policy=default)
        found = _LINK_TOKEN.search(mail.get_content())
        if found is not None:
            return found[1]
    return None


class _Absent:
    """The type of ABSENT, which stands for a value that a document does not have."""

    def __repr__(self) -> str:
        return "nothing"


ABSENT = _Absent()


class Happened(Struct, frozen=True):
    """The result of a command: exit status, document (None for none), both outputs."""

    exit: int
    document: dict[str, Any] | None
    out: str
    err: str

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the error's refusals, else of the rows of a case file, each once."""
        document = self.document or {}
        refusals = list(document.get("error", {}).get("refusals", ()))
        if not refusals:
            rows = document.get("rows", ())
            refusals += [each for row in rows for each in row.get("refusals", ())]
        return tuple(dict.fromkeys(each["code"] for each in refusals))


class Miss(Struct, frozen=True):
    """One expectation that does not hold; ``key`` is such as ``exit`` or ``json.cases[0].kind``."""

    key: str
    expected: Any
    found: Any


def compare(expectation: Expectation, happened: Happened) -> Iterator[Miss]:
    """Yield every expectation that does not hold; codes stand in the order of the refusals."""
    if expectation.status != happened.exit:
        yield Miss("exit", expectation.status, happened.exit)
    codes = expectation.codes
    if codes is not None and tuple(dict.fromkeys(codes)) != happened.codes:
        yield Miss("codes", list(codes), list(happened.codes))
    for text in expectation.printed:
        if text not in happened.out:
            yield Miss("stdout_contains", text, happened.out)
    part = expectation.part
    if part is not None:
        found: Any = ABSENT if happened.document is None else happened.document
        yield from _compare_part(part, found, "json")


def _compare_part(expected: Any, found: Any, path: str) -> Iterator[Miss]:
    """Yield the places where ``expected`` is not a part of ``found``.

    A table may have more keys than expected. A list must have the same length, and each expected
    element must be a part of its counterpart; of lists that differ in length the first elements
    are compared, too. Anything else must be equal, as ``equal`` says.
    """
    if isinstance(expected, dict) and isinstance(found, dict):
        for key, value in expected.items():
            yield from _compare_part(value, found.get(key, ABSENT), f"{path}.{key}")
    elif isinstance(expected, list) and isinstance(found, list):
        if len(expected) != len(found):
            yield Miss(path, expected, found)
        for at, (one, other) in enumerate(zip(expected, found, strict=False)):
            yield from _compare_part(one, other, f"{path}[{at}]")
    elif not equal(expected, found):
        yield Miss(path, expected, found)


def equal(expected: Any, found: Any) -> bool:
    """Tell whether two plain values are the same; instants are compared whatever their offset."""
    if isinstance(expected, bool) or isinstance(found, bool):
        return expected is found
    if expected == found:
        return True
    if isinstance(expected, str) and isinstance(found, str) and "T" in expected:
        try:
            one, other = datetime.fromisoformat(expected), datetime.fromisoformat(found)
        except ValueError:
            return False
        return one.replace(tzinfo=one.tzinfo or other.tzinfo) == other
    return False

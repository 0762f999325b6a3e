"""Scenarios: a case of the rules as a file that can be run again (docs/scenarios.md).

    now = 2026-11-24T09:00:00

    [[agent]]
    id = "A-1"

    [[step]]
    run = "book +1 10:00 --case X-1 --agent A-1"
    expect = { json = { reservation = { status = "active" } } }

The tables of such a file stand here, with the names in braces, and where a table stands in the
text. ``reading`` checks them, ``stage`` makes the office in an empty folder, ``run`` takes the
steps and compares, ``update`` writes what happened into the file.

The other way round, ``decision`` and ``history`` describe a real decision or reservation as a
``sketch``: names and numbers masked, then written as text. A ``Scene`` is what a real request is
decided on: the part of the office that its scenario needs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from datetime import date, timedelta
from itertools import takewhile
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field
from msgspec.structs import replace

from kofucli.base import KofuError
from kofucli.model import (
    Actor,
    Agent,
    CaseStatus,
    DayNotice,
    Frame,
    Maintenance,
    MarkKind,
    Reservation,
    Status,
    StepName,
)
from kofucli.model.numbers import normalise_number
from kofucli.operations import Context
from kofucli.operations.booking.amend import AmendRequest, CancelRequest
from kofucli.operations.booking.groups import LOOK_BACK
from kofucli.operations.booking.requests import BookRequest, OpenWish, Wish
from kofucli.operations.lookup import find_reservation
from kofucli.rules.availability import Holdings

PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
TOKEN = "token"
"""The name that stands for the token of the newest verification link."""
_OPAQUE = re.compile(
    r'"""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*"{3,5}'
    r"|'''[^']*(?:'(?!'')[^']*)*'{3,5}"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|(#[^\n]*)",
    re.DOTALL,
)
"""Strings of all four kinds, and comments."""
_HEADING = re.compile(r"\s*\[\[?\s*([A-Za-z][\w.\" -]*?)\s*\]\]?\s*")
_Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,31}\Z")]
_FileName = Annotated[str, Meta(pattern=r"^[^/\\.\x00-\x1f][^/\\\x00-\x1f]{0,59}\Z")]


class _Table(Struct, frozen=True, forbid_unknown_fields=True):
    """A table of the file; an unknown key is an error. Instants and dates are still text."""


class SuspensionTable(_Table, frozen=True):
    """``suspension`` of an agent: ``since <= day < until``."""

    since: str
    until: str
    reason: str = "-"
    author: str = "scenario"


class MarkTable(_Table, frozen=True):
    """One of an agent's ``marks``; ``reservation`` is the name of a reservation (its ``save``)."""

    kind: MarkKind
    date: str
    reservation: str = ""


class AgentTable(_Table, frozen=True):
    """``[[agent]]``: registered before the first step; the defaults let it book.

    ``terms`` is the version last accepted: "" for none, None for the version in force. An
    ``erased`` agent has no personal values.
    """

    id: str
    name: str | None = None
    occupation: str = "scrivener"
    certificate: str | None = None
    valid_until: str = "2099-12-31"
    email: str | None = None
    phone: str = ""
    organization: str = ""
    language: str = "ja"
    accept_terms: bool = True
    verified: bool = True
    terms: str | None = None
    suspension: SuspensionTable | None = None
    marks: tuple[MarkTable, ...] = ()
    erased: bool = False


class DeskStepTable(_Table, frozen=True):
    """One of a reservation's ``steps``: the step at the desk, and the state before it."""

    op: StepName
    at: str
    status: Status = "active"
    cases: tuple[CaseStatus, ...] = ()
    arrived_at: str | None = None
    ended_at: str | None = None
    late_notice: str | None = None


class ReservationTable(_Table, frozen=True):
    """``[[reservation]]``: made before the first step, whether or not the rules allow it."""

    agent: str
    date: str
    hour: str
    cases: Annotated[tuple[str, ...], Meta(min_length=1)]
    status: Status = "active"
    first_count: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    booked_at: str | None = None
    closes: str | None = None
    arrived_at: str | None = None
    ended_at: str | None = None
    late_notice: str | None = None
    steps: tuple[DeskStepTable, ...] = ()
    former: tuple[str, ...] = ()
    sequence: Annotated[int, Meta(ge=1, le=999_999)] | None = None
    save: _Name | None = None


class NoticeTable(_Table, frozen=True):
    """``[[notice]]``: an announcement of the office: a day closed or opened, or hours closed."""

    date: str
    state: Literal["closed", "open", "calendar"] | None = None
    hours: tuple[str, ...] = ()
    reason: str = ""


class MaintenanceTable(_Table, frozen=True):
    """``[maintenance]``: from ``since``, else from the scenario's ``now``, to ``end``, if known."""

    since: str | None = None
    end: str | None = None
    reason: str = ""


class FileTable(_Table, frozen=True):
    """``[[file]]``: a file in the folder where the steps run."""

    name: _FileName
    text: str


class Expectation(_Table, frozen=True):
    """``expect`` of a step; what is left out is not checked, and ``json`` may be text."""

    exit: Annotated[int, Meta(ge=0, le=255)] | None = None
    codes: tuple[str, ...] | None = None
    stdout_contains: str | tuple[str, ...] | None = None
    json: Any = None

    @property
    def status(self) -> int:
        """The expected exit status; without ``exit`` 3 where codes are expected, else 0."""
        if self.exit is not None:
            return self.exit
        return 3 if self.codes else 0

    @property
    def printed(self) -> tuple[str, ...]:
        """The texts that standard output must contain."""
        if isinstance(self.stdout_contains, str):
            return (self.stdout_contains,)
        return self.stdout_contains or ()

    @property
    def part(self) -> Any:
        """The part of the document that is expected. Raises ValueError for text that is no JSON."""
        return json.loads(self.json) if isinstance(self.json, str) else self.json


class StepTable(_Table, frozen=True):
    """``[[step]]``: a command line without the program's name, and what is expected of it.

    ``at`` moves the clock and ``settings`` replaces tables of the configuration, for this step and
    all that follow. ``input`` is the command's standard input. ``save`` is a name for the
    reservation in the result.
    """

    run: str
    at: str | None = None
    settings: dict[str, dict[str, Any]] = {}
    input: str = ""
    expect: Expectation = Expectation()
    save: _Name | None = None


class Content(_Table, frozen=True):
    """Everything in a file except the tables of the configuration."""

    now: str
    title: str = ""
    lang: Literal["en", "ja"] = "en"
    maintenance: MaintenanceTable | None = None
    agents: tuple[AgentTable, ...] = field(default=(), name="agent")
    reservations: tuple[ReservationTable, ...] = field(default=(), name="reservation")
    notices: tuple[NoticeTable, ...] = field(default=(), name="notice")
    files: tuple[FileTable, ...] = field(default=(), name="file")
    steps: tuple[StepTable, ...] = field(default=(), name="step")


LISTS: dict[str, type[Struct]] = {
    "agent": AgentTable,
    "reservation": ReservationTable,
    "notice": NoticeTable,
    "file": FileTable,
    "step": StepTable,
}
"""The tables that a file may hold more than once."""


def fill(value: Any, values: Mapping[str, str]) -> Any:
    """Return a text, or plain data, with each known name in braces replaced by its value."""
    if isinstance(value, dict):
        return {key: fill(each, values) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [fill(each, values) for each in value]
    if isinstance(value, str):
        return PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), value)
    return value


def fill_expectation(expectation: Expectation, values: Mapping[str, str]) -> Expectation:
    """Return an expectation with each known name in braces replaced by its value."""
    printed = tuple(fill(expectation.printed, values))
    part = fill(expectation.json, values)
    return replace(expectation, stdout_contains=printed, json=part)


def strip_strings(text: str) -> str:
    """Return TOML without comments, its strings overwritten with quotes; line numbers stay."""
    return _OPAQUE.sub(
        lambda found: "" if found[1] is not None else re.sub(r"[^\n]", '"', found[0]), text
    )


def find_comments(text: str) -> list[str]:
    """Return the comments of a TOML text, each with its ``#``."""
    return [found[1].rstrip() for found in _OPAQUE.finditer(text) if found[1] is not None]


def find_lines(text: str, name: str) -> list[int]:
    """Return the lines on which the tables ``[[name]]`` begin, counted from 1."""
    heading = re.compile(rf"\s*\[\[\s*{name}\s*\]\]")
    return [at for at, line in enumerate(strip_strings(text).split("\n"), 1) if heading.match(line)]


def find_passages(text: str, name: str) -> list[range]:
    """Return the lines, from 0, of each ``[[name]]``, without the comments behind it."""
    lines = strip_strings(text).split("\n")
    found = [(at, _HEADING.fullmatch(line)) for at, line in enumerate(lines)]
    headings = [(at, heading[1]) for at, heading in found if heading is not None]
    passages = []
    for at in (line - 1 for line in find_lines(text, name)):
        ends = (e for e, other in headings if e > at and not other.startswith(f"{name}."))
        end = next(ends, len(lines))
        end -= len(list(takewhile(lambda line: not line.strip(), reversed(lines[at:end]))))
        passages.append(range(at, end))
    return passages


Request = BookRequest | AmendRequest | CancelRequest
"""A request that can be recorded together with what it is decided on."""


class Scene(Struct, frozen=True):
    """The part of an office on which a request is decided, as it was before.

    ``agents`` are those who act or are booked for, ``reservations`` are theirs, by day and in the
    order in which they were made. ``target`` is the reservation that the request names, if the
    actor may see it. Of other agents only two things are kept: how many of their cases are
    ``booked`` in frames that must have room, and which of the numbers asked for are ``taken``.
    ``beyond`` is a day after all that the request is about.
    """

    agents: tuple[Agent, ...]
    reservations: tuple[Reservation, ...]
    notices: tuple[DayNotice, ...]
    maintenance: Maintenance | None
    beyond: date
    booked: dict[Frame, int] = {}
    taken: tuple[str, ...] = ()
    target: Reservation | None = None


def observe(context: Context, request: Request, actor: Actor) -> Scene:
    """Return what a request is decided on; the notices are those from the look-back of files on."""
    wishes = request.wishes if isinstance(request, BookRequest) else ()
    names = {name for name in (actor.agent, *(wish.agent for wish in wishes)) if name is not None}
    numbers = {wish.case.number for wish in wishes}
    target = None
    if not isinstance(request, BookRequest):
        with suppress(KofuError):  # the operation itself says what is wrong
            target = find_reservation(context, request.number, actor)
            names.add(target.agent)
    if isinstance(request, AmendRequest):
        drafts = [*(draft for _, draft in request.replace), *request.add]
        numbers = {normalise_number(draft["number"]) for draft in drafts}
    own = [r for r in _find_reservations(context, request, target) if r.agent in names]
    since = min([context.today, *(r.date for r in own)]) - LOOK_BACK
    others = [r for r in context.reservations(context.today) if r.agent not in names]
    held, frames = Holdings(others, context.shown), _find_frames(context, request, target)
    return Scene(
        agents=tuple(a for name in sorted(names) if (a := context.view.agent(name)) is not None),
        reservations=tuple(own),
        notices=tuple(context.notices[day] for day in sorted(context.notices) if day >= since),
        maintenance=context.running_maintenance,
        beyond=max([context.today, *context.shown, *(r.date for r in own)]) + timedelta(days=1),
        booked={frame: cases for frame in sorted(frames) if (cases := held.booked(frame))},
        taken=tuple(number for number in sorted(numbers) if held.standing(number) is not None),
        target=target,
    )


def _find_frames(
    context: Context, request: Request, target: Reservation | None
) -> Collection[Frame]:
    """Return the frames of limited capacity in which a request needs room."""
    frames: set[Frame] = set()
    if isinstance(request, BookRequest):
        frames = {wish.frame for wish in request.wishes if isinstance(wish, Wish)}
        if any(isinstance(wish, OpenWish) for wish in request.wishes):
            frames |= set(context.shown_frames)
        frames = {frame for frame in frames if frame.date in context.shown}
    elif isinstance(request, AmendRequest) and request.add and target is not None:
        frames = {target.frame}
    return {frame for frame in frames if context.capacity(frame) is not None}


def _find_reservations(
    context: Context, request: Request, target: Reservation | None
) -> Iterable[Reservation]:
    """Yield the reservations of all days that decide a request."""
    since, days = context.today, {target.date} if target is not None else set[date]()
    if isinstance(request, BookRequest) and request.from_file:
        since -= LOOK_BACK
        days |= {wish.day for wish in request.wishes if wish.day is not None}
    for day in sorted(day for day in days if day < since):
        yield from context.view.day(day).values()
    yield from context.reservations(since)

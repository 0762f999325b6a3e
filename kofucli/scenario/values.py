"""What the types of a scenario's tables leave open: instants, dates, and where steps may go."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from kofucli.errors import Phrase
from kofucli.scenario.tables import Head
from kofucli.text import abbreviate

_FORBIDDEN = ("scenario", "init", "demo")
"""Commands that make stores of their own, or run others."""
_VALUED = ("--now", "--lang", "--config", "--store")
_OUTSIDE = re.compile(r"(?:^|[=,]|^-[a-zA-Z]+)(?:[/~]|\.\.(?:/|$))|/\.\.(?:/|$)")


def find_instants(head: Head) -> Iterator[tuple[str, str, str]]:
    """Yield every instant as it is written, with its table and key."""
    yield "", "now", head.now
    yield from _take("[maintenance]", head.maintenance, ("since", "end"))
    moments = ("arrived_at", "ended_at", "late_notice")
    for number, reservation in enumerate(head.reservations, 1):
        table = f"reservation {number}"
        yield from _take(table, reservation, ("booked_at", "closes", *moments))
        for done in reservation.steps:
            yield from _take(table, done, ("at", *moments), "steps.")
    for number, step in enumerate(head.steps, 1):
        yield from _take(f"step {number}", step, ("at",))


def _take(
    table: str, record: Struct | None, keys: Iterable[str], prefix: str = ""
) -> Iterator[tuple[str, str, str]]:
    """Yield those of a record's values that are told, with where they stand."""
    for key in keys:
        value = getattr(record, key, None)
        if value is not None:
            yield table, prefix + key, value


def find_dates(head: Head) -> Iterator[tuple[str, str, str]]:
    """Yield every date as it is written, with its table and key."""
    for number, agent in enumerate(head.agents, 1):
        for mark in agent.marks:
            yield f"agent {number}", "marks", mark.date
        if agent.suspension is not None:
            yield f"agent {number}", "suspension", agent.suspension.since
            yield f"agent {number}", "suspension", agent.suspension.until
    for number, reservation in enumerate(head.reservations, 1):
        yield f"reservation {number}", "date", reservation.date
    for number, notice in enumerate(head.notices, 1):
        yield f"notice {number}", "date", notice.date


def leads_out(text: str) -> bool:
    """Tell whether a word may name a file outside of the scenario's folder."""
    return _OUTSIDE.search(text) is not None


def find_escapes(tokens: list[str]) -> Iterator[Phrase]:
    """Yield what would lead a step out of its scenario: other stores, other folders."""
    command = next(_words(tokens), None)
    if command is None:
        yield Phrase("expected a command, such as: cancel {{r1}} --agent A-1")
    elif command in _FORBIDDEN:
        yield Phrase("'{name}' is no command for a scenario", name=command)
    for token in tokens:
        if token.partition("=")[0] in ("--config", "--store"):
            message = Phrase(
                "{option} is not for a scenario: it has a store of its own", option=token
            )
            yield message
        if leads_out(token):
            message = Phrase(
                "'{value}' lies outside of the scenario's folder; [[file]] puts files into it",
                value=abbreviate(token),
            )
            yield message


def _words(tokens: list[str]) -> Iterator[str]:
    """Yield what is no shared option before the command."""
    skip = False
    for token in tokens:
        if skip:
            skip = False
        elif token in _VALUED:
            skip = True
        elif token[:1] != "-":
            yield token

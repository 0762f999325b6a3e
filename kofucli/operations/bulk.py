"""Rows of a case file into wishes; what is wrong in them is said of all rows at once."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from typing import NamedTuple

from kofucli.casefile import CASE_COLUMNS, read_rows
from kofucli.casespec import KEYS, Draft, build_case
from kofucli.clock import parse_date, parse_hour
from kofucli.errors import InputError, Phrase, Problem
from kofucli.model import Actor, Frame
from kofucli.operations.agent_values import AGENT_ID
from kofucli.operations.judging import Wish
from kofucli.settings import Settings
from kofucli.text import abbreviate, find_unsafe, looks_like_my_number

__all__ = ["Claim", "read_wishes"]

_LONGEST_NOTE = 500


class Claim(NamedTuple):
    """Who books: the actor, for whom rows without an agent are, and which agents there are."""

    actor: Actor
    agent: str | None
    knows: Callable[[str], bool]


def read_wishes(
    data: bytes, settings: Settings, claim: Claim
) -> tuple[tuple[Wish, ...], tuple[Phrase, ...]]:
    """Return the wishes of a case file, and notes on what was ignored.

    Raises InputError with every bad row.
    """
    found = read_rows(data, CASE_COLUMNS, settings.files.columns, "number")
    wishes: list[Wish] = []
    problems: list[Problem] = []
    for number, draft in found.rows:
        faults = list(_read_row(number, draft, settings, claim, wishes))
        problems += [
            Problem(Phrase("row {row}, column {key}", row=number, key=key), message)
            for key, message in faults
        ]
    if problems and found.ignored:
        message = Phrase("Columns not known here were ignored: {names}", names=found.ignored)
        problems.append(Problem(Phrase("heading"), message))
    if problems:
        raise InputError(
            Phrase("Some rows are not as they should be; nothing was booked."), problems
        )
    notes: tuple[Phrase, ...] = ()
    if found.ignored:
        notes = (Phrase("Columns not known here were ignored: {names}", names=found.ignored),)
    return tuple(wishes), notes


def _read_row(
    row: int,
    draft: Draft,
    settings: Settings,
    claim: Claim,
    wishes: list[Wish],
) -> Iterator[tuple[str, Phrase]]:
    """Append the wish of a row to ``wishes``, or yield everything that is wrong in it."""
    fields = {key: value for key, value in draft.items() if key in KEYS}
    case, faults = build_case({"number": "", **fields}, settings)
    agent, message = _read_agent(draft.get("agent", ""), claim)
    if message is not None:
        faults.append(("agent", message))
    date_text = unicodedata.normalize("NFKC", draft.get("date", "")).strip()
    day = parse_date(date_text.replace("/", "-"))
    if day is None:
        faults.append(("date", _expected(date_text, Phrase("a date YYYY-MM-DD"))))
    hour_text = unicodedata.normalize("NFKC", draft.get("hour", "")).strip()
    start = parse_hour(hour_text)
    if start is None:
        faults.append(("hour", _expected(hour_text, Phrase("an hour such as 10:00"))))
    note = draft.get("note", "")
    if len(note) > _LONGEST_NOTE or looks_like_my_number(unicodedata.normalize("NFKC", note)):
        faults.append(("note", Phrase("it is too long or holds a My Number (個人番号)")))
    yield from faults
    if not faults and case is not None and day is not None and start is not None:
        wishes.append(Wish(row, agent, Frame(day, start), case, note))


def _expected(text: str, expected: Phrase) -> Phrase:
    if not text:
        return Phrase("it is missing; expected {expected}", expected=expected)
    return Phrase("found '{value}', expected {expected}", value=abbreviate(text), expected=expected)


def _read_agent(raw: str, claim: Claim) -> tuple[str, Phrase | None]:
    named = unicodedata.normalize("NFKC", raw).strip() or claim.agent or ""
    if not named:
        return "", Phrase("it is missing; name the agent here or with --agent")
    if AGENT_ID.fullmatch(named) is None or find_unsafe(named):
        return "", Phrase("'{value}' is no id: 1 to 32 of A-Z, 0-9 and -", value=abbreviate(named))
    acting = claim.actor.agent
    if acting is not None and named != acting:
        return "", Phrase(
            "this row is agent {named}'s, and {actor} acts; the office books for several agents "
            "(--office)",
            named=named,
            actor=acting,
        )
    if not claim.knows(named):
        return "", Phrase("there is no agent {id}", id=named)
    return named, None

"""Rows of a case file into wishes; what is wrong in them is said of all rows at once."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import date
from functools import cache
from typing import NamedTuple

from kofucli.casefile import CASE_COLUMNS, FileRows, scan_rows
from kofucli.casespec import KEYS, Draft, build_case
from kofucli.clock import parse_hour, parse_written_date
from kofucli.errors import MOST_PROBLEMS, InputError, Phrase, Problem
from kofucli.model import Actor, Frame
from kofucli.operations.agent_values import AGENT_ID
from kofucli.operations.judging import Watch, watch_nothing
from kofucli.operations.wishes import OpenWish, Wish
from kofucli.settings import Settings
from kofucli.text import find_unsafe, looks_like_my_number, quote

__all__ = ["CaseFile", "Claim", "read_wishes"]

_LONGEST_NOTE = 500


class Claim(NamedTuple):
    """Who books: the actor, for whom rows without an agent are, and which agents there are."""

    actor: Actor
    agent: str | None
    knows: Callable[[str], bool]


class CaseFile(NamedTuple):
    """A case file as it was given: its bytes, and the sheet named for a workbook."""

    data: bytes
    sheet: str | None = None


def read_wishes(
    file: CaseFile, settings: Settings, claim: Claim, watch: Watch = watch_nothing
) -> tuple[tuple[Wish | OpenWish, ...], tuple[Phrase, ...]]:
    """Return the wishes of a case file, and notes on what was ignored; ``watch`` sees the rows.

    Raises InputError with every bad row; behind a thousand problems no row is looked at.
    """
    found = scan_rows(file.data, CASE_COLUMNS, settings.files.columns, "number", file.sheet)
    reader = _Reader(settings, claim, found)
    wishes = []
    for number, draft in watch(found.rows):
        wishes.append(reader.read_row(number, draft))
        if len(reader.problems) > MOST_PROBLEMS:
            break
    ignored = Phrase("Columns not known here were ignored: {names}", names=found.ignored)
    problems = sorted((*found.problems, *reader.problems), key=_row_of)
    if problems:
        problems += found.hints
    if problems and found.ignored:
        problems.append(Problem(Phrase("heading"), ignored))
    if problems:
        raise InputError(
            Phrase("Some rows are not as they should be; nothing was changed."), problems
        )
    notes = (ignored, *found.notes) if found.ignored else found.notes
    return tuple(wish for wish in wishes if wish is not None), notes


def _row_of(problem: Problem) -> int:
    """Return the row in which a problem is, 0 for the whole file."""
    row = problem.where.values.get("row")
    return row if isinstance(row, int) else 0


class _Reader:
    """Reads rows one after the other, and keeps everything that is wrong in them.

    A file has few different agents, days and hours, so each spelling is looked at once.
    """

    def __init__(self, settings: Settings, claim: Claim, found: FileRows) -> None:
        self._settings = settings
        self._at_cell = found.at_cell
        self.problems: list[Problem] = []
        self._agent = cache(lambda raw: _read_agent(raw, claim))
        self._day = cache(_read_day)
        self._start = cache(_read_start)

    def read_row(self, row: int, draft: Draft) -> Wish | OpenWish | None:
        """Return the wish of a row; None where something is wrong in it."""
        fields = {key: value for key, value in draft.items() if key in KEYS}
        case, faults = build_case({"number": "", **fields}, self._settings)
        agent, wrong_agent = self._agent(draft.get("agent", ""))
        day, wrong_day = self._day(draft.get("date", ""))
        start, wrong_start = self._start(draft.get("hour", ""))
        note = draft.get("note", "")
        wrong = {
            "agent": wrong_agent,
            "date": wrong_day,
            "hour": wrong_start,
            "note": _fault_of_note(note),
        }
        faults += [(key, message) for key, message in wrong.items() if message is not None]
        self.problems += [Problem(self._at_cell(row, key), message) for key, message in faults]
        if case is None or faults:
            return None
        if day is not None and start is not None:
            return Wish(row, agent, Frame(day, start), case, note)
        return OpenWish(row, agent, case, day, start, note)


def _read_day(raw: str) -> tuple[date | None, Phrase | None]:
    text = unicodedata.normalize("NFKC", raw).strip()
    day = parse_written_date(text)
    if day is None and text:
        return None, _expected(text, Phrase("a date YYYY-MM-DD"))
    return day, None


def _read_start(raw: str) -> tuple[str | None, Phrase | None]:
    text = unicodedata.normalize("NFKC", raw).strip()
    start = parse_hour(text)
    if start is None and text:
        return None, _expected(text, Phrase("an hour such as 10:00"))
    return start, None


def _fault_of_note(note: str) -> Phrase | None:
    if len(note) <= _LONGEST_NOTE and not looks_like_my_number(unicodedata.normalize("NFKC", note)):
        return None
    return Phrase("it is too long or holds a My Number (個人番号)")


def _expected(text: str, expected: Phrase) -> Phrase:
    return Phrase("found '{value}', expected {expected}", value=quote(text), expected=expected)


def _read_agent(raw: str, claim: Claim) -> tuple[str, Phrase | None]:
    named = unicodedata.normalize("NFKC", raw).strip() or claim.agent or ""
    if not named:
        return "", Phrase("it is missing; name the agent in column agent (取次者) or with --agent")
    if AGENT_ID.fullmatch(named) is None or find_unsafe(named):
        return "", Phrase("'{value}' is no id: 1 to 32 of A-Z, 0-9 and -", value=quote(named))
    acting = claim.actor.agent
    if acting is not None and named != acting:
        return "", Phrase(
            "this row is agent {named}'s, and {actor} acts; the office books for several agents "
            "(--office)",
            named=quote(named),
            actor=acting,
        )
    if not claim.knows(named):
        return "", Phrase("there is no agent {id}", id=quote(named))
    return named, None

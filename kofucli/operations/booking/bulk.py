"""Reading the rows of case files as wishes. All mistakes of all rows are told at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cache, partial
from itertools import combinations, islice
from typing import NamedTuple

from kofucli.base import MOST_PROBLEMS, InputError, Phrase, Problem
from kofucli.base.text import (
    AGENT_ID,
    LONGEST_ID,
    N_,
    drop_variants,
    fault_of_unseen,
    fold_value,
    looks_like_my_number,
    quote,
)
from kofucli.base.written_times import Written, fault_of_day, fault_of_hour, read_written
from kofucli.casefile import VALUES, Draft, build_case, read_value
from kofucli.casefile.columns import (
    CASE_COLUMNS,
    STANDING,
    fold_heading,
    is_corrected,
    is_usual,
    say_corrections,
    show_heading,
)
from kofucli.casefile.file_rows import FileRow, FileRows, Name, Value, at_row, check_length, row_of
from kofucli.casefile.reading import read_rows
from kofucli.casefile.unused_columns import find_off, read_heading_itself, say_off
from kofucli.model import Actor, Frame
from kofucli.model.numbers import lacks_zeros, normalise_number, pad_with_zeros
from kofucli.operations import Progress, no_progress
from kofucli.operations.booking.groups import find_contradictions
from kofucli.operations.booking.requests import OpenWish, Preferences, Wish
from kofucli.settings import Settings

_LONGEST_NOTE = 500
_MOMENT = ("date", "hour", "booked_date", "booked_hour")
"""The columns that name day and hour; the last two are those of our own result."""
_DAYS_AHEAD = 30
"""A day that lies no farther ahead could be booked now or soon."""
_LOST = {
    "date": (
        "予約日",
        N_(
            "it holds days that could be booked, and no column gives the day of the visit: {way}. "
            "Where these are other days, add an empty column date"
        ),
        N_(
            "it holds days that could be booked, and the column that gives the day of the visit is "
            "empty: write them there, or delete one of the two columns"
        ),
    ),
    "hour": (
        "時刻",
        N_(
            "it holds hours that could be booked, and no column gives the hour of the visit: "
            "{way}. Where these are other hours, add an empty column hour"
        ),
        N_(
            "it holds hours that could be booked, and the column that gives the hour of the visit "
            "is empty: write them there, or delete one of the two columns"
        ),
    ),
}
"""The usual heading of a column, and what is said of one that was meant for it."""
_WAY = N_(
    "call it {key} ({usual}), or say what it is in the configuration: [files] columns = "
    '{{"{name}" = "{key}"}}'
)
_KIND_HEADING = "申請|手続|種|区分|内容|type|category|procedure"
_PARTS: set[Value] = {(0, day) for day in range(1, 32)}
"""Days of which the month stands elsewhere."""
_SPLIT = {
    "date": Phrase("write the whole day into each row, in a column date (予約日)"),
    "hour": Phrase("write the whole hour into each row, in a column hour (時刻)"),
}
"""What is said where a day or an hour stands in a heading, in a row of its own or in parts."""


class Claim(NamedTuple):
    """Who books, and when.

    Rows without an agent are those of ``agent``. ``knows`` tells whether an agent is registered.
    Any agent of the ``pool`` may collect the rows that name no frame.
    """

    actor: Actor
    agent: str | None
    knows: Callable[[str], bool]
    today: date
    pool: tuple[str, ...] = ()


class CaseFile(NamedTuple):
    """A case file as it was given: its bytes, the sheet of a workbook to read, its name."""

    data: bytes
    sheet: str | None = None
    name: str = ""


class Wanted(NamedTuple):
    """The wishes of case files, notes on the reading, what was left out, and the files by name."""

    wishes: tuple[Wish | OpenWish, ...]
    notes: tuple[Phrase, ...]
    left_out: tuple[Problem, ...]
    files: dict[str, FileRows]


def read_wishes(
    files: Sequence[CaseFile],
    settings: Settings,
    claim: Claim,
    progress: Progress = no_progress,
    best_effort: bool = False,
) -> Wanted:
    """Return the wishes of case files, in order, and notes on the reading.

    ``progress`` shows how many rows are read. The rows of several files are FileRows. Raises
    InputError with every bad row of all files; after a thousand problems the rest of a file is not
    read. Rows that are tied (``with``) and name different frames are bad, too. With ``best_effort``
    a row is left out instead if My Numbers are all that is wrong in it.
    """
    several = len(files) > 1
    readers: list[_Reader] = []
    before = 0
    for file in files:
        reader = _Reader(file, settings, claim, before if several else None)
        readers.append(reader)
        try:
            reader.read(progress)
        except InputError as error:
            if not several:
                raise
            reader.problems += [reader.place(problem) for problem in error.problems]
        if several:
            before = max((wish.row for wish in reader.wishes), default=before)
            check_length(before)
    wishes = tuple(wish for reader in readers for wish in reader.wishes)
    _add_contradictions(readers, wishes, claim)
    problems: list[Problem] = []
    leaves_out = best_effort and not any(reader.problems for reader in readers)
    for reader in readers:
        wrong = reader.problems if leaves_out else [*reader.problems, *reader.with_my_number]
        if wrong:
            problems += [*sorted(wrong, key=row_of), *reader.hints]
    if problems:
        one = Phrase("Some rows are invalid; nothing was changed.")
        many = Phrase("The files are invalid; nothing was changed.")
        raise InputError(many if several else one, problems)
    return Wanted(
        wishes,
        tuple(note for reader in readers for note in reader.notes),
        tuple(problem for reader in readers for problem in reader.with_my_number),
        {reader.name: reader.found for reader in readers},
    )


def _add_contradictions(
    readers: Sequence[_Reader], wishes: Sequence[Wish | OpenWish], claim: Claim
) -> None:
    """Add to the problems of each file its rows that contradict one to which they are tied."""
    found = islice(find_contradictions(wishes, Preferences(claim.pool).share), MOST_PROBLEMS + 1)
    bad = {wish.row: (key, value, other) for wish, key, value, other in found}
    for reader in readers if bad else ():
        for row in (wish.row for wish in reader.wishes if wish.row in bad):
            if isinstance(row, FileRow):
                key, value, other = bad[row]
                message = Phrase(
                    "row {other} has '{value}', and these rows go together (with=): give both the "
                    "same, leave one of them empty, or take out with=",
                    other=other.row,
                    value=value,
                )
                reader.problems.append(Problem(reader.at_cell(row, key), message))


def _find_lost(found: FileRows, today: date, starts: Collection[str]) -> Iterator[Problem]:
    """Yield ignored columns that seem to hold the days or hours of the visits; no other gives them.

    So do rows of their own, such as 11月26日（木）. All of their days could be booked now or soon,
    all of their hours are ``starts`` of frames; without them cases would silently go elsewhere.
    """
    likely: set[Value] = {today + timedelta(ahead) for ahead in range(_DAYS_AHEAD + 1)}
    likely |= {(day.month, day.day) for day in likely if isinstance(day, date)}
    likely |= _PARTS | set(starts)
    for key, columns in found.lost.items():
        usual, unknown, empty = _LOST[key]
        for heading, values in columns.items():
            if values <= likely:
                name = show_heading(heading)
                way = Phrase("give it the heading {key} ({usual})", key=key, usual=usual)
                if values <= _PARTS or read_heading_itself(heading, key) is not None:
                    way = _SPLIT[key]
                elif name in found.ignored:
                    way = Phrase(_WAY, key=key, usual=usual, name=name)
                message = Phrase(empty) if is_usual(heading, key) else Phrase(unknown, way=way)
                yield Problem(Phrase("heading {name}", name=name), message)
    for key, rows in found.apart.items():
        for row, apart in rows.items():
            if apart <= likely:
                yield Problem(at_row(row), Phrase(_LOST[key][1], way=_SPLIT[key]))


def _find_other_kinds(found: FileRows, wishes: Sequence[Wish | OpenWish]) -> Iterator[Problem]:
    """Yield ignored columns of nothing but kinds, where the cases would have others."""
    kinds = VALUES["kind"]
    for at, (heading, key) in enumerate(found.columns):
        if key is not None or not re.search(_KIND_HEADING, fold_heading(heading)):
            continue
        told = []
        for wish in wishes:
            cells = found.cells_of(wish.row.number) if isinstance(wish.row, FileRow) else ()
            if word := fold_value("".join(map(str, cells[at : at + 1]))):
                told.append((kinds.get(word.lower()), wish.case.kind))
        if all(kind for kind, _ in told) and any(kind != its for kind, its in told):
            name = show_heading(heading)
            way = Phrase(_WAY, key="kind", usual="申請種別", name=name)
            message = Phrase(
                "it holds kinds, and its cases would be booked as others: {way}", way=way
            )
            yield Problem(Phrase("heading {name}", name=name), message)


class _Reader:
    """Reads a case file row by row, and keeps everything that is wrong in it.

    One of several files has ``before``, the number of rows in the files before it; then every
    message begins with its name. The problems of rows whose only mistakes are My Numbers are kept
    in ``with_my_number``; ``hints`` are told after the problems, if there are any. A file has few
    different agents, days and hours, so each spelling is read once.
    """

    def __init__(
        self, file: CaseFile, settings: Settings, claim: Claim, before: int | None = None
    ) -> None:
        self._file = file
        self._settings = settings
        self._today = claim.today
        self._before = before
        self.name = "" if before is None else file.name
        self.found = FileRows((), ())
        self.wishes: list[Wish | OpenWish] = []
        self.notes: list[Phrase] = []
        self.problems: list[Problem] = []
        self.hints: list[Problem] = []
        self.with_my_number: list[Problem] = []
        self._agent = cache(lambda raw: _read_agent(raw, claim))
        self._value = cache(lambda key, raw: read_value(key, raw, settings))

    def read(self, progress: Progress) -> None:
        """Read the file row by row. Raises InputError where it is no case file."""
        file, before = self._file, self._before
        columns = self._settings.files.columns
        found = read_rows(file.data, CASE_COLUMNS, columns, "number", file.sheet)
        self.found = found
        self._moment = cache(partial(_read_moment, found.names))
        for row, draft in progress(found.rows):
            self._read_row(row if before is None else row.among(file.name, before), draft)
            if len(self.problems) > MOST_PROBLEMS:
                break
        notes, hints = found.list_notes(), list(found.hints)
        if found.ignored:
            hints.append(Problem(Phrase("heading"), notes[0]))
        # Beside a column of corrected numbers nobody knows which number is to be booked.
        wrong = [
            Problem(Phrase("heading {name}", name=heading), say_corrections(heading))
            for heading in filter(is_corrected, found.ignored)
        ]
        wrong += [say_off(*marked) for marked in find_off(found).items()]
        wrong += _find_lost(found, self._today, self._settings.frames.starts)
        if "kind" not in found.names:
            wrong += _find_other_kinds(found, self.wishes)
        self.problems = [*map(self.place, [*wrong, *found.problems]), *self.problems]
        self.hints = [*map(self.place, hints)]
        if before is not None:
            notes = [Phrase("{file}: {note}", file=file.name, note=note) for note in notes]
        self.notes = notes

    def place(self, problem: Problem) -> Problem:
        """Return a problem with the name of its file, where there are several."""
        return Problem(self._place(problem.where), problem.message)

    def at_cell(self, row: FileRow, key: str) -> Phrase:
        """Return where a cell is."""
        return self._place(self.found.at_cell(row.alone(), key))

    def _place(self, where: Phrase) -> Phrase:
        return Phrase("{file}, {where}", file=self.name, where=where) if self.name else where

    def _read_row(self, row: FileRow, draft: Draft) -> None:
        """Keep the wish of a row, or what is wrong in it."""
        case, faults = build_case(draft, self._settings, read=self._value)
        agent, wrong_agent = self._agent(draft.get("agent", ""))
        cells = [draft.get(key, "") for key in _MOMENT]
        if draft.get("booked"):  # what stands there is where it was booked
            cells[2:] = "", ""
        day, start, wrong = self._moment(*cells)
        note = draft.get("note", "")
        faults += [("agent", wrong_agent)] if wrong_agent is not None else []
        faults += wrong
        if note and (len(note) > _LONGEST_NOTE or looks_like_my_number(note)):
            faults += [("note", Phrase("it is too long or holds a My Number (個人番号)"))]
        if case is None or faults:
            secret = all(looks_like_my_number(draft.get(key, "")) for key, _ in faults)
            problems = self.with_my_number if secret else self.problems
            problems += [Problem(self.at_cell(row, key), message) for key, message in faults]
        elif day is not None and start is not None:
            ended, told = None, {draft.get("case_status"), draft.get("status")}
            if "case_status" in draft and not told <= STANDING:  # our list says it has ended
                ended = normalise_number(draft.get("reservation", ""))
            self.wishes.append(Wish(row, agent, Frame(day, start), case, note, None, ended))
        else:
            self.wishes.append(OpenWish(row, agent, case, day, start, note, draft.get("host", "")))


def _read_moment(
    names: Mapping[str, Name], *cells: str
) -> tuple[date | None, str | None, list[tuple[str, Phrase]]]:
    """Return the day and the hour that the cells of ``_MOMENT`` name, and their faults."""
    told = {key: text for key, text in zip(_MOMENT, cells, strict=True) if text}
    said = {key: read_written(text) for key, text in told.items()}
    faults = [
        (key, fault)
        for key, text in told.items()
        if (fault := (fault_of_day if key.endswith("date") else fault_of_hour)(text, said[key]))
    ]
    day = next((each.day for each in said.values() if each.day is not None), None)
    start = next((each.start for each in said.values() if each.start is not None), None)
    return day, start, faults or _find_contradiction(names, told, said)


def _find_contradiction(
    names: Mapping[str, Name], told: dict[str, str], said: dict[str, Written]
) -> list[tuple[str, Phrase]]:
    """Return which cell of a day or an hour says something else than one before it, and why."""
    for (key, one), (other, two) in combinations(said.items(), 2):
        is_same_day = None in {one.day, two.day} or one.day == two.day
        is_same_hour = None in {one.start, two.start} or one.start == two.start
        if not (is_same_day and is_same_hour):
            message = Phrase(
                "'{value}' says something else than '{other}' in column {column}",
                value=quote(told[other].strip()),
                other=quote(told[key].strip()),
                column=names.get(key, key),
            )
            return [(other, message)]
    return []


def _read_agent(raw: str, claim: Claim) -> tuple[str, Phrase | None]:
    cell = normalise_number(raw)
    named = cell or claim.agent or ""
    if not named:
        return "", Phrase("it is missing; name the agent in column agent (取次者) or with --agent")
    if re.fullmatch(AGENT_ID, named) is None:
        fault = Phrase("'{value}' is not an id: 1 to 32 of A-Z, 0-9 and -", value=quote(named))
        return "", fault_of_unseen(drop_variants(raw).strip()) or fault
    acting = claim.actor.agent
    knows = claim.knows if acting is None else acting.__eq__  # it learns of no other
    padded = next(filter(knows, pad_with_zeros(cell, LONGEST_ID)), None)
    if padded is not None:
        return "", lacks_zeros(cell, Phrase("{id} is an agent", id=padded))
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

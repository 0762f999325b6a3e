"""The rows of case files (``book --from``, ``plan``) and of files of changes: table, JSON, CSV."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, time
from typing import TYPE_CHECKING

from kofucli.base import Problem
from kofucli.base.language import Translate, list_text
from kofucli.base.text import N_
from kofucli.casefile import KEYS, write_case
from kofucli.casefile.columns import RESULT
from kofucli.casefile.file_rows import FileRow, FileRows
from kofucli.operations.booking.requests import ChangeRow, Row
from kofucli.output.booking.slots import MOST_REASONS, next_lines, obstacle_codes
from kofucli.output.documents import (
    Document,
    Each,
    count_outcomes,
    find_window,
    problem_documents,
    refusal_document,
    refusal_text,
    reservation_document,
    row_documents,
    row_place,
)
from kofucli.output.tables import Cell, Sheet, count_rest, sheet_of, table_text
from kofucli.output.words import CHANGE_NAMES, OUTCOME_NAMES
from kofucli.rules import Verdict

if TYPE_CHECKING:  # any error loads this module
    from kofucli.operations.booking.book import Booked, Planned
    from kofucli.operations.booking.changes import ChangedMany

_MOST_ROWS = 8  # rows that the text names beside a reason
_CHANGE = ("row", "case", "new", "outcome", "agent", "date", "start", "reservation")
"""The columns of files of changes."""
_SAID = {
    "booked": (
        N_("Rows: {count} ({parts}); new reservations: {visits}"),
        {
            "all": N_("Booked now: all."),
            "some": N_("Booked now: some only."),
            "none": N_("Booked now: none."),
        },
    ),
    "placed": (
        N_("Rows: {count} ({parts}); visits: {visits}"),
        {"all": N_("Placed: all."), "some": N_("Placed: some only."), "none": N_("Placed: none.")},
    ),
}


def booked_document(
    booked: Booked, now: datetime, translate: Translate, left_out: int = 0
) -> Document:
    """Return the document of ``book --from``, which left out some rows of the file."""
    return {
        "reservations": Each(lambda r: reservation_document(r, now), booked.reservations),
        **_rows_document(booked.rows, len(booked.reservations), "booked", now, translate),
        "booked": share_of(booked.rows, "booked", left_out),
        "changed": booked.changed,
    }


def planned_document(planned: Planned, now: datetime, translate: Translate) -> Document:
    """Return the document of ``plan``."""
    return {
        "reservations": [],
        **_rows_document(planned.rows, planned.visits, "placed", now, translate),
        "placed": share_of(planned.rows, "placed"),
        "blocked": obstacle_codes(planned.blocked),
    }


def _rows_document(
    rows: Sequence[Row], visits: int, accepted: str, now: datetime, translate: Translate
) -> Document:
    return {
        "rows": row_documents(rows, now, translate),
        "counts": count_outcomes(rows, accepted),
        "visits": visits,
        "bookable_from": find_window(rows),
    }


def left_out_text(problems: Sequence[Problem], _: Translate) -> str:
    """Return the first rows that were left out of a booking, and how many more there are."""
    lines = [
        _("Left out: {where}: {message}").format(**entry)
        for entry in problem_documents(problems[:MOST_REASONS], _)
    ]
    lines += count_rest(problems, MOST_REASONS, _("and {count} more rows; -f json has all"))
    return "".join(f"{line}\n" for line in lines)


def booked_text(booked: Booked, now: datetime, _: Translate, left_out: int = 0) -> str:
    """Return the rows of a booking as a table, the reasons of refusals, and the counts."""
    return _rows_text((booked.rows, len(booked.reservations)), "booked", left_out, now, _)


def planned_text(planned: Planned, now: datetime, _: Translate) -> str:
    """Return the rows of a plan as a table, the reasons of refusals, and the counts."""
    return _rows_text((planned.rows, planned.visits), "placed", 0, now, _)


def _rows_text(
    found: tuple[Sequence[Row], int], accepted: str, left_out: int, now: datetime, _: Translate
) -> str:
    rows, visits = found
    windows = [*window_lines(rows, _)]
    lines = [*_reason_lines(rows, now, _), *windows, *([""] if windows else [])]
    total, shares = _SAID[accepted]
    parts = _parts(count_outcomes(rows, accepted), OUTCOME_NAMES, _)
    last = _("{share} {total}").format(
        share=_(shares[share_of(rows, accepted, left_out)]),
        total=_(total).format(count=len(rows), parts=parts, visits=visits),
    )
    return f"{_table(rows, _)}\n" + "".join(f"{line}\n" for line in (*lines, last))


def share_of(rows: Iterable[Row], accepted: str, left_out: int = 0) -> str:
    """Return whether ``all``, ``some`` or ``none`` of the rows not booked before are accepted."""
    asked = [row.outcome for row in rows if row.outcome != "already"]
    count = asked.count(accepted)
    if count == 0:
        return "none"
    return "all" if count == len(asked) + left_out else "some"


def _parts(counts: Mapping[str, int], names: Mapping[str, str], _: Translate) -> str:
    parts = [
        f"{_(names[name.replace('_', '-')])} {count}" for name, count in counts.items() if count
    ]
    return list_text(parts, _) or "-"


def _table(rows: Sequence[Row], _: Translate) -> str:
    """Each code of a refusal has a line of its own; a last column without entries is left out."""
    headings = [_("Row"), _("Case"), _("Outcome"), _("Agent"), _("Frame")]
    content: list[list[Cell]] = []
    for row in rows:
        codes = dict.fromkeys(verdict.code for verdict in row.refusals)
        first, *more = [*([row.reservation] if row.reservation else []), *codes] or [""]
        content.append(
            [
                row.wish.row,
                row.wish.case.number,
                _(OUTCOME_NAMES[row.outcome]),
                row.wish.agent,
                " ".join(filter(None, (_day(row), row.start))),
                first,
            ]
        )
        content += [[None, "", "", "", "", code] for code in more]
    if any(line[-1] for line in content):
        headings.append(_("Number / codes"))
    else:
        content = [line[:-1] for line in content]
    return table_text(headings, content)


def _reason_lines(rows: Iterable[Row], now: datetime, _: Translate) -> Iterator[str]:
    reasons: dict[str, tuple[Verdict, list[int]]] = {}
    lines: dict[int, str] = {}  # rows that found no place share their verdicts
    for row in rows:
        for verdict in row.refusals:
            if id(verdict) not in lines:
                lines[id(verdict)] = f"[{verdict.code}] {refusal_text(verdict, now, _)}"
            line = lines[id(verdict)]
            reasons.setdefault(line, (verdict, []))[1].append(row.wish.row)
    for line, (verdict, numbers) in list(reasons.items())[:MOST_REASONS]:
        yield line
        yield from next_lines(verdict, _)
        yield _name_rows(numbers, _)
    yield from count_rest(reasons, MOST_REASONS, _("and {count} more reasons; -f json has all"))
    if reasons:
        yield ""


def window_lines(rows: Iterable[Row], _: Translate) -> Iterator[str]:
    """Yield from when on there may be room for the rows that were not placed, earliest first."""
    instants: dict[datetime | None, list[int]] = {}
    for row in rows:
        if row.outcome == "not-placed":
            instants.setdefault(row.bookable_from, []).append(row.wish.row)
    never = instants.pop(None, [])
    for at, numbers in sorted(instants.items())[:MOST_REASONS]:
        said = _("From {instant} there may be room for these: run it again then.")
        yield said.format(instant=f"{at:%Y-%m-%d %H:%M}")
        yield _name_rows(numbers, _)
    yield from count_rest(instants, MOST_REASONS, _("and {count} later instants; -f json has all"))
    if never:
        yield _(
            "No opening is expected for these: change what they ask for, or go to the ordinary "
            "counter."
        )
        yield _name_rows(never, _)


def _name_rows(numbers: Sequence[int], _: Translate) -> str:
    named = list_text(map(str, numbers[:_MOST_ROWS]), _)
    if len(numbers) > _MOST_ROWS:
        named = _("{rows} and {count} more").format(rows=named, count=len(numbers) - _MOST_ROWS)
    return "  " + _("rows: {rows}").format(rows=named)


def _day(row: Row) -> str:
    return row.day.isoformat() if row.day is not None else ""


def rows_sheet(
    rows: Iterable[Row], files: Mapping[str, FileRows], now: datetime, _: Translate
) -> Sheet:
    """Return the columns of files as they were read, of one meaning as one, and the results."""
    places = {name: [*_identify(file)] for name, file in files.items()}
    columns: dict[tuple[str, int] | None, str] = {}
    for name, file in files.items():
        for column, (heading, _key) in zip(places[name], file.columns, strict=True):
            columns.setdefault(column, heading)
    columns.pop(None, None)
    is_one = len(files) == 1
    result = [N_("Reservation number"), N_("Date"), N_("Hour"), N_("Outcome"), N_("Reason")]
    names = [*([] if is_one else [_("File")]), *columns.values(), *map(_, result)]
    content: list[list[Cell]] = []
    for row in rows:
        place = row.wish.row
        if isinstance(place, FileRow):
            found = files[place.file].cells_of(place.number)
            cells = dict(zip(places[place.file], found, strict=False))
            own = [cells.get(column) for column in columns]
            content.append([*([] if is_one else [place.file]), *own, *_result(row, now, _)])
    return Sheet(names, content, is_worded=True)


def _identify(file: FileRows) -> Iterator[tuple[str, int] | None]:
    """Yield each column's key or heading, and which one of several; None for an earlier result."""
    seen = Counter[str]()
    for heading, key in file.columns:
        name = key or heading
        seen[name] += 1
        yield None if key in RESULT else (name, seen[name])


def _result(row: Row, now: datetime, _: Translate) -> list[Cell]:
    place = row.frame if not row.failed else None
    reasons = (f"[{v.code}] {refusal_text(v, now, _)}" for v in row.refusals)
    return [
        row.reservation,
        place and place.date,
        place and time.fromisoformat(place.start),
        _(OUTCOME_NAMES[row.outcome]),
        " / ".join(dict.fromkeys(reasons)),
    ]


def planned_sheet(rows: Iterable[Row]) -> Sheet:
    """Return the rows that were placed as a case file for ``book --from``, agent by agent."""
    names = ["agent", "date", "hour", *KEYS, "note"]
    placed = [row for row in rows if row.outcome == "placed"]
    agents = list(dict.fromkeys(row.wish.agent for row in placed))
    placed.sort(key=lambda row: (agents.index(row.wish.agent), row.day, row.start, row.wish.row))
    return Sheet(
        names,
        (
            [r.wish.agent, _day(r), r.start, *write_case(r.wish.case).values(), r.wish.note]
            for r in placed
        ),
    )


def changed_document(changed: ChangedMany, now: datetime, translate: Translate) -> Document:
    """Return the document of a file of changes."""
    return {
        "reservations": [reservation_document(r, now) for r in changed.reservations],
        **change_rows_document(changed.rows, now, translate),
        "changed": changed.changed,
    }


def change_rows_document(
    rows: Sequence[ChangeRow], now: datetime, translate: Translate
) -> Document:
    """Return the rows of a file of changes and their counts."""
    outcomes = Counter(row.outcome for row in rows)
    return {
        "rows": [
            _change_document(row)
            | {"refusals": [refusal_document(v, now, translate) for v in row.refusals]}
            for row in rows
        ],
        "counts": {name.replace("-", "_"): outcomes[name] for name in CHANGE_NAMES},
    }


def _change_document(row: ChangeRow) -> Document:
    visit = row.reservation
    return {
        **row_place(row.row),
        "case": row.case,
        "new": row.new or None,
        "outcome": row.outcome,
        "agent": visit.agent,
        "date": visit.date,
        "start": visit.start,
        "reservation": visit.number,
    }


def changed_text(changed: ChangedMany, _: Translate) -> str:
    """Return the rows of a file of changes as a table, and their counts."""
    headings = [_("Row"), _("Case"), _("Outcome"), _("Agent"), _("Frame"), _("Number")]
    content: list[list[Cell]] = [
        [
            row.row,
            row.case if row.new in (None, "", row.case) else f"{row.case} > {row.new}",
            _(CHANGE_NAMES[row.outcome]),
            row.reservation.agent,
            f"{row.reservation.date} {row.reservation.start}",
            row.reservation.number,
        ]
        for row in changed.rows
    ]
    total = _("Rows: {count} ({parts}); reservations changed: {visits}").format(
        count=len(changed.rows),
        parts=_parts(Counter(row.outcome for row in changed.rows), CHANGE_NAMES, _),
        visits=len(changed.reservations),
    )
    return f"{table_text(headings, content)}\n{total}\n"


def changed_sheet(rows: Iterable[ChangeRow]) -> Sheet:
    """Return the rows of a file of changes for CSV."""
    return sheet_of(_CHANGE, map(_change_document, rows))

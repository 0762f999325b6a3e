"""What should be known of a file's rows beside what became of them: papers, what has ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kofucli.errors import Phrase
from kofucli.operations.wishes import Row
from kofucli.rules.eligibility import papers_for

_MOST_NAMED = 8
"""Rows named in one note; the others are counted."""


def describe_ended(rows: Sequence[Row]) -> Iterator[Phrase]:
    """Yield which rows are left alone because they have ended, and what books them."""
    ended = [row.wish.row for row in rows if row.outcome == "ended"]
    if ended:
        yield Phrase(
            "Dropped, cancelled or collected before, so not booked; --again books them, where "
            "that is allowed; rows: {rows}",
            rows=_name_rows(ended),
        )


def describe_papers(rows: Sequence[Row]) -> Iterator[Phrase]:
    """Yield which rows that are booked, or would be, need more papers (notice 1 イ-エ)."""
    wanted: dict[str, list[int]] = {"letter-of-request": [], "acknowledgement": []}
    for row in rows:
        if row.outcome == "booked":
            for paper in papers_for(row.wish.case):
                wanted.get(paper, []).append(row.wish.row)
    letters, receipts = wanted.values()
    if letters:
        yield Phrase(
            "A letter of request, signed by the applicant, must be brought; rows: {rows}",
            rows=_name_rows(letters),
        )
    if receipts:
        yield Phrase(
            "An acknowledgement of receipt must be handed in; rows: {rows}",
            rows=_name_rows(receipts),
        )


def _name_rows(numbers: Sequence[int]) -> Phrase | list[int]:
    named = list(numbers[:_MOST_NAMED])
    more = len(numbers) - len(named)
    return Phrase("{rows} and {count} more", rows=named, count=more) if more else named

"""The confirmation as text of at most COLUMNS columns."""

from __future__ import annotations

from collections.abc import Iterator

from kofucli.model.records import Reservation
from kofucli.output.confirmation.facts import Bearer, Facts, Pair, find_facts
from kofucli.output.wrap import wrap
from kofucli.settings import Settings

COLUMNS = 60
"""Columns of the text, where a wide character takes two; a narrow terminal shows it whole."""


def _wrap(text: str, indent: str = "", first: str | None = None) -> tuple[str, ...]:
    return wrap(text, COLUMNS, indent, first)


def confirmation_text(
    reservation: Reservation, bearer: Bearer, settings: Settings, with_code: bool = False
) -> str:
    """Return the confirmation as text; ``with_code`` draws the QR code of a valid one."""
    facts, bar = find_facts(reservation, bearer, settings), "=" * COLUMNS
    lines = [bar, f"  {facts.title.ja}", f"  {facts.title.en}", bar]
    if not facts.valid:
        lines += [f"*** {facts.not_valid.ja} ***", f"*** {facts.not_valid.en} ***", bar]
    elif with_code:
        from kofucli.output.confirmation.page import draw_in_text  # loads segno

        lines += draw_in_text(facts.number)
    lines += _fact_lines(facts)
    lines.append("-" * COLUMNS)
    for notice in (*facts.notices, *([facts.unofficial] if facts.unofficial else [])):
        lines += _wrap(notice.ja, "  ", "* ")
        lines += _wrap(notice.en, "  ", "  ")
    lines.append(bar)
    return "\n".join(lines) + "\n"


def _fact_lines(facts: Facts) -> Iterator[str]:
    """Yield the lines between the title and the warnings."""
    labels = facts.labels
    yield from _entry(labels["number"], facts.number)
    yield from _entry(labels["agent"], facts.agent)
    day, hours = facts.day, facts.hours
    yield from _entry(labels["visit"], f"{day.ja} {hours}", f"{day.en} {hours}")
    if facts.status is not None:
        yield from _entry(labels["status"], facts.status.ja, facts.status.en)
    if facts.office:
        yield from _entry(labels["office"], facts.office)
    if facts.place:
        yield from _entry(labels["place"], facts.place)
    yield from _case_lines(facts)
    last, until = facts.deadline, facts.until
    yield from _entry(labels["deadline"], f"{last.ja} {until}", f"{last.en} {until}")
    if facts.phone is not None:
        yield from _entry(labels["phone"], facts.phone.ja, facts.phone.en)


def _entry(label: Pair, ja: str, en: str = "") -> Iterator[str]:
    """Yield the lines of one fact; a value that is the same in both languages stands once."""
    yield from _wrap(f"{label.ja} / {label.en}", "  ", "")
    yield from _wrap(ja, "    ")
    if en and en != ja:
        yield from _wrap(en, "    ")


def _case_lines(facts: Facts) -> Iterator[str]:
    """Yield the lines of the cases: number, kind, what became of it, and a box for each paper."""
    yield from _wrap(f"{facts.labels['cases'].ja} / {facts.labels['cases'].en}")
    for place, case in enumerate(facts.cases, 1):
        yield from _wrap(case.number, "      ", f"  {place:2d}. ")
        yield from _wrap(case.kind.ja, "      ")
        yield from _wrap(case.kind.en, "      ")
        if case.outcome is not None:
            yield from _wrap(f"{case.outcome.ja} / {case.outcome.en}", "      ")
        for paper in case.papers:
            yield from _wrap(f"[ ] {paper.ja} / {paper.en}", "          ", "      ")

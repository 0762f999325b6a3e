"""``--explain``: every rule that was asked, with its inputs, its boundary and its result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import zip_longest

from kofucli.base.language import Translate
from kofucli.base.text import N_, show
from kofucli.output.documents import Document, details_document, instant, row_place
from kofucli.output.tables import Cell, table_text
from kofucli.output.words import STATUS_NAMES
from kofucli.output.wrap import width, wrap
from kofucli.rules.refusal import Inquiry, Verdict, agent_of, in_order
from kofucli.rules.wording import RULES

_NO_INPUTS = ("limit", "deadline", "own", "name", "agent", "phone", "room", "reason")
"""Details that the table shows in another column, or that only a refusal's wording needs."""
_SUBJECTS = {"service": N_("service"), "link": N_("link")}
_WIDEST, _WIDEST_SUBJECT = 26, 20
"""Columns of a line of inputs, and of a subject: with them the table takes 80 columns."""
_NARROW = 10
"""Characters of a line of a boundary: a day fits, an instant takes two lines."""
_NARROWEST = 5
"""Characters of a line of a clause."""
_MOST_LINES = 5
"""Lines that the list of allowed words may fill; a longer list is only counted."""
_RESULTS = {"passed": N_("passed"), "refused": N_("refused"), "warning": N_("warning")}


def explanation_document(inquiries: Iterable[Inquiry]) -> list[Document]:
    """Return ``explain`` of docs/documents.md: an entry a rule, for a file row after row."""
    return [
        _entry(inquiry, verdict) for inquiry in inquiries for verdict in in_order(inquiry.verdicts)
    ]


def _entry(inquiry: Inquiry, verdict: Verdict) -> Document:
    rule = RULES[verdict.code]
    details = details_document(verdict)
    limit = details.get("limit")
    entry: Document = {
        "code": verdict.code,
        "clause": rule.clause,
        "group": rule.area,
        "subject": verdict.subject,
        "passed": verdict.holds,
        "severity": _severity(inquiry, verdict),
        "boundary": None if isinstance(limit, list) else limit,
        "details": details,
    }
    if inquiry.row is not None:
        entry |= row_place(inquiry.row)
        entry["agent"] = agent_of(verdict) or inquiry.agent
    return entry


def _severity(inquiry: Inquiry, verdict: Verdict) -> str:
    """Return what follows if the rule does not hold; where it is binding, a refusal."""
    rule = RULES[verdict.code]
    return "refusal" if inquiry.binding and rule.binds_planner else rule.severity


def explanation_text(inquiries: Sequence[Inquiry], now: datetime, _: Translate) -> str:
    """Return the explanation as a table with a title; of a file each row has a line above it."""
    rows: list[list[Cell]] = []
    above: dict[int, str] = {}
    listed: set[str] = set()
    for inquiry in inquiries:
        if inquiry.row is not None:
            above[len(rows)] = _("row {row}").format(row=inquiry.row) + "\n"
        for verdict in in_order(inquiry.verdicts):
            rows += _lines(inquiry, verdict, verdict.code not in listed or not verdict.holds, _)
            listed.add(verdict.code)
    if not rows:
        return "\n" + _("No rule was asked.") + "\n"
    headings = [_("Code, subject"), _("Clause"), _("Inputs"), _("Boundary"), _("Result")]
    title = _("Rules asked (decided at {now}):").format(now=instant(now))
    heading, rule, *lines = table_text(headings, rows).splitlines(keepends=True)
    told = "".join(above.get(at, "") + line for at, line in enumerate(lines))
    return f"\n{title}\n{heading}{rule}{told}"


def _lines(inquiry: Inquiry, verdict: Verdict, in_full: bool, _: Translate) -> Iterator[list[Cell]]:
    """Yield the lines of a verdict; a long cell goes on in the next line.

    ``in_full``, for the first verdict of a rule and for refusals, lists the words that are allowed.
    """
    limit = verdict.details.get("limit")
    allowed = [show(word) for word in limit] if in_full and isinstance(limit, list) else []
    inputs = _break([*_inputs(inquiry, verdict, _), *_list_allowed(allowed)], _WIDEST)
    failed = "warning" if _severity(inquiry, verdict) == "warning" else "refused"
    cells: list[list[Cell]] = [
        [verdict.code, *wrap(_(_SUBJECTS.get(verdict.subject, verdict.subject)), _WIDEST_SUBJECT)],
        [*_break_clause(RULES[verdict.code].clause or _("own"))],
        [*inputs],
        [*_break(_boundary(limit, _).split(), _NARROW, " ")],
        [_(_RESULTS["passed" if verdict.holds else failed])],
    ]
    for line in zip_longest(*cells):
        yield list(line)


def _inputs(inquiry: Inquiry, verdict: Verdict, _: Translate) -> list[str]:
    """Return the inputs of a verdict; name and value of a long one are two parts.

    The agent is an input only where a plan asked about another agent than the row's.
    """
    agent, own = verdict.details.get("agent"), inquiry.agent
    found = [f"agent={agent}"] if None not in (agent, own) and agent != own else []
    for name, value in verdict.details.items():
        if name not in _NO_INPUTS:
            text = _(STATUS_NAMES[str(value)]) if name == "status" else _short(value)
            if width(f"{name}={text}") <= _WIDEST:
                found.append(f"{name}={text}")
            elif name == "marks" and isinstance(value, list):
                found += [f"{name}=", *map(show, value)]
            else:
                found += [
                    f"{name}=",
                    *(text.split() if isinstance(value, datetime) else wrap(text, _WIDEST)),
                ]
    return found


def _list_allowed(words: Sequence[str]) -> list[str]:
    """Return the allowed words as one more input; nothing if they fill too many lines."""
    parts = ["limit=", *words] if words else []
    return parts if len(_break(parts, _WIDEST)) <= _MOST_LINES else []


def _break(parts: Iterable[str], widest: int, between: str = ", ") -> list[str]:
    """Return parts joined to lines of at most ``widest`` columns; a longer one stands alone.

    A name whose value stands below it (``limit=``) has a line of its own.
    """
    lines: list[str] = []
    for part in parts:
        is_name = lines != [] and "=" in (lines[-1][-1], part[-1])
        if lines and not is_name and width(lines[-1] + between + part) <= widest:
            lines[-1] += between + part
        else:
            lines.append(part)
    return lines


def _break_clause(clause: str) -> list[str]:
    """Return a clause in one line; a long one in two, as ``3`` and ``(2)``."""
    section, sign, rest = clause.partition("(")
    return [section, sign + rest] if sign and len(clause) > _NARROWEST else [clause]


def _short(value: object) -> str:
    """Return an input as text; a list of days as ``11-25..11-27``."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and value and isinstance(value[0], date):
        return f"{value[0]:%m-%d}..{value[-1]:%m-%d}"
    return show(value)


def _boundary(limit: object, _: Translate) -> str:
    """Return a boundary as text; of several allowed words only the number."""
    if isinstance(limit, list):
        return _("one of {count}").format(count=len(limit))
    return "" if limit is None else show(limit)

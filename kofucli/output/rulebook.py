"""The rules: what they demand (``rules list``, ``rules show``), and how they were asked.

``rule_document`` and ``rule_text`` tell a rule in both languages, with this office's settings and
readings and with an example. ``explanation_text`` (``--explain``) tells every rule that was asked,
with its inputs, its boundary and its result.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import zip_longest

import msgspec

import kofucli
from kofucli.base.language import Translate, render, translator
from kofucli.base.text import N_, safe, show
from kofucli.output.documents import Document, details_document, instant, row_place
from kofucli.output.tables import Cell, Sheet, entries_text, table_text
from kofucli.output.words import STATUS_NAMES, boundaries, bracket
from kofucli.output.wrap import width, wrap, wrap_item
from kofucli.rules import Inquiry, Reading, Rule, Verdict, agent_of, in_order
from kofucli.rules.availability import frames_left
from kofucli.rules.wording import RULES
from kofucli.rules.wording_of_requests import RECIPIENTS
from kofucli.settings import Settings

_MOST_HELD_SHOWN = 12
_NARROWEST = 24  # columns of the demands on a terminal that is too narrow for the table
_FRAMES_OF_NOTE = 3
_EXAMPLES = os.path.join(os.path.dirname(kofucli.__file__), "examples")

_NO_INPUTS = ("limit", "deadline", "own", "name", "agent", "phone", "room", "reason")
"""Details that the table shows in another column, or that only a refusal's wording needs."""
_SUBJECTS = {"service": N_("service"), "link": N_("link")}
_WIDEST, _WIDEST_SUBJECT = 26, 20
"""Columns of a line of inputs, and of a subject: with them the table takes 80 columns."""
_NARROW = 10  # characters of a line of a boundary: a day fits, an instant takes two lines
_LONGEST_CLAUSE = 5  # characters of a line of a clause
_MOST_LINES = 5  # lines that the list of allowed words may fill; a longer list is only counted
_RESULTS = {"passed": N_("passed"), "refused": N_("refused"), "warning": N_("warning")}


def example_of(rule: Rule) -> str:
    """Return the scenario file in which a rule refuses, in both readings if there are two."""
    with open(os.path.join(_EXAMPLES, f"{rule.code}.toml"), encoding="utf-8") as file:
        return file.read()


def _setting(settings: Settings, name: str) -> object:
    table, _, key = name.partition(".")
    return getattr(getattr(settings, table), key)


def _fill(text: str, settings: Settings, _: Translate) -> str:
    """Fill the settings into a text, as ``{quota_frames}``."""
    values: dict[str, object] = {
        f"{name}_{key}": value
        for name in settings.__struct_fields__
        for key, value in msgspec.structs.asdict(getattr(settings, name)).items()
    }
    values |= {name: render(said, _) for name, said in boundaries(settings).items()}
    return safe(text.format(**values))


def _choose(reading: Reading, settings: Settings) -> tuple[str, str, Settings]:
    """Return the text of the reading taken here, of the other one, and settings of that."""
    name, usual, other = reading.setting, reading.usual, reading.other
    if not name:
        return usual, other, settings
    if _setting(settings, name) == reading.value:
        return other, usual, _change(settings, name, _setting(Settings(), name))
    return usual, other, _change(settings, name, reading.value)


def _change(settings: Settings, name: str, value: object) -> Settings:
    table, _, key = name.partition(".")
    changed = msgspec.structs.replace(getattr(settings, table), **{key: value})
    return msgspec.structs.replace(settings, **{table: changed})


def rule_document(rule: Rule, settings: Settings) -> Document:
    """Return a rule with its wording in both languages and this office's settings."""
    readings = [_reading_document(reading, settings) for reading in rule.readings]
    document: Document = {
        "code": rule.code,
        "clause": rule.clause,
        "severity": rule.severity,
        "asked": not _unasked(rule, settings, str),
        "demand": _in_both(lambda _: _fill(_(rule.demand), settings, _)),
        "refusal": _in_both(lambda _: _(rule.refusal)),
        "settings": {
            name: [*map(_say, value)] if isinstance(value, tuple) else value
            for name in rule.settings
            for value in [_setting(settings, name)]
        },
        "reading": readings[0]["reading"] if readings else None,
        "other_reading": readings[0]["other_reading"] if readings else None,
        "readings": readings,
        "example": example_of(rule),
    }
    if rule.code == "quota.frames":
        names = ("held", "main", "note")
        document["frames_left"] = [
            dict(zip(names, row, strict=False)) for row in _compare_readings(settings)
        ]
    if rule.code == "case.recipient":
        document["recipients"] = {
            name: _in_both(lambda _, text=text: _(text))  # type: ignore[misc]  # untyped default
            for name, text in RECIPIENTS.items()
        }
    return document


def _in_both(say: Callable[[Translate], str]) -> dict[str, str]:
    return {language: say(translator(language)) for language in ("ja", "en")}


def _reading_document(reading: Reading, settings: Settings) -> Document:
    taken, other, elsewhere = _choose(reading, settings)
    name = reading.setting or None
    return {
        "setting": name,
        "value": name and _setting(settings, name),
        "other_value": name and _setting(elsewhere, name),
        "reading": _in_both(lambda _: _fill(_(taken), settings, _)),
        "other_reading": _in_both(lambda _: _fill(_(other), elsewhere, _)),
    }


def _say(value: object) -> str:
    """The items of a list or a table are separated by commas."""
    if isinstance(value, dict):
        value = [f"{key}={each}" for key, each in value.items()]
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _compare_readings(settings: Settings) -> list[tuple[int, ...]]:
    """Rows: frames held, and what main sentence and note leave; the note speaks of three frames."""
    limit = settings.quota.frames
    readings = ("main", "note") if limit == _FRAMES_OF_NOTE else ("main",)
    return [
        (held, *(frames_left(held, limit, reading) for reading in readings))
        for held in range(min(limit + 2, _MOST_HELD_SHOWN))
    ]


def rules_text(rules: Iterable[Rule], settings: Settings, _: Translate) -> str:
    """Return the rules as a table as wide as the terminal; in a pipe it has 80 columns."""
    headings = [_("Code"), _("Clause"), _("Rule")]
    found = [(rule.code, rule.clause or _("own"), _demand(rule, settings, _)) for rule in rules]
    before = [max(map(width, (headings[at], *(row[at] for row in found)))) + 2 for at in (0, 1)]
    room = max(shutil.get_terminal_size().columns - sum(before), _NARROWEST)
    rows: list[list[Cell]] = []
    for code, clause, demand in found:
        first, *more = wrap_item(demand, room)
        rows.append([code, clause, first])
        rows += ([None, None, line] for line in more)
    version = entries_text([(_("Version of the notice"), settings.rules.version)])
    return table_text(headings, rows) + version


def _demand(rule: Rule, settings: Settings, _: Translate) -> str:
    demand, unasked = _fill(_(rule.demand), settings, _), _unasked(rule, settings, _)
    return bracket(demand, unasked, _) if unasked else demand


def _unasked(rule: Rule, settings: Settings, _: Translate) -> str:
    """Return that a rule is not asked in this office; empty where it is."""
    if rule.only is None or _setting(settings, rule.only[0]) == rule.only[1]:
        return ""
    setting = _equate(rule.only[0], _setting(settings, rule.only[0]))
    return _("Not asked in this office: {setting}").format(setting=setting)


def _equate(name: str, value: object) -> str:
    return f"{name} = {msgspec.json.encode(value).decode()}"


def rules_sheet(rules: Iterable[Rule], settings: Settings, _: Translate) -> Sheet:
    """Return the rules for CSV."""
    return Sheet(
        ["code", "clause", "severity", "demand", "settings"],
        (
            [r.code, r.clause, r.severity, _demand(r, settings, _), " ".join(r.settings)]
            for r in rules
        ),
    )


def rule_text(rule: Rule, settings: Settings, _: Translate) -> str:
    """Return a rule in full."""
    ja, en = translator("ja"), translator("en")
    heading = _("{code} (clause: {clause})").format(
        code=rule.code, clause=rule.clause or _("own rule")
    )
    lines = [heading, "", *(_fill(say(rule.demand), settings, say) for say in (ja, en))]
    if unasked := _unasked(rule, settings, _):
        lines += ["", unasked]
    lines += ["", _("What a refusal says:"), f"  {ja(rule.refusal)}", f"  {en(rule.refusal)}"]
    for variant in filter(None, (rule.variant[1], rule.used_up)):
        lines += ["", f"  {ja(variant)}", f"  {en(variant)}"]
    if rule.code == "case.recipient":
        lines += ["", _("Ways to collect (recipient=)") + ":"]
        lines += [f"  {say(text)}" for say in (ja, en) for text in RECIPIENTS.values()]
    if rule.settings:
        lines += ["", _("Settings of this office:")]
        lines += [f"  {name} = {safe(_say(_setting(settings, name)))}" for name in rule.settings]
    for reading in rule.readings:
        lines += ["", *_reading_lines(reading, settings, _)]
    text = "\n".join(lines) + "\n"
    if rule.code == "quota.frames":
        rows = _compare_readings(settings)
        headings = [_("Frames held"), "main", "note"][: len(rows[0])]
        title = _("Frames that may be added:")
        text += f"\n{title}\n{table_text(headings, rows)}"
    run = f"kofucli rules show {rule.code} --example | kofucli scenario run -"
    example = "".join(f"  {line}".rstrip() + "\n" for line in example_of(rule).splitlines())
    title = _("An example:")
    return f"{text}\n{title} {run}\n\n{example}"


def _reading_lines(reading: Reading, settings: Settings, _: Translate) -> Iterator[str]:
    taken, other, elsewhere = _choose(reading, settings)
    for title, text, under in (
        (_("Reading taken:"), taken, settings),
        (_("The other reading:"), other, elsewhere),
    ):
        name = reading.setting
        yield f"{title} {_equate(name, _setting(under, name))}" if name else title
        yield f"  {_fill(_(text), under, _)}"


def explanation_document(inquiries: Iterable[Inquiry]) -> list[Document]:
    """Return ``explain`` of docs/documents.md: an entry a rule, for a file row after row."""
    return [
        _entry(inquiry, verdict) for inquiry in inquiries for verdict in in_order(inquiry.verdicts)
    ]


def _entry(inquiry: Inquiry, verdict: Verdict) -> Document:
    rule, details = RULES[verdict.code], details_document(verdict)
    limit = details.get("limit")
    entry: Document = {
        "code": verdict.code,
        "clause": rule.clause,
        "group": rule.area,
        "subject": verdict.subject,
        "passed": verdict.holds,
        "severity": _severity(inquiry, verdict),
        "boundary": None if isinstance(limit, (list, tuple)) else limit,
        "details": details,
    }
    if inquiry.row is not None:
        entry |= row_place(inquiry.row) | {"agent": agent_of(verdict) or inquiry.agent}
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
    """``in_full``, for a rule's first verdict and refusals, lists the words that are allowed."""
    limit = verdict.details.get("limit")
    boundary = "" if limit is None else show(limit)
    inputs = _inputs(inquiry, verdict, _)
    if isinstance(limit, list):  # the allowed words
        boundary = _("one of {count}").format(count=len(limit))
        allowed = ["limit=", *map(show, limit)]
        if in_full and limit and len(_break(allowed, _WIDEST)) <= _MOST_LINES:
            inputs += allowed
    section, sign, rest = (RULES[verdict.code].clause or _("own")).partition("(")
    is_long = sign and len(section + sign + rest) > _LONGEST_CLAUSE  # as 3 and (2)
    failed = "warning" if _severity(inquiry, verdict) == "warning" else "refused"
    cells: list[list[Cell]] = [
        [verdict.code, *wrap(_(_SUBJECTS.get(verdict.subject, verdict.subject)), _WIDEST_SUBJECT)],
        [section, sign + rest] if is_long else [section + sign + rest],
        [*_break(inputs, _WIDEST)],
        [*_break(boundary.split(), _NARROW, " ")],
        [_(_RESULTS["passed" if verdict.holds else failed])],
    ]
    for line in zip_longest(*cells):
        yield list(line)


def _inputs(inquiry: Inquiry, verdict: Verdict, _: Translate) -> list[str]:
    """The agent is one only where a plan asked about another agent than the row's."""
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
                lines = text.split() if isinstance(value, datetime) else wrap(text, _WIDEST)
                found += [f"{name}=", *lines]
    return found


def _break(parts: Iterable[str], widest: int, between: str = ", ") -> list[str]:
    """Join parts to lines; a name whose value stands below it (``limit=``) has its own line."""
    lines: list[str] = []
    for part in parts:
        is_name = lines != [] and "=" in (lines[-1][-1], part[-1])
        if lines and not is_name and width(lines[-1] + between + part) <= widest:
            lines[-1] += between + part
        else:
            lines.append(part)
    return lines


def _short(value: object) -> str:
    """Return an input as text; a list of days as ``11-25..11-27``."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and value and isinstance(value[0], date):
        return f"{value[0]:%m-%d}..{value[-1]:%m-%d}"
    return show(value)

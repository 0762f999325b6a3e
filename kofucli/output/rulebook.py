"""``rules list`` and ``rules show``: wording in both languages, settings, readings, example."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable

import msgspec

import kofucli
from kofucli.base.language import Translate, render, translator
from kofucli.base.text import safe
from kofucli.output.documents import Document, render_value
from kofucli.output.tables import Cell, Sheet, entries_text, table_text
from kofucli.output.words import boundaries, bracket
from kofucli.output.wrap import width, wrap_item
from kofucli.rules.quota import frames_left
from kofucli.rules.refusal import Reading, Rule
from kofucli.rules.wording_of_requests import RECIPIENTS
from kofucli.settings import Settings

_MOST_HELD_SHOWN = 12
_NARROWEST = 24
"""Columns of the demands on a terminal that is too narrow for the table."""
_FRAMES_OF_NOTE = 3
_EXAMPLES = os.path.join(os.path.dirname(kofucli.__file__), "examples")


def example_of(rule: Rule) -> str:
    """Return the scenario file in which a rule refuses, in both readings if there are two."""
    with open(os.path.join(_EXAMPLES, f"{rule.code}.toml"), encoding="utf-8") as file:
        return file.read()


def _setting(settings: Settings, name: str) -> object:
    table, _, key = name.partition(".")
    return getattr(getattr(settings, table), key)


def _fill(text: str, settings: Settings, _: Translate) -> str:
    """Return a demand or a reading with its settings filled in, as ``{quota_frames}``.

    ``{first_day}`` and ``{last_day}`` are said as the notice says them.
    """
    tables = {name: getattr(settings, name) for name in settings.__struct_fields__}
    values = {
        f"{name}_{key}": getattr(table, key)
        for name, table in tables.items()
        for key in table.__struct_fields__
    }
    values |= {name: render(said, _) for name, said in boundaries(settings).items()}
    return safe(text.format(**values))


class _Shown(msgspec.Struct, frozen=True):
    """The reading that an office takes and the other one, in one language.

    ``setting`` chooses between them: the office's value, and a value for the other reading.
    """

    setting: str | None
    value: object
    taken: str
    other_value: object
    other: str


def _choose(reading: Reading, settings: Settings, _: Translate) -> _Shown:
    """Return which reading this office takes: the usual one, unless its setting says otherwise.

    Each text is filled with the settings under which it would hold.
    """
    name = reading.setting
    if not name:
        taken, other = (_fill(_(text), settings, _) for text in (reading.usual, reading.other))
        return _Shown(None, None, taken, None, other)
    value = _setting(settings, name)
    texts, elsewhere = (reading.usual, reading.other), _change(settings, name, reading.value)
    if value == reading.value:
        texts = reading.other, reading.usual
        elsewhere = _change(settings, name, _setting(Settings(), name))
    taken, other = _fill(_(texts[0]), settings, _), _fill(_(texts[1]), elsewhere, _)
    return _Shown(name, value, taken, _setting(elsewhere, name), other)


def _change(settings: Settings, name: str, value: object) -> Settings:
    """Return the settings with ``value`` for the setting ``name``, as ``quota.frames``."""
    table, _, key = name.partition(".")
    changed = msgspec.structs.replace(getattr(settings, table), **{key: value})
    return msgspec.structs.replace(settings, **{table: changed})


def _is_asked(rule: Rule, settings: Settings) -> bool:
    """Tell whether a rule is asked under this office's settings."""
    return rule.only is None or _setting(settings, rule.only[0]) == rule.only[1]


def rule_document(rule: Rule, settings: Settings) -> Document:
    """Return a rule with its wording in both languages and this office's settings."""
    ja, en = translator("ja"), translator("en")

    readings = [_reading_document(reading, settings) for reading in rule.readings]
    document: Document = {
        "code": rule.code,
        "clause": rule.clause,
        "severity": rule.severity,
        "asked": _is_asked(rule, settings),
        "demand": {
            "ja": _fill(ja(rule.demand), settings, ja),
            "en": _fill(en(rule.demand), settings, en),
        },
        "refusal": {"ja": ja(rule.refusal), "en": en(rule.refusal)},
        "settings": {name: _plain(_setting(settings, name)) for name in rule.settings},
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
            name: {"ja": ja(text), "en": text} for name, text in RECIPIENTS.items()
        }
    return document


def _reading_document(reading: Reading, settings: Settings) -> Document:
    ja, en = (_choose(reading, settings, translator(language)) for language in ("ja", "en"))
    return {
        "setting": en.setting,
        "value": en.value,
        "other_value": en.other_value,
        "reading": {"ja": ja.taken, "en": en.taken},
        "other_reading": {"ja": ja.other, "en": en.other},
    }


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [render_value(item) for item in value]
    return value


def _compare_readings(settings: Settings) -> list[tuple[int, ...]]:
    """Return rows of frames held and what each reading of 3(2) leaves: main sentence, note.

    The note speaks of three frames; under another limit only the main sentence is shown.
    """
    limit = settings.quota.frames
    readings = ("main", "note") if limit == _FRAMES_OF_NOTE else ("main",)
    return [
        (held, *(frames_left(held, limit, reading) for reading in readings))
        for held in range(min(limit + 2, _MOST_HELD_SHOWN))
    ]


def rules_text(rules: Iterable[Rule], settings: Settings, _: Translate) -> str:
    """Return the rules as a table, and the version of the notice.

    The table is as wide as the terminal; in a pipe it has 80 columns.
    """
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
    """Return what a rule demands, and for a rule that is not asked here that it is not."""
    demand = _fill(_(rule.demand), settings, _)
    if _is_asked(rule, settings):
        return demand
    return bracket(demand, _unasked(rule, settings, _), _)


def _unasked(rule: Rule, settings: Settings, _: Translate) -> str:
    name = "" if rule.only is None else rule.only[0]
    return _("Not asked in this office: {setting}").format(
        setting=_equate(name, _setting(settings, name))
    )


def _equate(name: str, value: object) -> str:
    """Return a setting as the configuration writes it: ``quota.reading = "main"``."""
    return f"{name} = {msgspec.json.encode(value).decode()}"


def rules_sheet(rules: Iterable[Rule], settings: Settings, _: Translate) -> Sheet:
    """Return the rules for CSV."""
    names = ["code", "clause", "severity", "demand", "settings"]
    rows = [
        [rule.code, rule.clause, rule.severity, _demand(rule, settings, _), " ".join(rule.settings)]
        for rule in rules
    ]
    return Sheet(names, rows)


def rule_text(rule: Rule, settings: Settings, _: Translate) -> str:
    """Return a rule in full."""
    ja, en = translator("ja"), translator("en")
    heading = _("{code} (clause: {clause})").format(
        code=rule.code, clause=rule.clause or _("own rule")
    )
    lines = [heading, "", *(_fill(say(rule.demand), settings, say) for say in (ja, en))]
    if not _is_asked(rule, settings):
        lines += ["", _unasked(rule, settings, _)]
    lines += ["", _("What a refusal says:"), f"  {ja(rule.refusal)}", f"  {en(rule.refusal)}"]
    for variant in filter(None, (rule.variant[1], rule.used_up)):
        lines += ["", f"  {ja(variant)}", f"  {en(variant)}"]
    if rule.code == "case.recipient":
        lines += ["", _("Ways to collect (recipient=)") + ":"]
        lines += [f"  {say(text)}" for say in (ja, en) for text in RECIPIENTS.values()]
    if rule.settings:
        lines += ["", _("Settings of this office:")]
        lines += [
            f"  {name} = {safe(render_value(_setting(settings, name)))}" for name in rule.settings
        ]
    for reading in rule.readings:
        lines += ["", *_reading_lines(_choose(reading, settings, _), _)]
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


def _reading_lines(shown: _Shown, _: Translate) -> list[str]:
    """Return both readings, each below the setting that chooses it."""
    taken, other = _("Reading taken:"), _("The other reading:")
    if shown.setting is not None:
        taken += f" {_equate(shown.setting, shown.value)}"
        other += f" {_equate(shown.setting, shown.other_value)}"
    return [taken, f"  {shown.taken}", other, f"  {shown.other}"]

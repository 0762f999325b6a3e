"""The rules for people and programs: wording in both languages, settings, readings."""

from __future__ import annotations

import os
from collections.abc import Iterable

from kofucli.language import Translate, translator
from kofucli.output.documents import Document, render_value
from kofucli.output.tables import Sheet, table_text
from kofucli.rules.quota import frames_left
from kofucli.rules.refusal import Rule
from kofucli.settings import Settings
from kofucli.text import safe

__all__ = ["example_of", "rule_document", "rule_text", "rules_sheet", "rules_text"]

_HELD_SHOWN = 5
_EXAMPLES = os.path.join(os.path.dirname(os.path.dirname(__file__)), "examples")


def example_of(rule: Rule) -> str:
    """Return the scenario in which a rule refuses; ``scenario run`` plays it.

    Where there are two readings, it goes through both.
    """
    with open(os.path.join(_EXAMPLES, f"{rule.code}.toml"), encoding="utf-8") as file:
        return file.read()


def _setting(settings: Settings, name: str) -> object:
    table, _, key = name.partition(".")
    return getattr(getattr(settings, table), key)


def rule_document(rule: Rule, settings: Settings) -> Document:
    """Return a rule with its wording in both languages and this office's settings."""
    ja, en = translator("ja"), translator("en")

    def both(text: str) -> dict[str, str] | None:
        return {"ja": ja(text), "en": en(text)} if text else None

    document: Document = {
        "code": rule.code,
        "clause": rule.clause,
        "severity": rule.severity,
        "demand": both(rule.demand),
        "refusal": both(rule.refusal),
        "settings": {name: _plain(_setting(settings, name)) for name in rule.settings},
        "reading": both(rule.reading),
        "other_reading": both(rule.other),
        "example": example_of(rule),
    }
    if rule.code == "quota.frames":
        document["frames_left"] = [
            {"held": held, "main": main, "note": note}
            for held, main, note in compare_readings(settings)
        ]
    return document


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [render_value(item) for item in value]
    return value


def compare_readings(settings: Settings) -> list[tuple[int, int, int]]:
    """Return, for each number of frames held, what each reading of 3(2) leaves."""
    limit = settings.quota.frames
    return [
        (held, frames_left(held, limit, "main"), frames_left(held, limit, "note"))
        for held in range(_HELD_SHOWN)
    ]


def rules_text(rules: Iterable[Rule], _: Translate) -> str:
    """Return the rules as a table."""
    rows = [[rule.code, rule.clause or _("own"), _(rule.demand)] for rule in rules]
    return table_text(Sheet((), [_("Code"), _("Clause"), _("Rule")], rows))


def rules_sheet(rules: Iterable[Rule], _: Translate) -> Sheet:
    """Return the rules for CSV."""
    names = ["code", "clause", "severity", "demand", "settings"]
    rows = [
        [rule.code, rule.clause, rule.severity, _(rule.demand), " ".join(rule.settings)]
        for rule in rules
    ]
    return Sheet(names, names, rows)


def rule_text(rule: Rule, settings: Settings, _: Translate) -> str:
    """Return a rule in full."""
    ja, en = translator("ja"), translator("en")
    heading = _("{code} (clause: {clause})").format(
        code=rule.code, clause=rule.clause or _("own rule")
    )
    lines = [heading, "", ja(rule.demand), en(rule.demand)]
    lines += ["", _("What a refusal says:"), f"  {ja(rule.refusal)}", f"  {en(rule.refusal)}"]
    if rule.repeated:
        lines += ["", f"  {ja(rule.repeated)}", f"  {en(rule.repeated)}"]
    if rule.settings:
        lines += ["", _("Settings of this office:")]
        lines += [
            f"  {name} = {safe(render_value(_setting(settings, name)))}" for name in rule.settings
        ]
    if rule.reading:
        lines += ["", _("Reading taken:"), f"  {_(rule.reading)}"]
    if rule.other:
        lines += [_("The other reading:"), f"  {_(rule.other)}"]
    text = "\n".join(lines) + "\n"
    if rule.code == "quota.frames":
        rows = compare_readings(settings)
        headings = [_("Frames held"), "main", "note"]
        title = _("Frames that may be added:")
        text += f"\n{title}\n{table_text(Sheet((), headings, rows))}"
    run = f"kofucli rules show {rule.code} --example | kofucli scenario run -"
    example = "".join(f"  {line}".rstrip() + "\n" for line in example_of(rule).splitlines())
    title = _("An example:")
    return f"{text}\n{title} {run}\n\n{example}"

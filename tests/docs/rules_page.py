"""docs/rules.md, made from the table of codes, the catalog, the defaults and the examples."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from kofucli.base.language import translator
from kofucli.output.documents import render_value
from kofucli.output.rulebook import rule_document
from kofucli.rules.refusal import Rule
from kofucli.rules.wording import RULES
from kofucli.settings import Settings

PATH = "docs/rules.md"

_HEAD = """\
# Rules

<!-- Generated: pytest tests/docs/test_rules_page.py --update-golden -->

Every rule with its wording, its settings and their defaults, how open passages of the notice are
read and what another reading would do, and an example. All numbers are those of the defaults.
The page is made from the table of codes in the program (`kofucli/rules/wording.py`) and from
`kofucli/examples/`; what the rules mean stands in [rulebook.md](rulebook.md). An example is a
scenario in which the rule refuses, and where a setting chooses a reading, it goes through both. To
run one:

```sh
kofucli rules show quota.frames --example | kofucli scenario run -
```

The clause is that of the office's notice; *own* marks a rule of this system.

| Code | Clause | Effect | Rule |
|---|---|---|---|
"""


def make_page() -> str:
    """Return the page as it should be."""
    rules = list(RULES.values())
    rows = "".join(
        f"| [`{rule.code}`](#{_anchor(rule)}) | {_clause(rule)} | {rule.severity} "
        f"| {rule_document(rule, Settings())['demand']['en']} |\n"
        for rule in rules
    )
    return f"{_HEAD}{rows}" + "".join("\n".join(_section(rule)) + "\n" for rule in rules)


def _anchor(rule: Rule) -> str:
    return rule.code.replace(".", "")


def _clause(rule: Rule) -> str:
    return "*own*" if rule.clause is None else f"`{rule.clause}`"


def _section(rule: Rule) -> Iterator[str]:
    found = rule_document(rule, Settings())
    yield from ("", f"## {rule.code}", "")
    unasked = "" if found["asked"] else " Not asked with the default settings."
    yield f"Clause {_clause(rule)}; effect: {rule.severity}.{unasked}"
    yield from ("", *_both(found["demand"]))
    yield from ("", "What is said:", "", *_both(found["refusal"]))
    if rule.repeated:
        repeated = {"ja": translator("ja")(rule.repeated), "en": rule.repeated}
        yield from ("", "And where it stands twice in one request:", "", *_both(repeated))
    if rule.settings:
        yield from ("", "| Setting | Default |", "|---|---|")
        for name, value in found["settings"].items():
            yield f"| `{name}` | {_default(value)} |"
    for reading in found["readings"]:
        taken, other = "The reading taken", "The other reading"
        if reading["setting"] is not None:
            taken += f", `{reading['setting']} = {json.dumps(reading['value'])}`"
            other += f", `{reading['setting']} = {json.dumps(reading['other_value'])}`"
        yield from ("", f"{taken}:", "", *_both(reading["reading"]))
        yield from ("", f"{other}:", "", *_both(reading["other_reading"]))
    if "frames_left" in found:
        yield from ("", "What each leaves:", "", *_frames_left(found["frames_left"]))
    yield from ("", "Example:", "", "```toml", found["example"].rstrip("\n"), "```")


def _both(texts: dict[str, str]) -> Iterator[str]:
    yield f"- {texts['en']}"
    yield f"- {texts['ja']}"


def _default(value: Any) -> str:
    shown = render_value(", ".join(map(str, value)) if isinstance(value, list) else value)
    return f"`{shown}`" if shown not in ("", "-") else "none"


def _frames_left(rows: list[dict[str, int]]) -> Iterator[str]:
    yield from ("| Frames held | `main` | `note` |", "|---|---|---|")
    for row in rows:
        yield f"| {row['held']} | {row['main']} | {row['note']} |"

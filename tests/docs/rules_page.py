"""docs/rules.md, made from the table of codes, the catalog, the defaults and the examples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kofucli.language import translator
from kofucli.output.documents import render_value
from kofucli.output.rulebook import rule_document
from kofucli.rules.refusal import RULES, Rule
from kofucli.settings import Settings

__all__ = ["PATH", "make_page"]

PATH = "docs/rules.md"

_HEAD = """\
# Rules

<!-- Generated: pytest tests/docs/test_rules_page.py --update-golden -->

Every rule with its wording, its settings and their defaults, the reading taken, and an example.
The page is made from the table of codes in the program (`kofucli/rules/wording.py`) and from
`kofucli/examples/`; what the rules mean stands in [rulebook.md](rulebook.md). An example is a
scenario in which the rule refuses, and where there are two readings, it goes through both. To run
one:

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
        f"| {rule.demand} |\n"
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
    yield f"Clause {_clause(rule)}; effect: {rule.severity}."
    yield from ("", *_both(found["demand"]))
    yield from ("", "What is said:", "", *_both(found["refusal"]))
    if rule.repeated:
        repeated = {"ja": translator("ja")(rule.repeated), "en": rule.repeated}
        yield from ("", "And where it stands twice in one request:", "", *_both(repeated))
    if rule.settings:
        yield from ("", "| Setting | Default |", "|---|---|")
        for name, value in found["settings"].items():
            yield f"| `{name}` | {_default(value)} |"
    if rule.reading:
        yield from ("", "The reading taken:", "", *_both(found["reading"]))
    if rule.other:
        yield from ("", "The other reading:", "", *_both(found["other_reading"]))
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

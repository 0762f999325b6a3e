"""Writing into a scenario what happened as what is expected; comments and layout stay."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import tomlkit

from kofucli.scenario.comparing import ABSENT, Happened, compare, expected_json
from kofucli.scenario.running import Played, PlayedStep
from kofucli.scenario.script import read_script
from kofucli.scenario.tables import Expectation
from kofucli.scenario.writing import to_item

__all__ = ["update_text"]


def update_text(played: Played) -> str:
    """Return a scenario's text with the expectations of the steps that did not hold renewed.

    What was asked of a step is asked again, with what was found: the same keys of its document. A
    refusal that nobody expected is expected with its codes. Steps that could not run stay.
    """
    document = tomlkit.parse(played.script.text)
    for table, step in zip(document.get("step", ()), played.steps, strict=True):
        if step.ok or step.happened is None:
            continue
        expect = table.get("expect")
        if expect is None:
            expect = tomlkit.inline_table()
            # Appended, it would stand behind the comments of the table that follows.
            table.value._insert_after("run", "expect", expect)
        renewed = dict(_renew(step, step.happened))
        for key in [key for key in expect if key not in renewed]:
            del expect[key]
        for key, value in renewed.items():
            expect[key] = to_item(value)
    text = tomlkit.dumps(document)
    _ensure_renewed(text, played)
    return text


def _ensure_renewed(text: str, played: Played) -> None:
    """Raise LookupError where the text does not say what it should: better nothing is written."""
    script = read_script(text, played.script.path)
    for table, step in zip(script.head.steps, played.steps, strict=True):
        if step.happened is not None and any(compare(table.expect, step.happened)):
            raise LookupError(f"{step.step.run}: not renewed")


def _renew(step: PlayedStep, happened: Happened) -> Iterator[tuple[str, Any]]:
    before = step.step.expect
    implied = Expectation(codes=happened.codes).status
    if before.exit is not None or happened.exit != implied:
        yield "exit", happened.exit
    if happened.codes or before.codes is not None:
        yield "codes", list(happened.codes)
    texts = _renew_texts(before, happened)
    if texts:
        yield "stdout_contains", texts[0] if len(texts) == 1 else texts
    part = expected_json(before)
    if part is not None and happened.document is not None:
        renewed = _follow(part, happened.document)
        # What is null can be said in JSON only.
        yield (
            "json",
            json.dumps(renewed) if isinstance(before.json, str) else _without_null(renewed),
        )


def _renew_texts(before: Expectation, happened: Happened) -> list[str]:
    """Return the texts that are printed still; where one is not, the first line instead."""
    kept = [text for text in before.printed if text in happened.out]
    lines = [line for line in happened.out.splitlines() if line.strip()]
    if len(kept) < len(before.printed) and lines and lines[0] not in kept:
        kept.append(lines[0])
    return kept


def _follow(expected: Any, found: Any) -> Any:
    """Return ``found`` with no more keys than ``expected`` asks for."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return {key: _follow(value, found[key]) for key, value in expected.items() if key in found}
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        return [_follow(one, other) for one, other in zip(expected, found, strict=True)]
    return found


def _without_null(value: Any) -> Any:
    """Return plain data without what TOML cannot say; a list with a null in it is left out."""
    if isinstance(value, dict):
        kept = {key: _without_null(each) for key, each in value.items() if each is not None}
        return {key: each for key, each in kept.items() if each is not ABSENT}
    if isinstance(value, list):
        items = [_without_null(each) for each in value]
        return ABSENT if any(each is None or each is ABSENT for each in value) else items
    return value

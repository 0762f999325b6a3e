"""Updating a scenario: results become the expectations; comments and layout stay."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import tomlkit
from msgspec import Struct
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Item

from kofucli.base import InputError, Phrase, Problem
from kofucli.scenario import (
    Expectation,
    fill,
    fill_expectation,
    find_comments,
    find_passages,
    strip_strings,
)
from kofucli.scenario.reading import plain, read_script
from kofucli.scenario.run import ABSENT, Happened, Played, PlayedStep, compare, equal
from kofucli.scenario.sketch import to_item


class Update(Struct, frozen=True):
    """A scenario's updated text, and what it no longer expects, by the number of the step."""

    text: str
    gone: dict[int, list[str]]


def update(played: Played) -> Update:
    """Return a scenario in which each failed step expects what it did.

    It expects the same keys as before, and the codes of a refusal; one that could not run stays as
    it is. Raises InputError where the layout of the file cannot be updated.
    """
    script = played.script
    lines = script.text.split("\n")
    passages = find_passages(script.text, "step")
    gone: dict[int, list[str]] = {}
    wrong = len(passages) != len(played.steps)
    for number in range(len(played.steps), 0, -1):  # from the end: lines before stay where they are
        step = played.steps[number - 1]
        if wrong or step.ok or step.happened is None:
            continue
        expect, left = _renew(step, step.happened)
        at = slice(passages[number - 1].start, passages[number - 1].stop)
        lines[at] = _rewrite("\n".join(lines[at]), expect).split("\n")
        if left:
            gone[number] = left
    text = "\n".join(lines)
    if wrong or not _holds(text, played):
        message = Phrase("write each step under [[step]], and its 'expect' there")
        raise InputError(
            Phrase("The expectations in {path} cannot be updated.", path=script.path),
            [Problem(Phrase("{path}", path=script.path), message)],
        )
    return Update(text, dict(sorted(gone.items())))


def _holds(text: str, played: Played) -> bool:
    """Tell whether the updated text still has the same steps, and now expects what happened."""
    try:
        content = read_script(text, played.script.path).content
    except InputError:
        return False
    return all(
        table.run == step.step.run
        and not any(compare(fill_expectation(table.expect, step.values), step.happened))
        for table, step in zip(content.steps, played.steps, strict=True)
        if step.happened is not None
    )


def _rewrite(text: str, expect: Mapping[str, Any]) -> str:
    """Return a step's text with another expectation; comments of what is replaced go before it."""
    written = text
    for whole in (False, True):
        # tomlkit sometimes fails at keys with dots: then the whole expectation is rewritten.
        with suppress(TOMLKitError, LookupError, ValueError):
            written = _write_expectation(text, expect, whole)
            if plain(tomlkit.parse(written + "\n").unwrap())["step"][0]["expect"] == expect:
                break
    lost = Counter(find_comments(text)) - Counter(find_comments(written))
    lines = written.split("\n")
    begins = ("expect", "[step.expect", "[[step.expect")
    named = enumerate(strip_strings(written).split("\n"))
    at = next((at for at, line in named if line.replace(" ", "").startswith(begins)), 1)
    return "\n".join([*lines[:at], *lost.elements(), *lines[at:]])


def _write_expectation(text: str, expect: Mapping[str, Any], whole: bool) -> str:
    """Return a step's text with another expectation, rewritten ``whole`` or where it differs."""
    document = tomlkit.parse(text + "\n")  # a CR alone would end the last line otherwise
    (table,) = document["step"]
    if whole:
        del table["expect"]
    if "expect" not in table:
        # Appending would put it behind the step's other tables.
        table.value._insert_after("run", "expect", tomlkit.inline_table())
    _write(table, "expect", expect)
    return tomlkit.dumps(document).rstrip("\n")


def _write(table: Any, key: str | int, value: Any) -> None:
    """Put a value into a table or list; tables, and lists of the same length, piece by piece."""
    old: Any = table[key] if isinstance(key, int) or key in table else ABSENT
    if isinstance(old, dict) and isinstance(value, dict):
        for name in [name for name in old if name not in value]:
            del old[name]
        for name, each in value.items():
            _write(old, name, each)
    elif isinstance(old, list) and isinstance(value, list) and len(old) == len(value):
        for at, each in enumerate(value):
            _write(old, at, each)
    else:
        was = plain(old.unwrap() if isinstance(old, Item) else old)
        if type(was) is not type(value) or was != value:
            table[key] = to_item(value)


def _renew(step: PlayedStep, happened: Happened) -> tuple[dict[str, Any], list[str]]:
    """Return the new expectation of a step, and what it no longer asks for."""
    before, values = step.step.expect, step.values
    expect: dict[str, Any] = {}
    if before.exit is not None or happened.exit != Expectation(codes=happened.codes).status:
        expect["exit"] = happened.exit
    if happened.codes or before.codes is not None:
        expect["codes"] = list(happened.codes)
    texts = [text for text in before.printed if fill(text, values) in happened.out]
    left = [text for text in before.printed if text not in texts]
    gone = [f"stdout_contains {json.dumps(text, ensure_ascii=False)}" for text in left]
    if left and not texts:  # then the first line printed
        texts = [line for line in happened.out.splitlines() if line.strip()][:1]
    if texts:
        expect["stdout_contains"] = texts if len(before.printed) > 1 else texts[0]
    part = before.part
    if part is not None and happened.document is None:
        gone.append("json")
    elif part is not None:
        renewed = _follow(part, happened.document, "json", values, gone)
        if isinstance(before.json, str) or _has_null(renewed):
            renewed = json.dumps(renewed, ensure_ascii=False)  # TOML has no null
        if renewed != {} or not part:  # else each of its keys is in ``gone``
            expect["json"] = renewed
    return expect, gone


def _follow(
    expected: Any, found: Any, path: str, values: Mapping[str, str], gone: list[str]
) -> Any:
    """Return ``found`` with the keys of ``expected`` only; those it has no more go to ``gone``."""
    if isinstance(expected, dict) and isinstance(found, dict):
        gone += [f"{path}.{key}" for key in expected if key not in found]
        return {
            key: _follow(each, found[key], f"{path}.{key}", values, gone)
            for key, each in expected.items()
            if key in found
        }
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        pairs = zip(expected, found, strict=True)
        return [_follow(*pair, f"{path}[{at}]", values, gone) for at, pair in enumerate(pairs)]
    return expected if equal(fill(expected, values), found) else found


def _has_null(value: Any) -> bool:
    if isinstance(value, (dict, list)):
        return any(map(_has_null, value.values() if isinstance(value, dict) else value))
    return value is None

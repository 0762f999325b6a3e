"""``scenario run``: what held and what did not, as text and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from kofucli.base import Phrase
from kofucli.base.language import Translate, render
from kofucli.base.text import N_, abbreviate, safe
from kofucli.output.documents import Document
from kofucli.output.tables import count_rest
from kofucli.scenario.run import ABSENT, Miss, Played, PlayedStep

_LONGEST_VALUE = 200
_MOST_LINES = 40  # lines that are shown of the output of a command that did something unexpected


def played_document(
    played: Sequence[Played], updated: Sequence[Played], translate: Translate
) -> Document:
    """Return scenarios that were run; the files of those in ``updated`` were rewritten."""
    return {
        "ok": all(each.ok for each in played),
        "scenarios": [
            {
                "file": each.script.path,
                "title": each.script.content.title,
                "ok": each.ok,
                "updated": each in updated,
                "steps": [_step_document(step, translate) for step in each.steps],
            }
            for each in played
        ],
    }


def _step_document(step: PlayedStep, translate: Translate) -> Document:
    happened = step.happened
    return {
        "run": step.step.run,
        "at": step.at,
        "line": step.line,
        "ok": step.ok,
        "exit": None if happened is None else happened.exit,
        "codes": [] if happened is None else list(happened.codes),
        "problems": [
            *(
                {
                    "key": miss.key,
                    "expected": miss.expected,
                    "found": None if miss.found is ABSENT else miss.found,
                    "message": _sentence(miss, translate),
                }
                for miss in step.misses
            ),
            *(
                {"key": "run", "expected": name, "found": None, "message": text}
                for name, text in zip(step.missing, _missing(step, translate), strict=True)
            ),
        ],
    }


def played_text(played: Sequence[Played], updated: Sequence[Played], translate: Translate) -> str:
    """Return what did not hold; the files of those in ``updated`` expect now what was found."""
    lines: list[str] = []
    for each in played:
        verdict = N_("held") if each.ok else N_("did not hold")
        verdict = N_("updated") if each in updated else verdict
        title = f" ({safe(each.script.content.title)})" if each.script.content.title else ""
        lines.append(f"{safe(each.script.path)}{title}: {translate(verdict)}")
        for number, step in enumerate(each.steps, 1):
            lines += [] if step.ok else _step_lines(number, step, translate)
    told = N_("{held} of {count} scenarios held.")
    if updated:
        told = N_("{held} of {count} scenarios held, {updated} updated.")
    counts = {"held": sum(each.ok for each in played), "updated": len(updated)}
    lines.append(translate(told).format(count=len(played), **counts))
    return "\n".join(lines) + "\n"


def _step_lines(number: int, step: PlayedStep, translate: Translate) -> Iterator[str]:
    place = translate("step {number}").format(number=number)
    if step.line is not None:
        place = translate("step {number}, line {line}").format(number=number, line=step.line)
    yield f"  {place}: kofucli {safe(step.step.run)}    ({step.at:%Y-%m-%d %H:%M:%S})"
    for text in _missing(step, translate):
        yield f"    {text}"
    for miss in step.misses:
        yield f"    {_sentence(miss, translate)}"
    if step.happened is None:
        return
    # Where only keys of the document differ, what was printed would repeat them.
    if step.happened.document is None or {miss.key[:4] for miss in step.misses} != {"json"}:
        for name, printed in (("stdout", step.happened.out), ("stderr", step.happened.err)):
            lines = _without_document(printed).splitlines()
            more = count_rest(lines, _MOST_LINES, translate("and {count} more lines"))
            yield from (f"      {name}| {safe(x.expandtabs(4))}" for x in lines[:_MOST_LINES])
            yield from (f"      {name}| ({x})" for x in more)


def _without_document(printed: str) -> str:
    """Return what a command printed; of a JSON document only why something was refused."""
    try:
        document = json.loads(printed)
    except ValueError:
        return printed
    error = document.get("error", {})
    told = [*error.get("refusals", ()), *error.get("problems", ())]
    told += [each for row in document.get("rows", ()) for each in row.get("refusals", ())]
    sentences = dict.fromkeys(f"  {each['message']}" for each in told)
    return "\n".join([*([error["message"]] if error else []), *sentences])


def _missing(step: PlayedStep, translate: Translate) -> list[str]:
    said = translate("{name} names nothing: the step that saves it made no reservation")
    return [said.format(name=safe(f"{{{name}}}")) for name in step.missing]


def _sentence(miss: Miss, translate: Translate) -> str:
    expected, found = miss.expected, "" if miss.found is ABSENT else miss.found
    text = N_("{key}: expected {expected}, found {found}")
    if miss.key == "stdout_contains":
        text = N_("stdout does not contain {expected}")
    elif miss.found is ABSENT:
        text = N_("{key}: expected {expected}, and it is not there")
    elif isinstance(expected, list) and isinstance(found, list) and miss.key != "codes":
        text = N_("{key}: expected {expected} elements, found {found}")
        expected, found = len(expected), len(found)
    said = Phrase(text, key=miss.key, expected=_value(expected), found=_value(found))
    return render(said, translate)


def _value(value: Any) -> str:
    return abbreviate(json.dumps(value, ensure_ascii=False), _LONGEST_VALUE)

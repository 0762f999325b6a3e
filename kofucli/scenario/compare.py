"""Whether a step did what was expected of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from kofucli.scenario.tables import Expectation, expected_json


class _Absent:
    """What is not there."""

    def __repr__(self) -> str:
        return "nothing"


ABSENT = _Absent()


class Happened(Struct, frozen=True):
    """What a command did: exit status, the document it made (None for none), what it printed."""

    exit: int
    document: dict[str, Any] | None
    out: str
    err: str

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of its refusals, each once, in their order."""
        return codes_of(self.document or {})


class Miss(Struct, frozen=True):
    """One expectation that does not hold; ``key`` names it, ``json.`` with the path inside."""

    key: str
    expected: Any
    found: Any


def codes_of(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the codes in a document: of an error, else of the rows of a case file."""
    error = document.get("error")
    refusals = list(error.get("refusals", ())) if isinstance(error, dict) else []
    if not refusals:
        rows = document.get("rows")
        for row in rows if isinstance(rows, list) else ():
            refusals += row.get("refusals", ()) if isinstance(row, dict) else ()
    return tuple(dict.fromkeys(each["code"] for each in refusals))


def compare(expectation: Expectation, happened: Happened) -> Iterator[Miss]:
    """Yield every expectation that does not hold.

    Codes are compared without repetitions, in the order in which refusals are listed.
    """
    if expectation.status != happened.exit:
        yield Miss("exit", expectation.status, happened.exit)
    codes = expectation.codes
    if codes is not None and tuple(dict.fromkeys(codes)) != happened.codes:
        yield Miss("codes", list(codes), list(happened.codes))
    for text in expectation.printed:
        if text not in happened.out:
            yield Miss("stdout_contains", text, happened.out)
    part = expected_json(expectation)
    if part is not None:
        found: Any = ABSENT if happened.document is None else happened.document
        yield from _compare_part(part, found, "json")


def _compare_part(expected: Any, found: Any, path: str) -> Iterator[Miss]:
    """Yield where ``expected`` is no part of ``found``.

    Of tables each key that is expected must be there; lists have the same length, and each element
    is a part of its counterpart; anything else is equal. An instant may have any offset.
    """
    if isinstance(expected, dict) and isinstance(found, dict):
        for key, value in expected.items():
            yield from _compare_part(value, found.get(key, ABSENT), f"{path}.{key}")
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for at, (one, other) in enumerate(zip(expected, found, strict=True)):
            yield from _compare_part(one, other, f"{path}[{at}]")
    elif not equal(expected, found):
        yield Miss(path, expected, found)


def equal(expected: Any, found: Any) -> bool:
    """Tell whether two values that are no tables are the same; instants with any offset."""
    if isinstance(expected, bool) or isinstance(found, bool):
        return expected is found
    if expected == found:
        return True
    if isinstance(expected, str) and isinstance(found, str) and "T" in expected:
        try:
            one, other = datetime.fromisoformat(expected), datetime.fromisoformat(found)
        except ValueError:
            return False
        return one.replace(tzinfo=one.tzinfo or other.tzinfo) == other
    return False

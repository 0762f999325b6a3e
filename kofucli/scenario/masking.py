"""Other names for agents and cases: a scenario is passed on, so it says nothing about people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from kofucli.casespec import KEYS, write_case
from kofucli.model import Case
from kofucli.numbers import make_number, normalise_number, parse_number

_NOWHERE = make_number("Y", date(2000, 1, 1), 0)
"""The number of no reservation: sequences are counted from 1."""


class Mask:
    """Replaces ids by A-1, A-2, case numbers by CASE-1, CASE-2, foreign offices and counters.

    What was the same stays so, what differed too, and the order of the names stays, for some
    decisions go by it. A reservation's number becomes the name under which it is in the scenario.
    """

    def __init__(
        self, agents: Iterable[str], numbers: Iterable[str], reservations: Mapping[str, str]
    ) -> None:
        self._agents = _rename(agents, "A")
        self._numbers = _rename(numbers, "CASE")
        self._reservations = reservations
        self._places: dict[str, str] = {}

    def agent(self, agent_id: str) -> str:
        """Return an agent's other id."""
        return self._agents.get(agent_id, "A-0")

    def number(self, text: str) -> str:
        """Return another number for that of a case, however it is spelled."""
        return self._numbers.get(normalise_number(text), "CASE-0")

    def place(self, text: str) -> str:
        """Return another word for a foreign office or counter."""
        return self._places.setdefault(text.upper(), f"OTHER-{len(self._places) + 1}")

    def target(self, text: str) -> str:
        """Return how a command names a reservation that ``text`` names: ``{r1}``, or a case.

        Any other reservation number becomes one that no reservation ever has: those of a scenario
        are numbered anew, and one of them might get it.
        """
        number = normalise_number(text)
        if number in self._reservations:
            return f"{{{self._reservations[number]}}}"
        return _NOWHERE if parse_number(text) is not None else self.number(text)

    def attributes(self, case: Case, keys: Iterable[str] = KEYS) -> dict[str, str]:
        """Return a case's attributes as a SPEC names them; those that are empty are left out."""
        found = write_case(case) | {
            "number": self.number(case.number),
            "with": case.main and self.number(case.main),
            "office": case.office and self.place(case.office),
            "counter": case.counter and self.place(case.counter),
        }
        return {key: value for key in keys if (value := found[key])}

    def spec(self, case: Case, default_kind: str) -> str:
        """Return a case as a SPEC that says only what differs from the defaults."""
        usual = {
            "kind": default_kind,
            "recipient": "self",
            "birth": "no",
            "filed": "window",
            "review": "done",
        }
        told = self.attributes(case)
        parts = [f"{key}={value}" for key, value in told.items() if usual.get(key) != value]
        return ",".join([told["number"], *parts[1:]])

    def correction(self, case: Case, keys: Iterable[str], own: Mapping[str, str]) -> str:
        """Return a case as a SPEC that says ``keys`` of it, whatever they are.

        ``own`` are this office and its counter, which a case does not name.
        """
        keys = list(keys)
        told = {**own, **self.attributes(case, keys)}
        return ",".join([self.number(case.number), *(f"{key}={told[key]}" for key in keys)])


def _rename(names: Iterable[str], prefix: str) -> dict[str, str]:
    """Return new names in the order of the old ones, as wide as it takes to stay in it."""
    ordered = sorted(set(names))
    width = len(str(len(ordered)))
    return {name: f"{prefix}-{at:0{width}d}" for at, name in enumerate(ordered, 1)}

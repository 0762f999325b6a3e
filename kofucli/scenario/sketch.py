"""A recorded scenario: other names for agents and cases, the office as tables, the tables as text.

It is passed on, so nothing personal is in it, and no free text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import count
from typing import Any

import tomlkit
from msgspec import Struct, field
from tomlkit.items import InlineTable, Item

from kofucli.casefile.case_spec import KEYS, write_case
from kofucli.model.numbers import make_number, normalise_number, parse_number
from kofucli.model.records import Agent, Case, DayNotice, Maintenance, Reservation, Step
from kofucli.operations.booking.recording import Scene
from kofucli.settings import Settings, rule_tables

Table = dict[str, Any]

_OTHERS = "OTHERS"
"""Whoever is not asked about, and its cases."""
_NOT_KEPT = {"cases": ("pattern",), "terms": ("path",), "verification": ("link",)}
"""Settings that no decision about masked numbers depends on, or that name somebody's files."""
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


class Sketch(Struct):
    """A scenario to be written: its tables as plain data, what is None in them left out."""

    title: str
    now: str
    settings: dict[str, Table] = field(default_factory=dict)
    maintenance: Table | None = None
    notices: list[Table] = field(default_factory=list)
    agents: list[Table] = field(default_factory=list)
    reservations: list[Table] = field(default_factory=list)
    files: list[Table] = field(default_factory=list)
    steps: list[Table] = field(default_factory=list)


def write_sketch(sketch: Sketch) -> str:
    """Return a scenario's text; the same sketch gives the same bytes."""
    lines = [*_lines({"title": sketch.title, "now": sketch.now})]
    for name, table in sketch.settings.items():
        lines += ["", f"[{name}]", *_lines(table)]
    if sketch.maintenance is not None:
        lines += ["", "[maintenance]", *_lines(sketch.maintenance)]
    lists = {
        "notice": sketch.notices,
        "agent": sketch.agents,
        "reservation": sketch.reservations,
        "file": sketch.files,
        "step": sketch.steps,
    }
    for name, tables in lists.items():
        for table in tables:
            lines += ["", f"[[{name}]]", *_lines(table)]
    return "\n".join(lines) + "\n"


def _lines(table: Mapping[str, Any]) -> Iterator[str]:
    for key, value in table.items():
        if isinstance(value, str) and "\n" in value:
            text = tomlkit.string(value, multiline=True).as_string()
            yield f"{key} = {text}"
        elif value is not None:
            yield f"{key} = {to_item(value).as_string()}"


def to_item(value: Any) -> Item:
    """Return plain data as TOML on one line; what is None in a table is left out."""
    if isinstance(value, dict):
        table: InlineTable = tomlkit.inline_table()
        for key, each in value.items():
            if each is not None:
                table.append(key, to_item(each))
        return table
    if isinstance(value, (list, tuple)):
        array = tomlkit.array()
        for each in value:
            array.append(to_item(each))
        return array
    item: Item = tomlkit.item(value)
    return item


def numbers_of(reservations: Iterable[Reservation]) -> Iterator[str]:
    """Yield every case number that stands in reservations."""
    for reservation in reservations:
        yield from numbers_of_cases(reservation.cases)


def numbers_of_cases(cases: Iterable[Case]) -> Iterator[str]:
    """Yield the numbers that stand in cases."""
    for case in cases:
        yield case.number
        if case.main is not None:
            yield case.main


def keep_tables(tables: dict[str, Table], office: str) -> dict[str, Table]:
    """Return what differs from the defaults in rule tables, without reasons and paths."""
    usual = rule_tables(Settings())
    kept: dict[str, Table] = {} if office == Settings().office.id else {"office": {"id": office}}
    for name, table in tables.items():
        differing = {
            key: value
            for key, value in table.items()
            if value != usual.get(name, {}).get(key) and key not in _NOT_KEPT.get(name, ())
        }
        for key in ("closures", "openings"):
            if name == "calendar" and key in differing:
                differing[key] = [{"date": each["date"]} for each in differing[key]]
        if differing:
            kept[name] = differing
    return kept


def find_setting(tables: dict[str, Table], name: str, key: str) -> str:
    """Return a setting from rule tables, which may be older than the key: then its default."""
    usual = rule_tables(Settings())[name]
    return str(tables.get(name, usual).get(key, usual[key]))


def agent_table(agent: Agent, mask: Mask, terms: str, names: dict[str, str]) -> Table:
    """Return an agent: what the rules ask about it; ``terms`` is the version in force."""
    held = agent.suspension
    return {
        "id": mask.agent(agent.id),
        "occupation": agent.occupation,
        "valid_until": agent.valid_until.isoformat(),
        "verified": None if agent.verified or agent.erased is not None else False,
        "terms": None if agent.terms == terms else agent.terms or "",
        "suspension": held and {"since": held.since.isoformat(), "until": held.until.isoformat()},
        "marks": [
            {"kind": m.kind, "date": m.date.isoformat(), "reservation": names.get(m.reservation)}
            for m in agent.marks
        ]
        or None,
        "erased": True if agent.erased is not None else None,
    }


def notice_table(notice: DayNotice) -> Table | None:
    """Return what was announced about a day; None where nothing is."""
    if notice.state == "calendar" and not notice.closed_hours:
        return None
    return {
        "date": notice.key,
        "state": notice.state,
        "hours": list(notice.closed_hours) or None,
    }


def maintenance_table(maintenance: Maintenance | None) -> Table | None:
    """Return a maintenance; None where there is none."""
    if maintenance is None:
        return None
    end = maintenance.end
    return {"since": maintenance.since.isoformat(), "end": end and end.isoformat()}


def reservation_table(
    reservation: Reservation, mask: Mask, default_kind: str, names: dict[str, str]
) -> Table:
    """Return a reservation as it stands before the first step."""
    first_count = reservation.first_count
    return {
        "agent": mask.agent(reservation.agent),
        "date": reservation.date.isoformat(),
        "hour": reservation.start,
        "cases": [_ended_spec(case, mask, default_kind) for case in reservation.cases],
        "status": None if reservation.status == "active" else reservation.status,
        "first_count": None if first_count == len(reservation.cases) else first_count,
        "booked_at": reservation.booked_at.isoformat(),
        "closes": reservation.closes.isoformat(),
        **_moments(reservation),
        "steps": [_step_table(step) for step in reservation.steps] or None,
        "save": names.get(reservation.number),
    }


def others_tables(scene: Scene, mask: Mask, start: str) -> tuple[list[Table], list[Table]]:
    """Return what others hold, as one agent's who is nobody: agents, then reservations.

    Their cases in a frame are a number. A number that is taken stands on a day, at ``start``, that
    no question is about: where it stands in truth is nobody's business.
    """
    tables: list[Table] = []
    counted = count(1)
    for frame, cases in scene.booked.items():
        specs = [f"{_OTHERS}-{next(counted)}" for _ in range(cases)]
        tables.append({"date": frame.date.isoformat(), "hour": frame.start, "cases": specs})
    if scene.taken:
        specs = [mask.number(number) for number in scene.taken]
        tables.append({"date": scene.beyond.isoformat(), "hour": start, "cases": specs})
    agents: list[Table] = [{"id": _OTHERS}] if tables else []
    return agents, [{"agent": _OTHERS, **table} for table in tables]


def _moments(record: Reservation | Step) -> Table:
    told = {key: getattr(record, key) for key in ("arrived_at", "ended_at", "late_notice")}
    return {key: moment and moment.isoformat() for key, moment in told.items()}


def _step_table(step: Step) -> Table:
    return {
        "op": step.op,
        "status": None if step.status == "active" else step.status,
        "cases": list(step.cases),
        "at": step.at.isoformat(),
        **_moments(step),
    }


def _ended_spec(case: Case, mask: Mask, default_kind: str) -> str:
    spec = mask.spec(case, default_kind)
    if case.status != "active":
        spec += f",status={case.status}"
    return spec if case.not_handed is None else f"{spec},not_handed={case.not_handed}"


def expected_reservation(reservation: Reservation, mask: Mask) -> Table:
    """Return the part of a reservation's document that does not depend on its number."""
    cases = sorted(reservation.cases, key=lambda case: case.status != "active")
    return {
        "agent": mask.agent(reservation.agent),
        "date": reservation.date.isoformat(),
        "start": reservation.start,
        "status": reservation.status,
        "first_count": reservation.first_count,
        "closes": reservation.closes.isoformat(),
        "cases": [
            {
                "number": mask.number(case.number),
                "kind": case.kind,
                "recipient": case.recipient,
                "status": case.status,
            }
            for case in cases
        ],
    }

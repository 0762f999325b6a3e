"""A recorded scenario: records as tables with masked names, and the tables as text.

Users pass such a file on, so it holds nothing personal and no free text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import count
from typing import Any

import tomlkit
from msgspec import Struct
from tomlkit.items import InlineTable, Item

from kofucli.casefile import KEYS, write_case
from kofucli.model import Agent, Case, DayNotice, Maintenance, Reservation, Step
from kofucli.model.numbers import (
    NUMBER,
    find_numbers,
    make_number,
    normalise_number,
    parse_number,
    unframe,
)
from kofucli.scenario import Scene
from kofucli.settings import Settings, rule_tables

Table = dict[str, Any]

_OTHERS = "OTHERS"
"""The one agent that stands for all agents whom a decision does not concern."""
_NOT_KEPT = {
    "cases": ("pattern", "kind_marks"),
    "terms": ("path",),
    "rules": ("path",),
    "verification": ("link",),
}
"""Settings without effect on masked numbers, or that may name a user's files or server."""
_NOWHERE = make_number("Y", date(2000, 1, 1), 0)
"""A number that no reservation ever has: sequences are counted from 1."""


class Mask:
    """Replaces agents' ids by A-1, A-2, case numbers by CASE-1, CASE-2, other offices by OTHER-1.

    Equal names stay equal, different names different, and their order stays: some decisions depend
    on it. ``reservations`` maps reservation numbers to the names that the scenario gives them.
    """

    def __init__(
        self, agents: Iterable[str], numbers: Iterable[str], reservations: Mapping[str, str]
    ) -> None:
        self._agents = _rename(agents, "A")
        self._numbers = _rename(numbers, "CASE")
        self._reservations = reservations
        self._places: dict[str, str] = {}

    def agent(self, agent_id: str) -> str:
        """Return the masked id of an agent."""
        return self._agents.get(agent_id, "A-0")

    def number(self, text: str) -> str:
        """Return the masked number of a case, in whatever spelling ``text`` has it."""
        return self._numbers.get(normalise_number(text), "CASE-0")

    def place(self, text: str) -> str:
        """Return the masked name of another office or counter."""
        return self._places.setdefault(text.upper(), f"OTHER-{len(self._places) + 1}")

    def name(self, number: str) -> str | None:
        """Return the name of a reservation in the scenario, None where it has none."""
        return self._reservations.get(number)

    def target(self, text: str) -> str:
        """Return the argument of a command for a reservation: ``{r1}``, or a masked case number.

        Any other reservation number becomes ``_NOWHERE``: a scenario numbers its reservations anew,
        and one of them might get the original number.
        """
        bare = unframe(text)
        meant = [normalise_number(bare)]
        forms = map(NUMBER.fullmatch, self._reservations)
        for office in {form[1] for form in forms if form is not None}:
            meant += find_numbers(bare, office)
        for number in meant:
            name = self.name(number)
            if name is not None:
                return f"{{{name}}}"
        return _NOWHERE if len(meant) > 1 or parse_number(bare) is not None else self.number(bare)

    def attributes(self, case: Case, keys: Iterable[str] = KEYS) -> dict[str, str]:
        """Return a case's masked attributes as a SPEC names them, without the empty ones."""
        found = write_case(case) | {
            "number": self.number(case.number),
            "with": case.main and self.number(case.main),
            "office": case.office and self.place(case.office),
            "counter": case.counter and self.place(case.counter),
        }
        return {key: value for key in keys if (value := found[key])}

    def spec(self, case: Case, default_kind: str) -> str:
        """Return a case as a SPEC with the attributes that differ from the defaults."""
        usual = write_case(Case("")) | {"kind": default_kind}
        told = self.attributes(case)
        parts = [f"{key}={value}" for key, value in told.items() if usual.get(key) != value]
        return ",".join([told["number"], *parts[1:]])

    def correction(self, case: Case, keys: Iterable[str], own: Mapping[str, str]) -> str:
        """Return a case as a SPEC with exactly these attributes; ``own`` stand for None."""
        keys = list(keys)
        told = {**own, **self.attributes(case, keys)}
        return ",".join([self.number(case.number), *(f"{key}={told[key]}" for key in keys)])


def _rename(names: Iterable[str], prefix: str) -> dict[str, str]:
    """Return numbered names in the order of the old ones; leading zeros keep it in the text."""
    ordered = sorted(set(names))
    width = len(str(len(ordered)))
    return {name: f"{prefix}-{at:0{width}d}" for at, name in enumerate(ordered, 1)}


class Sketch(Struct):
    """A scenario to be written: tables of plain data, in which None means "left out"."""

    title: str
    now: str
    settings: dict[str, Table] = {}
    maintenance: Table | None = None
    notices: list[Table] = []
    agents: list[Table] = []
    reservations: list[Table] = []
    files: list[Table] = []
    steps: list[Table] = []


def write_sketch(sketch: Sketch) -> str:
    """Return a scenario as TOML; the same sketch gives the same bytes."""
    lines = [*_lines({"title": sketch.title, "now": sketch.now})]
    headed = [(f"[{name}]", table) for name, table in sketch.settings.items()]
    headed += [("[maintenance]", sketch.maintenance)] if sketch.maintenance is not None else []
    for name in ("notice", "agent", "reservation", "file", "step"):
        headed += [(f"[[{name}]]", table) for table in getattr(sketch, f"{name}s")]
    for heading, table in headed:
        lines += ["", heading, *_lines(table)]
    return "\n".join(lines) + "\n"


def _lines(table: Mapping[str, Any]) -> Iterator[str]:
    for key, value in table.items():
        if isinstance(value, str) and "\n" in value:
            yield f"{key} = {tomlkit.string(value, multiline=True).as_string()}"
        elif value is not None:
            yield f"{key} = {to_item(value).as_string()}"


def to_item(value: Any) -> Item:
    """Return plain data as TOML on one line, without the None values of tables."""
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


def numbers_of(cases: Iterable[Case]) -> set[str]:
    """Return the numbers of cases, and of the cases that they are tied to."""
    return {number for case in cases for number in (case.number, case.main) if number is not None}


def numbers_in(reservations: Sequence[Reservation]) -> set[str]:
    """Return the numbers of the cases of reservations (``numbers_of``), and their former ones."""
    former = {number for reservation in reservations for number in reservation.former}
    return former | numbers_of(case for reservation in reservations for case in reservation.cases)


def keep_tables(tables: dict[str, Table], office: str) -> dict[str, Table]:
    """Return the rule settings that differ from the defaults, without reasons and paths."""
    usual = rule_tables(Settings())
    kept: dict[str, Table] = {} if office == Settings().office.id else {"office": {"id": office}}
    for name, table in tables.items():
        differing = {
            key: value
            for key, value in table.items()
            if value != usual.get(name, {}).get(key) and key not in _NOT_KEPT.get(name, ())
        }
        for key in {"closures", "openings"} & differing.keys():
            differing[key] = [{"date": each["date"]} for each in differing[key]]
        if differing:
            kept[name] = differing
    return kept


def find_setting(tables: dict[str, Table], name: str, key: str) -> str:
    """Return a setting from rule tables; its default where the tables are older than the key."""
    usual = rule_tables(Settings())[name]
    return str(tables.get(name, usual).get(key, usual[key]))


def agent_table(agent: Agent, mask: Mask, terms: str) -> Table:
    """Return an agent as an ``[[agent]]``; ``terms`` is the version in force."""
    held = agent.suspension
    return {
        "id": mask.agent(agent.id),
        "occupation": agent.occupation,
        "valid_until": agent.valid_until.isoformat(),
        "verified": None if agent.verified or agent.erased is not None else False,
        "terms": None if agent.terms == terms else agent.terms or "",
        "suspension": held and {"since": held.since.isoformat(), "until": held.until.isoformat()},
        "marks": [
            {"kind": m.kind, "date": m.date.isoformat(), "reservation": mask.name(m.reservation)}
            for m in agent.marks
        ]
        or None,
        "erased": True if agent.erased is not None else None,
    }


def notice_table(notice: DayNotice) -> Table | None:
    """Return an announcement as a ``[[notice]]``; None where it announces nothing any more."""
    if notice.state == "calendar" and not notice.closed_hours:
        return None
    return {"date": notice.key, "state": notice.state, "hours": list(notice.closed_hours) or None}


def maintenance_table(maintenance: Maintenance | None) -> Table | None:
    """Return a maintenance as a ``[maintenance]``."""
    if maintenance is None:
        return None
    end = maintenance.end
    return {"since": maintenance.since.isoformat(), "end": end and end.isoformat()}


def reservation_table(reservation: Reservation, mask: Mask, default_kind: str) -> Table:
    """Return a reservation as a ``[[reservation]]``."""
    first_count = reservation.first_count
    return {
        "agent": mask.agent(reservation.agent),
        "date": reservation.date.isoformat(),
        "hour": reservation.start,
        "cases": [
            mask.spec(case, default_kind)
            + ("" if case.status == "active" else f",status={case.status}")
            + ("" if case.not_handed is None else f",not_handed={case.not_handed}")
            for case in reservation.cases
        ],
        "status": None if reservation.status == "active" else reservation.status,
        "first_count": None if first_count == len(reservation.cases) else first_count,
        "booked_at": reservation.booked_at.isoformat(),
        "closes": reservation.closes.isoformat(),
        **_moments(reservation),
        "steps": [
            {
                "op": step.op,
                "status": None if step.status == "active" else step.status,
                "cases": list(step.cases),
                "at": step.at.isoformat(),
                **_moments(step),
            }
            for step in reservation.steps
        ]
        or None,
        "former": [mask.number(number) for number in reservation.former] or None,
        "save": mask.name(reservation.number),
    }


def others_tables(scene: Scene, mask: Mask, start: str) -> tuple[list[Table], list[Table]]:
    """Return tables that hold what other agents hold: the agent OTHERS, then its reservations.

    Of a frame only the number of cases is told. The case numbers that are taken all stand on a day
    that the decision does not concern, at ``start``, so that the file does not tell where they are.
    """
    counted = count(1)
    held = [
        (*frame, [f"{_OTHERS}-{next(counted)}" for _ in range(cases)])
        for frame, cases in scene.booked.items()
    ]
    if scene.taken:
        held.append((scene.beyond, start, [mask.number(number) for number in scene.taken]))
    return [{"id": _OTHERS}] if held else [], [
        {"agent": _OTHERS, "date": day.isoformat(), "hour": hour, "cases": specs}
        for day, hour, specs in held
    ]


def _moments(record: Reservation | Step) -> Table:
    told = {key: getattr(record, key) for key in ("arrived_at", "ended_at", "late_notice")}
    return {key: moment and moment.isoformat() for key, moment in told.items()}


def expected_reservation(reservation: Reservation, mask: Mask) -> Table:
    """Return the part of a reservation's document to expect: all but what its number decides."""
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
                "status": reservation.status_of(case),
            }
            for case in cases
        ],
    }

"""The throw-away office of a scenario: its folder, configuration, store and records."""

from __future__ import annotations

import os
import re
from datetime import date, datetime
from typing import Any

import tomli_w
from msgspec import Struct, convert
from msgspec.structs import replace

from kofucli.base import InputError, Phrase, Problem
from kofucli.base.clock import parse_instant
from kofucli.base.text import abbreviate
from kofucli.base.written_times import parse_hour
from kofucli.casefile import build_case, parse_spec
from kofucli.model import (
    Actor,
    Agent,
    Case,
    CaseStatus,
    DayNotice,
    Maintenance,
    Mark,
    NotHanded,
    Reservation,
    Stamp,
    Step,
    Suspension,
)
from kofucli.model.numbers import make_number, normalise_number
from kofucli.operations import Context
from kofucli.operations.agents import (
    AgentDraft,
    find_faults,
    find_repeated,
    make_personal,
    read_day,
    read_occupation,
)
from kofucli.operations.office import init_store
from kofucli.scenario import AgentTable, DeskStepTable, ReservationTable
from kofucli.scenario.reading import RESERVED_FILES, Script, headline
from kofucli.settings import Settings
from kofucli.settings.read import read_tables
from kofucli.store.place import parse_place
from kofucli.store.view import Transaction

BY = "scenario"
"""The name recorded for what a step does, unless the step gives one."""
_CASE_STATUS = re.compile(r"(status|not_handed)=(.*)")


class Stage(Struct, frozen=True):
    """The paths of a scenario's office, and the numbers of its named reservations."""

    config: str
    store: str
    names: dict[str, str]

    def configure(self, tables: dict[str, dict[str, Any]]) -> None:
        """Write the tables as the configuration."""
        with open(self.config, "wb") as file:
            tomli_w.dump(tables, file)


def set_stage(script: Script, folder: str) -> Stage:
    """Make the office of a scenario in an empty folder.

    Its records are written in one transaction, without asking any rule. Raises InputError with
    every mistake that ``read_script`` cannot see: in agents, cases, hours, numbers.
    """
    settings = read_tables(dict(script.settings), script.text, script.path)
    config, where = (os.path.join(folder, name) for name in RESERVED_FILES)
    stage = Stage(config, where, {})
    stage.configure(script.settings)
    for file in script.content.files:
        with open(os.path.join(folder, file.name), "w", encoding="utf-8", newline="") as written:
            written.write(file.text)
    stamp = Stamp(script.now, Actor(None, BY))
    place = parse_place(stage.store)
    init_store(place, settings, stamp)
    store = place.open(settings.office.id, settings.store.lock_seconds)
    with store.transaction(BY, stamp) as transaction:
        furnisher = _Furnisher(script, settings, transaction, stage.names)
        furnisher.put_notices()
        furnisher.put_reservations()
        furnisher.put_agents()
        if furnisher.problems:
            raise InputError(headline(script.path), furnisher.problems)
    return stage


class _Furnisher:
    """Writes what a scenario's tables describe; collects the ``names`` of visits, and problems."""

    def __init__(
        self, script: Script, settings: Settings, transaction: Transaction, names: dict[str, str]
    ) -> None:
        self._script = script
        self._settings = settings
        self._transaction = transaction
        self._names = names
        self.problems: list[Problem] = []

    def _add(self, table: str, number: int, key: str, message: Phrase) -> None:
        where = Phrase("{path}, {key}", path=self._script.path, key=f"[[{table}]] {number}, {key}")
        self.problems.append(Problem(where, message))

    def put_notices(self) -> None:
        """Write the announcements, and the maintenance."""
        content = self._script.content
        for number, notice in enumerate(content.notices, 1):
            hours = tuple(parse_hour(hour) or "" for hour in notice.hours)
            if "" in hours:
                expected = Phrase("an hour such as 10:00")
                message = Phrase(
                    "found '{value}', expected {expected}", value=notice.hours, expected=expected
                )
                self._add("notice", number, "hours", message)
                continue
            state = notice.state or ("calendar" if hours else "closed")
            self._transaction.put_office(DayNotice(notice.date, state, hours, notice.reason))
        if (told := content.maintenance) is not None:
            since = _instant(told.since) or self._script.now
            maintenance = Maintenance("maintenance", since, _instant(told.end), told.reason)
            self._transaction.put_office(maintenance)

    def put_agents(self) -> None:
        """Write the agents, whose marks may name reservations."""
        drafts = [
            _draft(table, Phrase("{path}, {key}", path=self._script.path, key=f"[[agent]] {at}"))
            for at, table in enumerate(self._script.content.agents, 1)
        ]
        problems = [p for draft in drafts for p in find_faults(draft, whole=True)]
        self.problems += [*problems, *find_repeated(drafts)]
        if problems:
            return
        for table, draft in zip(self._script.content.agents, drafts, strict=True):
            personal = ""
            if not table.erased:
                personal = self._transaction.put_personal(table.id, make_personal(draft))
            terms = self._settings.terms.version if table.terms is None else table.terms
            agent = Agent(
                id=table.id,
                occupation=read_occupation(draft),
                valid_until=read_day(draft),
                personal=personal,
                registered_at=self._script.now,
                verified=table.verified and not table.erased,
                terms=(terms or None) if table.accept_terms else None,
                rules=self._settings.rules.version,
                language="en" if table.language == "en" else "ja",
                suspension=convert(table.suspension, Suspension | None, from_attributes=True),
                erased=BY if table.erased else None,
                marks=tuple(
                    Mark(m.kind, date.fromisoformat(m.date), self._names.get(m.reservation, "-"))
                    for m in table.marks
                ),
            )
            self._transaction.put_agent(agent)

    def put_reservations(self) -> None:
        """Write the reservations, whether or not the rules allow them."""
        context = Context(self._settings, self._transaction, self._script.now)
        known = {agent.id for agent in self._script.content.agents}
        taken: dict[date, set[int]] = {}
        for number, table in enumerate(self._script.content.reservations, 1):
            if table.agent not in known:
                message = Phrase("there is no agent {id}", id=table.agent)
                self._add("reservation", number, "agent", message)
            cases = self._read_cases(number, table)
            day = date.fromisoformat(table.date)
            sequences = taken.setdefault(day, {0})
            sequence = table.sequence or max(sequences) + 1
            if sequence in sequences:
                message = Phrase("another reservation of that day has it")
                self._add("reservation", number, "sequence", message)
            sequences.add(sequence)
            made = Reservation(
                number=make_number(self._settings.office.id, day, sequence),
                agent=table.agent,
                date=day,
                start=parse_hour(table.hour) or "",
                cases=cases,
                first_count=table.first_count or max(1, len(cases)),
                booked_at=_instant(table.booked_at) or self._script.now,
                closes=_instant(table.closes) or context.closes(day),
                rules=self._settings.rules.version,
                status=table.status,
                **_moments(table),
                steps=tuple(
                    Step(step.op, parse_instant(step.at), step.status, step.cases, **_moments(step))
                    for step in table.steps
                ),
                former=tuple(map(normalise_number, table.former)),
            )
            self._transaction.put_reservation(made)
            if table.save is not None:
                self._names[table.save] = made.number

    def _read_cases(self, number: int, table: ReservationTable) -> tuple[Case, ...]:
        """Return a reservation's cases; a SPEC here may also have ``status`` and ``not_handed``."""
        cases = []
        for spec in table.cases:
            parts = [(part, _CASE_STATUS.fullmatch(part.strip())) for part in spec.split(",")]
            told = {known[1]: known[2] for _, known in parts if known}
            try:
                draft = parse_spec(",".join(part for part, known in parts if not known))
                case, faults = build_case(draft, self._settings)
                status = convert(told.get("status", "active"), CaseStatus)
                missing = convert(told.get("not_handed"), NotHanded | None)
            except InputError as error:
                key = f"cases, {abbreviate(spec)}"
                for problem in error.problems:
                    self._add("reservation", number, key, problem.message)
                continue
            except ValueError:
                values = ", ".join(f"{key}={value}" for key, value in told.items())
                message = Phrase("'{value}' is not a status of a case", value=abbreviate(values))
                self._add("reservation", number, "cases", message)
                continue
            for key, message in faults:
                self._add("reservation", number, f"cases, {key}", message)
            if case is not None:
                cases.append(replace(case, status=status, not_handed=missing))
        return tuple(cases)


def _draft(table: AgentTable, where: Phrase) -> AgentDraft:
    """Return an agent's values; those that a scenario leaves out are made up from the id."""
    draft = convert(table, AgentDraft, from_attributes=True)
    return replace(
        draft,
        name=table.name or f"Agent {table.id}",
        certificate=table.certificate or f"C-{table.id}",
        email=table.email or f"{table.id.lower()}@agents.example.jp",
        where=where,
    )


def _moments(table: DeskStepTable | ReservationTable) -> dict[str, Any]:
    return {key: _instant(getattr(table, key)) for key in ("arrived_at", "ended_at", "late_notice")}


def _instant(text: str | None) -> datetime | None:
    return None if text is None else parse_instant(text)

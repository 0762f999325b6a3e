"""A reservation's history as a scenario: each ledger line becomes the command that wrote it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kofucli.casefile import KEYS, write_case
from kofucli.model import Agent, Case, Reservation
from kofucli.operations.history import Event, Past
from kofucli.scenario.decision import command_line
from kofucli.scenario.sketch import (
    Mask,
    Sketch,
    Table,
    agent_table,
    expected_reservation,
    find_setting,
    keep_tables,
    notice_table,
    numbers_in,
    reservation_table,
)

_NAME = "r1"
_REASON = "recorded"
_MARKS = {"desk late-cancel": "late-cancel", "desk close-day": "no-show"}


def sketch_history(past: Past, last: Reservation, office: str) -> Sketch:
    """Return the scenario of a reservation that ends as ``last``; no reason is told."""
    versions = [r for e in past.events for r in (e.before, e.after) if r is not None]
    mask = Mask([last.agent], numbers_in((*versions, last)), {last.number: _NAME})
    terms = find_setting(past.tables, "terms", "version")
    kind = find_setting(past.tables, "cases", "default_kind")
    return Sketch(
        title=f"history of a reservation: {last.status}",
        now=past.begins.isoformat(),
        settings=keep_tables(past.tables, office),
        notices=[table for notice in past.notices if (table := notice_table(notice))],
        # An agent that was erased later was registered at the time.
        agents=[{**agent_table(a, mask, terms), "erased": None} for a in [past.agent] if a],
        reservations=[reservation_table(r, mask, kind) for r in [past.known] if r],
        steps=[*_Teller(past, mask, office).tell(last)],
    )


class _Teller:
    """Tells the events as steps, and knows settings, clock and agent as of the last one told."""

    def __init__(self, past: Past, mask: Mask, office: str) -> None:
        self._past = past
        self._mask = mask
        self._office = office
        self._settings = keep_tables(past.tables, office)
        self._tables = past.tables
        self._now = past.begins
        self._agent = past.agent

    def tell(self, last: Reservation) -> Iterator[Table]:
        """Yield the steps, and a final one that shows the reservation."""
        for event in self._past.events:
            self._tables = event.tables
            self._default_kind = find_setting(event.tables, "cases", "default_kind")
            for tokens in self._spell(event):
                yield {**self._step(event, tokens), **self._expect(event)}
            self._agent = event.agent or self._agent
        shown = expected_reservation(last, self._mask)
        if last.arrived_at is not None:
            shown["arrived_at"] = last.arrived_at.isoformat()
        run = command_line(["show", f"{{{_NAME}}}", "--office"])
        yield {"run": run, "expect": {"json": {"reservation": shown}}}

    def _step(self, event: Event, tokens: list[str]) -> Table:
        """Return a step, with clock and settings only where they differ from the step before."""
        step: Table = {"run": command_line(tokens)}
        if event.at != self._now:
            step["at"] = event.at.isoformat()
            self._now = event.at
        kept = keep_tables(event.tables, self._office)
        changed = {
            name: kept.get(name, {})
            for name in sorted({*kept, *self._settings})
            if kept.get(name) != self._settings.get(name)
        }
        if changed:
            step["settings"] = changed
            self._settings = kept
        if event.op == "book":
            step["save"] = _NAME
        return step

    def _expect(self, event: Event) -> Table:
        """Return the expectation of a step: the mark that it gives, if it gives one."""
        after, kind = event.after, _MARKS.get(event.op)
        if not event.changes or after is None or kind is None or after.status == "office-closed":
            return {}
        mark = {"agent": self._mask.agent(after.agent), "kind": kind, "date": str(after.date)}
        return {"expect": {"json": {"changed": True, "marks": [mark]}}}

    def _spell(self, event: Event) -> Iterator[list[str]]:
        """Yield the commands behind an event that matter to the reservation."""
        yield from self._spell_edit(event.agent)
        if event.op.startswith("office "):
            yield from self._spell_announcement(event)
        elif event.changes and event.after is not None:
            if event.op == "desk close-day":
                day = event.after.date.isoformat()
                yield ["desk", "close-day", day, "--all-no-show", "-y"]
            elif event.op.startswith("desk "):
                name = event.op.removeprefix("desk ")
                yield ["desk", name, f"{{{_NAME}}}", *self._spell_details(name, event, event.after)]
            else:
                actor = event.actor
                who = ["--office"] if actor is None else ["--agent", self._mask.agent(actor)]
                yield [*self._spell_change(event, event.after), *who]

    def _spell_edit(self, agent: Agent | None) -> Iterator[list[str]]:
        """Yield the edit of an agent's certificate or occupation, which the rules ask about."""
        before = self._agent
        if agent is None or before is None or agent.erased is not None:
            return
        options = []
        if agent.valid_until != before.valid_until:
            options += ["--valid-until", agent.valid_until.isoformat()]
        if agent.occupation != before.occupation:
            options += ["--occupation", agent.occupation]
        if options:
            yield ["agent", "edit", self._mask.agent(agent.id), *options]

    def _spell_change(self, event: Event, after: Reservation) -> list[str]:
        if event.op == "cancel":
            return ["cancel", f"{{{_NAME}}}"]
        if event.op == "amend" and event.before is not None:
            changes = self._spell_amendment(event.before.cases, after.cases)
            return ["amend", f"{{{_NAME}}}", *changes]
        tokens = ["book", after.date.isoformat(), after.start]
        for case in after.cases:
            tokens += ["--case", self._mask.spec(case, self._default_kind)]
        # The office names the agent that it books for; an agent books for itself.
        return tokens if event.actor else [*tokens, "--agent", self._mask.agent(after.agent)]

    def _spell_amendment(self, before: tuple[Case, ...], after: tuple[Case, ...]) -> Iterator[str]:
        """Yield the options for dropped, corrected and added cases; added ones stand behind."""
        mask = self._mask
        old = [case for case in before if case.status == "active"]
        new = [case for case in after if case.status == "active"]
        gone = [case for case in after if case.status != "active"]
        # An amendment puts the cases that it drops before those dropped earlier.
        dropped = {case.number for case in gone[: len(gone) - (len(before) - len(old))]}
        stayed = [case for case in old if case.number not in dropped]
        for case in old:
            if case.number in dropped:
                yield from ("--drop", mask.number(case.number))
        pairs = list(zip(stayed, new, strict=False))
        renamed = {one.number: other.number for one, other in pairs}
        for one, other in pairs:
            spec = self._spell_correction(one, other, renamed)
            if spec is not None:
                yield from ("--replace", f"{mask.number(one.number)}={spec}")
        for case in new[len(stayed) :]:
            yield from ("--add", mask.spec(case, self._default_kind))

    def _spell_correction(self, one: Case, other: Case, renamed: Mapping[str, str]) -> str | None:
        """Return a correction as a SPEC, None for none; a ``with`` may only follow."""
        before, after = write_case(one), write_case(other)
        named = [key for key in KEYS[1:] if before[key] != after[key]]
        if other.main is not None and other.main == renamed.get(one.main or ""):
            named = [key for key in named if key != "with"]
        if not named and one.number == other.number:
            return None
        own = {"office": self._office, "counter": find_setting(self._tables, "cases", "counter")}
        return self._mask.correction(other, named, own)

    def _spell_details(self, name: str, event: Event, after: Reservation) -> Iterator[str]:
        reason = ("--reason", _REASON)
        if name == "undo":
            yield from reason
        elif name == "late-cancel":
            yield from (*reason, "--at", (after.ended_at or event.at).isoformat())
        elif name == "late-notice":
            yield from ("--at", (after.late_notice or event.at).isoformat())
        elif name == "collect":
            for case in after.cases:
                if case.not_handed is not None:
                    number = self._mask.number(case.number)
                    yield from ("--not-handed", f"{number}={case.not_handed}")
        elif after.status == "late":
            yield "--late"
        elif after.arrived_at not in (None, event.at):
            yield from ("--at", (after.arrived_at or event.at).isoformat())
        elif event.at >= after.ends_at:
            yield "--accept-late"

    def _spell_announcement(self, event: Event) -> Iterator[list[str]]:
        """Yield closures and openings, also of other days: they may move the deadline."""
        before, after = event.before, event.after
        if event.op == "office reopen":
            days = [notice.key for _, notice in event.notices]
            if not days and after is not None and event.changes:
                days = [after.date.isoformat()]
            restored = before and after and before.status != after.status
            for day in days:
                yield ["office", "reopen", day, *(["--restore"] if restored else [])]
        for one, other in event.notices if event.op == "office close" else ():
            hours = sorted({*other.closed_hours} - {*one.closed_hours})
            if other.state == "closed" and one.state != "closed":
                hours = []
            elif not hours and after is not None and after.start in other.closed_hours:
                hours = [after.start]
            yield ["office", "close", other.key, *hours, "--reason", _REASON, "-y"]

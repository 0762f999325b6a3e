"""A naive model of the rules: lists of dictionaries, scanned from end to end for every question.

Written from the rulebook and the notice, not from the program, none of whose code it uses. It is
slow and simple on purpose, so that it is easy to see that it is right.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from tests.model.days import Days, at

Entry = dict[str, Any]
"""A reservation, an agent, a case or a command."""
Told = tuple[str, ...]
"""A refusal: its code, its subject, and what else makes it another one: an agent, a visit."""

CARDS = ("change", "extension", "permanent", "acquisition")
STAFF = ("host-organization", "support-organization", "public-interest")
PROFESSIONALS = ("scrivener", "attorney")
HOLDING = ("active", "arrived", "collected", "not-handed", "late", "no-show")
STANDING = ("active", "arrived", "collected")
OPEN = ("active", "arrived")
ORDER = (
    *("service", "reservation", "link", "agent", "day", "frame", "case", "case.duplicate"),
    *("quota.frames", "quota.cases", "frame.full", "deadline", "cancel", "amend"),
)
"""The order in which refusals are listed: by code, or else by the code's first part."""


class Refused(Exception):  # noqa: N818 - what the rules say no with is no error of the model
    """The answer to a command that changes nothing."""

    def __init__(self, status: int, *refusals: Told) -> None:
        super().__init__(status, refusals)
        self.status, self.refusals = status, list(refusals)


def rank(code: str) -> int:
    return ORDER.index(code if code in ORDER else code.partition(".")[0])


def in_order(refusals: list[Told]) -> list[Told]:
    """Return refusals by groups, each code and subject once."""
    once: list[Told] = []
    for refusal in refusals:
        if refusal not in once:
            once.append(refusal)
    return sorted(once, key=lambda refusal: rank(refusal[0]))


def refuse_if(wrong: object, status: int, *refusals: Told) -> None:
    if wrong:
        raise Refused(status, *refusals)


def refuse(refusals: list[Told]) -> None:
    refuse_if(refusals, 3, *in_order(refusals))


def answer(status: int = 0, **more: Any) -> Entry:
    return {"exit": status, "refusals": [], **more}


class Book:
    """The reservations and the agents, and what each rule asks of them."""

    def __init__(self, settings: dict[str, Any], agents: list[Entry], now: datetime) -> None:
        self.settings = settings
        self.starts: list[str] = settings["frames.starts"]
        self.days = Days(settings)
        self.now = now
        self.agents = [dict(agent) for agent in agents]
        self.reservations: list[Entry] = []
        self.closed_hours: list[tuple[date, str]] = []
        self.maintenance: Entry | None = None

    @property
    def today(self) -> date:
        return self.now.date()

    # What is there

    def agent(self, agent_id: str) -> Entry:
        """Return an agent; exit 4 for one that is unknown."""
        for agent in self.agents:
            if agent["id"] == agent_id:
                return agent
        raise Refused(4)

    def find(self, number: str, actor: str | None) -> Entry:
        """Return a reservation by its number, or by a case of an active one; exit 4 without.

        Of several with the case it is one from today on, else the latest.
        """
        mine = [each for each in self.reservations if actor in (None, each["agent"])]
        for each in mine:
            if each["number"] == number:
                return each
        to_come = [each for each in mine if each["date"] >= self.today]
        over = [each for each in mine if each["date"] < self.today]
        over.sort(key=lambda each: each["date"], reverse=True)
        for each in (*to_come, *over):
            active = [case["number"] for case in each["cases"] if case["status"] == "active"]
            if each["status"] in OPEN and number in active:
                return each
        raise Refused(4)

    def having(self, *statuses: str) -> list[Entry]:
        return [each for each in self.reservations if each["status"] in statuses]

    def frames_held(self, agent_id: str) -> list[tuple[date, str]]:
        """Return the distinct frames that an agent holds on the shown days."""
        shown = self.days.shown(self.today)
        held = [
            (each["date"], each["start"])
            for each in self.having(*HOLDING)
            if each["agent"] == agent_id and each["date"] in shown
        ]
        return list(dict.fromkeys(held))

    def frames_left(self, agent_id: str) -> int:
        """3(2): three frames; by the note two more for an agent with two."""
        held, most = len(self.frames_held(agent_id)), self.settings["quota.frames"]
        if self.settings["quota.reading"] == "note" and held == 2:
            return 2
        return max(0, most - held)

    def visits_in(self, frame: tuple[date, str], statuses: tuple[str, ...]) -> list[Entry]:
        """Return the reservations of a frame that have one of these statuses."""
        return [e for e in self.having(*statuses) if (e["date"], e["start"]) == frame]

    def cases_of(self, agent_id: str, frame: tuple[date, str]) -> int:
        """Return how many active cases an agent has in a frame."""
        mine = [each for each in self.visits_in(frame, OPEN) if each["agent"] == agent_id]
        return sum(case["status"] == "active" for each in mine for case in each["cases"])

    def booked(self, frame: tuple[date, str]) -> int:
        there = self.visits_in(frame, HOLDING)
        return sum(case["status"] != "dropped" for each in there for case in each["cases"])

    def capacity(self, frame: tuple[date, str]) -> int:
        """Return how many cases a frame takes: day and hour, then day, then hour, then all."""
        day, start = frame
        found = int(self.settings["frames.capacity"])
        for wanted in ((None, start), (day, None), (day, start)):
            for exception in self.settings["frames.exceptions"]:
                if (exception.get("date"), exception.get("start")) == wanted:
                    found = exception["capacity"]
        return found

    def stands(self, number: str, besides: Entry | None = None) -> bool:
        """Is a number taken by a reservation that is not over?"""
        return any(
            case["number"] == number and case["status"] in ("active", "collected")
            for each in self.having(*STANDING)
            if each is not besides and each["date"] >= self.today
            for case in each["cases"]
        )

    # What the rules ask

    def ask_service(self, office: bool) -> list[Told]:
        """Maintenance is for agents only."""
        running = self.maintenance is not None
        if self.maintenance is not None and self.maintenance["end"] is not None:
            running = self.now < self.maintenance["end"]
        return [("service.maintenance", "service")] if running and not office else []

    def ask_certificate(self, agent: Entry, day: date) -> list[Told]:
        """1: valid on the day of the visit, its last day included."""
        late = agent["valid_until"] < day
        return [("agent.certificate", agent["id"], str(day))] if late else []

    def ask_suspended(self, agent: Entry) -> list[Told]:
        """6(4): judged on the day of booking."""
        found = agent["suspension"]
        if found is not None and found["since"] <= self.today < found["until"]:
            return [("agent.suspended", agent["id"])]
        return []

    def ask_agent(self, agent: Entry, day: date) -> list[Told]:
        """All that booking asks of an agent."""
        educational = agent["occupation"] == "educational"
        return [
            *([("agent.educational", agent["id"])] if educational else []),
            *self.ask_certificate(agent, day),
            *([] if agent["verified"] else [("agent.unverified", agent["id"])]),
            *self.ask_suspended(agent),
            *([] if agent["terms"] else [("agent.terms", agent["id"])]),
        ]

    def ask_place(self, day: date, hour: str) -> list[Told]:
        """3(1): the first of three things wrong with a day, and beside it the hour."""
        found = []
        if day < self.today:
            found.append(("day.past", str(day)))
        elif not self.days.is_open(day):
            found.append(("day.closed", str(day)))
        elif day not in self.days.shown(self.today):
            found.append(("day.not-shown", str(day)))
        if hour not in self.starts:
            found.append(("frame.unknown", f"{day} {hour}"))
        elif not found:
            if (day, hour) in self.closed_hours:
                found.append(("frame.closed", f"{day} {hour}"))
            if self.now >= at(day, hour):
                found.append(("frame.past", f"{day} {hour}"))
        is_refused = self.settings[
            "deadline.booking_after"
        ] == "refuse" and self.now >= self.days.closes(day)
        if is_refused and all(told[0].startswith("frame.") for told in found):
            found.append(("deadline.booking", str(day)))
        return found

    def marked_kind(self, number: str) -> str:
        """Return the kind that a number tells, "" where it tells none or several."""
        kinds = self.marked_kinds(number)
        return kinds[0] if len(set(kinds)) == 1 else ""

    def contradicts(self, case: Entry) -> bool:
        """Does a number tell another kind than its case has? That is warned of."""
        return any(kind != case["kind"] for kind in self.marked_kinds(case["number"]))

    def marked_kinds(self, number: str) -> list[str]:
        """Return what a number tells: by a kanji anywhere, by a letter between kanji and digit."""
        kinds = []
        for place, sign in enumerate(number):
            before, behind = number[place - 1 : place], number[place + 1 : place + 2]
            between = before in tuple("更変永東横") and behind in tuple("0123456789")
            if sign in self.settings["cases.kind_marks"] and (between or not sign.isascii()):
                kinds.append(self.settings["cases.kind_marks"][sign])
        return kinds

    def ask_reentry(self, case: Entry, together: list[Entry]) -> list[Told]:
        """1: a re-entry permit goes with an eligible case of the same reservation."""
        if case["kind"] != "reentry":
            return []
        for other in together:
            eligible = other["kind"] in self.settings["cases.kinds"]
            if other is not case and other["number"] == case["with"] and eligible:
                return []
        return [("case.reentry-alone", case["number"])]

    def ask_case(self, case: Entry, agent: Entry, together: list[Entry]) -> list[Told]:
        """1: everything that is asked of a case, whoever else has it."""
        codes = []
        kind, number = case["kind"], case["number"]
        if kind != "reentry" and kind not in self.settings["cases.kinds"]:
            codes.append("case.kind")
        elif kind == "acquisition" and case["birth"] != "yes":
            codes.append("case.birth-only")
        codes += [code for code, *_ in self.ask_reentry(case, together)]
        asked = {
            "case.filed-online": case["filed"] == "online",
            "case.filed-elsewhere": case["office"],
            "case.under-review": case["review"] != "done",
            "case.counter": case["counter"],
        }
        codes += [code for code, wrong in asked.items() if wrong]
        recipient, occupation = case["recipient"], agent["occupation"]
        allowed = (
            recipient == "self"
            or (recipient in ("colleague", "staff") and occupation in STAFF)
            or (recipient == "professional" and occupation in PROFESSIONALS)
        )
        only_cards = self.settings["cases.collect_only"] == "cards"
        if only_cards and recipient in ("colleague", "professional") and kind not in CARDS:
            allowed = False
        if not allowed:
            codes.append("case.recipient")
        return [(code, number) for code in codes]

    def ask_limits(
        self, agent: Entry, frame: tuple[date, str], new_frames: int, left: int, counts: Entry
    ) -> list[Told]:
        """3(2): the agent's frames and cases, then all cases; on a day that is over none counts."""
        found: list[Told] = []
        if frame[0] < self.today:
            return found
        place = f"{frame[0]} {frame[1]}"
        if new_frames > left:
            found.append(("quota.frames", agent["id"]))
        if self.cases_of(agent["id"], frame) + counts["mine"] > self.settings["quota.cases"]:
            found.append(("quota.cases", place, agent["id"]))
        if self.booked(frame) + counts["all"] > self.capacity(frame):
            found.append(("frame.full", place))
        return found

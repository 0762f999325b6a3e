"""The naive model, continued: the counter, and the marks that come of it."""

from __future__ import annotations

from copy import deepcopy
from datetime import date, datetime, timedelta
from typing import Any

from tests.model.days import add_months, at
from tests.model.naive import HOLDING, Entry, Refused, Told, answer, refuse, refuse_if
from tests.model.visits import Visits

LIMITS = {"no-show": "conduct.no_shows", "late-cancel": "conduct.late_cancels"}
"""The setting that says how many marks of a kind suspend."""


class Counter(Visits):
    """What the counter does, by the names of its commands."""

    def __init__(self, settings: dict[str, Any], agents: list[Entry], now: datetime) -> None:
        super().__init__(settings, agents, now)
        self.marks: list[Entry] = []

    def step(self, reservation: Entry, op: str, **changes: Any) -> Entry:
        """Take a step at the desk, and remember what it changes: an undo puts only that back."""
        before = deepcopy({name: reservation[name] for name in changes})
        reservation["steps"].append((op, changes.get("status", reservation["status"]), before))
        reservation.update(changes)
        return answer(changed=True)

    def arrive(self, command: Entry) -> Entry:
        """6(3): until the end of the hour the agent arrives; from then on the office says how."""
        refuse_if(command["at"] is not None and command["at"] > self.now, 5)
        visit = self.find(command["number"], None)
        if visit["status"] == ("late" if command["how"] == "late" else "arrived"):
            return answer(changed=False)
        self.ask_open(visit)
        came = command["at"] or self.now
        over = came >= at(visit["date"], visit["start"]) + timedelta(hours=1)
        refuse_if(visit["status"] == "arrived" or came.date() < visit["date"], 3)
        if over and command["how"] == "late":
            return self.step(visit, "late", status="late", arrived_at=self.now)
        announced = visit["late_notice"] is not None and self.today == visit["date"]
        accepted = over and command["how"] == "accept-late" and announced
        if accepted or (not over and command["how"] != "late"):
            return self.step(visit, "arrive", status="arrived", arrived_at=came)
        raise Refused(3)

    def collect(self, command: Entry) -> Entry:
        """6(1), 6(2): case by case; handing over asks the certificate again."""
        visit = self.find(command["number"], None)
        reasons = command["not_handed"]
        there = [case["number"] for case in visit["cases"] if case["status"] != "dropped"]
        for place, (number, _) in enumerate(reasons):
            refuse_if(number in [other for other, _ in reasons[:place]], 5)
            refuse_if(number not in there, 4)
        cases = [dict(case) for case in visit["cases"]]
        for case in cases:
            if case["status"] != "dropped":
                why = dict(reasons).get(case["number"])
                case |= {"status": "not-handed" if why else "collected", "why": why}
        handed = any(case["status"] == "collected" for case in cases)
        status = "collected" if handed else "not-handed"
        if (status, cases) == (visit["status"], visit["cases"]):
            return answer(changed=False)
        self.ask_open(visit)
        refuse_if(visit["status"] != "arrived", 3)
        if handed:
            # Valid when the result is handed over, as the notice has it: the later of the two.
            day = max(visit["date"], self.today)
            refuse(self.ask_certificate(self.agent(visit["agent"]), day))
        return self.step(visit, "collect", status=status, cases=cases)

    def ask_call(self, visit: Entry, called: datetime) -> None:
        """A call is about an active reservation, and comes after its booking."""
        self.ask_open(visit)
        refuse_if(visit["status"] == "arrived", 3)
        refuse_if(called < visit["booked_at"], 5)

    def late_notice(self, command: Entry) -> Entry:
        """4(2): the agent comes late; noted until the hour begins, and only once."""
        called = command["at"] or self.now
        refuse_if(called > self.now, 5)
        visit = self.find(command["number"], None)
        if visit["status"] == "active" and visit["late_notice"] is not None:
            return answer(changed=False)
        self.ask_call(visit, called)
        refuse_if(self.now >= at(visit["date"], visit["start"]), 3)
        return self.step(visit, "late-notice", late_notice=called)

    def late_cancel(self, command: Entry) -> Entry:
        """4(2), 6(4): cancel after the deadline and before the hour; that is a mark."""
        called = command["at"] or self.now
        refuse_if(called > self.now, 5)
        visit = self.find(command["number"], None)
        self.ask_whole(visit, command["number"])
        if visit["status"] in ("cancelled", "late-cancelled"):
            return answer(changed=False)
        self.ask_call(visit, called)
        if self.now >= at(visit["date"], visit["start"]):
            raise Refused(3, ("cancel.too-late", visit["number"]))
        refuse_if(called < visit["closes"], 3)
        self.step(visit, "late-cancel", status="late-cancelled")
        self.mark([visit], "late-cancel")
        return answer(changed=True)

    def mark(self, visits: list[Entry], kind: str) -> None:
        """6(4): set marks, and where the settings say so the suspension that follows."""
        for visit in visits:
            self.marks.append({name: visit[name] for name in ("agent", "date", "number")})
            self.marks[-1]["kind"] = kind
        for visit in visits:
            agent = self.agent(visit["agent"])
            there = agent["suspension"]
            free = there is None or there["until"] <= self.today
            counted = self.counted(agent["id"], kind, self.today)
            enough = len(counted) >= self.settings[LIMITS[kind]]
            if self.settings["conduct.mode"] == "auto" and free and enough:
                until = add_months(self.today, self.settings["conduct.suspend_months"])
                agent["suspension"] = {"since": self.today, "until": until}
                agent["suspension"] |= {"kind": kind, "numbers": counted}

    def counted(self, agent_id: str, kind: str, day: date) -> list[str]:
        since = add_months(day, -self.settings["conduct.months_back"])
        same = [each for each in self.marks if (each["agent"], each["kind"]) == (agent_id, kind)]
        return [mark["number"] for mark in same if mark["date"] >= since]

    def close_day(self, command: Entry) -> Entry:
        """6(4): without arrival or cancellation it is a no-show, unless the office closed it."""
        days = sorted({each["date"] for each in self.having("active")})
        if command["date"] is not None:
            days = [self.resolve(command["date"])]
            refuse_if(not self.is_over(days[0]), 3)
        missed, ended = [], []
        for day in filter(self.is_over, days):
            visits = [each for each in self.reservations if each["date"] == day]
            active = [each for each in visits if each["status"] == "active"]
            closed = [each for each in active if self.was_closed(each)]
            missing = [each for each in active if each not in closed]
            scanned = any(each["status"] in HOLDING[1:5] for each in visits)
            refuse_if(missing and not scanned and not command["all_no_show"], 3)
            missed += missing
            ended += closed
        for visit in ended:
            self.step(visit, "no-show", status="office-closed")
        for visit in missed:
            self.step(visit, "no-show", status="no-show")
        self.mark(missed, "no-show")
        return answer(changed=bool(missed or ended))

    def is_over(self, day: date) -> bool:
        """Has the last hour of a day ended?"""
        return self.now >= at(day, max(self.starts)) + timedelta(hours=1)

    def was_closed(self, visit: Entry) -> bool:
        hour = visit["date"], visit["start"]
        return not self.days.is_open(visit["date"]) or hour in self.closed_hours

    def undo(self, command: Entry) -> Entry:
        """6(4): take back the last step, its mark and its suspension; ask for what it set free."""
        visit = self.find(command["number"], None)
        refuse_if(not visit["steps"], 3)
        op, left_behind, before = visit["steps"][-1]
        refuse_if(visit["status"] != left_behind, 3, ("reservation.ended", visit["number"]))
        refuse(self.ask_revival(visit, op, before.get("cases", visit["cases"])))
        visit.update(deepcopy(before))
        visit["steps"].pop()
        self.unmark(visit)
        return answer(changed=True)

    def unmark(self, visit: Entry) -> None:
        """Take a mark away, and a suspension that would not be there without it."""
        agent, number = self.agent(visit["agent"]), visit["number"]
        gone = [mark for mark in self.marks if mark["number"] == number]
        self.marks = [mark for mark in self.marks if mark["number"] != number]
        held = agent["suspension"]
        if gone and held is not None and number in held.get("numbers", []):
            left = self.counted(agent["id"], gone[0]["kind"], held["since"])
            if len(left) < self.settings[LIMITS[gone[0]["kind"]]]:
                agent["suspension"] = None

    def ask_revival(self, visit: Entry, op: str, cases: list[Entry]) -> list[Told]:
        """Ask whether the numbers and the room that the step set free are free still."""
        found: list[Told] = []
        frame = visit["date"], visit["start"]
        active = [case["number"] for case in cases if case["status"] == "active"]
        if self.now < at(*frame) + timedelta(hours=1):
            taken = [number for number in active if self.stands(number, visit)]
            found += [("case.duplicate", number) for number in taken]
        if op == "late-cancel" and frame in self.closed_hours and frame[0] >= self.today:
            found.append(("frame.closed", f"{frame[0]} {frame[1]}"))
        elif op == "late-cancel":
            agent = self.agent(visit["agent"])
            shown = visit["date"] in self.days.shown(self.today)
            new = shown and frame not in self.frames_held(agent["id"])
            counts = {"mine": len(active), "all": len(active)}
            found += self.ask_limits(agent, frame, new, self.frames_left(agent["id"]), counts)
        return found

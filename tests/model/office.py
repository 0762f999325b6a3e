"""The naive model, continued: the office's closures, maintenance, the register of agents."""

from __future__ import annotations

from datetime import date, timedelta

from tests.model.counter import Counter
from tests.model.days import add_months, at
from tests.model.naive import OPEN, Entry, Refused, answer, refuse, refuse_if


class Office(Counter):
    """Everything an office does, by the names of its commands."""

    def office_close(self, command: Entry) -> Entry:
        """Close today or a later day; active reservations end without a mark, deadlines stay."""
        day, hours = self.resolve(command["date"]), command["hours"]
        last = command["until"] or day
        refuse_if(last < day, 2)
        found = [("day.past", str(day))] if day < self.today else []
        for hour in hours:
            if hour not in self.starts:
                found.append(("frame.unknown", f"{day} {hour}"))
        refuse(found)
        days = [day + timedelta(days=n) for n in range((last - day).days + 1)]
        self.closed_hours += [(day, hour) for day in days for hour in hours]
        if not hours:
            self.days.closed += days
        for each in self.reservations:
            there = each["date"] in days and (not hours or each["start"] in hours)
            if there and each["status"] == "active":
                each["status"] = "office-closed"
        return answer()

    def office_reopen(self, command: Entry) -> Entry:
        """Open a day and its hours; deadlines move to later; what still fits comes back."""
        day = self.resolve(command["date"])
        refuse_if(day in self.days.closed_for_good, 5)
        refuse([("day.past", str(day))] if day < self.today else [])
        before = [self.days.closes(each["date"]) for each in self.reservations]
        self.days.closed = [other for other in self.days.closed if other != day]
        self.days.opened.append(day)
        self.closed_hours = [hour for hour in self.closed_hours if hour[0] != day]
        if command["restore"]:
            self.restore(day)
        for each, closed in zip(self.reservations, before, strict=True):
            closes = self.days.closes(each["date"])
            if each["status"] in OPEN and closed < closes:
                each["closes"] = max(each["closes"], closes)
        return answer()

    def restore(self, day: date) -> None:
        """Bring back what was closed, in the order in which it was made, where the rules hold."""
        left = {agent["id"]: self.frames_left(agent["id"]) for agent in self.agents}
        held = {agent["id"]: self.frames_held(agent["id"]) for agent in self.agents}
        new: dict[str, list[str]] = {agent["id"]: [] for agent in self.agents}
        for each in sorted(self.reservations, key=lambda each: each["made"]):
            if each["date"] != day or each["status"] != "office-closed":
                continue
            agent, frame = self.agent(each["agent"]), (day, each["start"])
            active = [c["number"] for c in each["cases"] if c["status"] == "active"]
            asked = list(new[agent["id"]])
            if day in self.days.shown(self.today) and frame not in held[agent["id"]]:
                asked += [each["start"]] if each["start"] not in asked else []
            counts = {"mine": len(active), "all": len(active)}
            found = self.ask_certificate(agent, day) + self.ask_suspended(agent)
            if each["start"] not in self.starts or self.now >= at(*frame):
                found.append(("frame.past", ""))
            found += [("case.duplicate", number) for number in active if self.stands(number)]
            found += self.ask_limits(agent, frame, len(asked), left[agent["id"]], counts)
            if not found:
                each["status"] = "active"
                each["closes"] = max(each["closes"], self.days.closes(day))
                new[agent["id"]] = asked

    def office_maintenance(self, command: Entry) -> Entry:
        if not command["over"] and command["end"] is not None and command["end"] <= self.now:
            raise Refused(5)
        self.maintenance = None if command["over"] else {"end": command["end"]}
        return answer()

    def agent_suspend(self, command: Entry) -> Entry:
        """6(4): whole days; without an end so many months."""
        since = command["since"] or self.today
        until = command["until"] or add_months(since, self.settings["conduct.suspend_months"])
        refuse_if(until <= since, 5)
        agent = self.agent(command["agent"])
        agent["suspension"] = {"since": since, "until": until}
        return answer()

    def agent_reinstate(self, command: Entry) -> Entry:
        self.agent(command["agent"])["suspension"] = None
        return answer()

    def agent_edit(self, command: Entry) -> Entry:
        self.agent(command["agent"])["valid_until"] = command["valid_until"]
        return answer()

    def terms_accept(self, command: Entry) -> Entry:
        """Only agents accept terms, so not during a maintenance."""
        agent = self.agent(command["agent"])
        if agent["terms"]:
            return answer(changed=False)
        refuse(self.ask_service(False))
        agent["terms"] = True
        return answer(changed=True)

"""The naive model, completed: booking the rows of a file in one go."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from tests.model.naive import OPEN, Entry, Refused, Told, answer, in_order, refuse_if
from tests.model.office import Office
from tests.model.visits import MY_NUMBER


class Model(Office):
    """The whole model; a command is a dictionary whose ``do`` is the method to call.

    It does not plan: a command with rows that name no frame brings along where the program has
    placed them (``placed``), and the model says whether the rules allow that, and whether what
    found no place could have had one.
    """

    def book_rows(self, command: Entry) -> Entry:
        """Book rows: all or none of them, or whatever can be."""
        rows, left_out = self.read_rows(command)
        for at_place, row in enumerate(rows):
            row["row"] = at_place
        self.settle(rows, command["again"])
        todo = [row for row in rows if row["outcome"] is None]
        request = {
            "office": command["office"],
            "best_effort": command["best_effort"],
            "left": {agent["id"]: self.frames_left(agent["id"]) for agent in self.agents},
            "taken": [],
            "fixed": [row for row in todo if row["date"] and row["hour"]],
        }
        fixed = request["fixed"]
        for group in groups_of(rows):
            self.judge_group([row for row in group if row in fixed], request)
        opened = [row for row in todo if row not in fixed]
        self.follow_placing(opened, command["placed"] if opened else [], request)
        failed = any(row["outcome"] in ("refused", "not-placed") for row in rows)
        if failed and not command["best_effort"]:
            for row in todo:
                row["outcome"] = row["outcome"].replace("booked", "not-booked")
        self.make_visits(todo)
        told = in_order([each for row in rows for each in row["refusals"]])
        refusals = [] if command["best_effort"] else told
        return answer(3 if failed or left_out else 0, rows=rows) | {"refusals": refusals}

    def read_rows(self, command: Entry) -> tuple[list[Entry], bool]:
        """Return the rows; --best-effort leaves out those in which only a My Number is wrong."""
        rows, left_out = [], False
        for row in command["rows"]:
            if command["best_effort"] and row["number"] == MY_NUMBER:
                self.read_row(command, row | {"number": "1"})
                left_out = True
            else:
                rows.append(self.read_row(command, row))
        for group in groups_of(rows):
            if any(len({row[key] for row in group if row[key]}) > 1 for key in ("date", "hour")):
                raise Refused(5)
        return rows, left_out

    def read_row(self, command: Entry, row: Entry) -> Entry:
        """Return a row with its case; one for somebody else, or for nobody, is bad input."""
        known = any(agent["id"] == row["agent"] for agent in self.agents)
        refuse_if(not known or (not command["office"] and row["agent"] != command["agent"]), 5)
        given = {key: row[key] for key in row if key not in ("agent", "date", "hour")}
        day = date.fromisoformat(row["date"]) if row["date"] else None
        found = {"spec": self.complete(given), "agent": row["agent"], "refusals": []}
        return found | {"date": day, "hour": row["hour"]}

    def settle(self, rows: list[Entry], again: bool) -> None:
        """Set the outcome of rows that are not to be booked: not ready, there already, ended."""
        since = self.today - timedelta(days=31)
        named = [row["date"] for row in rows]
        looked_at = [e for e in self.reservations if e["date"] >= since or e["date"] in named]
        for row in rows:
            row["outcome"], number = None, row["spec"]["number"]
            stands = over = False
            for each in looked_at:
                over = over or (each["agent"] == row["agent"] and number in each["former"])
                for case in each["cases"]:
                    if each["agent"] != row["agent"] or case["number"] != number:
                        continue
                    if each["status"] in OPEN and case["status"] == "active":
                        stands = True
                        if row["date"] in (None, each["date"]) and row["hour"] in (
                            "",
                            each["start"],
                        ):
                            row["outcome"] = "already"
                    over = over or case["status"] in ("dropped", "collected")
                    over = over or each["status"] in ("cancelled", "late-cancelled")
            if over and not stands and not again:
                row["outcome"] = "ended"
            if row["spec"]["review"] == "pending":
                row["outcome"] = "not-ready"
        self.tell_once(rows)

    def tell_once(self, rows: list[Entry]) -> None:
        """Of rows with one number only the first is there already; rows with a frame go first."""
        there = [row for row in rows if row["outcome"] == "already"]
        there.sort(key=lambda row: row["date"] is None or not row["hour"])
        numbers = [row["spec"]["number"] for row in there]
        for place, row in enumerate(there):
            if numbers[place] in numbers[:place]:
                row["outcome"] = None

    def judge_group(self, group: list[Entry], request: Entry) -> None:
        """Rows that go together are refused together, and take nothing then."""
        before = list(request["taken"])
        for row in group:
            self.judge(row, request, group)
        refused = [row for row in group if row["refusals"]]
        for row in group if refused else []:
            row["outcome"] = "refused"
            row["refusals"] = row["refusals"] or [("case.together", row["spec"]["number"])]
            if request["best_effort"]:
                request["taken"][:] = before

    def judge(self, row: Entry, request: Entry, group: list[Entry]) -> None:
        """Ask everything that booking a single case asks, beside what was taken before."""
        taken = request["taken"]
        others = [*taken, *group] if request["best_effort"] else request["fixed"]
        together = [other["spec"] for other in others if same_visit(other, row)]
        agent, frame = self.agent(row["agent"]), (row["date"], row["hour"])
        place = self.ask_place(*frame)
        found = self.ask_service(request["office"]) + self.ask_agent(agent, row["date"]) + place
        found += self.ask_case(row["spec"], agent, together)
        found += self.ask_named(row, taken)
        if not place:
            counts = {"mine": 0, "all": 0}
            for other in (*taken, row):
                if (other["date"], other["hour"]) == frame:
                    counts["all"] += 1
                    counts["mine"] += other["agent"] == agent["id"]
            new = self.new_frames([*taken, row], agent["id"])
            rank = new.index(frame) + 1 if frame in new else 0
            found += self.ask_limits(agent, frame, rank, request["left"][agent["id"]], counts)
        row["refusals"] = in_order(found)
        row["outcome"] = "refused" if found else "booked"
        taken.append(row)

    def new_frames(self, rows: list[Entry], agent_id: str) -> list[tuple[date, str]]:
        """Return the frames of an agent's rows that it does not hold, in their order."""
        held = self.frames_held(agent_id)
        new: list[tuple[date, str]] = []
        for row in rows:
            frame = row["date"], row["hour"]
            named = row["date"] and row["hour"]
            if named and row["agent"] == agent_id and frame not in (*held, *new):
                new += [] if self.ask_place(*frame) else [frame]
        return new

    def ask_named(self, row: Entry, taken: list[Entry]) -> list[Told]:
        """A number is free, and no earlier row has it."""
        number = row["spec"]["number"]
        named = any(other["spec"]["number"] == number for other in taken)
        return [("case.duplicate", number)] if named or self.stands(number) else []

    # Rows that name no frame

    def follow_placing(self, todo: list[Entry], placed_at: list[Any], request: Entry) -> None:
        """Judge rows where the program placed them; one left out must have no place anywhere."""
        homeless: list[Entry] = []
        for row in todo:
            agent = self.agent(row["agent"])
            found = self.ask_service(request["office"]) + self.ask_agent(agent, date.min)
            found += self.ask_case(row["spec"], agent, []) + self.ask_named(
                row, [*request["taken"], *homeless]
            )
            outcome, day, hour = placed_at[row["row"]]
            if found:
                found += self.ask_given(row, agent)
                row |= {"refusals": in_order(found), "outcome": "refused"}
                request["taken"] += [] if request["best_effort"] else [row]
            elif outcome in ("booked", "not-booked"):
                placed = row | {"date": date.fromisoformat(day), "hour": hour}
                assert self.suits(row, placed), "it was placed where it did not want to be"
                row.update(placed)
                self.judge_group([row], request)
            else:
                homeless.append(row)
        for row in homeless:
            row["outcome"] = "placeable" if self.find_place(row, request) else "not-placed"

    def ask_given(self, row: Entry, agent: Entry) -> list[Told]:
        """Ask about the day or the hour that a refused row names; the other is open."""
        found: list[Told] = []
        days, starts = self.days.shown(self.today), self.starts
        if row["date"]:
            told = self.ask_place(row["date"], starts[0])
            found += [each for each in told if each[0].startswith(("day.", "deadline."))]
            found += self.ask_certificate(agent, row["date"])
        elif row["hour"] and row["hour"] not in starts and days:
            found.append(("frame.unknown", f"{days[0]} {row['hour']}"))
        return found

    def suits(self, row: Entry, placed: Entry) -> bool:
        """Is a place on the day and at the hour named by the row, and in time for its case?"""
        last = row["spec"]["collect_by"]
        in_time = not last or str(placed["date"]) <= last
        there = row["date"] in (None, placed["date"]) and row["hour"] in ("", placed["hour"])
        return in_time and there

    def find_place(self, row: Entry, request: Entry) -> bool:
        """Is there a frame that would take one more case, beside the rows taken already?"""
        for day in self.days.shown(self.today):
            for hour in self.starts:
                trial = row | {"date": day, "hour": hour}
                if self.suits(row, trial):
                    self.judge(trial, request | {"taken": list(request["taken"])}, [trial])
                    if trial["outcome"] == "booked":
                        return True
        return False

    def make_visits(self, todo: list[Entry]) -> None:
        """Write down what was booked: rows of one agent, day and hour are one reservation."""
        booked = [row for row in todo if row["outcome"] == "booked"]
        done: list[Any] = []
        for row in booked:
            if all(row is not other for other in done):
                visit = [other for other in booked if same_visit(other, row)]
                cases = [other["spec"] for other in visit]
                self.make(row["agent"], row["date"], row["hour"], cases)
                done += visit


def same_visit(one: Entry, other: Entry) -> bool:
    return all(one[key] == other[key] for key in ("agent", "date", "hour"))


def groups_of(rows: list[Entry]) -> list[list[Entry]]:
    """Return the rows that go together (``with``), group by group, by the first row of each.

    Of rows with one number one is the case, the first with a frame if there is such a one.
    """
    groups = [[row] for row in rows]
    cases: list[Entry] = []
    for row in sorted(rows, key=lambda row: not (row["date"] and row["hour"])):
        if not any(same_case(row, other["spec"]["number"], other) for other in cases):
            cases.append(row)
    for row in cases:
        for main in cases:
            if same_case(main, row["spec"]["with"], row):
                one, other = (
                    next(group for group in groups if any(each is member for each in group))
                    for member in (row, main)
                )
                if one is not other:
                    groups.remove(other)
                    one += other
    ordered = [[row for row in rows if any(row is each for each in group)] for group in groups]
    return sorted(ordered, key=lambda group: min(at for at, r in enumerate(rows) if r is group[0]))


def same_case(row: Entry, number: str, other: Entry) -> bool:
    """Is a row the case with a number of the other row's agent?"""
    return bool(row["spec"]["number"] == number and row["agent"] == other["agent"])

"""Book a case file into TinyDB: ``python benchmarks/bulk_tinydb.py index|query DIR FILE RESULT``.

``init DIR`` makes the database of DIR/office.json. ``query`` asks TinyDB every question of every
row, by its own queries; ``index`` reads each table once into dictionaries. Both insert everything
at the end, written to the disk once: TinyDB rewrites its whole file whenever it writes.
"""

from __future__ import annotations

import getpass
import os
import sys
from collections import defaultdict

from bulk_checks import HOLDING, Agent, Entry, Reservation, run
from bulk_reading import Office, load_office
from tinydb import TinyDB, where
from tinydb.middlewares import CachingMiddleware
from tinydb.storages import JSONStorage


def open_database(folder: str) -> TinyDB:
    """Return the office's database; it is read once and written when it is closed."""
    path = os.path.join(folder, "office-tinydb.json")
    return TinyDB(path, storage=CachingMiddleware(JSONStorage), ensure_ascii=False)


class QueryBook:
    """The office's database, every question a query."""

    def __init__(self, folder: str, office: Office) -> None:
        self._office = office
        self._database = open_database(folder)
        self._agents = self._database.table("agents")
        self._days = self._database.table("days")
        self._reservations = self._database.table("reservations")
        self._cases = self._database.table("cases")

    def agent(self, name: str) -> Agent | None:
        """Return an agent, None where there is none."""
        found = self._agents.get(where("id") == name)
        return found and _agent(found)

    def knows(self, name: str) -> bool:
        """Tell whether there is such an agent."""
        return self.agent(name) is not None

    def is_open(self, day: str) -> bool:
        """Tell whether a day is an open one."""
        return self._days.get(where("date") == day)["open"]

    def entries(self, number: str) -> list[Entry]:
        """Return what is known of a case number."""
        return [
            _entry(self._reservations.get(where("number") == case["reservation"]), case)
            for case in self._cases.search(where("number") == number)
        ]

    def frames(self, agent: str) -> set[tuple[str, str]]:
        """Return the frames on shown days that an agent holds."""
        found = self._reservations.search(
            (where("agent") == agent)
            & where("status").one_of(HOLDING)
            & where("date").one_of(self._office.shown)
        )
        return {(made["date"], made["start"]) for made in found}

    def cases(self, agent: str, day: str, start: str) -> int:
        """Return an agent's active cases in a frame."""
        found = self._reservations.search(
            (where("agent") == agent)
            & (where("date") == day)
            & (where("start") == start)
            & where("status").one_of(["active", "arrived"])
        )
        return sum(
            self._cases.count(
                (where("reservation") == made["number"]) & (where("status") == "active")
            )
            for made in found
        )

    def booked(self, day: str, start: str) -> int:
        """Return the cases of all agents in a frame."""
        found = self._reservations.search(
            (where("date") == day) & (where("start") == start) & where("status").one_of(HOLDING)
        )
        numbers = [made["number"] for made in found]
        return self._cases.count(
            where("reservation").one_of(numbers) & (where("status") != "dropped")
        )

    def last_sequence(self, day: str) -> int:
        """Return the highest sequence of a day's reservation numbers."""
        found = self._reservations.search(where("date") == day)
        return max((int(made["number"].split("-")[1]) for made in found), default=0)

    def open_day_before(self, day: str) -> str:
        """Return the last open day before a day."""
        found = self._days.search((where("date") < day) & (where("open") == True))  # noqa: E712 (a query is built)
        return max(each["date"] for each in found)

    def save(self, reservations: list[Reservation]) -> None:
        """Store reservations, their cases and a record of who booked, durable; then close."""
        office = self._office
        self._reservations.insert_multiple(
            {
                "number": made.number,
                "agent": made.agent,
                "date": made.date,
                "start": made.start,
                "status": "active",
                "first_count": len(made.cases),
                "booked_at": office.now,
                "closes": made.closes,
                "rules": office.rules,
                "terms": self.agent(made.agent).terms,
            }
            for made in reservations
        )
        self._cases.insert_multiple(
            {
                "reservation": made.number,
                "number": row.number,
                "kind": row.kind,
                "recipient": row.recipient,
                "birth": row.birth,
                "main": row.main,
                "status": "active",
            }
            for made in reservations
            for row in made.cases
        )
        if reservations:
            self._database.table("audit").insert(
                {
                    "at": office.now,
                    "op": "book",
                    "actor": "office",
                    "account": getpass.getuser(),
                    "reservations": len(reservations),
                    "cases": sum(len(made.cases) for made in reservations),
                }
            )
        self._database.close()


class IndexBook(QueryBook):
    """The same with every table read once, and dictionaries for the questions of the rows."""

    def __init__(self, folder: str, office: Office) -> None:
        super().__init__(folder, office)
        self._agent_of = {found["id"]: _agent(found) for found in self._agents}
        self._open = {found["date"]: found["open"] for found in self._days}
        self._frames_of: dict[str, set[tuple[str, str]]] = defaultdict(set)
        self._entries_of: dict[str, list[Entry]] = defaultdict(list)
        self._cases_of: dict[tuple[str, str, str], int] = defaultdict(int)
        self._booked_of: dict[tuple[str, str], int] = defaultdict(int)
        reservations = {}
        for made in self._reservations:
            reservations[made["number"]] = made
            if made["status"] in HOLDING and made["date"] in office.shown:
                self._frames_of[made["agent"]].add((made["date"], made["start"]))
        for case in self._cases:
            entry = _entry(reservations[case["reservation"]], case)
            self._entries_of[case["number"]].append(entry)
            if entry.status in ("active", "arrived") and entry.case_status == "active":
                self._cases_of[entry.agent, entry.date, entry.start] += 1
            if entry.status in HOLDING and entry.case_status != "dropped":
                self._booked_of[entry.date, entry.start] += 1

    def agent(self, name: str) -> Agent | None:
        """Return an agent, None where there is none."""
        return self._agent_of.get(name)

    def is_open(self, day: str) -> bool:
        """Tell whether a day is an open one."""
        return self._open[day]

    def entries(self, number: str) -> list[Entry]:
        """Return what is known of a case number."""
        return self._entries_of.get(number, [])

    def frames(self, agent: str) -> set[tuple[str, str]]:
        """Return the frames on shown days that an agent holds."""
        return self._frames_of.get(agent, set())

    def cases(self, agent: str, day: str, start: str) -> int:
        """Return an agent's active cases in a frame."""
        return self._cases_of.get((agent, day, start), 0)

    def booked(self, day: str, start: str) -> int:
        """Return the cases of all agents in a frame."""
        return self._booked_of.get((day, start), 0)


def _agent(found: dict) -> Agent:
    return Agent(*(found[key] for key in Agent._fields))


def _entry(made: dict, case: dict) -> Entry:
    return Entry(
        made["number"], made["agent"], made["date"], made["start"], made["status"], case["status"]
    )


def make(folder: str) -> None:
    """Make the database of an office that has agents and days, and no reservation."""
    _, found = load_office(os.path.join(folder, "office.json"))
    database = open_database(folder)
    database.table("agents").insert_multiple(found["agents"])
    database.table("days").insert_multiple(
        {"date": day, "open": is_open} for day, is_open in found["days"]
    )
    database.close()


if __name__ == "__main__":
    if sys.argv[1] == "init":
        make(sys.argv[2])
    else:
        run(IndexBook if sys.argv[1] == "index" else QueryBook, *sys.argv[2:])

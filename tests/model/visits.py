"""The naive model, continued: booking one frame, changing, cancelling."""

from __future__ import annotations

from datetime import date, timedelta

from tests.model.naive import OPEN, Book, Entry, Refused, Told, answer, refuse, refuse_if

OFFICE = "Y"
MY_NUMBER = "123456789018"
ALPHABET = "0123456789ABCDEFGHJKMNPRSTVWXYZ"


class Visits(Book):
    """What an agent may do, by the names of the commands."""

    # Booking

    def resolve(self, text: str) -> date:
        """Return a day; ``+n`` is the n-th shown one, and exit 2 where there is none."""
        if not text.startswith("+"):
            return date.fromisoformat(text)
        shown, place = self.days.shown(self.today), int(text[1:])
        refuse_if(not 1 <= place <= len(shown), 2)
        return shown[place - 1]

    def complete(self, given: Entry) -> Entry:
        """Return a case with its defaults; exit 5 for a word that is no kind, or no number."""
        refuse_if(given.get("kind") == "visa" or given["number"] == MY_NUMBER, 5)
        kind = self.marked_kind(given["number"]) or "extension"
        case = {"kind": kind, "recipient": "self", "birth": "no", "with": "", "counter": ""}
        case |= {"filed": "window", "office": "", "review": "done", "collect_by": ""}
        return case | self.made_uniform(given) | {"status": "active"}

    def made_uniform(self, given: Entry) -> Entry:
        """Return the values given of a case, without this office's own name and counter."""
        given = dict(given)
        if given.get("office") in (OFFICE, self.settings["office.name"]):
            given["office"] = ""
        if given.get("counter") == "3":
            given["counter"] = ""
        return given

    def book(self, command: Entry) -> Entry:
        """Book a frame: every refusal is told, and nothing is booked where there is one."""
        day, hour = self.resolve(command["date"]), command["hour"]
        cases = [self.complete(case) for case in command["cases"]]
        agent = self.agent(command["agent"])
        found = self.ask_service(command["office"]) + self.ask_agent(agent, day)
        place = self.ask_place(day, hour)
        found += place
        for at_place, case in enumerate(cases):
            found += self.ask_case(case, agent, cases)
            earlier = [other["number"] for other in cases[:at_place]]
            if self.stands(case["number"]) or case["number"] in earlier:
                found.append(("case.duplicate", case["number"]))
        if not place:
            frame = day, hour
            new = frame not in self.frames_held(agent["id"])
            counts = {"mine": len(cases), "all": len(cases)}
            found += self.ask_limits(agent, frame, new, self.frames_left(agent["id"]), counts)
        refuse(found)
        made = self.make(agent["id"], day, hour, cases)
        return answer(reservation=made["number"])

    def make(self, agent_id: str, day: date, hour: str, cases: list[Entry]) -> Entry:
        """Write a reservation down; its deadline is fixed now."""
        sequence = 1 + sum(each["date"] == day for each in self.reservations)
        made = {
            "number": spell_number(OFFICE, day, sequence),
            "agent": agent_id,
            "date": day,
            "start": hour,
            "status": "active",
            "cases": cases,
            "first_count": len(cases),
            "former": [],
            "booked_at": self.now,
            "made": len(self.reservations),
            "closes": self.days.closes(day),
            "arrived_at": None,
            "late_notice": None,
            "steps": [],
        }
        self.reservations.append(made)
        return made

    def list_all(self) -> list[Entry]:
        found = sorted(self.reservations, key=lambda e: (e["date"], e["start"], e["number"]))
        return [self.describe(each) for each in found]

    def describe(self, each: Entry) -> Entry:
        shown = {name: each[name] for name in ("number", "agent", "start", "status", "first_count")}
        last_minute = each["closes"] - timedelta(minutes=1)
        shown |= {"date": str(each["date"]), "deadline": f"{last_minute.isoformat()}+09:00"}
        shown |= {"closes": f"{each['closes'].isoformat()}+09:00"}
        for name in ("arrived_at", "late_notice"):
            shown[name] = each[name] and f"{each[name].isoformat()}+09:00"
        shown["changeable"] = each["status"] in OPEN and self.now < each["closes"]
        shown["cases"] = [describe_case(case) for case in each["cases"]]
        for case in shown["cases"]:
            if each["status"] in ("cancelled", "late-cancelled") and case["status"] == "active":
                case["status"] = "cancelled"
        return shown

    # Changing and cancelling

    def ask_open(self, reservation: Entry) -> None:
        """A reservation that has ended is refused for that alone."""
        if reservation["status"] not in OPEN:
            raise Refused(3, ("reservation.ended", reservation["number"]))

    def ask_whole(self, reservation: Entry, name: str) -> None:
        """4: the number of one of several cases does not name the whole reservation."""
        active = [case["number"] for case in reservation["cases"] if case["status"] == "active"]
        refuse_if(name in active and len(active) > 1, 2)

    def ask_deadline(self, reservation: Entry) -> list[Told]:
        """4(1): until the deadline that was fixed when the reservation was made."""
        late = self.now >= reservation["closes"]
        return [("deadline.passed", reservation["number"])] if late else []

    def cancel(self, command: Entry) -> Entry:
        """Cancel until the deadline; a second time changes nothing."""
        reservation = self.find(command["number"], None if command["office"] else command["agent"])
        self.ask_whole(reservation, command["number"])
        if reservation["status"] in ("cancelled", "late-cancelled"):
            return answer(changed=False)
        self.ask_open(reservation)
        refuse(self.ask_service(command["office"]) + self.ask_deadline(reservation))
        reservation["status"] = "cancelled"
        return answer(changed=True)

    def amend(self, command: Entry) -> Entry:
        """4(3): judged on the final state; what is not named stays."""
        for given in (*(given for _, given in command["replace"]), *command["add"]):
            self.complete({"number": "X", **given})
        reservation = self.find(command["number"], None if command["office"] else command["agent"])
        before = [case for case in reservation["cases"] if case["status"] == "active"]
        kept, dropped, touched = self.correct(reservation, command)
        added = [self.complete(given) for given in command["add"]]
        final, touched = kept + added, touched + added
        if len(kept) == len(before) and final == before:
            return answer(changed=False)
        self.ask_open(reservation)
        agent = self.agent(reservation["agent"])
        found = self.ask_service(command["office"])
        if touched:
            found += self.ask_certificate(agent, reservation["date"]) + self.ask_suspended(agent)
        for case in final:
            if any(case is other for other in touched):
                found += self.ask_case(case, agent, final)
                found += self.ask_number(case, final, touched, reservation)
            else:
                found += self.ask_reentry(case, final)
        found += self.ask_counts(reservation, len(before), len(final), len(added))
        refuse(found + self.ask_deadline(reservation))
        reservation["cases"] = final + dropped
        reservation["former"] += [
            old for old, new in command["replace"] if new.get("number", old) != old
        ]
        return answer(changed=True)

    def correct(
        self, reservation: Entry, command: Entry
    ) -> tuple[list[Entry], list[Entry], list[Entry]]:
        """Return the cases that are left, those dropped, and which of those left were corrected."""
        corrections = self.read_corrections(reservation, command)
        kept, dropped, touched = [], [], []
        for case in reservation["cases"]:
            new = dict(case)
            if case["status"] != "active":
                dropped.append(new)
                continue
            if case["number"] in command["drop"]:
                dropped.append(new | {"status": "dropped"})
                continue
            given = corrections.get(case["number"], {})
            if "with" not in given and case["with"] in corrections:
                new["with"] = corrections[case["with"]].get("number", case["with"])
            new["kind"] = self.kind_after(case, given)
            new |= given
            kept.append(new)
            if given and new != case:
                touched.append(new)
        return kept, dropped, touched

    def kind_after(self, case: Entry, given: Entry) -> str:
        """A kind that the old number told goes along with the number; one that was given stays."""
        told = self.marked_kind(case["number"]) or "extension"
        marked = self.marked_kind(given.get("number", ""))
        return marked if marked and case["kind"] == told else str(case["kind"])

    def read_corrections(self, reservation: Entry, command: Entry) -> dict[str, Entry]:
        """Return the new values by old number; exit 4 for a case that is not there."""
        numbers = [case["number"] for case in reservation["cases"]]
        active = [c["number"] for c in reservation["cases"] if c["status"] == "active"]
        olds = [old for old, _ in command["replace"]]
        refuse_if(any(number not in numbers for number in (*command["drop"], *olds)), 4)
        for at_place, old in enumerate(olds):
            refuse_if(old in olds[:at_place] or old in command["drop"], 5)
            refuse_if(old not in active, 4)
        return {old: self.made_uniform(given) for old, given in command["replace"]}

    def ask_number(
        self, case: Entry, final: list[Entry], touched: list[Entry], reservation: Entry
    ) -> list[Told]:
        """A corrected number is free elsewhere, and stands once in the reservation."""
        twins = [other for other in final if other["number"] == case["number"]]
        first = next((twin for twin in twins if any(twin is each for each in touched)), None)
        kept = any(all(twin is not each for each in touched) for twin in twins)
        repeated = len(twins) > 1 and (case is not first or kept)
        if repeated or self.stands(case["number"], reservation):
            return [("case.duplicate", case["number"])]
        return []

    def ask_counts(self, reservation: Entry, before: int, after: int, added: int) -> list[Told]:
        """4(3): something is left, nothing is added, or no more than there was at first."""
        found, number = [], reservation["number"]
        frame = reservation["date"], reservation["start"]
        if after == 0:
            found.append(("amend.empty", number))
        if self.settings["amend.reading"] == "listed":
            return found + ([("amend.adds", number)] if added else [])
        if added:
            more = {"mine": after - before, "all": after - before}
            found += self.ask_limits(self.agent(reservation["agent"]), frame, 0, 0, more)
        if after > reservation["first_count"]:
            found.append(("amend.exceeds", number))
        return found


def describe_case(case: Entry) -> Entry:
    """Return a case as it is shown, with the papers to bring (ア-エ)."""
    papers = {
        "self": [],
        "colleague": ["acknowledgement"],
        "staff": ["letter-of-request"],
        "professional": ["letter-of-request"],
    }
    shown = {name: case[name] for name in ("number", "kind", "recipient", "status")}
    shown["papers"] = [*papers[case["recipient"]], "postcard"]
    if case["with"]:
        shown["with"] = case["with"]
    if case.get("why"):
        shown["not_handed"] = case["why"]
    return shown


def spell_number(office: str, day: date, sequence: int) -> str:
    """Return a reservation number with its check character."""
    text = f"{office}{day:%y%m%d}{sequence:04d}"
    values = [ord(sign) - ord("A") if sign.isalpha() else int(sign) for sign in text]
    total = sum(value * 2**place for place, value in enumerate(reversed(values)))
    return f"{office}{day:%y%m%d}-{sequence:04d}-{ALPHABET[total % 31]}"

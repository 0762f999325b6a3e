"""Commands for the model and the program, drawn so that somebody could mean them."""

from __future__ import annotations

from random import Random

from tests.model.bulk import Model
from tests.model.draw_office import (
    AT_THE_COUNTER,
    BUSY,
    OF_THE_OFFICE,
    RARELY,
    draw_agent,
    draw_day,
    draw_hour,
    draw_name,
    draw_number,
    find_late,
)
from tests.model.naive import Entry
from tests.model.visits import MY_NUMBER

ODD_VALUES = """
kind=permanent kind=activity kind=work-certificate kind=change kind=acquisition
kind=acquisition,birth=no kind=acquisition,birth=yes kind=coe kind=card-renewal kind=visa
kind=visa,recipient=self recipient=professional recipient=professional,kind=activity
recipient=colleague recipient=staff filed=online office=T office=Y office=横浜
review=pending counter=5 counter=3 collect_by=2026-11-25
filed=online,review=pending,counter=4,kind=other
"""
VALUES = [dict(pair.split("=") for pair in text.split(",")) for text in ODD_VALUES.split()]


def draw_case(choice: Random, agent: str, mains: list[str], odd: float = 0.1) -> Entry:
    """Return a case, mostly an ordinary one."""
    case: Entry = {"number": draw_number(choice, agent)}
    if choice.random() < odd:
        case |= choice.choice(VALUES)
    elif choice.random() < odd / 2:
        main = choice.choice(mains) if mains and choice.random() < 0.7 else case["number"]
        case |= {"kind": "reentry", "with": main}
    if choice.random() < odd / 50:
        case["number"] = MY_NUMBER
    return case


def draw_cases(choice: Random, agent: str, odd: float = 0.1) -> list[Entry]:
    cases: list[Entry] = []
    for _ in range(choice.choice([1, 1, 1, 1, 2, 2, 3])):
        cases.append(draw_case(choice, agent, [case["number"] for case in cases], odd))
    return cases


def booking(agent: str, day: object, hour: str, cases: list[Entry], office: bool = False) -> Entry:
    found = {"do": "book", "agent": agent, "office": office, "date": str(day)}
    return found | {"hour": hour, "cases": cases}


def draw_book(choice: Random, model: Model) -> Entry:
    agent = draw_agent(choice)
    day = str(draw_day(choice, model))
    if choice.random() < 0.3:
        day = f"+{choice.choice([1, 1, 1, 2, 2, 3, 3, 4, 5, 6])}"
    cases = draw_cases(choice, agent)
    return booking(agent, day, draw_hour(choice, model), cases, choice.random() < 0.2)


def draw_crowd(choice: Random, model: Model) -> Entry:
    """Book many ordinary cases in one frame."""
    agent = choice.choice(["A-1", "B-2"])
    numbers = choice.sample(range(1, 40), choice.randint(3, 12))
    cases = [{"number": f"{agent[0]}{number}"} for number in numbers]
    day = choice.choice(model.days.shown(model.today))
    return booking(agent, day, choice.choice(model.starts), cases)


def draw_again(choice: Random, model: Model) -> Entry | None:
    """Book again what was cancelled, missed or not handed over: in the same frame or another."""
    over = model.having("late-cancelled", "cancelled", "not-handed", "late", "office-closed")
    return book_again(choice, model, over[-choice.choice([1, 1, 2, 3]) :][0]) if over else None


def book_again(choice: Random, model: Model, visit: Entry) -> Entry:
    """Book the cases of a visit, mostly by the same agent in the same frame."""
    shown = model.days.shown(model.today)
    day = visit["date"] if choice.random() < 0.6 else choice.choice(shown)
    hour = visit["start"] if choice.random() < 0.6 else choice.choice(model.starts)
    cases = [{"number": case["number"]} for case in visit["cases"]]
    agent = visit["agent"] if choice.random() < 0.8 else choice.choice(BUSY)
    return booking(agent, day, hour, cases)


def draw_rows(choice: Random, model: Model) -> Entry:
    """Book the rows of a file; some are there already."""
    office = choice.random() < 0.6
    acting = choice.choice(BUSY)
    frames = [
        (str(draw_day(choice, model)), draw_hour(choice, model))
        for _ in range(choice.randint(1, 4))
    ]
    rows: list[Entry] = []
    for _ in range(choice.randint(1, 7)):
        agent = acting if not office or choice.random() < 0.5 else choice.choice(BUSY)
        day, hour = choice.choice(frames)
        mains = [row["number"] for row in named(rows) if row["agent"] == agent]
        row = draw_case(choice, agent, mains, 0.08)
        if choice.random() < 0.04:
            row["review"] = "pending"
        if model.reservations and choice.random() < 0.3:
            known = choice.choice(model.reservations)
            agent = known["agent"] if office else agent
            row["number"] = choice.choice(known["cases"])["number"]
            day, hour = str(known["date"]), known["start"]
        rows.append(tie(choice, rows, row | {"agent": agent, "date": day, "hour": hour}))
    if choice.random() < 0.3:
        open_up(choice, rows)
    if choice.random() < 0.03:
        rows[0]["agent"] = "Z-9"
    if choice.random() < 0.1:
        rows.append(dict(choice.choice(rows)))
    found = {"do": "book_rows", "agent": acting, "office": office, "rows": rows}
    best = choice.random() < 0.6
    return found | {"best_effort": best, "again": choice.random() < 0.3}


def tie(choice: Random, rows: list[Entry], row: Entry) -> Entry:
    """Return a row that may go with an earlier one of its agent, mostly in the same frame."""
    earlier = [each for each in named(rows) if each["agent"] == row["agent"]]
    if earlier and choice.random() < 0.15:
        row.setdefault("with", choice.choice(earlier)["number"])
    for main in earlier:
        if main["number"] == row.get("with") and choice.random() < 0.9:
            row |= {"date": main["date"], "hour": main["hour"]}
    return row


def named(rows: list[Entry]) -> list[Entry]:
    """Return the rows that ``with`` may name: a My Number is left out of every message."""
    return [row for row in rows if row["number"] != MY_NUMBER]


def open_up(choice: Random, rows: list[Entry]) -> None:
    """Let rows name no frame, or only its day or its hour; nothing goes with another then."""
    for row in rows:
        row.pop("with", None)
        if row.get("kind") == "reentry":
            del row["kind"]
        if choice.random() < 0.8:
            row.update(choice.choice([{"date": "", "hour": ""}] * 3 + [{"date": ""}, {"hour": ""}]))
        if choice.random() < 0.1:
            row["collect_by"] = choice.choice([r["date"] for r in rows if r["date"]] or [""])


def draw_changeable(choice: Random, model: Model) -> Entry | None:
    """Return a reservation, mostly one that can still be changed."""
    if model.reservations and choice.random() < 0.08:
        return choice.choice(model.reservations)
    active = model.having("active")
    early = [each for each in active if model.now < each["closes"]]
    if early and choice.random() < 0.85:
        return choice.choice(early)
    if active and choice.random() < 0.3:
        return choice.choice(active)
    return None


def draw_actor(choice: Random, visit: Entry) -> Entry:
    """Return who acts on a reservation, mostly the agent whose it is."""
    agent = visit["agent"] if choice.random() < 0.93 else choice.choice([*BUSY, "Z-9"])
    return {"agent": agent, "office": choice.random() < 0.25}


def draw_cancel(choice: Random, model: Model) -> Entry | None:
    visit = draw_changeable(choice, model)
    if visit is None:
        return None
    return {"do": "cancel", "number": draw_name(choice, visit)} | draw_actor(choice, visit)


def draw_amend(choice: Random, model: Model) -> Entry | None:
    visit = draw_changeable(choice, model)
    if visit is None:
        return None
    command: Entry = {"do": "amend", "number": draw_name(choice, visit), "drop": []}
    command |= draw_actor(choice, visit) | {"replace": [], "add": []}
    numbers = [case["number"] for case in visit["cases"]]
    mains = [*numbers, draw_number(choice, visit["agent"])]
    rates = choice.choice([(0.4, 0.4), (0.1, 0.6), (0.3, 0), (0.3, 0.1), (0.9, 0.05)])
    for number in numbers:
        fate = choice.random()
        if fate < rates[0]:
            command["drop"].append(number)
        elif fate < sum(rates):
            given = draw_case(choice, visit["agent"], mains, 0.3)
            given["number"] = choice.choice([given["number"], number, choice.choice(numbers)])
            command["replace"].append((number, given))
    if choice.random() < 0.03:
        command["drop"].append(draw_number(choice, visit["agent"]))
    more = [0, 1, 1, 2] if model.settings["amend.reading"] == "cap" else [0] * 9 + [1]
    for _ in range(choice.choice(more)):
        command["add"].append(draw_case(choice, visit["agent"], mains))
    if not (command["drop"] or command["replace"] or command["add"]):
        command["drop"].append(choice.choice(numbers))
    return command


def draw_regret(choice: Random, model: Model) -> Entry | None:
    """Cancel by telephone, book again, and find that the call was a mistake."""
    called = [each for each in model.having("late-cancelled") if each["date"] >= model.today]
    if called:
        visit = choice.choice(called)
        if choice.random() < 0.3 or model.stands(visit["cases"][0]["number"]):
            return {"do": "undo", "number": visit["number"]}
        return book_again(choice, model, visit)
    late = find_late(model)
    return {"do": "late_cancel", "number": late[0]["number"], "at": None} if late else None


DRAWN = {
    "book": (*(draw_book,) * 6, draw_crowd, draw_again),
    "book_rows": (draw_rows,),
    "change": (draw_amend, draw_amend, draw_amend, draw_cancel),
    "counter": AT_THE_COUNTER,
    "regret": (draw_regret,),
    "office": OF_THE_OFFICE,
    "rarely": RARELY,
}
"""What draws a command, by occasion; None where nothing is there to act on."""

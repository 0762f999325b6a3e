"""What commands are made of; steps at the counter, announcements, and the passing of time."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random

from tests.model.bulk import Model
from tests.model.days import at
from tests.model.naive import Entry

BUSY = ("A-1", "A-1", "B-2", "B-2", "E-5")
ODD = ("C-3", "D-4", "F-6", "Z-9")
MARKED = ("更", "変", "永", "更変", "横", "東", "横更A", "ヨ")
"""What may stand before a number so that it tells a kind, or two, or none."""


def draw_number(choice: Random, agent: str) -> str:
    """Return a case number, mostly one that only this agent uses; some tell a kind."""
    owner = agent if choice.random() < 0.9 else choice.choice(BUSY)
    before = choice.choice(MARKED) if choice.random() < 0.25 else ""
    return f"{before}{owner[0]}{choice.randint(1, 40)}"


def draw_agent(choice: Random) -> str:
    """Return an agent, mostly one that may book."""
    return choice.choice(BUSY if choice.random() < 0.92 else ODD)


def draw_day(choice: Random, model: Model, past: int = -2) -> date:
    """Return a day, mostly one that is shown."""
    if choice.random() < 0.92:
        return choice.choice(model.days.shown(model.today))
    return model.today + timedelta(days=choice.randint(past, 16))


def draw_hour(choice: Random, model: Model) -> str:
    """Return an hour, mostly that of a frame."""
    return choice.choice([*model.starts * 8, "12:00"])


def draw_visit(choice: Random, model: Model, *wanted: str) -> Entry | None:
    """Return a reservation, mostly one with one of the wanted statuses, of today if there is."""
    if model.reservations and choice.random() < 0.08:
        return choice.choice(model.reservations)
    likely = model.having(*wanted)
    today = [each for each in likely if each["date"] == model.today]
    if today and choice.random() < 0.8:
        return choice.choice(today)
    if likely and choice.random() < 0.4:
        return choice.choice(likely)
    return None


def draw_name(choice: Random, visit: Entry) -> str:
    """Return what somebody calls a reservation: its number, or that of one of its cases."""
    by_case = choice.random() < 0.15 and visit["cases"]
    return str(choice.choice(visit["cases"])["number"] if by_case else visit["number"])


def find_late(model: Model) -> list[Entry]:
    """Return the visits to come that can only be cancelled by telephone now."""
    late = [each for each in model.having("active") if each["closes"] <= model.now]
    return [each for each in late if model.now < at(each["date"], each["start"])]


# At the counter.


def draw_instant(choice: Random, model: Model, visit: Entry) -> datetime | None:
    """Return the instant that somebody gives for an event, None for now."""
    if choice.random() < 0.6:
        return None
    start = at(visit["date"], visit["start"])
    minutes = choice.choice([-24 * 60, -60, -1, 0, 20, 59, 60, 70])
    return choice.choice([start + timedelta(minutes=minutes), model.now - timedelta(minutes=30)])


def draw_arrive(choice: Random, model: Model) -> Entry | None:
    visit = draw_visit(choice, model, "active")
    if visit is None:
        return None
    how = choice.choice([None, None, None, "accept-late", "late"])
    told = draw_instant(choice, model, visit) if how is None else None
    return {"do": "arrive", "number": draw_name(choice, visit), "how": how, "at": told}


def draw_collect(choice: Random, model: Model) -> Entry | None:
    """Hand over, or not; before that a certificate may turn out to end today, or before."""
    arrived = model.having("arrived")
    ended = [e for e in arrived if model.agent(e["agent"])["valid_until"] < model.today]
    visit = choice.choice(ended or arrived) if arrived else None
    if visit is not None and not ended and choice.random() < 0.3:
        valid = model.today - timedelta(days=choice.randint(0, 1))
        return {"do": "agent_edit", "agent": visit["agent"], "valid_until": valid}
    if choice.random() < 0.1:
        visit = draw_visit(choice, model, "active", "collected", "not-handed")
    if visit is None:
        return draw_arrive(choice, model)
    rate = choice.choice([0, 0, 0.4, 1])
    numbers = [case["number"] for case in visit["cases"] if choice.random() < rate]
    if choice.random() < 0.05:
        numbers.append(draw_number(choice, visit["agent"]))
    reasons = [(number, choice.choice(["papers", "period", "other"])) for number in numbers]
    return {"do": "collect", "number": draw_name(choice, visit), "not_handed": reasons}


def draw_call(choice: Random, model: Model) -> Entry | None:
    """Let an agent phone that it comes late, or not at all."""
    late = find_late(model)
    visit = draw_visit(choice, model, "active")
    if late and choice.random() < 0.7:
        visit = choice.choice(late)
    if visit is None:
        return None
    do = choice.choice(["late_notice", "late_cancel", "late_cancel"])
    told = draw_instant(choice, model, visit) if choice.random() < 0.5 else None
    return {"do": do, "number": draw_name(choice, visit), "at": told}


def draw_close_day(choice: Random, model: Model) -> Entry:
    days = [each["date"] for each in model.having("active")]
    day = None
    if choice.random() < 0.4:
        day = str(choice.choice(days or [model.today]))
    return {"do": "close_day", "date": day, "all_no_show": choice.random() < 0.6}


def draw_undo(choice: Random, model: Model) -> Entry | None:
    with_steps = [each for each in model.reservations if each["steps"]]
    to_come = [each for each in with_steps if each["date"] >= model.today]
    if to_come and choice.random() < 0.6:
        with_steps = to_come
    visit = choice.choice(with_steps) if with_steps else None
    if visit is None or choice.random() < 0.1:
        visit = draw_visit(choice, model, "active", "cancelled")
    return visit and {"do": "undo", "number": visit["number"]}


def draw_office_close(choice: Random, model: Model) -> Entry:
    """Close a day, mostly one with visits, or some hours of it."""
    booked = [each["date"] for each in model.having("active")]
    day = choice.choice([*booked, draw_day(choice, model)])
    hours = choice.sample([*model.starts, "12:00"], choice.choice([0, 0, 1, 1, 2]))
    last = day + timedelta(days=choice.randint(-1, 4)) if choice.random() < 0.25 else None
    return {"do": "office_close", "date": str(day), "hours": hours, "until": last}


def find_closed_before_visits(model: Model) -> list[date]:
    """Return closed days to come that lie just before a visit: opening one moves its deadline."""
    before = [each["date"] - timedelta(days=1) for each in model.having("active")]
    return [day for day in before if day >= model.today and not model.days.is_open(day)]


def draw_office_reopen(choice: Random, model: Model) -> Entry:
    """Open a day, mostly one that was closed."""
    closed = [*model.days.closed, *[day for day, _ in model.closed_hours]]
    closed = [day for day in closed if day >= model.today]
    odd = [*model.days.closed_for_good, draw_day(choice, model)]
    day = choice.choice(closed if closed and choice.random() < 0.85 else odd)
    between = find_closed_before_visits(model)
    if between and choice.random() < 0.4:
        day = choice.choice(between)
    return {"do": "office_reopen", "date": str(day), "restore": choice.random() < 0.7}


def draw_office_maintenance(choice: Random, model: Model) -> Entry:
    if model.maintenance is not None and choice.random() < 0.8:
        return {"do": "office_maintenance", "over": True, "end": None}
    minutes = choice.choice([-10, 0, 1, 30, 60, 120])
    end = None if choice.random() < 0.1 else model.now + timedelta(minutes=minutes)
    return {"do": "office_maintenance", "over": False, "end": end}


def draw_register(choice: Random, model: Model) -> Entry:
    """Suspend, reinstate, correct a certificate, accept the terms."""
    agent = choice.choice([*BUSY, *BUSY, "Z-9"])
    do = choice.choice(
        ["agent_suspend", "agent_suspend", "agent_reinstate", "agent_edit", "agent_edit"]
    )
    if choice.random() < 0.15:
        return {"do": "terms_accept", "agent": choice.choice(["A-1", "F-6"])}
    expired = [e["id"] for e in model.agents if e["valid_until"] < model.today + timedelta(days=8)]
    if expired and choice.random() < 0.6:
        do, agent = "agent_edit", choice.choice(expired)
    suspended = [each["id"] for each in model.agents if each["suspension"] is not None]
    if suspended and choice.random() < 0.5:
        do, agent = "agent_reinstate", choice.choice(suspended)
    since = choice.choice([None, model.today + timedelta(days=choice.randint(-2, 3))])
    until = choice.choice([None, model.today + timedelta(days=choice.randint(0, 4))])
    valid = model.today + timedelta(days=choice.choice([-1, 0, 1, 3, 90, 90, 90, 90]))
    command: Entry = {"do": do, "agent": agent}
    if do == "agent_suspend":
        return command | {"since": since, "until": until}
    return command | ({"valid_until": valid} if do == "agent_edit" else {})


AT_THE_COUNTER = (
    *(draw_arrive, draw_arrive, draw_collect, draw_collect),
    *(draw_call, draw_call, draw_close_day, draw_undo),
)
OF_THE_OFFICE = (draw_office_close, draw_office_reopen, draw_office_reopen)
RARELY = (draw_office_maintenance, *(draw_register,) * 4)


def draw_wait(choice: Random, model: Model) -> datetime:
    """Return a later instant: often just before, at or after one at which something changes."""
    instants = [datetime.combine(model.today + timedelta(days=1), datetime.min.time())]
    instants.append(at(model.today, "12:00"))
    for each in model.having("active", "arrived"):
        start = at(each["date"], each["start"])
        instants += [each["closes"], start, start + timedelta(hours=1), at(each["date"], "14:00")]
    later = [instant for instant in instants if instant > model.now]
    seconds = choice.choice([-1, 0, 0, 60, 1800])
    if later and choice.random() < 0.8:
        near = sorted(later)[: choice.choice([1, 2, 4, 20])]
        return max(model.now, choice.choice(near) + timedelta(seconds=seconds))
    return model.now + timedelta(hours=choice.choice([1, 2, 14, 24, 72]))


def draw_next_visit(choice: Random, model: Model) -> datetime:
    """Return an instant around the next visit, never earlier than now."""
    starts = [at(each["date"], each["start"]) for each in model.having("active")]
    soon = [start for start in starts if start + timedelta(hours=1) > model.now]
    if not soon:
        return model.now
    minutes = choice.choice([-60, -1, 0, 0, 30, 59, 60, 61])
    return max(model.now, min(soon) + timedelta(minutes=minutes))

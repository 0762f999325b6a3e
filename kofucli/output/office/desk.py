"""The results of ``desk``: short, for the officer at the counter must act on them at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from kofucli.base.language import Translate, list_text
from kofucli.base.text import N_, escape_json, safe
from kofucli.model.records import Reservation
from kofucli.operations.counter.day import ClosedDay, DaysClosed
from kofucli.operations.counter.desk import DeskDone, Marked
from kofucli.output.documents import Document, reservation_document
from kofucli.output.words import (
    REASON_NAMES,
    SHORT_NAMES,
    STATUS_NAMES,
    choose_headline,
    day_text,
)
from kofucli.rules.conduct import Advice
from kofucli.rules.eligibility import papers_for
from kofucli.settings import Conduct

_TIMING_NAMES = {
    "early": N_("early, waits until {start}"),
    "on-time": N_("on time"),
    "queued": N_("queued in time"),
    "accepted-late": N_("late, taken as announced"),
    "late": N_("too late, to the ordinary counter"),
}
_MARK_NAMES = {"no-show": N_("missed visit"), "late-cancel": N_("late cancellation")}
_STEP_NAMES = {
    "arrive": N_("arrival"),
    "late": N_("sent to the ordinary counter"),
    "collect": N_("handing over"),
    "late-notice": N_("late notice"),
    "late-cancel": N_("late cancellation"),
    "no-show": N_("missed visit"),
}


def done_document(done: DeskDone, now: datetime) -> Document:
    """Return a step at the desk; ``timing``, ``undone``, ``marks`` and ``advice`` if it has any."""
    document: Document = {
        "reservation": reservation_document(done.reservation, now),
        "changed": done.changed,
    }
    if done.timing is not None:
        document["timing"] = done.timing
    if done.undone is not None:
        document["undone"] = done.undone
    if done.marks is not None:
        document["marks"] = [_mark_document(marked) for marked in done.marks]
        document["advice"] = [_advice_document(advice) for advice in done.advice]
    return document


def answer_line(document: Document) -> str:
    """Return a document on one line, as the answer to a scanned line."""
    return escape_json(msgspec.json.encode(document)).decode() + "\n"


def _mark_document(marked: Marked) -> Document:
    return {
        "agent": marked.agent,
        "kind": marked.mark.kind,
        "date": marked.mark.date.isoformat(),
        "reservation": marked.mark.reservation,
    }


def _advice_document(advice: Advice) -> Document:
    return {
        "id": advice.agent,
        "no_show": advice.counts["no-show"],
        "late_cancel": advice.counts["late-cancel"],
        "threshold_reached": advice.reached,
        "suspended_until": advice.until.isoformat() if advice.until is not None else None,
        "suspended_now": advice.suspended,
        "reinstated_now": advice.reinstated,
    }


def closed_document(closed: DaysClosed, now: datetime) -> Document:
    """Return the days that were closed, what became of their reservations, and the marks."""
    return {
        "changed": closed.changed,
        "days": [
            {
                "date": day.day.isoformat(),
                "no_shows": [reservation_document(r, now) for r in day.no_shows],
                "office_closed": [reservation_document(r, now) for r in day.office_closed],
                "unfinished": [reservation_document(r, now) for r in day.unfinished],
            }
            for day in closed.days
        ],
        "marks": [_mark_document(marked) for marked in closed.marks],
        "advice": [_advice_document(advice) for advice in closed.advice],
    }


def arrival_line(done: DeskDone, _: Translate) -> str:
    """Return an arrival on one line: number, agent, hours, early, on time or late."""
    said = _(_TIMING_NAMES[done.timing or "on-time"]).format(start=done.reservation.start)
    if not done.changed:
        said = _("already: {timing}").format(timing=said)
    elif done.dry_run:
        said = _("would be recorded: {timing}").format(timing=said)
    return f"{_line(done.reservation)}  {said}\n"


def arrival_text(done: DeskDone, _: Translate) -> str:
    """Return an arrival, and the papers to ask for."""
    return arrival_line(done, _) + "".join(_case_lines(done.reservation, _))


def _line(reservation: Reservation) -> str:
    return f"{reservation.number}  {reservation.agent}  {reservation.hours}"


def _case_lines(reservation: Reservation, _: Translate) -> Iterator[str]:
    for case in reservation.kept_cases:
        words = [_(SHORT_NAMES[case.kind]), papers_text(papers_for(case), _)]
        if case.status != "active":
            words.append(_(STATUS_NAMES[case.status]))
        if case.not_handed is not None:
            words.append(_(REASON_NAMES[case.not_handed]))
        said = _("  {case}  ({words})\n")
        yield said.format(case=safe(case.number), words=list_text(words, _))


def papers_text(papers: Iterable[str], _: Translate) -> str:
    """Return papers in short words."""
    return " + ".join(_(SHORT_NAMES[paper]) for paper in papers)


def collected_text(done: DeskDone, _: Translate) -> str:
    """Return what was handed over and what was not."""
    statuses = [case.status for case in done.reservation.cases]
    text = _("Handed over: {handed}, not handed over: {kept}.").format(
        handed=statuses.count("collected"), kept=statuses.count("not-handed")
    )
    if done.changed and done.dry_run:
        text = _("This would be done.") + "\n" + text
    if not done.changed:
        text = _("Already recorded. {text}").format(text=text)
    return f"{text}\n{_line(done.reservation)}\n{''.join(_case_lines(done.reservation, _))}"


def late_notice_text(done: DeskDone, _: Translate) -> str:
    """Return a late notice, with the instant of the call."""
    told = done.reservation.late_notice
    noted = _("Noted: comes late (told at {at}).")
    if done.changed and done.dry_run:
        noted = _("Would be noted: comes late (told at {at}).")
    text = noted.format(at=f"{told:%H:%M}" if told else "-")
    return f"{text}\n{_line(done.reservation)}\n"


def late_cancel_text(done: DeskDone, conduct: Conduct, _: Translate) -> str:
    """Return a late cancellation, its mark, and how the agent stands."""
    headlines = N_("Cancelled late."), N_("Would be cancelled late."), N_("Cancelled already.")
    text = (
        f"{_(choose_headline(done.changed, done.dry_run, headlines))}\n{_line(done.reservation)}\n"
    )
    return text + _marks_text(done.marks or (), done.advice, conduct, _)


def undone_text(done: DeskDone, conduct: Conduct, _: Translate) -> str:
    """Return the step that was undone, the new status, and the marks taken off."""
    step = _STEP_NAMES[done.undone] if done.undone is not None else ""
    said = _("Undone: {step}. Now: {status}.")
    if done.dry_run:
        said = _("Would be undone: {step}. Then: {status}.")
    text = said.format(step=_(step), status=_(STATUS_NAMES[done.reservation.status]))
    text += f"\n{_line(done.reservation)}\n"
    for marked in done.marks or ():
        said = _("Mark taken off: {kind} of {day}, agent {agent}.")
        text += said.format(**_mark_words(marked, _)) + "\n"
    return text + "".join(_advice_lines(done.advice, conduct, _))


def _mark_words(marked: Marked, _: Translate) -> dict[str, str]:
    return {
        "kind": _(_MARK_NAMES[marked.mark.kind]),
        "day": marked.mark.date.isoformat(),
        "agent": marked.agent,
        "number": marked.mark.reservation,
    }


def _marks_text(
    marks: Iterable[Marked], advice: Iterable[Advice], conduct: Conduct, _: Translate
) -> str:
    text = ""
    for marked in marks:
        said = _("Mark: {kind} of {day}, agent {agent} ({number}).")
        text += said.format(**_mark_words(marked, _)) + "\n"
    return text + "".join(_advice_lines(advice, conduct, _))


def _advice_lines(advice: Iterable[Advice], conduct: Conduct, _: Translate) -> Iterator[str]:
    """Yield the agents' counts of marks beside the limits, and what follows from them."""
    for each in advice:
        yield (
            _(
                "Agent {agent} in the last {months} months: missed visits {no_shows} (limit "
                "{no_show_limit}), late cancellations {late_cancels} (limit {late_cancel_limit})."
            ).format(
                agent=each.agent,
                months=conduct.months_back,
                no_shows=each.counts["no-show"],
                no_show_limit=conduct.no_shows,
                late_cancels=each.counts["late-cancel"],
                late_cancel_limit=conduct.late_cancels,
            )
            + "\n"
        )
        if each.reinstated:
            yield (
                _("The automatic suspension of agent {agent} ends.").format(agent=each.agent) + "\n"
            )
        elif each.suspended:
            said = _(
                "The limit is reached: agent {agent} is suspended and books again from {until} on."
            )
            yield said.format(agent=each.agent, until=each.until) + "\n"
        elif each.reached and each.until is not None:
            said = _(
                "The limit is reached; agent {agent} has a suspension already and books again from "
                "{until} on."
            )
            yield said.format(agent=each.agent, until=each.until) + "\n"
        elif each.reached:
            said = _("The limit is reached. To suspend: kofucli agent suspend {agent} --reason ...")
            yield said.format(agent=each.agent) + "\n"


def closed_text(closed: DaysClosed, conduct: Conduct, _: Translate) -> str:
    """Return what closing days did, day by day, and the marks."""
    headlines = N_("Done."), N_("This would be done."), N_("Nothing to close.")
    text = _(choose_headline(closed.changed, closed.dry_run, headlines)) + "\n"
    for day in closed.days:
        text += "".join(_day_lines(day, _))
    return text + _marks_text(closed.marks, closed.advice, conduct, _)


def _day_lines(day: ClosedDay, _: Translate) -> Iterator[str]:
    yield (
        _("{day}: missed {missed}, ended by the office's closure {closed}, open {open}").format(
            day=day_text(day.day, _),
            missed=len(day.no_shows),
            closed=len(day.office_closed),
            open=len(day.unfinished),
        )
        + "\n"
    )
    for reservation in (*day.no_shows, *day.office_closed):
        yield f"  {_line(reservation)}  {_(STATUS_NAMES[reservation.status])}\n"
    for reservation in day.unfinished:
        said = _("has arrived, no outcome: kofucli desk collect {number}")
        yield f"  {_line(reservation)}  {said.format(number=reservation.number)}\n"

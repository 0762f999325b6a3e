"""The results of ``desk``: short, for the officer at the counter must act on them at once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from kofucli.base.language import Translate, list_text
from kofucli.base.text import N_, escape_json, safe
from kofucli.model import Case, Reservation
from kofucli.operations.counter import DeskDone, Marked
from kofucli.operations.counter.day import DaysClosed
from kofucli.output.documents import Document, reservation_document
from kofucli.output.words import REASON_NAMES, SHORT_NAMES, STATUS_NAMES, choose_headline, day_text
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
    **_MARK_NAMES,
}


def done_document(done: DeskDone, now: datetime) -> Document:
    """Return a step at the desk; ``timing``, ``undone``, ``marks`` and ``advice`` if it has any."""
    known = {"timing": done.timing, "undone": done.undone}
    return {
        "reservation": reservation_document(done.reservation, now),
        "changed": done.changed,
        **{key: value for key, value in known.items() if value is not None},
        **(_marks_document(done.marks, done.advice) if done.marks is not None else {}),
    }


def answer_line(document: Document) -> str:
    """Return a document on one line, as the answer to a scanned line."""
    return escape_json(msgspec.json.encode(document)).decode() + "\n"


def _marks_document(marks: Iterable[Marked], advice: Iterable[Advice]) -> Document:
    return {
        "marks": [
            {"agent": marked.agent, **msgspec.structs.asdict(marked.mark)} for marked in marks
        ],
        "advice": [
            {
                "id": each.agent,
                "no_show": each.counts["no-show"],
                "late_cancel": each.counts["late-cancel"],
                "threshold_reached": each.reached,
                "suspended_until": each.until,
                "suspended_now": each.suspended,
                "reinstated_now": each.reinstated,
            }
            for each in advice
        ],
    }


def closed_document(closed: DaysClosed, now: datetime) -> Document:
    """Return the days that were closed, what became of their reservations, and the marks."""

    def listed(reservations: Iterable[Reservation]) -> list[Document]:
        return [reservation_document(r, now) for r in reservations]

    return {
        "changed": closed.changed,
        "days": [
            {
                "date": day.day,
                "no_shows": listed(day.no_shows),
                "office_closed": listed(day.office_closed),
                "unfinished": listed(day.unfinished),
            }
            for day in closed.days
        ],
        **_marks_document(closed.marks, closed.advice),
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
    return arrival_line(done, _) + _cases_text(done.reservation, _)


def _line(reservation: Reservation) -> str:
    return f"{reservation.number}  {reservation.agent}  {reservation.hours}"


def _cases_text(reservation: Reservation, _: Translate) -> str:
    text = ""
    for case in reservation.kept_cases:
        words = [_(SHORT_NAMES[case.kind]), papers_text(case, _)]
        if case.status != "active":
            words.append(_(STATUS_NAMES[case.status]))
        if case.not_handed is not None:
            words.append(_(REASON_NAMES[case.not_handed]))
        said = _("  {case}  ({words})\n")
        text += said.format(case=safe(case.number), words=list_text(words, _))
    return text


def papers_text(case: Case, _: Translate) -> str:
    """Return the papers of a case in short words."""
    return " + ".join(_(SHORT_NAMES[paper]) for paper in papers_for(case))


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
    return f"{text}\n{_line(done.reservation)}\n{_cases_text(done.reservation, _)}"


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
    headline = _(choose_headline(done.changed, done.dry_run, headlines))
    marks = _marks_text(done.marks or (), done.advice, conduct, _)
    return f"{headline}\n{_line(done.reservation)}\n{marks}"


def undone_text(done: DeskDone, conduct: Conduct, _: Translate) -> str:
    """Return the step that was undone, the new status, and the marks taken off."""
    step = _STEP_NAMES[done.undone] if done.undone is not None else ""
    said = _("Undone: {step}. Now: {status}.")
    if done.dry_run:
        said = _("Would be undone: {step}. Then: {status}.")
    text = said.format(step=_(step), status=_(STATUS_NAMES[done.reservation.status]))
    taken_off = N_("Mark taken off: {kind} of {day}, agent {agent}.")
    marks = _marks_text(done.marks or (), done.advice, conduct, _, taken_off)
    return f"{text}\n{_line(done.reservation)}\n{marks}"


def _marks_text(
    marks: Iterable[Marked],
    advice: Iterable[Advice],
    conduct: Conduct,
    _: Translate,
    said: str = N_("Mark: {kind} of {day}, agent {agent} ({number})."),
) -> str:
    lines = [
        _(said).format(
            kind=_(_MARK_NAMES[marked.mark.kind]),
            day=marked.mark.date,
            agent=marked.agent,
            number=marked.mark.reservation,
        )
        for marked in marks
    ]
    counts = _(
        "Agent {agent} in the last {months} months: missed visits {no_shows} (limit "
        "{no_show_limit}), late cancellations {late_cancels} (limit {late_cancel_limit})."
    )
    for each in advice:
        lines.append(
            counts.format(
                agent=each.agent,
                months=conduct.months_back,
                no_shows=each.counts["no-show"],
                no_show_limit=conduct.no_shows,
                late_cancels=each.counts["late-cancel"],
                late_cancel_limit=conduct.late_cancels,
            )
        )
        if follows := _choose_consequence(each):
            lines.append(_(follows).format(agent=each.agent, until=each.until))
    return "".join(f"{line}\n" for line in lines)


def _choose_consequence(advice: Advice) -> str | None:
    if advice.reinstated:
        return N_("The automatic suspension of agent {agent} ends.")
    if advice.suspended:
        return N_(
            "The limit is reached: agent {agent} is suspended and books again from {until} on."
        )
    if not advice.reached:
        return None
    if advice.until is not None:
        return N_(
            "The limit is reached; agent {agent} has a suspension already and books again from "
            "{until} on."
        )
    return N_("The limit is reached. To suspend: kofucli agent suspend {agent} --reason ...")


def closed_text(closed: DaysClosed, conduct: Conduct, _: Translate) -> str:
    """Return what closing days did, day by day, and the marks."""
    headlines = N_("Done."), N_("This would be done."), N_("Nothing to close.")
    lines = [_(choose_headline(closed.changed, closed.dry_run, headlines))]
    said = _("{day}: missed {missed}, ended by the office's closure {closed}, open {open}")
    unfinished = _("has arrived, no outcome: kofucli desk collect {number}")
    for day in closed.days:
        counts = {"missed": len(day.no_shows), "closed": len(day.office_closed)}
        lines.append(said.format(day=day_text(day.day, _), open=len(day.unfinished), **counts))
        for r in (*day.no_shows, *day.office_closed):
            lines.append(f"  {_line(r)}  {_(STATUS_NAMES[r.status])}")
        lines += (f"  {_line(r)}  {unfinished.format(number=r.number)}" for r in day.unfinished)
    text = "".join(f"{line}\n" for line in lines)
    return text + _marks_text(closed.marks, closed.advice, conduct, _)

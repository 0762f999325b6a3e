"""The names of kinds, papers, statuses and the rest, as the field has them; days; headlines."""

from __future__ import annotations

from datetime import date, datetime

from kofucli.base import Phrase
from kofucli.base.clock import weekday
from kofucli.base.language import Translate
from kofucli.base.text import N_, safe, show
from kofucli.model import Maintenance
from kofucli.settings import Settings

KIND_NAMES = {
    "change": N_("Application for Change of Status of Residence"),
    "extension": N_("Application for Extension of Period of Stay"),
    "permanent": N_("Application for Permanent Residence"),
    "acquisition": N_("Application for Permission to Acquire Status of Residence"),
    "activity": N_(
        "Application for Permission to Engage in Activity Other than that Permitted under the "
        "Status of Residence Previously Granted"
    ),
    "work-certificate": N_("Application for Certificate of Authorized Employment"),
    "reentry": N_("Application for Re-entry Permit"),
    "coe": N_("Application for Certificate of Eligibility"),
    "card-change": N_("Notification of a change on the residence card"),
    "card-renewal": N_("Application for renewal of the residence card"),
    "card-reissue": N_("Application for reissue of the residence card"),
    "other": N_("Another application"),
}
PAPER_NAMES = {
    "letter-of-request": N_("letter of request, signed by the applicant"),
    "acknowledgement": N_("acknowledgement of receipt"),
    "postcard": N_("postcard and the papers it names"),
}
STATUS_NAMES = {
    word: word
    for word in (
        *(N_("active"), N_("arrived"), N_("collected"), N_("not-handed"), N_("late")),
        *(N_("no-show"), N_("cancelled"), N_("late-cancelled"), N_("office-closed")),
        N_("dropped"),
    )
}
"""The statuses of reservations and cases: in English the words of documents."""
SHORT_NAMES = {
    word: word
    for word in (
        *(N_("change"), N_("extension"), N_("permanent"), N_("acquisition"), N_("activity")),
        *(N_("work-certificate"), N_("reentry"), N_("coe"), N_("card-change")),
        *(N_("card-renewal"), N_("card-reissue"), N_("other")),
        *(N_("self"), N_("colleague"), N_("staff"), N_("professional")),
        *(N_("letter-of-request"), N_("acknowledgement"), N_("postcard")),
        *(N_("window"), N_("online"), N_("done"), N_("pending")),
    )
} | {"application-agent": N_("application agent"), "proxy-notification": N_("proxy notification")}
"""Words of tables; --case takes those of a case, too, but for kinds that nobody books."""

OCCUPATION_NAMES = {
    "host-organization": N_("staff of a host organisation"),
    "support-organization": N_("staff of a support organisation"),
    "public-interest": N_("staff of a public-interest corporation"),
    "scrivener": N_("administrative scrivener"),
    "attorney": N_("attorney"),
    "educational": N_("staff of an educational institution"),
}
CERTIFICATE_NAMES = {
    "application-agent": N_("certificate of an application agent"),
    "proxy-notification": N_("Certificate of Proxy Notification"),
}
OUTCOME_NAMES = {
    "booked": N_("booked"),
    "placed": N_("placed"),
    "already": N_("booked already"),
    "ended": N_("ended before"),
    "not-ready": N_("not ready"),
    "refused": N_("refused"),
    "not-placed": N_("not placed"),
    "not-booked": N_("not booked (another row)"),
}
CHANGE_NAMES = {
    "cancelled": N_("cancelled"),
    "corrected": N_("corrected"),
    "dropped": N_("dropped"),
    "already": N_("done before"),
    "refused": N_("refused"),
    "not-changed": N_("not changed (another row)"),
}
REASON_NAMES = {
    "papers": N_("papers missing"),
    "period": N_("not the time to collect it"),
    "other": N_("another reason"),
}
FIGURE_NAMES = {
    "capacity": N_("Capacity"),
    "booked": N_("Booked"),
    "reservations": N_("Reservations"),
    "agents": N_("Agents"),
    "collected": N_("Collected"),
    "not_handed": N_("Not handed over"),
    "late": N_("Came late"),
    "no_show": N_("Did not come"),
    "cancelled": N_("Cancelled"),
    "late_cancelled": N_("Cancelled late"),
    "office_closed": N_("Closed by office"),
}
"""``reservations`` and ``agents`` count these, ``late`` and what follows visits, the rest cases."""
YES_NO = {True: N_("yes"), False: N_("no")}
WEEKDAY_NAMES = {
    name: name
    for name in (*(N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu")), *(N_("Fri"), N_("Sat"), N_("Sun")))
}
# Numbers with their nouns, for one and for several.
_MINUTES = N_("{count} minute"), N_("{count} minutes")
_HOURS = N_("{count} hour"), N_("{count} hours")
_BEFORE = N_("the open day before the visit"), N_("the day {count} open days before the visit")


def bracket(text: object, more: object, _: Translate) -> str:
    """Return a text with more in the brackets of the language: ``text (more)``."""
    return _("{text} ({more})").format(text=text, more=more)


def day_text(day: date, _: Translate) -> str:
    """Return a day as a sentence has it: ``2026-11-26 (Thu)``."""
    return bracket(day.isoformat(), _(WEEKDAY_NAMES[weekday(day)]), _)


def day_cell(day: date, _: Translate) -> str:
    """Return a day as a table has it: ``2026-11-26 Thu``."""
    return f"{day.isoformat()} {_(WEEKDAY_NAMES[weekday(day)])}"


def instant_text(moment: datetime, _: Translate) -> str:
    """Return an instant to the minute: ``2026-11-26 (Thu) 10:00``."""
    return f"{day_text(moment.date(), _)} {moment:%H:%M}"


def maintenance_text(held: Maintenance, _: Translate) -> str:
    """Return from when to when a maintenance lasts, and why."""
    end = show(held.end) if held.end is not None else _("unknown")
    said = _("from {since} to {end} ({reason})")
    return said.format(since=show(held.since), end=end, reason=safe(held.reason))


def choose_headline(changed: bool, dry_run: bool, headlines: tuple[str, str, str]) -> str:
    """Return the headline that is true of a change, of: done, would be done, done already."""
    done, would, already = headlines
    return (would if dry_run else done) if changed else already


def count_of(number: int, nouns: tuple[str, str]) -> Phrase:
    """Return a number with its noun, of one and of several."""
    one, several = nouns
    return Phrase(one if number == 1 else several, count=number)


def time_of(minutes: int) -> Phrase:
    """Return a number of minutes as minutes, or hours where it is some."""
    hours, rest = divmod(minutes, 60)
    return count_of(minutes, _MINUTES) if rest else count_of(hours, _HOURS)


def boundaries(settings: Settings) -> dict[str, Phrase]:
    """Return the first shown day, and the last day of a change, in words."""
    deadline, first = settings.deadline, Phrase("the next open day")
    if settings.calendar.first_open_day == 0:
        first = Phrase("today, where the office is open")
    elif settings.calendar.first_open_day > 1:
        count = settings.calendar.first_open_day
        first = Phrase("open day number {count} after today", count=count)
    return {"first_day": first, "last_day": count_of(deadline.open_days_before, _BEFORE)}

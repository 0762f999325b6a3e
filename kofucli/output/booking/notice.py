"""The notice that agents read before they book, clause by clause, as the settings have it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from kofucli.base import Phrase
from kofucli.base.language import Translate, render
from kofucli.base.text import N_, safe
from kofucli.output.booking.confirmation import UNOFFICIAL
from kofucli.output.documents import Document
from kofucli.output.words import KIND_NAMES, boundaries, count_of, time_of
from kofucli.output.wrap import width, wrap, wrap_own
from kofucli.rules.availability import frames_left
from kofucli.rules.eligibility import CARD_KINDS, CARD_ONLY
from kofucli.rules.wording_of_requests import RECIPIENTS
from kofucli.settings import Settings

_INDENT = 10
_MOST_HELD_SHOWN = 6
"""An office with a greater quota need not be told what each number of held frames leaves."""
# Numbers with their nouns, for one and for several.
_MONTHS = N_("{count} month"), N_("{count} months")
_DAYS = N_("{count} open day"), N_("{count} open days")
_FRAMES = N_("{count} frame"), N_("{count} frames")
_CASES = N_("{count} case"), N_("{count} cases")
_MISSED = N_("{count} missed visit"), N_("{count} missed visits")
_LATE = N_("{count} late cancellation"), N_("{count} late cancellations")
_LETTERS = dict(zip(RECIPIENTS, "アイウエ", strict=True))
_NOT_COVERED = N_(
    "Not covered are, among others: applications made online; certificates of eligibility; "
    "re-entry permits, unless they were applied for together with one of the above; "
    "changes on the residence card other than of the address, its renewal, and its reissue "
    "after a loss."
)
_OTHER_PLACE = N_(
    "Whoever is told, by the postcard (通知書) or otherwise, to come to another place than "
    "counter {counter} cannot book here."
)
_POSTCARD = N_(
    "Bring the documents that the postcard names. If one is missing or incomplete, the "
    "result may not be issued, in spite of the reservation."
)
_KEEP = N_(
    "Keep the confirmation on your telephone, for instance as a screenshot, or print it, "
    "and show it at the counter."
)
_SHOW = N_(
    "While entry to the building is restricted, show it to the staff at the entrance too. "
    "The mail with the confirmation will do as well."
)


_Clause: TypeAlias = tuple[str | None, Phrase]
"""The name of a clause, such as ``3(2)``, None for a rule of our own; and what it says."""


def _list_sections(settings: Settings) -> Iterable[tuple[int, tuple[str, Iterator[_Clause]]]]:
    found = (
        (N_("Who can use this system, and for what"), _tell_who(settings)),
        (N_("Mails from this system"), _tell_mails(settings)),
        (N_("Days and hours"), _tell_days(settings)),
        (N_("Changing and cancelling"), _tell_changes(settings)),
        (N_("The confirmation"), _tell({_KEEP: "5", _SHOW: "5"})),
        (N_("Please note"), _tell_conduct(settings)),
    )
    return enumerate(found, 1)


def _tell(told: Mapping[str, str | None], **values: object) -> Iterator[_Clause]:
    """Yield sentences, which are given with the names of their clauses."""
    for text, name in told.items():
        yield name, Phrase(text, **values)


def _tell_who(settings: Settings) -> Iterator[_Clause]:
    counter = Phrase("'{counter}'", counter=settings.cases.counter)
    if settings.cases.counter == "3":  # that of the notice has a name beside its number
        counter = Phrase("3 (許可・証印)")
    yield from _tell(
        {
            N_(
                "You can book the pickup of results of applications that were filed at the counter "
                "of {office}, whose examination is over, and that are handed over at counter "
                "{counter}."
            ): "1",
            N_(
                "You need an application agent's certificate (申請等取次者証明書) or a Certificate "
                "of Proxy Notification (届出済証明書) that is still valid on the day of the visit."
            ): "1",
            N_(
                "Agents of educational institutions for foreign nationals cannot use this system."
            ): "1",
        },
        office=settings.office.name or Phrase("this office"),
        counter=counter,
    )
    for number, kind in enumerate(KIND_NAMES, 1):
        if kind in settings.cases.kinds:
            only_born = N_("{kind} (only by birth)") if kind == "acquisition" else "{kind}"
            yield f"1({number})", Phrase(only_born, kind=Phrase(KIND_NAMES[kind]))
    yield from _tell({_NOT_COVERED: "1"})
    for recipient, text in RECIPIENTS.items():
        told = Phrase(text)
        if settings.cases.collect_only == "cards" and recipient in CARD_ONLY:
            names = [Phrase(KIND_NAMES[kind]) for kind in KIND_NAMES if kind in CARD_KINDS]
            told = Phrase("{meaning} Only for: {kinds}.", meaning=told, kinds=names)
        yield f"1({_LETTERS[recipient]})", told
    if url := settings.office.forms_url:
        forms = N_("Forms of the letter of request and the acknowledgement of receipt:\n{url}")
        yield from _tell({forms: "1"}, url=url)
    yield from _tell({_OTHER_PLACE: "1(*1)", _POSTCARD: "1(*2)"}, counter=counter)


def _tell_mails(settings: Settings) -> Iterator[_Clause]:
    sender, time = settings.mail.sender, time_of(settings.verification.valid_minutes)
    yield from _tell(
        {N_("The link by which you verify your address works for {time}."): "2(1)"}, time=time
    )
    if settings.verification.required:
        yield from _tell({N_("Booking needs a verified e-mail address."): None})
    if settings.mail.transport == "none":
        yield from _tell({N_("At present this system sends no mails."): "2"})
        return
    yield from _tell(
        {
            N_(
                "If your mailbox accepts named domains only, let mails of this one in: @{domain}"
            ): "2(2)",
            N_(
                "If your mailbox rejects mails, lift that, or let this address in: {sender}"
            ): "2(3)",
        },
        domain=sender.rpartition("@")[2],
        sender=sender,
    )


def _tell_days(settings: Settings) -> Iterator[_Clause]:
    calendar, quota, frames = settings.calendar, settings.quota, settings.frames
    yield from _tell(
        {
            N_("You choose from {days} in a row, beginning with {first}."): "3(1)",
            N_(
                "A frame is one hour; frames begin at {starts}. On the days shown you may have at "
                "most {frames}, and in each at most {cases}."
            ): "3(2)",
        },
        days=count_of(calendar.shown_days, _DAYS),
        first=boundaries(settings)["first_day"],
        starts=frames.starts,
        frames=count_of(quota.frames, _FRAMES),
        cases=count_of(quota.cases, _CASES),
    )
    if quota.frames <= _MOST_HELD_SHOWN:
        held = range(quota.frames + 1)
        yield from _tell(
            {N_("If you have {held} frames there already, {left} more can be booked."): "3(2)"},
            held=_choose_one(held),
            left=_choose_one([frames_left(each, quota.frames, quota.reading) for each in held]),
        )
    if frames.capacity is not None:
        full = N_("All agents together may have {cases} in an hour; what is full cannot be booked.")
        yield from _tell({full: None}, cases=count_of(frames.capacity, _CASES))


def _tell_changes(settings: Settings) -> Iterator[_Clause]:
    office, deadline = settings.office, settings.deadline
    after = N_("A visit can still be booked after that, but no longer changed or cancelled here.")
    if deadline.booking_after == "refuse":
        after = N_("A visit can no longer be booked after that.")
    yield from _tell(
        {
            N_("You can change or cancel until {minute} on {day}."): "4(1)",
            after: None,
            N_(
                "If you have to cancel later than that, or will be late, phone the office before "
                "your reserved hour, as soon as you know."
            ): "4(2)",
        },
        minute=deadline.last_minute,
        day=boundaries(settings)["last_day"],
    )
    if office.phone:
        phone = Phrase("{phone} (room {room})", phone=office.phone, room=office.room)
        told = phone if office.room else office.phone
        yield from _tell({N_("Where to call: {phone}"): "4(2)"}, phone=told)
    added = N_("It adds nothing: a place that was dropped stays empty.")
    if settings.amend.reading == "cap":
        added = N_(
            "A place that was dropped may be filled again, up to the number of cases first booked."
        )
    yield from _tell(
        {
            N_("A change may drop some of the cases, and correct application numbers."): "4(3)",
            added: "4(3)",
            N_("Day and hour do not change: cancel, and book again."): None,
        }
    )


def _tell_conduct(settings: Settings) -> Iterator[_Clause]:
    conduct = settings.conduct
    threshold = N_(
        "After {no_shows} or {late_cancels} within {period} the office may suspend for {time}."
    )
    if conduct.mode == "auto":
        threshold = N_(
            "After {no_shows} or {late_cancels} within {period} you are suspended at once for "
            "{time}."
        )
    yield from _tell(
        {
            N_(
                "Booking does not complete the delivery: come to the office, and receive the "
                "result at the counter."
            ): "6(1)",
            N_(
                "The result may not be issued if a document is missing or incomplete, or if the "
                "period for issuing it has not come or is over."
            ): "6(2)",
            N_(
                "If you come after your hour, the reservation can in principle not be used: please "
                "go to the ordinary counter."
            ): "6(3)",
            N_(
                "Whoever does not come without having cancelled, or often cancels after the "
                "deadline, may be refused further reservations and suspended for a time."
            ): "6(4)",
            threshold: "6(4)",
            N_("This notice may change without warning: please read it whenever you book."): "6(5)",
        },
        no_shows=count_of(conduct.no_shows, _MISSED),
        late_cancels=count_of(conduct.late_cancels, _LATE),
        period=count_of(conduct.months_back, _MONTHS),
        time=count_of(conduct.suspend_months, _MONTHS),
    )


def _choose_one(numbers: Sequence[int]) -> Phrase:
    return Phrase("{numbers} or {last}", numbers=tuple(numbers[:-1]), last=numbers[-1])


def notice_document(settings: Settings, own: str | None, language: str, _: Translate) -> Document:
    """Return the notice as a document; ``own`` is the office's own text, a clause as a whole."""
    told = [
        {"clause": name, "section": number, "text": render(text, _)}
        for number, (_title, clauses) in _list_sections(settings)
        for name, text in clauses
    ]
    if own is not None:
        told = [{"clause": None, "section": None, "text": own}]
    return {
        "version": settings.rules.version,
        "language": language if own is None else None,
        "clauses": told,
    }


def notice_text(settings: Settings, own: str | None, columns: int, _: Translate) -> str:
    """Return the notice for people, in lines of at most ``columns``, but for longer words."""
    if own is not None:
        return wrap_own(own, columns)
    office, version = settings.office, settings.rules.version
    title = Phrase("Notice to agents who book a pickup (version {version})", version=version)
    lines = [*wrap(render(title, _), columns)]
    if office.name:
        lines += wrap(safe(office.name), columns)
    lines += ["", *wrap(_("Please read this before you use the system."), columns)]
    if not office.official:
        lines += wrap(_(UNOFFICIAL), columns)
    for number, (heading, clauses) in _list_sections(settings):
        lines += ["", f"{number}. {_(heading)}"]
        for name, text in clauses:
            mark = f"  {name or '-'}"
            first = mark + " " * (_INDENT - width(mark))
            told, *address = render(text, _).split("\n")
            lines += wrap(told, columns, " " * _INDENT, first)
            lines += [" " * _INDENT + line for line in address]  # whole, so that it can be copied
    return "\n".join(lines) + "\n"

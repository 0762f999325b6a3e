"""The text of mails, in the language of the agent."""

from __future__ import annotations

from collections.abc import Iterator

from kofucli.base import Phrase
from kofucli.base.language import Translate, mail_translator, render
from kofucli.base.text import N_
from kofucli.mail import Letter
from kofucli.operations.mail import Addressee, AnyNews, LinkNews, News, NewsKind, StandingNews
from kofucli.output.booking.confirmation import UNOFFICIAL, Bearer, confirmation_text
from kofucli.output.words import STATUS_NAMES, day_text, instant_text
from kofucli.rules.conduct import Advice, say_reason
from kofucli.settings import Office, Settings

_SUBJECTS = {
    "booked": N_("Reserved: {visit} ({number})"),
    "amended": N_("Changed: {visit} ({number})"),
    "cancelled": N_("Cancelled: {visit} ({number})"),
    "late-cancelled": N_("Cancelled after the deadline: {visit} ({number})"),
    "revived": N_("Cancellation taken back: {visit} ({number})"),
    "undone": N_("Cancellation taken back: {visit} ({number})"),
    "undone-closed": N_("Cancellation taken back: {visit} ({number})"),
    "mark-lifted": N_("Record corrected: {visit} ({number})"),
    "closed": N_("Ended by the office: {visit} ({number})"),
    "moved": N_("Later deadline: {visit} ({number})"),
    "restored": N_("Valid again: {visit} ({number})"),
    "confirmation": N_("Confirmation: {visit} ({number})"),
    "ended": N_("Ended: {visit} ({number})"),
}
_OPENINGS = {
    "booked": N_(
        "Your visit is reserved. Show this mail, on a telephone or paper, at the counter, and to "
        "the staff at the entrance while entry is restricted."
    ),
    "amended": N_(
        "Your reservation has been changed. This confirmation takes the place of the earlier one."
    ),
    "cancelled": N_(
        "Your reservation has been cancelled before its deadline, so there is no mark."
    ),
    "late-cancelled": N_(
        "Your visit has been cancelled by telephone after the deadline, {deadline}. The "
        "reservation has ended, and there is a mark: a late cancellation."
    ),
    "revived": N_(
        "The office has taken back that your visit was cancelled by telephone. Your reservation is "
        "valid again, and there is no mark for it any more."
    ),
    "undone": N_(
        "The office has taken back that your visit was cancelled by telephone, and there is no "
        "mark for that any more. Its hour is over; what became of the visit is still to be "
        "recorded."
    ),
    "undone-closed": N_(
        "The office has taken back that your visit was cancelled by telephone, and there is no "
        "mark for that any more. But the office is closed at its hour: please do not come then."
    ),
    "mark-lifted": N_(
        "The office has taken back that you did not come to this visit, and there is no mark for "
        "it any more. What became of the visit is still to be recorded."
    ),
    "closed": N_(
        "The office is closed at the hour of your visit: {reason}. Your reservation has ended. "
        "There is no mark, and its hour no longer counts: please book another one."
    ),
    "moved": N_(
        "The office opens on a day before your visit. You can change or cancel until {deadline}, "
        "which is later than before. Nothing else has changed."
    ),
    "restored": N_(
        "The office opens again at the hour of your visit, and your reservation is valid again."
    ),
    "confirmation": N_("This is the confirmation of your reservation."),
    "ended": N_("Your reservation has ended ({status}). What follows only shows what it was."),
}
_WHOLE = frozenset({"booked", "amended", "revived", "moved", "restored", "confirmation", "ended"})
"""News whose mail holds the whole confirmation (notice 5), not a summary."""


_STANDING_SUBJECTS = {
    "suspended": N_("Suspended until {until}"),
    "reinstated": N_("Your suspension has ended"),
}


def compose(news: AnyNews, addressee: Addressee, settings: Settings) -> Letter:
    """Return the letter that tells an agent the news, or sends its verification link."""
    translate = mail_translator(addressee.language)
    if isinstance(news, LinkNews):
        subject = translate("Verify your e-mail address for the pickup reservation")
        parts = [render(phrase, translate) for phrase in _link_parts(news, settings.mail.sender)]
    elif isinstance(news, StandingNews):
        until = news.suspension.until if news.suspension is not None else None
        said = Phrase(_STANDING_SUBJECTS[news.kind], until=until)
        subject = render(said, translate)
        parts = [render(phrase, translate) for phrase in _standing_parts(news)]
    else:
        subject, parts = _write(news, addressee, settings, translate)
    greeting = render(Phrase("Dear {name},", name=addressee.name), translate)
    closing = _closing(settings.office, translate)
    return Letter(subject, "\n\n".join([greeting, *parts, *closing]) + "\n")


def _standing_parts(news: StandingNews) -> Iterator[Phrase]:
    """Why the office suspends is told to the agent; why it reinstates is its own record."""
    held = news.suspension
    if held is None:
        yield Phrase(
            "The office has ended your suspension; it no longer keeps you from booking and "
            "correcting."
        )
        return
    yield Phrase(
        "You are suspended from {since} on: you can neither book nor correct, and book again from "
        "{until} on.",
        since=held.since,
        until=held.until,
    )
    yield Phrase("Reason: {reason}", reason=say_reason(held.reason))
    yield Phrase(
        "Reservations that you have stand; dropping cases and cancelling still work. If this is "
        "wrong, please phone the office."
    )


def _write(
    news: News, addressee: Addressee, settings: Settings, translate: Translate
) -> tuple[str, list[str]]:
    reservation = news.reservation
    visit = f"{day_text(reservation.date, translate)} {reservation.start}"
    subject = render(
        Phrase(_SUBJECTS[news.kind], visit=visit, number=reservation.number), translate
    )
    opening = Phrase(
        _OPENINGS[news.kind],
        reason=reservation.reason,
        deadline=instant_text(reservation.deadline, translate),
        status=Phrase(STATUS_NAMES[reservation.status]),
    )
    standing = _standing(news.kind, news.advice) if news.advice is not None else ()
    if news.kind in _WHOLE:
        whole = confirmation_text(reservation, Bearer(addressee.agent, addressee.name), settings)
    else:
        summary = (
            Phrase("Number: {number}", number=reservation.number),
            Phrase("Day and hour: {visit}", visit=visit),
            Phrase("Cases: {numbers}", numbers=[case.number for case in reservation.active_cases]),
        )
        whole = "\n".join(render(phrase, translate) for phrase in summary)
    said = [render(phrase, translate) for phrase in (opening, *standing)]
    return subject, [*said, whole.rstrip("\n")]


def _standing(kind: NewsKind, advice: Advice) -> Iterator[Phrase]:
    """Yield what follows for an agent from a mark, or from its end (notice 6(4))."""
    counts = advice.counts
    if kind == "mark-lifted":
        yield Phrase("Missed visits that count now: {count}.", count=counts["no-show"])
    else:
        yield Phrase("Late cancellations that count now: {count}.", count=counts["late-cancel"])
    if advice.suspended:
        yield Phrase(
            "With that you are suspended: you can neither book nor correct, and book again from "
            "{until} on. Other reservations stand; dropping cases and cancelling still work.",
            until=advice.until,
        )
    elif advice.reinstated:
        yield Phrase("The suspension that followed from it has ended.")
    elif advice.until is not None:
        yield Phrase(
            "The suspension that you had already stays: you can book again from {until} on.",
            until=advice.until,
        )
    elif advice.reached:
        yield Phrase("At that number the office may suspend you; it has not done so.")


def _link_parts(news: LinkNews, sender: str) -> tuple[Phrase, ...]:
    return (
        Phrase("Please open this link to verify your e-mail address:"),
        Phrase("{link}", link=news.link),
        Phrase(
            "It was made at {made} and works once, until {expires} (Japan time), whenever this "
            "mail reaches you.",
            made=news.made,
            expires=news.expires,
        ),
        Phrase("Without a browser: kofucli verify redeem {token}", token=news.token),
        Phrase(
            "Mails of this system come from {sender}. If you filter mails by domain, please let "
            "{domain} in.",
            sender=sender,
            domain="@" + sender.rpartition("@")[2],
        ),
        Phrase("If you did not ask for this, please ignore it."),
    )


def _closing(office: Office, translate: Translate) -> Iterator[str]:
    if office.name:
        phone = Phrase("{phone} (room {room})", phone=office.phone, room=office.room)
        called = render(phone, translate) if office.phone and office.room else office.phone
        yield "\n".join(filter(None, (office.name, office.place, called)))
    if not office.official:
        yield translate(UNOFFICIAL)

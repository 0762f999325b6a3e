"""What a mail of the outbox gets when it is sent: its page with the QR code, and the visit's event.

``complete(settings, content)`` keeps headers and text. The other parts are made of the reservation
as the mail tells it, which it carries in a header, not as the store has it now.
"""

from __future__ import annotations

import re
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.policy import SMTP
from email.utils import parsedate_to_datetime
from typing import cast

from msgspec import json

from kofucli.mail.message import read_text, read_visit
from kofucli.operations.mail import Visit
from kofucli.output.booking.calendar import Invitation, calendar_text, method_of
from kofucli.output.confirmation import BAR, Bearer, find_facts
from kofucli.output.confirmation_forms import draw_png
from kofucli.output.tables import fill_page
from kofucli.settings import Settings

_POLICY = SMTP.clone(cte_type="7bit")
"""No server needs to take more than ASCII."""
_PICTURE = "code"
_REPLACED = re.compile(
    rb"(?im)^(?:MIME-Version|Content-T[a-z-]+|X-Kofucli-Visit):.*\r\n(?: .*\r\n)*"
)
"""The headers that the parts have in place of those of plain text."""


def complete(settings: Settings, content: bytes) -> bytes:
    """Return a mail of the outbox as it is sent: plain text, a page, and an event for a visit."""
    head, _, _ = content.partition(b"\r\n\r\n")
    written = message_from_bytes(head)
    text = read_text(content).replace("\r\n", "\n")
    visit = _read(read_visit(content))
    mail = EmailMessage(_POLICY)
    mail.set_content(text)
    page, code = _make_page(settings, written, text, visit)
    mail.add_alternative(page, subtype="html")
    if code is not None:
        shown = cast("list[EmailMessage]", mail.get_payload())[-1]
        shown.add_related(
            code, "image", "png", cid=f"<{_PICTURE}>", disposition="inline", filename="code.png"
        )
    method = method_of(visit.reservation) if visit is not None else None
    if visit is not None and method is not None:
        event = _make_event(settings, written, visit, method)
        mail.add_alternative(event, subtype="calendar", params={"method": method})
    return _REPLACED.sub(b"", head + b"\r\n") + mail.as_bytes()


def _read(told: bytes) -> Visit | None:
    """Return the visit in a mail; None where it has none, or somebody has written on it."""
    try:
        return json.decode(told, type=Visit) if told else None
    except ValueError:
        return None


def _header(written: Message, name: str) -> str:
    return str(make_header(decode_header(" ".join(written.get(name, "").split()))))


def _mailbox(written: Message, name: str) -> tuple[str, str]:
    """Return the name and the address in a header; the name is empty where there is none."""
    known, _, address = _header(written, name).rpartition("<")
    return known.strip(), address.rstrip(">")


def _make_page(
    settings: Settings, written: Message, text: str, visit: Visit | None
) -> tuple[str, bytes | None]:
    """Return the text as a page, and the picture of its QR code.

    The confirmation within the text is told as on its page.
    """
    before, bar, confirmed = text.partition(BAR)
    facts = None
    if bar and visit is not None:
        bearer = Bearer(visit.reservation.agent, _mailbox(written, "To")[0])
        facts = find_facts(visit.reservation, bearer, settings)
        after = confirmed.rpartition(BAR)[2]
    else:
        before, after = text, ""
    page = fill_page(
        "mail.html",
        language=written.get("Content-Language", "ja"),
        subject=_header(written, "Subject"),
        before=before.strip("\n").split("\n\n"),
        after=after.strip("\n").split("\n\n"),
        facts=facts,
        picture=f"cid:{_PICTURE}",
    )
    return page, draw_png(facts.number) if facts is not None and facts.valid else None


def _make_event(settings: Settings, written: Message, visit: Visit, method: str) -> str:
    invited = Invitation(method, _mailbox(written, "From"), _mailbox(written, "To"))
    bearer = Bearer(visit.reservation.agent, invited.receiver[0])
    now = parsedate_to_datetime(written["Date"])
    return calendar_text([(visit.reservation, bearer)], settings, now, visit.line, invited)

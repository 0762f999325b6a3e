"""What is added to a mail when it is sent: the page with its QR code, and the visit's event."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
import zxingcpp
from icalendar import Calendar, Event
from PIL import Image

from kofucli.mail import read_visit
from tests.conftest import OfficeInFolder
from tests.mail.reading import read_outbox, text_of
from tests.mail.servers import Mailbox

OFFICE = "東京出入国在留管理局横浜支局"
BOOK = ("book", "+1", "10", "--case", "X-1", "--case", "X-2", "--agent", "A-1")


def parts_of(mail: EmailMessage) -> dict[str, EmailMessage]:
    return {part.get_content_type(): part for part in mail.walk() if not part.is_multipart()}


def event_in(mail: EmailMessage) -> tuple[str, Event] | None:
    part = parts_of(mail).get("text/calendar")
    if part is None:
        return None
    calendar = Calendar.from_ical(part.get_content())
    (event,) = calendar.walk("VEVENT")
    assert isinstance(event, Event)
    assert part.get_param("method") == calendar["method"]
    assert mail.get_content_type() == "multipart/alternative"
    return str(calendar["method"]), event


def codes_in(mail: EmailMessage) -> list[str]:
    """Return what a reader finds in the pictures that the page of a mail shows."""
    parts = parts_of(mail)
    shown = re.findall(r'src="cid:([^"]+)"', parts["text/html"].get_content())
    pictures = [part for kind, part in parts.items() if kind == "image/png"]
    assert [f"<{name}>" for name in shown] == [part["Content-ID"] for part in pictures]
    images = [Image.open(io.BytesIO(part.get_content())) for part in pictures]
    return [found.text for image in images for found in zxingcpp.read_barcodes(image)]


def test_every_news_moves_the_event_or_takes_it_away(
    office: OfficeInFolder, mailbox: Mailbox
) -> None:
    """One UID, a rising SEQUENCE though the clock stands still; what waits is told as it was.

    What has ended has no code and no alarm.
    """
    number = office.json(*BOOK)["reservation"]["number"]
    office.json("amend", number, "--drop", "X-2", "--agent", "A-1")
    office.json("office", "close", "2026-11-25", "--reason", "停電", "-y")
    office.json("office", "reopen", "2026-11-25", "--restore")
    office.json("confirmation", number, "--send", "--office")
    office.json("cancel", number, "--agent", "A-1")
    office.json("confirmation", number, "--send", "--office", now="2026-11-24T10:00:01")
    assert 7 == len(office.json("mail", "send")["sent"])
    found = [each for mail in mailbox.mails if (each := event_in(mail)) is not None]
    told = sorted(zip(found, mailbox.mails, strict=True), key=lambda x: x[0][1]["sequence"])
    order = ["REQUEST", "REQUEST", "CANCEL", "REQUEST", "REQUEST", "CANCEL", "CANCEL"]
    assert order == [method for (method, _), _ in told]
    assert len({event["sequence"] for _, event in found}) >= 6  # that of --send tells nothing new
    assert {f"{number}@pickup.example.jp"} == {event["uid"] for _, event in found}
    for (method, event), mail in told:
        asked = method == "REQUEST"
        assert event["status"] == ("CONFIRMED" if asked else "CANCELLED")
        assert (2 if asked else 0) == len(event.walk("VALARM"))
        assert ([number] if asked else []) == codes_in(mail)
        assert datetime(2026, 11, 25, 1, tzinfo=UTC) == event.decoded("dtstart").astimezone(UTC)
        assert mail["Date"].datetime == event.decoded("dtstamp")
        agent, bureau = event["attendee"], event["organizer"]
        assert f"mailto:{mail['To'].addresses[0].addr_spec}" == agent
        assert ("FALSE", "ACCEPTED") == (agent.params["RSVP"], agent.params["PARTSTAT"])
        assert ("mailto:pickup@pickup.example.jp", OFFICE) == (bureau, bureau.params["CN"])
    descriptions = [event["description"] for (_, event), _ in told]
    assert ("X-2" in descriptions[0], "X-2" in descriptions[1]) == (True, False)


def test_late_cancellations_and_their_undoing(office: OfficeInFolder, mailbox: Mailbox) -> None:
    """What revives a visit invites again; what only corrects the past leaves calendars alone."""
    numbers = [office.book("+1", hour, f"X-{hour}")["number"] for hour in ("10", "11")]
    late, undo = ("desk", "late-cancel"), ("desk", "undo")
    for number in numbers:
        office.json(*late, number, "--reason", "電話", now="2026-11-25T09:00:00")
    office.json(*undo, numbers[0], "--reason", "誤り", now="2026-11-25T09:01:00")
    office.json(*undo, numbers[1], "--reason", "誤り", now="2026-11-25T13:00:00")
    office.json("mail", "send", now="2026-11-25T13:00:00")
    found = {
        mail["Message-ID"]: (event[0] if (event := event_in(mail)) else None)
        for mail in mailbox.mails
    }
    assert ["REQUEST", "REQUEST", "CANCEL", "CANCEL", "REQUEST", None] == list(found.values())


def test_the_page_says_what_the_text_says(office: OfficeInFolder, mailbox: Mailbox) -> None:
    """Greeting, news and the confirmation as on its page, in the agent's language; no script."""
    office.set("office", "name", '"<b>局</b>"')
    office.add_agent("B-1", name="<i>Ann</i> & Bo", language="en")
    office.json(*BOOK[:-1], "B-1")
    office.json("verify", "send", "B-1")
    sent = read_outbox(office, "booked")[0]
    for path in (office.store / "outbox").glob("*T*-verify-A-1*"):
        path.unlink()
    office.json("mail", "send")
    (booked,) = (mail for mail in mailbox.mails if "image/png" in parts_of(mail))
    (link,) = (mail for mail in mailbox.mails if "verify/" in text_of(mail))
    assert text_of(sent) == text_of(booked)
    page = parts_of(booked)["text/html"].get_content()
    assert '<html lang="en">' in page
    for part in ("Dear &lt;i&gt;Ann&lt;/i&gt; &amp; Bo,", "交付予約確認書", "X-2", "&lt;b&gt;局"):
        assert part in page
    assert "====" not in page
    assert re.search(r"<(script|i|b)\b|https?://(?!www\.moj\.go\.jp)", page) is None
    page = parts_of(link)["text/html"].get_content()
    assert re.search(r'<a href="https://pickup\.example\.jp/verify/[A-Za-z0-9_-]{43}"', page)


def test_only_what_is_sent_has_parts(office: OfficeInFolder, mailbox: Mailbox) -> None:
    """The outbox has the plain mail, without anything that its text does not tell."""
    number = office.json(*BOOK)["reservation"]["number"]
    (path,) = (office.store / "outbox").iterdir()
    assert b"multipart" not in path.read_bytes()
    assert ["text/plain"] == list(parts_of(read_outbox(office, "booked")[0]))
    office.json("mail", "send")
    (mail,) = mailbox.mails
    assert ["text/plain", "text/html", "image/png", "text/calendar"] == list(parts_of(mail))
    assert "X-Kofucli-Visit" not in mail
    assert mailbox.taken[0].original_content.isascii()
    assert number in parts_of(mail)["text/html"].get_content()
    office.json("amend", number, "--replace", "X-1=X-9", "--agent", "A-1")
    (path,) = (office.store / "outbox").iterdir()
    assert "X-1" not in text_of(read_outbox(office, "amended")[0])
    assert b"X-9" in (visit := read_visit(path.read_bytes()))
    assert b"X-1" not in visit


@pytest.mark.parametrize("header", ["", "X-Kofucli-Visit: AAAA\r\n", "X-Kofucli-Visit: e30=\r\n"])
def test_a_mail_of_an_earlier_version_is_sent(
    office: OfficeInFolder, mailbox: Mailbox, header: str
) -> None:
    """A mail without a visit, or with one that somebody has written on, goes as its text."""
    office.json(*BOOK)
    (path,) = (office.store / "outbox").iterdir()
    content = path.read_bytes()
    told = re.compile(rb"X-Kofucli-Visit: .*\r\n(?: .*\r\n)*Content-Language: ja\r\n")
    content = re.sub(rb"To: .*\r\n <(.*)>", rb"To: \1", told.sub(header.encode(), content))
    path.write_bytes(content)
    assert 1 == len(office.json("mail", "send")["sent"])
    (mail,) = mailbox.mails
    assert ["text/plain", "text/html"] == list(parts_of(mail))
    assert "a-1@office.example.jp" == mail["To"]
    assert '<html lang="ja">' in parts_of(mail)["text/html"].get_content()
    assert "X-1" in parts_of(mail)["text/html"].get_content()

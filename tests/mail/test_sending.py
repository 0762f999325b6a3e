"""Mails to a real server: accepted, refused, and sent to servers that break off or fall silent."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import pytest

from kofucli.mail import smtp
from tests.conftest import OfficeInFolder, read_token
from tests.mail.reading import outbox_names, read_outbox, text_of
from tests.mail.servers import (
    BOOK,
    CERTIFICATE,
    SEND,
    Mailbox,
    book_and_fail,
    counts,
    running,
    scripted,
    use_server,
)


def encrypting() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


def book_hours(office: OfficeInFolder, *hours: str) -> None:
    office.set("quota", "frames", "60")
    for hour in hours:
        office.book("+1", hour, f"X-{hour}")


# What is sent.


def test_a_mail_is_sent_and_leaves_the_outbox(sending: OfficeInFolder, mailbox: Mailbox) -> None:
    """5: the confirmation goes to the agent's address; ``--send`` sends it once more."""
    number = sending.json(*BOOK)["reservation"]["number"]
    (mail,) = mailbox.mails
    assert ["a-1@office.example.jp"] == mailbox.receivers
    assert "pickup@pickup.example.jp" == mailbox.taken[0].mail_from
    assert number in mail["Subject"]
    assert sending.run("confirmation", number).out in text_of(mail)
    again = ("confirmation", "X-1", "--send", "--agent", "A-1", "-f", "json")
    assert sending.json(*again)["outbox"] is None
    assert (2, []) == (len(mailbox.taken), outbox_names(sending))
    mailbox.rcpt["a-1@office.example.jp"] = "550 no"
    outcome = sending.run(*again)
    assert 7 == outcome.status
    assert outcome.json["outbox"] == str(sending.store / "outbox" / outbox_names(sending)[0])
    assert "mail send" in outcome.error["message"]


def test_a_link_is_sent_at_once(sending: OfficeInFolder, mailbox: Mailbox) -> None:
    """2: its token lies nowhere any more."""
    assert sending.json("verify", "send", "A-1")["outbox"] is None
    (mail,) = mailbox.mails
    assert "https://pickup.example.jp/verify/" in text_of(mail)
    assert [] == outbox_names(sending)
    assert sending.run("verify", "send", "A-1").out.startswith("A link was sent.")


def test_a_link_that_waits_is_not_said_to_be_sent(office: OfficeInFolder) -> None:
    """2(1): with the outbox the mail was made, not sent, and the hour runs from then on."""
    for lang, waits in (("en", "waits in the outbox"), ("ja", "送信箱に置きました")):
        text = office.run("verify", "send", "A-1", "--lang", lang).out
        assert all(part in text for part in (waits, "kofucli mail send", "2026-11-24 11:00"))
    mail = read_outbox(office, "verify")[0]
    assert "2026-11-24 10:00 に作成" in text_of(mail)
    assert "2026-11-24 11:00 になるまで" in text_of(mail)


def test_many_mails_go_over_one_connection(office: OfficeInFolder, mailbox: Mailbox) -> None:
    book_hours(office, "9", "10", "11", "13", "14", "15")
    assert (0, 6, 0) == counts(office.run(*SEND))
    assert 6 == len({mail["Message-ID"] for mail in mailbox.mails})
    assert 1 == len(mailbox.sessions)


def test_a_dry_run_sends_nothing(sending: OfficeInFolder, mailbox: Mailbox) -> None:
    sending.json(*BOOK, "-n")
    sending.set("mail", "transport", '"outbox"')
    sending.json(*BOOK)
    (name,) = outbox_names(sending)
    document = sending.json("mail", "send", "-n")
    assert ([], [{"mail": name, "message": None}]) == (document["sent"], document["waiting"])
    assert ([], [name]) == (mailbox.taken, outbox_names(sending))


def test_links_that_no_longer_work_are_not_sent(office: OfficeInFolder, mailbox: Mailbox) -> None:
    """2(1): expired, used, of a former address, superseded: named and removed; the rest is sent."""
    agents = ("A-1", "B-2", "C-3", "D-4")
    for agent in agents[1:]:
        office.add_agent(agent)
    office.clear("outbox/")
    for agent in agents:
        office.json("verify", "send", agent)
    names = outbox_names(office)
    office.json("verify", "redeem", read_token(str(office.store / "outbox" / names[1])))
    office.json("agent", "edit", "C-3", "--email", "new@office.example.jp")
    office.json("verify", "send", "D-4", now="2026-11-24T10:30:00")
    office.json(*BOOK)
    told = ("expired at 2026-11-24 11:00", "has been used", "was superseded", "was superseded")
    dry = office.json(*SEND, "-n", now="2026-11-24T11:00:00")
    assert (names, 2) == ([each["mail"] for each in dry["void"]], len(dry["waiting"]))
    for each, reason in zip(dry["void"], told, strict=True):
        assert each["message"].startswith(f"its link {reason}")
    assert 6 == len(outbox_names(office))
    shown = office.run("mail", "send", now="2026-11-24T11:00:00")
    assert (0, []) == (shown.status, outbox_names(office))
    assert f"{names[3]}: its link was superseded" in shown.out
    assert "kofucli verify send ID" in shown.out
    assert ["a-1@office.example.jp", "d-4@office.example.jp"] == sorted(mailbox.receivers)


def test_a_link_in_a_long_line_is_recognised(office: OfficeInFolder, mailbox: Mailbox) -> None:
    """2: a mail in base64 is read as well as any other."""
    office.set("verification", "link", f'"https://example.jp/{"x" * 990}/"')
    office.json("verify", "send", "A-1")
    assert [] == office.json("mail", "send")["void"]
    assert 1 == len(mailbox.mails)


# What is refused.


def test_a_booking_stands_though_nobody_listens(sending: OfficeInFolder) -> None:
    """The message says how to send again."""
    message = book_and_fail(sending)
    assert "refused" in message
    assert "kofucli mail send" in message
    mailbox = Mailbox()
    with running(mailbox) as port:
        use_server(sending, port)
        assert (0, 1, 0) == counts(sending.run(*SEND))
    assert (1, []) == (len(mailbox.taken), outbox_names(sending))
    assert sending.json("mail", "send")["changed"] is False


def test_a_host_that_does_not_exist_cannot_be_reached(sending: OfficeInFolder) -> None:
    use_server(sending, 25, "no-such-host.invalid")
    assert "no-such-host.invalid:25" in book_and_fail(sending)
    use_server(sending, 25, "a..b")  # it can be none
    assert (7, 0, 1) == counts(sending.run(*SEND))


DIALOGUE = [b"220 hello\r\n", b"250 hello\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"]
"""What a server answers up to the text of a mail."""
STEPS = {"greeting": 0, "EHLO": 1, "MAIL": 2, "DATA": 4, "end": 5}
"""How much of it has been said before each step."""


ADDRESS = "a-1@office.example.jp"
PLAIN = {"starttls": "false"}
LOGIN = PLAIN | {"user": '"office"', "password_env": '"PICKUP_PASSWORD"'}
HANGS = "within 0.5 s"
WRONG = [
    *((partial(scripted, *DIALOGUE[:said]), PLAIN, "broke off") for said in STEPS.values() if said),
    *((partial(scripted, *DIALOGUE[:said], b""), PLAIN, HANGS) for said in STEPS.values()),
    (partial(scripted, f"554 none for {ADDRESS}\r\n".encode(), b"221 bye\r\n"), PLAIN, "(554)"),
    (partial(scripted, b"nonsense\r\n"), PLAIN, "refused it (-1)"),
    (partial(scripted, *DIALOGUE[:2], b"421 closing\r\n"), PLAIN, "(421)"),
    (lambda: running(Mailbox(rcpt={ADDRESS: f"550 <{ADDRESS}>"})), PLAIN, "the receiver (550)"),
    (lambda: running(Mailbox(rcpt={ADDRESS: "451 later"})), PLAIN, "the receiver (451)"),
    (lambda: running(Mailbox()), LOGIN, "a user"),
    (lambda: running(Mailbox()), {"starttls": "true"}, "starttls"),
    (lambda: running(Mailbox()), {"tls": '"implicit"'}, "as [mail] tls asks for"),
    (lambda: running(Mailbox(), ssl_context=encrypting()), {"tls": '"none"'}, HANGS),
]
"""A server, settings, and what is told of it.

It hangs up or falls silent at any point, refuses for good or for now, lets nobody log in, has no
STARTTLS, or is encrypted from the start where it should not be, and the other way round.
"""


@pytest.mark.parametrize(("server", "settings", "told"), WRONG)
def test_what_a_server_does_wrong_is_told(
    sending: OfficeInFolder,
    monkeypatch: pytest.MonkeyPatch,
    server: Callable[[], AbstractContextManager[int]],
    settings: dict[str, str],
    told: str,
) -> None:
    """The mail is kept and named, the address is not."""
    if told == HANGS:
        monkeypatch.setattr(smtp, "TIMEOUT", 0.5)
    with server() as port:
        use_server(sending, port, **settings)
        message = book_and_fail(sending, PICKUP_PASSWORD="open sesame")
        outcome = sending.run(*SEND, PICKUP_PASSWORD="open sesame")
    assert f"127.0.0.1:{port}" in message
    assert told in message
    (left,) = outcome.json["waiting"]
    assert [left["mail"]] == outbox_names(sending)
    assert left["message"] in message
    assert "office.example.jp" not in outcome.out + outcome.err


def test_sending_goes_on_after_a_failure(office: OfficeInFolder, mailbox: Mailbox) -> None:
    """One refused mail holds up no other; the mails that are left are named (exit 7)."""
    for agent in ("B-2", "C-3"):
        office.add_agent(agent)
    office.clear("outbox/")
    for agent, hour in (("A-1", "9"), ("B-2", "10"), ("C-3", "11")):
        office.book("+1", hour, f"X-{agent}", agent=agent)
    mailbox.rcpt["a-1@office.example.jp"] = "550 no"
    mailbox.data["b-2@office.example.jp"] = "554 no"
    outcome = office.run(*SEND)
    left = outcome.json["waiting"]
    assert ((7, 1, 2), ["c-3@office.example.jp"]) == (counts(outcome), mailbox.receivers)
    assert outbox_names(office) == [each["mail"] for each in left]
    assert ("550" in left[0]["message"], "554" in left[1]["message"]) == (True, True)
    assert "Waiting: 2" in office.run("mail", "send").out
    mailbox.rcpt.clear()
    mailbox.data.clear()
    assert (0, 2, 0) == counts(office.run(*SEND))


def test_a_connection_that_breaks_off_is_opened_again(
    office: OfficeInFolder, mailbox: Mailbox
) -> None:
    """Breaks count in a row: after one that held there may be as many again."""
    book_hours(office, "9", "10", "11", "13", "14", "15")
    drops = iter([True, True, False] * 2)

    def drop(server: Any) -> None:
        if next(drops):
            server.transport.abort()

    mailbox.before_data = drop
    assert (7, 2, 4) == counts(office.run(*SEND))


def test_a_server_that_always_breaks_off_is_left_alone(
    office: OfficeInFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After three connections in a row that broke off, the rest waits without being tried."""
    monkeypatch.setattr(smtp, "TIMEOUT", 0.5)
    book_hours(office, "9", "10", "11", "13", "14")
    visits: list[None] = []
    with scripted(*DIALOGUE[:4], b"", visits=visits) as port:
        use_server(office, port)
        assert (7, 0, 5) == counts(office.run(*SEND))
    assert 3 == len(visits)


def test_a_password_is_needed_and_kept_secret(sending: OfficeInFolder) -> None:
    """The password comes from the variable that the settings name; without it nothing is tried."""
    sending.set("mail", "user", '"office"')
    sending.set("mail", "password_env", '"PICKUP_PASSWORD"')
    mailbox = Mailbox()
    with running(mailbox, authenticator=mailbox.authenticate, auth_require_tls=False) as port:
        use_server(sending, port)
        assert "PICKUP_PASSWORD, which" in book_and_fail(sending)
        assert [] == mailbox.logins
        for password, told in (("wrong one", "(535)"), ("開けゴマ", "ASCII")):
            wrong = sending.run(*SEND, PICKUP_PASSWORD=password)
            assert told in wrong.json["waiting"][0]["message"]
            assert password not in wrong.out + wrong.err
        assert (0, 1, 0) == counts(sending.run(*SEND, PICKUP_PASSWORD="open sesame"))
    assert (b"office", b"open sesame") == mailbox.logins[-1]


@pytest.mark.parametrize(
    ("key", "value"), [("starttls", "true"), ("tls", '"starttls"'), ("tls", '"implicit"')]
)
def test_encryption_needs_a_trusted_certificate(
    sending: OfficeInFolder, monkeypatch: pytest.MonkeyPatch, key: str, value: str
) -> None:
    """A server with a certificate that is trusted and of its name gets the mail, encrypted."""
    mailbox, options = Mailbox(), {"tls_context": encrypting(), "require_starttls": True}
    if "implicit" in value:
        options = {"ssl_context": encrypting()}
    with running(mailbox, **options) as port:
        use_server(sending, port, "localhost", **{key: value})
        assert "certificate" in book_and_fail(sending)  # nobody vouches for it
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
        assert (0, 1, 0) == counts(sending.run(*SEND))
        sending.json("cancel", "X-1", "--agent", "A-1")
        use_server(sending, port, **{key: value})
        other_name = sending.run(*BOOK)
    assert (7, 2) == (other_name.status, len(mailbox.taken))
    assert "certificate" in other_name.error["message"]


def test_settings_that_cannot_be_used_are_bad_input(office: OfficeInFolder) -> None:
    """Before anything is done: no host; two keys that say how to encrypt, or another word."""
    office.json(*BOOK)
    office.set("mail", "host", '""')
    outcome = office.run(*SEND)
    assert (5, "[mail] host") == (outcome.status, outcome.error["problems"][0]["where"])
    office.set("mail", "transport", '"smtp"')
    assert 5 == office.run(*BOOK).status
    office.set("mail", "host", '"localhost"')
    for value in ('"starttls"', '"SSL"'):
        office.set("mail", "tls", value)
        outcome = office.run(*BOOK)
        assert (5, True) == (outcome.status, "[mail]" in str(outcome.error["problems"]))
    assert 1 == len(read_outbox(office, "booked"))


def test_a_link_that_cannot_be_sent_works_once_it_is(sending: OfficeInFolder) -> None:
    """The link is recorded (exit 7); its mail waits."""
    outcome = sending.run("verify", "send", "A-1", "-f", "json")
    assert (7, "aftermath") == (outcome.status, outcome.error["kind"])
    assert "verify send A-1" in outcome.error["message"]
    token = read_token(outcome.json["outbox"])
    assert token not in outcome.out + outcome.err
    assert sending.json("verify", "redeem", token)["agent"]["verified"] is True

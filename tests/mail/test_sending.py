"""Mails to a real server: accepted, refused, and sent to servers that break off or fall silent."""

from __future__ import annotations

import errno
import re
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from kofucli.mail import smtp
from tests.conftest import OfficeInFolder, read_token
from tests.mail.reading import outbox_names, read_outbox, text_of
from tests.mail.servers import CERTIFICATE, Mailbox, free_port, running, scripted
from tests.store.support import fail_call, run_process

BOOK = ("book", "+1", "10", "--case", "X-1", "--agent", "A-1")


@pytest.fixture(autouse=True)
def _long_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give servers a long time to answer, since the machine may be busy."""
    monkeypatch.setattr(smtp, "TIMEOUT", 60.0)


@pytest.fixture
def office(office: OfficeInFolder) -> OfficeInFolder:
    """Return an office with an empty outbox, whose mails go to a server without encryption."""
    empty_outbox(office)
    use_server(office, free_port())
    return office


def empty_outbox(office: OfficeInFolder) -> None:
    """Take away the mails that wait."""
    for path in (office.store / "outbox").iterdir():
        path.unlink()


def use_server(
    office: OfficeInFolder,
    port: int,
    host: str = "127.0.0.1",
    key: str = "starttls",
    value: str = "false",
) -> None:
    """Let an office send its mails to a port of this machine; unencrypted unless a key says so."""
    config = office.config.read_text("utf-8")
    office.config.write_text(re.sub(r"(?m)^(starttls|tls) = .*\n", "", config), "utf-8")
    office.set("mail", "host", f'"{host}"')
    office.set("mail", "port", str(port))
    office.set("mail", "transport", '"smtp"')
    office.set("mail", key, value)


@pytest.fixture
def mailbox(office: OfficeInFolder) -> Iterator[Mailbox]:
    """Return what the office's server is given."""
    found = Mailbox()
    with running(found) as port:
        use_server(office, port)
        yield found


def book_and_fail(office: OfficeInFolder, **env: str) -> str:
    """Book while the mail cannot be sent; return the message."""
    outcome = office.run(*BOOK, "-f", "json", **env)
    assert outcome.status == 7, outcome
    assert outcome.json["changed"] is True
    assert outcome.error["kind"] == "aftermath"
    assert "example.jp" not in outcome.err.replace("pickup.example.jp", "")
    assert ["X-1"] == [r["cases"][0]["number"] for r in office.json("list")["reservations"]]
    assert ["20261124T100000-booked-A-1"] == [n[:26] for n in outbox_names(office)]
    return str(outcome.error["message"])


def test_a_mail_is_sent_and_leaves_the_outbox(office: OfficeInFolder, mailbox: Mailbox) -> None:
    """5: the confirmation goes to the agent's address, and nothing waits."""
    number = office.json(*BOOK)["reservation"]["number"]
    (mail,) = mailbox.mails
    assert ["a-1@office.example.jp"] == mailbox.receivers
    assert "pickup@pickup.example.jp" == mailbox.taken[0].mail_from
    assert number in mail["Subject"]
    assert office.run("confirmation", number).out in text_of(mail)
    assert [] == outbox_names(office)


def test_a_link_is_sent(office: OfficeInFolder, mailbox: Mailbox) -> None:
    """2: with a server the link goes out at once, and its token lies nowhere any more."""
    assert office.json("verify", "send", "A-1")["outbox"] is None
    (mail,) = mailbox.mails
    assert "https://pickup.example.jp/verify/" in text_of(mail)
    assert [] == outbox_names(office)
    assert office.run("verify", "send", "A-1").out.startswith("A link was sent.")


def test_one_connection_for_all(office: OfficeInFolder, mailbox: Mailbox) -> None:
    """A file that makes many reservations makes a mail for each, over one connection."""
    office.set("quota", "frames", "6")
    rows = [f"X-{hour},2026-11-25,{hour}" for hour in (9, 10, 11, 13, 14, 15)]
    path = office.folder / "rows.csv"
    path.write_text("\n".join(["number,date,hour", *rows]), "utf-8")
    office.json("book", "--from", str(path), "--agent", "A-1")
    assert 6 == len({mail["Message-ID"] for mail in mailbox.mails})
    assert 1 == len(mailbox.sessions)


def test_a_dry_run_sends_nothing(office: OfficeInFolder, mailbox: Mailbox) -> None:
    """A dry run makes no mail, and sends none that waits."""
    office.json(*BOOK, "-n")
    office.set("mail", "transport", '"outbox"')
    office.json(*BOOK)
    (name,) = outbox_names(office)
    document = office.json("mail", "send", "-n")
    assert ([], [{"mail": name, "message": None}]) == (document["sent"], document["waiting"])
    assert ([], [name]) == (mailbox.taken, outbox_names(office))


def test_a_booking_stands_though_nobody_listens(office: OfficeInFolder) -> None:
    """Without a server the booking stands (exit 7), and the message says how to send again."""
    message = book_and_fail(office)
    assert "refused" in message
    assert "kofucli mail send" in message
    mailbox = Mailbox()
    with running(mailbox) as port:
        use_server(office, port)
        document = office.json("mail", "send")
    assert (1, []) == (len(document["sent"]), document["waiting"])
    assert 1 == len(mailbox.taken)
    assert [] == outbox_names(office)
    assert office.json("mail", "send")["changed"] is False


def test_a_host_that_does_not_exist_is_told(office: OfficeInFolder) -> None:
    """A host that does not exist, or can be none, is told as one that cannot be reached."""
    use_server(office, 25, "no-such-host.invalid")
    assert "no-such-host.invalid:25" in book_and_fail(office)
    use_server(office, 25, "a..b")
    outcome = office.run("mail", "send", "-f", "json")
    assert (7, 1) == (outcome.status, len(outcome.json["waiting"]))


DIALOGUE = [b"220 hello\r\n", b"250 hello\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"]
"""What a server answers up to the text of a mail."""
STEPS = {"greeting": 0, "EHLO": 1, "MAIL": 2, "DATA": 4, "end": 5}
"""How much of it has been said before each step."""


@pytest.mark.parametrize(
    "answers",
    [
        *(DIALOGUE[:said] for said in STEPS.values() if said),
        [b"554 no service for a-1@office.example.jp\r\n", b"221 bye\r\n"],
        [b"nonsense\r\n"],
        [*DIALOGUE[:2], b"421 closing\r\n"],
        *([*DIALOGUE[:said], b""] for said in STEPS.values()),
    ],
)
def test_a_server_that_hangs_up_or_hangs(
    office: OfficeInFolder, monkeypatch: pytest.MonkeyPatch, answers: list[bytes]
) -> None:
    """A connection that is dropped, or falls silent, at any point leaves the mail in the outbox."""
    hangs = answers[-1] == b""
    if hangs:
        monkeypatch.setattr(smtp, "TIMEOUT", 0.5)
    with scripted(*answers) as port:
        use_server(office, port)
        message = book_and_fail(office)
    assert f"127.0.0.1:{port}" in message
    assert not hangs or "within 0.5 s" in message


@pytest.mark.parametrize("answer", ["550 5.1.1 <a-1@office.example.jp> unknown", "451 later"])
def test_a_receiver_that_is_refused(office: OfficeInFolder, mailbox: Mailbox, answer: str) -> None:
    """A refused receiver, for good or for now: the mail is kept and named, the address is not."""
    mailbox.rcpt["a-1@office.example.jp"] = answer
    assert f"refused the receiver ({answer[:3]})" in book_and_fail(office)
    outcome = office.run("mail", "send", "-f", "json")
    (left,) = outcome.json["waiting"]
    assert left["mail"] in outbox_names(office)
    assert answer[:3] in left["message"]
    assert "office.example.jp" not in outcome.out + outcome.err


def test_sending_goes_on_after_a_failure(office: OfficeInFolder, mailbox: Mailbox) -> None:
    """One refused mail holds up no other; the mails that are left are named (exit 7)."""
    office.set("mail", "transport", '"outbox"')
    for agent in ("B-2", "C-3"):
        office.add_agent(agent)
    empty_outbox(office)
    for agent, hour in (("A-1", "9"), ("B-2", "10"), ("C-3", "11")):
        office.book("+1", hour, f"X-{agent}", agent=agent)
    mailbox.rcpt["a-1@office.example.jp"] = "550 no"
    mailbox.data["b-2@office.example.jp"] = "554 no"
    outcome = office.run("mail", "send", "-f", "json")
    assert 7 == outcome.status
    assert ["c-3@office.example.jp"] == mailbox.receivers
    assert (1, 2) == (len(outcome.json["sent"]), len(outcome.json["waiting"]))
    assert outbox_names(office) == [left["mail"] for left in outcome.json["waiting"]]
    for code, left in zip(("550", "554"), outcome.json["waiting"], strict=True):
        assert code in left["message"]
    assert "Waiting: 2" in office.run("mail", "send").out
    mailbox.rcpt.clear()
    mailbox.data.clear()
    assert 2 == len(office.json("mail", "send")["sent"])


def test_a_connection_that_breaks_off_is_opened_again(
    office: OfficeInFolder, mailbox: Mailbox
) -> None:
    """A server that drops one connection gets the next mail over a new one."""
    office.set("mail", "transport", '"outbox"')
    for hour in ("9", "10", "11"):
        office.book("+1", hour, f"X-{hour}")
    drops = iter([True, False, False])

    def drop(server: Any) -> None:
        if next(drops):
            server.transport.abort()

    mailbox.before_data = drop
    outcome = office.run("mail", "send", "-f", "json")
    assert (7, 2) == (outcome.status, len(outcome.json["sent"]))


def test_a_server_that_always_breaks_off_is_left_alone(
    office: OfficeInFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After three connections in a row that broke off, the rest waits without being tried."""
    monkeypatch.setattr(smtp, "TIMEOUT", 0.5)
    office.set("mail", "transport", '"outbox"')
    office.set("quota", "frames", "6")
    for hour in ("9", "10", "11", "13", "14"):
        office.book("+1", hour, f"X-{hour}")
    visits: list[None] = []
    with scripted(*DIALOGUE[:4], b"", visits=visits) as port:
        use_server(office, port)
        outcome = office.run("mail", "send", "-f", "json")
    assert 3 == len(visits)
    assert 5 == len(outcome.json["waiting"])


def test_two_at_once_send_no_mail_twice(office: OfficeInFolder, mailbox: Mailbox) -> None:
    """Processes that send what waits at the same time send each mail once, and nothing is left."""
    office.set("mail", "transport", '"outbox"')
    office.set("quota", "frames", "60")
    for day in range(1, 6):
        for hour in ("9", "10", "11", "13"):
            office.book(f"+{day}", hour, f"X-{day}-{hour}")
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: run_process(office, "mail", "send", "-f", "json"), "1234"))
    assert [0] * 4 == [outcome.status for outcome in found]
    assert 20 == sum(len(outcome.json["sent"]) for outcome in found)
    assert 20 == len(mailbox.taken) == len({mail["Message-ID"] for mail in mailbox.mails})
    assert [] == outbox_names(office)


def test_a_mail_in_the_hands_of_another_process(office: OfficeInFolder, mailbox: Mailbox) -> None:
    """A mail that another process keeps holding is not sent a second time: it waits (exit 7)."""
    office.set("mail", "transport", '"outbox"')
    office.set("store", "lock_seconds", "0.1")
    office.json(*BOOK)
    office.set("mail", "transport", '"smtp"')
    entered, done = threading.Event(), threading.Event()

    def hold(_: Any) -> None:
        entered.set()
        done.wait(60)

    mailbox.before_data = hold
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(run_process, office, "mail", "send", "-f", "json")
        assert entered.wait(60)
        second = office.run("mail", "send", "-f", "json")
        done.set()
        assert 0 == first.result().status
    assert (7, []) == (second.status, second.json["sent"])
    assert "another process" in second.json["waiting"][0]["message"]
    assert 1 == len(mailbox.taken)


def test_a_password_is_needed_and_kept_secret(office: OfficeInFolder) -> None:
    """The password comes from the variable that the settings name; without it nothing is tried."""
    office.set("mail", "user", '"office"')
    office.set("mail", "password_env", '"PICKUP_PASSWORD"')
    mailbox = Mailbox()
    with running(mailbox, authenticator=mailbox.authenticate, auth_require_tls=False) as port:
        use_server(office, port)
        assert "PICKUP_PASSWORD is not set" in book_and_fail(office)
        assert [] == mailbox.logins
        wrong = office.run("mail", "send", "-f", "json", PICKUP_PASSWORD="wrong one")
        assert "(535)" in wrong.json["waiting"][0]["message"]
        assert "wrong one" not in wrong.out + wrong.err
        odd = office.run("mail", "send", "-f", "json", PICKUP_PASSWORD="開けゴマ")
        assert "ASCII" in odd.json["waiting"][0]["message"]
        right = office.run("mail", "send", "-f", "json", PICKUP_PASSWORD="open sesame")
    assert (0, 1) == (right.status, len(mailbox.taken))
    assert (b"office", b"open sesame") == mailbox.logins[-1]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"user": '"office"', "password_env": '"PICKUP_PASSWORD"'}, "a user"),
        ({"starttls": "true"}, "starttls"),
    ],
)
def test_a_server_that_lacks_what_is_asked_for(
    office: OfficeInFolder, mailbox: Mailbox, settings: dict[str, str], told: str
) -> None:
    """Where the server lets nobody log in, or has no STARTTLS, nothing is sent."""
    for key, value in settings.items():
        office.set("mail", key, value)
    assert told in book_and_fail(office, PICKUP_PASSWORD="open sesame")
    assert [] == mailbox.taken


@pytest.mark.parametrize(
    ("key", "value"), [("starttls", "true"), ("tls", '"starttls"'), ("tls", '"implicit"')]
)
def test_encryption_needs_a_trusted_certificate(
    office: OfficeInFolder, monkeypatch: pytest.MonkeyPatch, key: str, value: str
) -> None:
    """A server with a certificate that is trusted and of its name gets the mail, encrypted."""
    mailbox, options = Mailbox(), {"tls_context": encrypting(), "require_starttls": True}
    if "implicit" in value:
        options = {"ssl_context": encrypting()}
    with running(mailbox, **options) as port:
        use_server(office, port, "localhost", key, value)
        assert "certificate" in book_and_fail(office)  # nobody vouches for it
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
        assert 1 == len(office.json("mail", "send")["sent"])
        office.json("cancel", "X-1", "--agent", "A-1")
        use_server(office, port, "127.0.0.1", key, value)
        other_name = office.run(*BOOK, "-f", "json")
    assert 7 == other_name.status
    assert "certificate" in other_name.error["message"]
    assert 2 == len(mailbox.taken)


def encrypting() -> ssl.SSLContext:
    """Return what encrypts the connections of a server."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


@pytest.mark.parametrize(
    ("asked", "told"),
    [('"implicit"', "as [mail] tls asks for"), ('"none"', "within 0.5 s")],
)
def test_a_server_that_speaks_otherwise(
    office: OfficeInFolder, monkeypatch: pytest.MonkeyPatch, asked: str, told: str
) -> None:
    """Encrypted from the start against plain, either way round: the mail waits, and it is said."""
    monkeypatch.setattr(smtp, "TIMEOUT", 0.5)
    mailbox = Mailbox()
    with running(mailbox, **({"ssl_context": encrypting()} if "none" in asked else {})) as port:
        use_server(office, port, "localhost", "tls", asked)
        message = book_and_fail(office)
    assert f"localhost:{port}" in message
    assert told in message
    assert [] == mailbox.taken


def test_one_key_says_how_to_encrypt(office: OfficeInFolder) -> None:
    """The key of earlier configurations beside the new one is bad input, as is another word."""
    for value in ('"starttls"', '"SSL"'):
        office.set("mail", "tls", value)
        outcome = office.run(*BOOK, "-f", "json")
        assert (5, True) == (outcome.status, "[mail]" in str(outcome.error["problems"]))


def test_files_that_are_no_mails(office: OfficeInFolder, mailbox: Mailbox) -> None:
    """What is foreign, emptied, a link or a folder is named, and stops no other mail."""
    outbox = office.store / "outbox"
    contents = {"0.eml": b"", "1.eml": b"\x00\xff", "2.eml": b"To: a@example.jp\n\nx"}
    for name, content in contents.items():
        (outbox / name).write_bytes(content)
    (outbox / "a.txt").write_bytes(b"To: a@example.jp\r\n\r\n")
    (outbox / "b.eml").symlink_to(outbox / "a.txt")
    (outbox / "c.eml").mkdir()
    office.json(*BOOK)
    outcome = office.run("mail", "send", "-f", "json")
    waiting = [left["mail"] for left in outcome.json["waiting"]]
    assert (7, [*contents, "b.eml", "c.eml"]) == (outcome.status, waiting)
    assert ["a-1@office.example.jp"] == mailbox.receivers
    assert contents == {name: (outbox / name).read_bytes() for name in contents}


def test_a_mail_that_was_sent_and_cannot_be_removed(
    office: OfficeInFolder, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the file of a sent mail stays, the error says so, for it would be sent again."""

    def fail(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    with monkeypatch.context() as patch:
        patch.setattr("kofucli.store.files.store.FileStore.remove_mail", fail)
        message = book_and_fail(office)
    assert "sent again" in message
    assert 1 == len(mailbox.taken)


def test_sending_needs_a_server(office: OfficeInFolder) -> None:
    """Without a host nothing can be sent: bad input, before anything is done."""
    office.set("mail", "transport", '"outbox"')
    office.json(*BOOK)
    office.set("mail", "host", '""')
    outcome = office.run("mail", "send", "-f", "json")
    assert (5, "[mail] host") == (outcome.status, outcome.error["problems"][0]["where"])
    office.set("mail", "transport", '"smtp"')
    assert 5 == office.run(*BOOK).status
    assert 1 == len(read_outbox(office, "booked"))


def test_a_confirmation_is_sent_again(office: OfficeInFolder, mailbox: Mailbox) -> None:
    """5: ``confirmation NUMBER --send`` mails it once more, and fails as any mail does."""
    office.json(*BOOK)
    assert office.json("confirmation", "X-1", "--send", "--agent", "A-1")["outbox"] is None
    assert 2 == len(mailbox.taken)
    mailbox.rcpt["a-1@office.example.jp"] = "550 no"
    outcome = office.run("confirmation", "X-1", "--send", "--agent", "A-1", "-f", "json")
    assert 7 == outcome.status
    assert outcome.json["outbox"] == str(office.store / "outbox" / outbox_names(office)[0])
    assert "mail send" in outcome.error["message"]


def test_a_link_that_cannot_be_sent(office: OfficeInFolder) -> None:
    """The link is recorded (exit 7); its mail waits, and works once it is sent."""
    outcome = office.run("verify", "send", "A-1", "-f", "json")
    assert (7, "aftermath") == (outcome.status, outcome.error["kind"])
    assert "verify send A-1" in outcome.error["message"]
    token = read_token(outcome.json["outbox"])
    assert token not in outcome.out + outcome.err
    assert office.json("verify", "redeem", token)["agent"]["verified"] is True


@pytest.mark.parametrize(("call", "status"), [("listdir", 6), ("read", 7)])
def test_an_outbox_that_cannot_be_read(
    office: OfficeInFolder,
    mailbox: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
    call: str,
    status: int,
) -> None:
    """A disk that fails under the outbox is said, and the mails are as they were."""
    office.set("mail", "transport", '"outbox"')
    office.json(*BOOK)
    with monkeypatch.context() as patch:
        fail_call(patch, call, errno.EIO, lambda path: "/outbox" in path)
        outcome = office.run("mail", "send", "-f", "json")
    assert (status, []) == (outcome.status, mailbox.taken)
    assert 1 == len(office.json("mail", "send")["sent"])


def verify_later(office: OfficeInFolder, *agents: str) -> list[str]:
    """Make a link for each of these agents, kept in the outbox; return the names of the mails."""
    office.set("mail", "transport", '"outbox"')
    for agent in agents:
        office.json("verify", "send", agent)
    return [name for name in outbox_names(office) if "-verify-" in name]


def test_links_that_no_longer_work_are_not_sent(office: OfficeInFolder, mailbox: Mailbox) -> None:
    """2(1): a link that expired is named and removed; what else waits is sent."""
    (link,) = verify_later(office, "A-1")
    office.json(*BOOK)
    void = [{"mail": link, "message": "its link expired at 2026-11-24 11:00"}]
    dry = office.json("mail", "send", "-n", now="2026-11-24T11:00:00")
    assert (void, 1) == (dry["void"], len(dry["waiting"]))
    assert 2 == len(outbox_names(office))
    document = office.json("mail", "send", now="2026-11-24T11:00:00")
    assert (void, []) == (document["void"], document["waiting"])
    (mail,) = mailbox.mails
    assert "X-1" in text_of(mail)
    assert [] == outbox_names(office)


def test_only_the_newest_link_is_sent(office: OfficeInFolder, mailbox: Mailbox) -> None:
    """2: a link that a newer one superseded is not sent; that of somebody else is."""
    (old,) = verify_later(office, "A-1")
    office.add_agent("B-2")
    office.json("verify", "send", "A-1", now="2026-11-24T10:00:30")
    office.json("verify", "send", "B-2", now="2026-11-24T10:00:40")
    outcome = office.run("mail", "send", now="2026-11-24T10:01:00")
    assert (0, 2) == (outcome.status, len(mailbox.mails))
    assert f"{old}: its link was superseded" in outcome.out
    assert "kofucli verify send ID" in outcome.out


def test_a_link_that_was_used_or_left_is_not_sent(office: OfficeInFolder, mailbox: Mailbox) -> None:
    """2: what was redeemed from the outbox is not sent, nor what went to a former address."""
    office.set("mail", "transport", '"outbox"')
    office.add_agent("B-2")
    empty_outbox(office)
    names = verify_later(office, "A-1", "B-2")
    office.json("verify", "redeem", read_token(str(office.store / "outbox" / names[0])))
    office.json("agent", "edit", "B-2", "--email", "new@office.example.jp")
    found = {each["mail"]: each["message"] for each in office.json("mail", "send")["void"]}
    assert ["its link has been used", "its link was superseded"] == [
        found[name].partition(":")[0] for name in names
    ]
    assert [] == mailbox.mails


def test_a_link_in_a_long_line_is_recognised(office: OfficeInFolder, mailbox: Mailbox) -> None:
    """2: a mail in base64 is read as well as any other."""
    office.set("verification", "link", f'"https://example.jp/{"x" * 990}/"')
    verify_later(office, "A-1")
    assert [] == office.json("mail", "send")["void"]
    assert 1 == len(mailbox.mails)


def test_a_link_that_waits_is_not_said_to_be_sent(office: OfficeInFolder) -> None:
    """2(1): with the outbox the mail was made, not sent, and the hour runs from then on."""
    office.set("mail", "transport", '"outbox"')
    for lang, waits in (("en", "waits in the outbox"), ("ja", "送信箱に置きました")):
        text = office.run("verify", "send", "A-1", "--lang", lang).out
        assert waits in text
        assert "kofucli mail send" in text
        assert "2026-11-24 11:00" in text
    mail = read_outbox(office, "verify")[0]
    assert "2026-11-24 10:00 に作成" in text_of(mail)
    assert "2026-11-24 11:00 になるまで" in text_of(mail)

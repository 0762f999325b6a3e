"""Mail servers on this machine: a real one, some that do not behave, and an office with one."""

from __future__ import annotations

import re
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

from tests.conftest import OfficeInFolder, Outcome
from tests.mail.reading import outbox_names, read_mail

CERTIFICATE = Path(__file__).with_name("localhost.pem")
"""A certificate of ``localhost`` that is signed by itself, and its key; good for this century."""

BOOK = ("book", "+1", "10", "--case", "X-1", "--agent", "A-1", "-f", "json")
SEND = ("mail", "send", "-f", "json")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Mailbox:
    """What a server was given; ``answers`` overrides what it says to RCPT and DATA by address."""

    taken: list[Envelope] = field(default_factory=list)
    sessions: set[int] = field(default_factory=set)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)
    rcpt: dict[str, str] = field(default_factory=dict)
    data: dict[str, str] = field(default_factory=dict)
    before_data: Callable[[Any], None] = lambda _: None

    @property
    def mails(self) -> list[EmailMessage]:
        return [read_mail(self._bytes(envelope)) for envelope in self.taken]

    @property
    def receivers(self) -> list[str]:
        """The receivers of the mails, in the order they came."""
        return [address for envelope in self.taken for address in envelope.rcpt_tos]

    @staticmethod
    def _bytes(envelope: Envelope) -> bytes:
        content = envelope.original_content
        assert isinstance(content, bytes)
        return content

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's own name)
        self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.rcpt:
            return self.rcpt[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 (aiosmtpd's own name)
        self, server: Any, session: Any, envelope: Envelope
    ) -> str:
        self.before_data(server)
        answer = self.data.get(envelope.rcpt_tos[0], "250 OK")
        if answer.startswith("2"):
            self.taken.append(envelope)
            self.sessions.add(id(session))
        return answer

    def authenticate(
        self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login, data.password))
        # Not "handled": the server is to answer by itself.
        return AuthResult(success=data.password == b"open sesame", handled=False)


@contextmanager
def running(mailbox: Mailbox, **options: Any) -> Iterator[int]:
    """Run a real SMTP server that fills a mailbox; gives its port."""
    # aiosmtpd reads every attribute of it at each connection: a mailbox would parse all its mails.
    handler = SimpleNamespace(handle_RCPT=mailbox.handle_RCPT, handle_DATA=mailbox.handle_DATA)
    controller = Controller(
        handler, hostname="127.0.0.1", port=free_port(), ready_timeout=60, **options
    )
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


@contextmanager
def scripted(*answers: bytes, visits: list[None] | None = None) -> Iterator[int]:
    """Run a server that says one thing after each line it is sent, then hangs up; gives its port.

    The first answer is its greeting. An empty answer is silence until the client has gone.
    ``visits`` grows with each connection.
    """

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            if visits is not None:
                visits.append(None)
            self.request.settimeout(10)
            with suppress(OSError):
                for answer in answers:
                    if answer:
                        self.request.sendall(answer)
                    if not self.request.recv(4096):
                        return

    with socketserver.TCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()


# What an office does with its server.


def use_server(office: OfficeInFolder, port: int, host: str = "127.0.0.1", **settings: str) -> None:
    """Let an office send its mails to a port of this machine, unencrypted by default."""
    config = office.config.read_text("utf-8")
    office.config.write_text(re.sub(r"(?m)^(starttls|tls) = .*\n", "", config), "utf-8")
    given = {"host": f'"{host}"', "port": str(port), **(settings or {"starttls": "false"})}
    for name, value in given.items():
        office.set("mail", name, value)


def book_and_fail(office: OfficeInFolder, **env: str) -> str:
    """Book while the mail cannot be sent: the booking stands; return the message (exit 7)."""
    outcome = office.run(*BOOK, **env)
    told = outcome.status, outcome.json["changed"], outcome.error["kind"]
    assert (7, True, "aftermath") == told
    assert "example.jp" not in outcome.err.replace("pickup.example.jp", "")
    assert ["X-1"] == [r["cases"][0]["number"] for r in office.json("list")["reservations"]]
    assert ["20261124T100000-booked-A-1"] == [n[:26] for n in outbox_names(office)]
    return str(outcome.error["message"])


def counts(outcome: Outcome) -> tuple[int, int, int]:
    """Return the exit status, how many mails were sent, and how many wait."""
    return outcome.status, len(outcome.json["sent"]), len(outcome.json["waiting"])

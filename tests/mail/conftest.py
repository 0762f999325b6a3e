"""An office whose mails wait in the outbox, or go to a server at once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kofucli.mail import smtp
from tests.conftest import OfficeInFolder
from tests.mail.servers import Mailbox, free_port, running, use_server


@pytest.fixture(autouse=True)
def _long_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give servers a long time to answer, since the machine may be busy."""
    monkeypatch.setattr(smtp, "TIMEOUT", 60.0)


@pytest.fixture
def office(office: OfficeInFolder) -> OfficeInFolder:
    """Return an office with an empty outbox, whose server does not encrypt, nor listen."""
    office.clear("outbox/")
    use_server(office, free_port())
    return office


@pytest.fixture
def sending(office: OfficeInFolder) -> OfficeInFolder:
    """Return the office; its mails are sent at once."""
    office.set("mail", "transport", '"smtp"')
    return office


@pytest.fixture
def mailbox(office: OfficeInFolder) -> Iterator[Mailbox]:
    """Return what the office's server is given, which listens now."""
    found = Mailbox()
    with running(found) as port:
        use_server(office, port)
        yield found

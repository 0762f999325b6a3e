"""Reading mails with the standard library's email package, which did not write them."""

from __future__ import annotations

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from fnmatch import fnmatch

from tests.conftest import OfficeInFolder


def read_mail(content: bytes) -> EmailMessage:
    """Return a mail, which must be without any defect."""
    found = message_from_bytes(content, policy=default)
    assert isinstance(found, EmailMessage)
    assert found.defects == []
    assert [value.defects for value in found.values()] == [()] * len(found.values())
    return found


def text_of(mail: EmailMessage) -> str:
    """Return a mail's text with plain line feeds."""
    plain = mail.get_body(("plain",))
    assert plain is not None
    return str(plain.get_content()).replace("\r\n", "\n")


def receivers_of(mails: list[EmailMessage]) -> list[str]:
    return sorted(address.addr_spec for mail in mails for address in mail["To"].addresses)


def outbox_names(office: OfficeInFolder) -> list[str]:
    return [name.removeprefix("outbox/") for name in office.named("outbox/")]


def read_outbox(office: OfficeInFolder, kind: str = "*") -> list[EmailMessage]:
    files = sorted(office.bytes().items())
    return [read_mail(data) for name, data in files if fnmatch(name, f"outbox/*T*-{kind}-*.eml")]

"""Mails as the standard library's email package makes them; the outbox keeps them as files."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from kofucli.errors import Phrase
from kofucli.language import Translate, render, translator
from kofucli.settings import Office

__all__ = ["Letter", "make_verification_mail"]


class Letter(Struct, frozen=True):
    """What every mail has: sender, receiver, their language, the instant, the office."""

    sender: str
    receiver: str
    language: str
    now: datetime
    office: Office


def make_verification_mail(letter: Letter, link: str, expires: datetime) -> bytes:
    """Return the mail that carries a verification link, as RFC 5322 bytes (notice 2)."""
    translate = translator(letter.language)
    lines = [
        render(phrase, translate)
        for phrase in (
            Phrase("Please open this link to verify your e-mail address:"),
            Phrase("{link}", link=link),
            Phrase("It works once, before {expires} (Japan time).", expires=expires),
            Phrase("Without a browser: kofucli verify redeem {token}", token=link[-43:]),
            Phrase(
                "Mails of this system come from {sender}. If you filter mails by domain, please "
                "let {domain} in.",
                sender=letter.sender,
                domain="@" + letter.sender.rpartition("@")[2],
            ),
            Phrase("If you did not ask for this, please ignore it."),
        )
    ]
    subject = translate("Verify your e-mail address for the pickup reservation")
    return _make_mail(letter, subject, "\n\n".join([*lines, *_closing(letter, translate)]) + "\n")


def _closing(letter: Letter, translate: Translate) -> list[str]:
    """Return the last paragraphs: the office, and what the system is not."""
    lines = [letter.office.name] if letter.office.name else []
    if not letter.office.official:
        lines.append(
            translate(
                "Unofficial (非公式): this is no reservation with the Immigration Services Agency."
            )
        )
    return lines


def _make_mail(letter: Letter, subject: str, text: str) -> bytes:
    # The email package costs as much start-up as everything else together.
    from email.message import EmailMessage
    from email.policy import SMTP
    from email.utils import format_datetime, make_msgid

    mail = EmailMessage(policy=SMTP)
    mail["From"] = letter.sender
    mail["To"] = letter.receiver
    mail["Subject"] = subject
    mail["Date"] = format_datetime(letter.now)
    mail["Message-ID"] = make_msgid(domain=letter.sender.rpartition("@")[2])
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text, cte="8bit")
    return mail.as_bytes()

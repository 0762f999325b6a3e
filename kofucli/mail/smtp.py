"""Handing mails to an SMTP server, all over one connection while that holds."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress

from msgspec import Struct

from kofucli.base import KofuError, Phrase, reason_of
from kofucli.base.text import N_
from kofucli.mail import find_receiver

TIMEOUT = 10.0
"""Seconds that each answer of the server may take."""
_MOST_BREAKS = 3
"""Connections that may break off in a row; then no further mail is tried."""

_REASONS = {
    smtplib.SMTPRecipientsRefused: N_("the mail server {server} refused the receiver ({code})"),
    smtplib.SMTPAuthenticationError: N_(
        "the mail server {server} refused the user or the password ({code})"
    ),
    smtplib.SMTPResponseException: N_("the mail server {server} refused it ({code})"),
    smtplib.SMTPNotSupportedError: N_(
        "the mail server {server} cannot do what [mail] asks for: starttls, or a user"
    ),
    ssl.SSLCertVerificationError: N_(
        "the certificate of the mail server {server} is not accepted ({detail})"
    ),
    ssl.SSLError: N_("the mail server {server} does not encrypt as [mail] tls asks for ({detail})"),
    OSError: N_("the mail server {server} cannot be reached ({detail})"),
}
"""Why a mail was not taken, by the first kind of error that fits."""


class Account(Struct, frozen=True):
    """A server and the account there; ``user`` is empty for a server without login."""

    host: str
    port: int
    tls: str
    sender: str
    user: str = ""
    password: str = ""

    @property
    def place(self) -> str:
        """The server as messages name it, ``host:port``."""
        return f"{self.host}:{self.port}"


class UndeliveredError(KofuError):
    """The server did not take a mail; ``phrase`` is the reason.

    It has only the code of the server's answer, whose text often repeats the receiver's address.
    """


class NoServerError(UndeliveredError):
    """The server cannot be used at all: the next mail would fail as well."""


class Server:
    """A server. The first mail opens a connection, and so does the next one after a break."""

    def __init__(self, account: Account, complete: Callable[[bytes], bytes]) -> None:
        """``complete`` makes what is sent of what lies in the outbox."""
        self._account = account
        self._complete = complete
        self._client: smtplib.SMTP | None = None
        self._breaks = 0

    def send(self, content: bytes) -> None:
        """Hand over a mail. Raises NoServerError, UndeliveredError."""
        receiver = find_receiver(content)
        if receiver is None:
            raise UndeliveredError(Phrase("it is not a mail of this program"))
        if self._client is None:
            self._client = self._connect()
        client = self._client
        completed = self._complete(content)
        try:
            client.sendmail(self._account.sender, [receiver], completed)
        except smtplib.SMTPServerDisconnected:
            self._breaks += 1
            kind = NoServerError if self._breaks == _MOST_BREAKS else UndeliveredError
            raise kind(self._explain_break()) from None
        except OSError as error:  # smtplib's own errors among them
            self._breaks = 0
            raise UndeliveredError(self._explain(error)) from None
        else:
            self._breaks = 0
        finally:
            if client.sock is None:  # smtplib has closed it: the next mail connects again
                self._client = None

    def _connect(self) -> smtplib.SMTP:
        account = self._account
        domain = account.sender.rpartition("@")[2]
        client: smtplib.SMTP | None = None
        try:
            # Naming a domain keeps smtplib from looking one up, which can take long.
            place = account.host, account.port, domain
            if account.tls == "implicit":
                trusting = ssl.create_default_context()
                client = smtplib.SMTP_SSL(*place, timeout=TIMEOUT, context=trusting)
            else:
                client = smtplib.SMTP(*place, TIMEOUT)
            client.ehlo_or_helo_if_needed()
            if account.tls == "starttls":
                client.starttls(context=ssl.create_default_context())
                client.ehlo_or_helo_if_needed()
            if account.user:
                client.login(account.user, account.password)
        except smtplib.SMTPServerDisconnected:
            reason = self._explain_break()
        except UnicodeError:
            reason = Phrase("the name of the server, the user or the password is not plain ASCII")
        except OSError as error:
            reason = self._explain(error)
        else:
            return client
        if client is not None:
            client.close()
        raise NoServerError(reason)

    def _explain_break(self) -> Phrase:
        return Phrase(
            "the mail server {server} broke off, or gave no answer within {seconds} s",
            server=self._account.place,
            seconds=f"{TIMEOUT:g}",
        )

    def _explain(self, error: OSError) -> Phrase:
        """Return why the server did not take a mail, or could not be reached."""
        code = getattr(error, "smtp_code", None)
        detail: Phrase | str = reason_of(error)
        if isinstance(error, smtplib.SMTPRecipientsRefused):
            ((code, _),) = error.recipients.values()
        if isinstance(error, ssl.SSLCertVerificationError):
            detail = error.verify_message
        elif isinstance(error, ssl.SSLError):
            detail = error.reason or type(error).__name__
        text = next(text for kind, text in _REASONS.items() if isinstance(error, kind))
        return Phrase(text, server=self._account.place, code=code, detail=detail)

    def close(self) -> None:
        """Close the connection, if there is one."""
        client, self._client = self._client, None
        if client is None:
            return
        with suppress(OSError):
            client.quit()
        client.close()

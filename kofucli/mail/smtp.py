"""Handing mails to an SMTP server, all over one connection while that holds."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress

from msgspec import Struct

from kofucli.base.errors import KofuError, Phrase, reason_of
from kofucli.mail.message import find_receiver

TIMEOUT = 10.0
"""Seconds that each answer of the server may take."""
_MOST_BREAKS = 3
"""Connections that may break off in a row; then no further mail is tried."""


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
                client = smtplib.SMTP_SSL(*place, timeout=TIMEOUT, context=_trusting())
            else:
                client = smtplib.SMTP(*place, TIMEOUT)
            client.ehlo_or_helo_if_needed()
            if account.tls == "starttls":
                client.starttls(context=_trusting())
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
        place = self._account.place
        if isinstance(error, smtplib.SMTPRecipientsRefused):
            ((code, _),) = error.recipients.values()
            return Phrase(
                "the mail server {server} refused the receiver ({code})", server=place, code=code
            )
        if isinstance(error, smtplib.SMTPAuthenticationError):
            return Phrase(
                "the mail server {server} refused the user or the password ({code})",
                server=place,
                code=error.smtp_code,
            )
        if isinstance(error, smtplib.SMTPResponseException):
            return Phrase(
                "the mail server {server} refused it ({code})", server=place, code=error.smtp_code
            )
        if isinstance(error, smtplib.SMTPNotSupportedError):
            return Phrase(
                "the mail server {server} cannot do what [mail] asks for: starttls, or a user",
                server=place,
            )
        if isinstance(error, ssl.SSLError):
            return self._explain_encryption(error)
        return Phrase(
            "the mail server {server} cannot be reached ({detail})",
            server=place,
            detail=reason_of(error),
        )

    def _explain_encryption(self, error: ssl.SSLError) -> Phrase:
        if isinstance(error, ssl.SSLCertVerificationError):
            return Phrase(
                "the certificate of the mail server {server} is not accepted ({detail})",
                server=self._account.place,
                detail=error.verify_message,
            )
        return Phrase(
            "the mail server {server} does not encrypt as [mail] tls asks for ({detail})",
            server=self._account.place,
            detail=error.reason or type(error).__name__,
        )

    def close(self) -> None:
        """Close the connection, if there is one."""
        client, self._client = self._client, None
        if client is None:
            return
        with suppress(OSError):
            client.quit()
        client.close()


def _trusting() -> ssl.SSLContext:
    """Return what accepts the certificates that the machine trusts."""
    return ssl.create_default_context()

"""Sending what lies in the outbox: each mail once, and what is not taken stays there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from msgspec import Struct

from kofucli.errors import InputError, KofuError, Phrase, Problem, StoreError, reason_of
from kofucli.operations.progress import Watch, watch_nothing
from kofucli.settings import Settings
from kofucli.store import Store

if TYPE_CHECKING:
    from kofucli.mail.smtp import Account, Server


class Left(Struct, frozen=True):
    """A mail that stays in the outbox, by its name there, and why (None in a dry run)."""

    name: str
    reason: Phrase | None


class Delivered(Struct, frozen=True):
    """The names of the mails that the server took, and what is left."""

    sent: tuple[str, ...] = ()
    left: tuple[Left, ...] = ()


def send_waiting(
    store: Store,
    settings: Settings,
    environment: Mapping[str, str],
    dry_run: bool = False,
    watch: Watch = watch_nothing,
) -> Delivered:
    """Send what waits in the outbox, each mail once, going on after one that is not taken.

    ``environment`` may hold the server's password, ``watch`` sees how far it has come; in a dry run
    everything is left. Raises InputError where the settings name no server.
    """
    if not settings.mail.host:
        raise unable(Phrase("[mail] host"), Phrase("expected the name of a mail server"))
    if dry_run:
        return Delivered(left=tuple(Left(name, None) for name in store.mails()))
    return deliver(store, settings, store.mails(), environment, watch)


def unable(where: Phrase, what: Phrase) -> InputError:
    """Return the error for settings by which no mail can be sent."""
    return InputError(Phrase("No mail can be sent; nothing was changed."), [Problem(where, what)])


def deliver(
    store: Store,
    settings: Settings,
    names: Sequence[str],
    environment: Mapping[str, str],
    watch: Watch,
) -> Delivered:
    """Send mails from the outbox over one connection; what the server takes is removed."""
    from kofucli.mail.smtp import NoServerError, Server  # only who sends needs it

    sent: list[str] = []
    left: list[Left] = []
    blocked = _missing_password(settings, environment)
    with closing(Server(_account(settings, environment))) as server:
        for name in watch(names):
            reason = blocked
            if reason is None:
                try:
                    if _send(store, server, name):
                        sent.append(name)
                except NoServerError as error:
                    reason = blocked = error.phrase
                except KofuError as error:
                    reason = error.phrase
            if reason is not None:
                left.append(Left(name, reason))
    return Delivered(tuple(sent), tuple(left))


def _missing_password(settings: Settings, environment: Mapping[str, str]) -> Phrase | None:
    variable = settings.mail.password_env
    if not settings.mail.user or environment.get(variable):
        return None
    return Phrase(
        "the variable {name} is not set, which [mail] password_env says holds the password",
        name=variable,
    )


def _account(settings: Settings, environment: Mapping[str, str]) -> Account:
    from kofucli.mail.smtp import Account  # only who sends needs it

    chosen = settings.mail
    password = environment.get(chosen.password_env, "")
    return Account(chosen.host, chosen.port, chosen.starttls, chosen.sender, chosen.user, password)


def _send(store: Store, server: Server, name: str) -> bool:
    """Send one mail and remove it; False where somebody else has done so meanwhile."""
    with store.claim_mail(name) as content:
        if content is None:
            return False
        server.send(content)
        try:
            store.remove_mail(name)
        except OSError as error:
            raise StoreError(
                "read-only",
                Phrase(
                    "it was sent, but could not be removed from the outbox ({detail}): remove it "
                    "by hand, or it is sent again",
                    detail=reason_of(error),
                ),
            ) from None
    return True

"""``verify`` and ``terms``: what an agent does before its first booking."""

from __future__ import annotations

import os
import re

import click

from kofucli.base.errors import Phrase, WrongUsageError
from kofucli.base.language import Translate
from kofucli.base.text import N_, safe, show
from kofucli.cli.app import App, check_agent_id
from kofucli.cli.decision import courier
from kofucli.cli.framework import (
    agent_or_office,
    by_option,
    command,
    dry_run_option,
    format_options,
    group,
    option,
)
from kofucli.cli.office.agent import show_changed
from kofucli.model.records import Actor
from kofucli.operations.agents.register import accept_terms
from kofucli.operations.agents.verification import Sent, find_bearer, mail_link, record_link
from kofucli.operations.agents.verification import redeem as redeem_link
from kofucli.output.documents import instant
from kofucli.output.wrap import wrap_item
from kofucli.terms import read_terms

_LONGEST_LINK = 2_000
_COLUMNS = 72
_TOKEN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{42}")


verify = group("verify", N_("Verify an agent's e-mail address."))


@command("send", N_("Send an agent a link that works for an hour."), group=verify)
@click.argument("agent_id", metavar="ID")
@by_option
@dry_run_option
@format_options("table", "json")
def _send_link(app: App, agent_id: str) -> None:
    wanted = check_agent_id(agent_id)
    stamp = app.stamp(Actor(None if app.acts_as_office else wanted, app.by))
    recorded = record_link(app.store, app.settings, wanted, stamp)
    sent = app.attempt(lambda: mail_link(app.store, app.settings, recorded, courier(app)), recorded)
    if sent.failure is not None:
        app.failures.append(sent.failure)
    app.show(
        lambda: {
            "sent_at": instant(sent.sent_at),
            "expires": instant(sent.expires),
            "sender": sent.sender,
            "outbox": sent.outbox,
            "changed": True,
        },
        lambda _: _sent_text(sent, app, _),
        changed=True,
    )


def _sent_text(sent: Sent, app: App, _: Translate) -> str:
    transport = app.settings.mail.transport
    if sent.dry_run:
        headline = _("A link would be sent.")
    elif transport == "none":
        headline = _('A link was recorded, and no mail made: [mail] transport is "none".')
    elif app.failures:
        headline = _("A link was recorded; its mail was not sent.")
    else:
        headline = _("A link was sent.")
    lines = [
        headline,
        _("It works before {expires}.").format(expires=show(sent.expires)),
        _("Mails come from {sender}; let {domain} in if you filter by domain.").format(
            sender=safe(sent.sender), domain="@" + safe(sent.sender.rpartition("@")[2])
        ),
    ]
    if sent.outbox is not None:
        lines.append(_("The mail lies at {path}").format(path=safe(sent.outbox)))
    return "\n".join(lines) + "\n"


@command("redeem", N_("Verify an address with the token of its link (- is stdin)."), group=verify)
@click.argument("token")
@by_option
@dry_run_option
@format_options("table", "json")
def _redeem_token(app: App, token: str) -> None:
    """Redeem a token or a whole link; ``-`` reads it from stdin, where no other user sees it."""
    if token == "-":
        from kofucli.cli.files import read_input  # most tokens are typed

        token = read_input(token, _LONGEST_LINK).decode("utf-8", "replace")
    found = token.strip().rpartition("/")[2].rpartition("=")[2]
    if _TOKEN.fullmatch(found) is None:
        raise WrongUsageError(
            Phrase("This is no token: expected the 43 characters at the end of the link.")
        )
    bearer = None
    if not app.acts_as_office:
        bearer = app.read(lambda context: find_bearer(context.view, found))
    stamp = app.stamp(Actor(bearer, app.by))
    changed = redeem_link(app.store, app.settings, found, stamp)
    show_changed(app, changed, (N_("Verified."), N_("Would be verified."), N_("Already verified.")))


terms = group("terms", N_("The terms of use."))


@command(
    "show", N_("Show the terms of use in force: --lang ja, --lang en, or --easy."), group=terms
)
@option("--easy", is_flag=True, help=N_("In plain Japanese, with readings."))
@format_options("text", "json")
def _show_terms(app: App, easy: bool) -> None:
    folder = os.path.dirname(os.path.abspath(app.config_path))
    found = read_terms(app.settings, folder, "ja-easy" if easy else app.language)
    lines = [safe(line.rstrip()) for line in found.text.expandtabs(4).splitlines()]
    shown = [part for line in lines for part in wrap_item(line, _COLUMNS)]
    notes = []
    if found.language is None and easy:
        notes.append(Phrase("The office's own text has one form; --easy makes no difference."))
    app.show(
        # JSON has the text as the office wrote it, a paragraph a line.
        lambda: {"version": found.version, "language": found.language, "text": found.text},
        lambda _: "\n".join(shown) + "\n",
        notes=notes,
    )


@command("accept", N_("Accept the terms of use for an agent."), group=terms)
@agent_or_office("table", "json", changes=True)
def _accept_terms(app: App) -> None:
    actor = app.actor()
    agent = app.agent_id
    if agent is None:
        raise WrongUsageError(Phrase("For whom? Add --agent ID to --office."))
    changed = accept_terms(app.store, app.settings, agent, app.stamp(actor))
    headlines = N_("Accepted."), N_("Would be accepted."), N_("Accepted already.")
    show_changed(app, changed, headlines)

"""``notice``, ``terms`` and ``verify``: what an agent reads, and does once, before it books."""

from __future__ import annotations

import os
import re

from kofucli import cli
from kofucli.base import Phrase, usage_error
from kofucli.base.language import Translate, render
from kofucli.base.text import N_, safe, show
from kofucli.cli.app import App
from kofucli.cli.decision import courier
from kofucli.cli.files import read_input
from kofucli.cli.invocation import check_agent_id
from kofucli.cli.office.agent import show_changed
from kofucli.model import MINUTE
from kofucli.operations.agents.personal_data import Sent, find_bearer, mail_link, record_link
from kofucli.operations.agents.personal_data import redeem as redeem_link
from kofucli.operations.agents.register import accept_terms
from kofucli.output.words import time_of
from kofucli.output.wrap import wrap_own
from kofucli.terms import read_own_text, read_terms

_LONGEST_LINK = 2_000
_TOKEN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{42}")

terms = cli.Group("terms")
verify = cli.Group("verify")


@cli.command("notice")
@cli.format_options("text", "json")
def notice(app: App) -> None:
    """Show the notice, or the office's own text of it, under the settings of this office."""
    from kofucli.output.booking.notice import notice_document, notice_text

    without = Phrase("There is no configuration: the notice is shown with the default settings.")
    settings, notes = app.settings_or_defaults(without)
    own = None
    if settings.rules.path:
        own = read_own_text(
            os.path.join(app.folder, settings.rules.path),
            Phrase("[rules] path"),
            Phrase("The office's own notice cannot be shown."),
        )
    app.show(
        own,
        lambda _: notice_document(settings, own, app.language, app.translate),
        lambda _, translate: notice_text(settings, own, app.columns(), translate),
        notes=notes,
    )


@cli.command("show", N_("Show the terms of use in force: --lang ja, --lang en, or --easy."), terms)
@cli.flag("--easy", N_("In plain Japanese, with readings."))
@cli.format_options("text", "json")
def _show_terms(app: App, easy: bool) -> None:
    found = read_terms(app.settings, app.folder, "ja-easy" if easy else app.language)
    notes = []
    if found.language is None and easy:
        notes.append(Phrase("The office's own text has one form; --easy makes no difference."))
    app.show(
        found,
        # JSON has the text as the office wrote it, a paragraph a line.
        lambda _: {"version": found.version, "language": found.language, "text": found.text},
        lambda *_: wrap_own(found.text, app.columns()),
        notes=notes,
    )


@cli.command("accept", N_("Accept the terms of use for an agent."), terms)
@cli.agent_or_office("table", "json", changes=True)
def _accept_terms(app: App) -> None:
    actor = app.actor()
    changed = accept_terms(app.store, app.settings, app.agent_to_serve(), app.stamp(actor))
    headlines = N_("Accepted."), N_("Would be accepted."), N_("Accepted already.")
    show_changed(app, changed, headlines, names_next=True)


@cli.command("send", N_("Send an agent a link that verifies the address."), verify)
@cli.argument("agent_id", metavar="ID")
@cli.by_option
@cli.dry_run_option
@cli.format_options("table", "json")
def _send_link(app: App, agent_id: str) -> None:
    wanted = check_agent_id(agent_id)
    acting = None if app.acts_as_office else app.agent_id or wanted
    stamp = app.stamp(app.name_actor(acting))
    recorded = record_link(app.store, app.settings, wanted, stamp)
    sent = app.attempt(lambda: mail_link(app.store, app.settings, recorded, courier(app)), recorded)
    if sent.failure is not None:
        app.failures.append(sent.failure)
    app.show(
        sent,
        lambda _: {
            "sent_at": sent.sent_at,
            "expires": sent.expires,
            "sender": sent.sender,
            "outbox": sent.outbox,
            "changed": True,
        },
        lambda _, translate: _sent_text(sent, app, translate),
        changed=True,
    )


def _sent_text(sent: Sent, app: App, _: Translate) -> str:
    transport = app.settings.mail.transport
    works = _("The link works for {time}, until {expires}, whenever its mail is sent.")
    if sent.dry_run:
        headline = _("A link would be sent.")
    elif transport == "none":
        headline = _('A link was recorded, and no mail made: [mail] transport is "none".')
    elif app.failures:
        headline = _("A link was recorded; its mail was not sent.")
    elif transport == "outbox":
        headline = _("The mail with the link was made and waits in the outbox.")
    else:
        headline = _("A link was sent.")
        works = _("It works for {time} from its sending, before {expires}.")
    lines = [
        headline,
        works.format(
            time=render(time_of((sent.expires - sent.sent_at) // MINUTE), _),
            expires=show(sent.expires),
        ),
        _("Mails come from {sender}; let {domain} in if you filter by domain.").format(
            sender=safe(sent.sender), domain="@" + safe(sent.sender.rpartition("@")[2])
        ),
    ]
    if sent.outbox is not None:
        lines.append(_("The mail lies at {path}").format(path=safe(sent.outbox)))
        if transport == "outbox" and app.settings.mail.host:
            lines.append(_("'kofucli mail send' sends it."))
    if not sent.dry_run:
        lines.append(_("Next: enter the link of the mail, 'kofucli verify redeem LINK'."))
    return "\n".join(lines) + "\n"


@cli.command("redeem", N_("Verify an address with the token of its link (- is stdin)."), verify)
@cli.argument("token")
@cli.by_option
@cli.dry_run_option
@cli.format_options("table", "json")
def _redeem_token(app: App, token: str) -> None:
    """Redeem a token or a whole link; ``-`` reads it from stdin, where no other user sees it."""
    if token == "-":
        token = read_input(token, _LONGEST_LINK).decode("utf-8", "replace")
    found = token.strip().rpartition("/")[2].rpartition("=")[2]
    if _TOKEN.fullmatch(found) is None:
        raise usage_error("This is not a token: expected the 43 characters at the end of the link.")
    bearer = None
    if not app.acts_as_office:
        bearer = app.agent_id or app.read(lambda context: find_bearer(context.view, found))
    stamp = app.stamp(app.name_actor(bearer))
    changed = redeem_link(app.store, app.settings, found, stamp)
    headlines = N_("Verified."), N_("Would be verified."), N_("Already verified.")
    show_changed(app, changed, headlines, names_next=True)

"""``mail send``: what waits in the outbox."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kofucli.base.errors import AftermathError, Phrase
from kofucli.base.language import Translate, render
from kofucli.base.text import N_, safe
from kofucli.cli.app import App
from kofucli.cli.decision import carrier
from kofucli.cli.framework import command, dry_run_option, format_options, group, office_flag
from kofucli.cli.progress import show_progress
from kofucli.operations.outbox import Delivered, Left, send_waiting

mail = group("mail")


@command("send", N_("Send all mails that wait; what the server takes is removed."), group=mail)
@office_flag
@dry_run_option
@format_options("table", "json")
def _send(app: App) -> None:
    app.office_actor()
    app.refuse_output()
    progress = show_progress(app, N_("Sending mails"), 1)
    sending = carrier(app, progress)
    delivered = send_waiting(app.store, app.settings, sending, app.now, app.dry_run)
    changed = bool(delivered.sent or (delivered.void and not app.dry_run))
    app.show(
        lambda: {
            "sent": list(delivered.sent),
            "waiting": _list_mails(delivered.left, app.translate),
            "void": _list_mails(delivered.void, app.translate),
            "changed": changed,
        },
        lambda _: _delivered_text(delivered, app.dry_run, _),
        changed=changed,
    )
    if delivered.left and not app.dry_run:
        raise AftermathError(
            Phrase(
                "Mails that still wait in the outbox: {count}. Put right what is said of them, "
                "and run 'kofucli mail send' again.",
                count=len(delivered.left),
            )
        )


def _list_mails(mails: Iterable[Left], _: Translate) -> list[dict[str, str | None]]:
    return [
        {"mail": each.name, "message": render(each.reason, _) if each.reason is not None else None}
        for each in mails
    ]


def _delivered_text(delivered: Delivered, dry_run: bool, _: Translate) -> str:
    lines = [_("Sent: {count}").format(count=len(delivered.sent))]
    lines.append(_("Waiting: {count}").format(count=len(delivered.left)))
    lines += _mail_lines(delivered.left, _)
    if delivered.void:
        headline = _("Not sent and removed, since their links no longer work: {count}")
        if dry_run:
            headline = _("Not to be sent, since their links no longer work: {count}")
        lines.append(headline.format(count=len(delivered.void)))
        lines += _mail_lines(delivered.void, _)
        lines.append(_("'kofucli verify send ID' makes a new link."))
    return "\n".join(lines) + "\n"


def _mail_lines(mails: Iterable[Left], _: Translate) -> Iterator[str]:
    for item in mails:
        reason = f": {render(item.reason, _)}" if item.reason is not None else ""
        yield f"  {safe(item.name)}{reason}"

"""``mail send``: what waits in the outbox."""

from __future__ import annotations

from kofucli.base.errors import AftermathError, Phrase
from kofucli.base.language import Translate, render
from kofucli.base.text import N_, safe
from kofucli.cli.app import App
from kofucli.cli.framework import command, dry_run_option, format_options, group, office_flag
from kofucli.cli.progress import show_progress
from kofucli.operations.mail import Delivered, send_waiting

mail = group("mail", N_("Send the mails that wait in the outbox."))


@command("send", N_("Send all mails that wait; what the server takes is removed."), group=mail)
@office_flag
@dry_run_option
@format_options("table", "json")
def _send(app: App) -> None:
    app.office_actor()
    app.refuse_output()
    progress = show_progress(app, N_("Sending mails"), 1)
    delivered = send_waiting(app.store, app.settings, app.environment, app.dry_run, progress)
    app.show(
        lambda: {
            "sent": list(delivered.sent),
            "waiting": [
                {"mail": item.name, "message": item.reason and render(item.reason, app.translate)}
                for item in delivered.left
            ],
            "changed": bool(delivered.sent),
        },
        lambda _: _delivered_text(delivered, _),
        changed=bool(delivered.sent),
    )
    if delivered.left and not app.dry_run:
        raise AftermathError(
            Phrase(
                "Mails that still wait in the outbox: {count}. Put right what is said of them, "
                "and run 'kofucli mail send' again.",
                count=len(delivered.left),
            )
        )


def _delivered_text(delivered: Delivered, _: Translate) -> str:
    lines = [_("Sent: {count}").format(count=len(delivered.sent))]
    lines.append(_("Waiting: {count}").format(count=len(delivered.left)))
    for item in delivered.left:
        reason = f": {render(item.reason, _)}" if item.reason is not None else ""
        lines.append(f"  {safe(item.name)}{reason}")
    return "\n".join(lines) + "\n"

"""``notice``: what an agent reads before booking, or the office's own text of it."""

from __future__ import annotations

import os

from kofucli.base.errors import Phrase
from kofucli.cli.app import App
from kofucli.cli.framework import command, format_options
from kofucli.output.booking.notice import notice_document, notice_text
from kofucli.terms import read_own_text


@command("notice")
@format_options("text", "json")
def notice(app: App) -> None:
    """Show the notice under the settings of this office."""
    without = Phrase("There is no configuration: the notice is shown with the default settings.")
    settings, notes = app.settings_or_defaults(without)
    own = None
    if settings.rules.path:
        folder = os.path.dirname(os.path.abspath(app.config_path))
        own = read_own_text(
            os.path.join(folder, settings.rules.path),
            Phrase("[rules] path"),
            Phrase("The office's own notice cannot be shown."),
        )
    app.show(
        lambda: notice_document(settings, own, app.language, app.translate),
        lambda _: notice_text(settings, own, app.columns(), _),
        notes=notes,
    )

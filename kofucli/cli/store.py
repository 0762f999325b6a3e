"""``store check``: whether the store is whole."""

from __future__ import annotations

import re

from kofucli.cli.app import App
from kofucli.cli.framework import command, format_options, group, option, pass_app
from kofucli.errors import Phrase, StoreError, WrongUsageError
from kofucli.language import Translate, render
from kofucli.output.documents import FORMAT
from kofucli.store.check import CheckResult, Finding
from kofucli.text import N_, safe

__all__ = ["store"]

_HEAD = re.compile(r"[0-9]{1,12}:[0-9a-f]{64}")


@group("store", N_("Look after the store."))
def store() -> None:
    """Hold the commands."""


@command("check", N_("Replay the ledger, and compare every document."), group=store)
@option(
    "--expect", metavar="N:HASH", help=N_("The head noted elsewhere; that line must still be so.")
)
@format_options("table", "json")
@pass_app
def check(app: App, expect: str | None) -> int:
    """Check the store."""
    if expect is not None and _HEAD.fullmatch(expect) is None:
        raise WrongUsageError(Phrase("--expect takes N:HASH, as 'store check' prints it."))
    found = app.store.check()
    if expect is not None:
        n, _, expected = expect.partition(":")
        if found.hashes.get(int(n)) != expected:
            message = Phrase("line n={n} is not the one that was noted: it was rewritten", n=n)
            problems = (*found.problems, Finding("ledger", None, message))
            found = CheckResult(found.head, problems)
    app.show(
        lambda: {
            "format": FORMAT,
            "ok": found.ok,
            "head": found.head,
            "problems": [
                {"file": p.file, "line": p.line, "message": render(p.message, app.translate)}
                for p in found.problems
            ],
        },
        lambda _: _text(found, _),
    )
    return 0 if found.ok else StoreError.exit_status


def _text(found: CheckResult, _: Translate) -> str:
    lines = [_("The store is whole.") if found.ok else _("The store is damaged.")]
    lines.append(_("Head: {head}").format(head=found.head))
    for problem in found.problems:
        place = safe(problem.file) + (f":{problem.line}" if problem.line else "")
        lines.append(f"  {place}: {render(problem.message, _)}")
    if found.ok:
        lines.append(
            _("Keep the head elsewhere: only --expect with it shows that all was rewritten.")
        )
    return "\n".join(lines) + "\n"

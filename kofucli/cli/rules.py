"""``rules list`` and ``rules show CODE``: the rulebook, as this office has it."""

from __future__ import annotations

import click

from kofucli.cli.app import App
from kofucli.cli.framework import command, format_options, group, pass_app
from kofucli.errors import NotFoundError, Phrase
from kofucli.output.documents import FORMAT
from kofucli.output.rulebook import rule_document, rule_text, rules_sheet, rules_text
from kofucli.rules.refusal import RULES
from kofucli.text import N_, abbreviate, nearest

__all__ = ["rules"]


@group("rules", N_("The rules: codes, clauses, wording, readings."))
def rules() -> None:
    """Hold the commands."""


@command("list", N_("List all rules."), group=rules)
@format_options("table", "json", "csv")
@pass_app
def list_(app: App) -> None:
    """List the rules."""
    settings, found = app.settings, list(RULES.values())
    app.show(
        lambda: {"format": FORMAT, "rules": [rule_document(rule, settings) for rule in found]},
        lambda _: rules_text(found, _),
        lambda _: rules_sheet(found, _),
    )


@command(
    "show", N_("Show a rule: wording, settings, the reading taken and the other one."), group=rules
)
@click.argument("code")
@format_options("table", "json")
@pass_app
def show(app: App, code: str) -> None:
    """Show a rule."""
    rule = RULES.get(code.strip().lower())
    if rule is None:
        near = nearest(code, RULES)
        raise NotFoundError(
            Phrase(
                "There is no rule {code}; did you mean {near}? 'kofucli rules list' shows all.",
                code=abbreviate(code),
                near=near,
            )
            if near is not None
            else Phrase(
                "There is no rule {code}. 'kofucli rules list' shows all.", code=abbreviate(code)
            )
        )
    settings = app.settings
    app.show(
        lambda: {"format": FORMAT, "rule": rule_document(rule, settings)},
        lambda _: rule_text(rule, settings, _),
    )

"""``rules list`` and ``rules show CODE``: the rulebook, as this office has it."""

from __future__ import annotations

from kofucli.base.errors import NotFoundError, Phrase
from kofucli.base.text import N_, abbreviate, nearest
from kofucli.cli.app import App
from kofucli.cli.framework import argument, command, format_options, group, option
from kofucli.output.rulebook import example_of, rule_document, rule_text, rules_sheet, rules_text
from kofucli.rules.refusal import Rule
from kofucli.rules.wording import RULES

_DEFAULTS = Phrase("There is no configuration: the rules are shown with the default settings.")

rules = group("rules")


@command("list", N_("List all rules."), group=rules)
@format_options("table", "json", "csv")
def _list(app: App) -> None:
    found = list(RULES.values())
    settings, notes = app.settings_or_defaults(_DEFAULTS)
    app.show(
        lambda: {
            "notice_version": settings.rules.version,
            "rules": [rule_document(rule, settings) for rule in found],
        },
        lambda _: rules_text(found, settings, _),
        lambda: rules_sheet(found, settings, app.translate),
        notes,
    )


@command(
    "show", N_("Show a rule: wording, settings, the reading taken and the other one."), group=rules
)
@argument("code")
@option("--example", is_flag=True, help=N_("Only the example, as scenario run takes it."))
@format_options("table", "json")
def _show(app: App, code: str, example: bool) -> None:
    rule = _find_rule(code)
    if example and not app.options.get("format"):
        app.options["format"] = "table"  # what is piped on does not follow [user] format
    if example and app.format == "table":
        app.wraps = False
        app.show(dict, lambda _: example_of(rule))
        return
    settings, notes = app.settings_or_defaults(_DEFAULTS)
    app.show(
        lambda: {"rule": rule_document(rule, settings)},
        lambda _: rule_text(rule, settings, _),
        notes=notes,
    )


def _find_rule(code: str) -> Rule:
    rule = RULES.get(code.strip().lower())
    if rule is not None:
        return rule
    near = nearest(code, RULES)
    told = Phrase("There is no rule {code}. 'kofucli rules list' shows all.", code=abbreviate(code))
    if near is not None:
        told = Phrase(
            "There is no rule {code}; did you mean {near}? 'kofucli rules list' shows all.",
            code=abbreviate(code),
            near=near,
        )
    raise NotFoundError(told)

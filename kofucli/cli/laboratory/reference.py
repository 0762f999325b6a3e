"""``rules``, ``help`` and ``completion``: the rulebook, the help, and a shell's script."""

from __future__ import annotations

import click

from kofucli import cli
from kofucli.base import NotFoundError, Phrase, usage_error
from kofucli.base.text import N_, abbreviate, nearest
from kofucli.cli.app import App
from kofucli.cli.files import print_text
from kofucli.output.rulebook import example_of, rule_document, rule_text, rules_sheet, rules_text
from kofucli.rules import Rule
from kofucli.rules.wording import RULES

_DEFAULTS = Phrase("There is no configuration: the rules are shown with the default settings.")

rules = cli.Group("rules")


@cli.command("list", N_("List all rules."), rules)
@cli.format_options("table", "json", "csv")
def _list(app: App) -> None:
    found = list(RULES.values())
    settings, notes = app.settings_or_defaults(_DEFAULTS)
    app.show(
        found,
        lambda _: {
            "notice_version": settings.rules.version,
            "rules": [rule_document(rule, settings) for rule in found],
        },
        lambda _, translate: rules_text(found, settings, translate),
        lambda _: rules_sheet(found, settings, app.translate),
        notes,
    )


@cli.command(
    "show", N_("Show a rule: wording, settings, the reading taken and the other one."), rules
)
@cli.argument("code")
@cli.flag("--example", N_("Only the example, as scenario run takes it."))
@cli.format_options("table", "json")
def _show(app: App, code: str, example: bool) -> None:
    rule = _find_rule(code)
    if example and not app.options.get("format"):
        app.options["format"] = "table"  # what is piped on does not follow [user] format
    if example and app.format == "table":
        app.wraps = False
        app.show(rule, lambda _: {}, lambda *_: example_of(rule))
        return
    settings, notes = app.settings_or_defaults(_DEFAULTS)
    app.show(
        rule,
        lambda _: {"rule": rule_document(rule, settings)},
        lambda _, translate: rule_text(rule, settings, translate),
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


@cli.command("help")
@cli.argument("names", metavar="[COMMAND]...", nargs=-1)
def help_(app: App, names: tuple[str, ...]) -> None:
    """Print what ``kofucli COMMAND --help`` prints; without a name the help of the program."""
    ctx = click.get_current_context().find_root()
    for name in names:
        if not isinstance(ctx.command, click.Group):
            raise usage_error("'{command}' has no commands of its own.", command=ctx.command_path)
        _, found, _ = ctx.command.resolve_command(ctx, [name])
        assert found is not None  # click raises for what there is not
        ctx = click.Context(found, parent=ctx, info_name=name)
    print_text(ctx.get_help() + "\n")


@cli.command("completion")
@cli.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(app: App, shell: str) -> None:
    """Print a completion script."""
    from kofucli.cli.completion import SHELLS  # only here

    root = click.get_current_context().find_root().command
    print_text(SHELLS[shell](root, {}, "kofucli", "_KOFUCLI_COMPLETE").source())

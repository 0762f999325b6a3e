"""``agent``: the register of agents."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import click
from msgspec.structs import replace

from kofucli import cli
from kofucli.base import InputError, Phrase, Problem
from kofucli.base.language import Translate
from kofucli.base.text import N_, fold_value
from kofucli.base.written_times import read_day as read_written_day
from kofucli.casefile import TICKS
from kofucli.casefile.columns import AGENT_COLUMNS, OCCUPATION_WORDS
from kofucli.casefile.file_rows import FileRow, FileRows, at_row, refusal
from kofucli.casefile.reading import LARGEST, read_rows
from kofucli.casefile.unused_columns import find_off, say_off
from kofucli.cli.app import App
from kofucli.cli.arguments import check_reason, read_days
from kofucli.cli.files import read_input
from kofucli.cli.invocation import check_agent_id
from kofucli.cli.progress import show_stages
from kofucli.model import Occupation
from kofucli.model.numbers import normalise_number
from kofucli.operations import find_agent
from kofucli.operations.agents import AgentDraft, register
from kofucli.operations.agents.personal_data import disclose, erase_agent, remove_files
from kofucli.operations.agents.register import AgentChanged, Registered, import_agents
from kofucli.output import agents as output
from kofucli.output.words import choose_headline

if TYPE_CHECKING:
    from kofucli.operations.mail import StandingKind

F = TypeVar("F", bound=Callable[..., Any])
_YES = {"yes", "はい", "1", "同意", *(word for word, means in TICKS.items() if means)}


def show_changed(
    app: App, changed: AgentChanged, headlines: tuple[str, str, str], names_next: bool = False
) -> None:
    """Show an agent; with ``names_next`` also what it must do before it can book."""
    headline = choose_headline(changed.changed, app.dry_run, headlines)
    (registered,) = changed.agents
    required = app.settings.verification.required

    def text(registered: Registered, _: Translate) -> str:
        steps = "" if app.dry_run or not names_next else output.next_text(registered, required, _)
        return f"{_(headline)}\n\n{output.agent_text(registered, _)}{steps}"

    app.show(
        registered,
        lambda _: {"agent": output.agent_document(registered), "changed": changed.changed},
        text,
        notes=changed.notes,
        changed=changed.changed,
    )


def _read_occupation(text: str) -> str:
    word = fold_value(text)
    return OCCUPATION_WORDS.get(word, word)


class _OccupationWord(click.Choice[str]):
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return super().convert(_read_occupation(value), param, ctx)


_NEEDED = (
    ("--name", "TEXT", N_("The agent's name.")),
    ("--occupation", _OccupationWord(get_args(Occupation)), N_("The agent's occupation.")),
    ("--certificate", "TEXT", N_("The certificate's number.")),
    ("--valid-until", "DATE", N_("The certificate's last day.")),
    ("--email", "ADDRESS", N_("The agent's e-mail address.")),
)
_FREE = (
    ("--phone", "TEXT", N_("The agent's telephone.")),
    ("--organization", "TEXT", N_("The agent's organisation.")),
    ("--language", ("ja", "en"), N_("The language of the mails.")),
)


def _value_options(required: bool) -> Callable[[F], F]:
    def decorate(function: F) -> F:
        for each in reversed((*_NEEDED, *_FREE)):
            function = cli.option(*each, required=required and each in _NEEDED)(function)
        return function

    return decorate


def _read_valid_until(app: App, values: dict[str, str | None]) -> dict[str, str | None]:
    (day,) = read_days(app, values["valid_until"])
    return values | {"valid_until": day.isoformat() if day is not None else None}


agent = cli.Group("agent")


@cli.command("add", N_("Register an agent."), agent)
@cli.option("--id agent_id", "ID", N_("The agent's id."), required=True)
@_value_options(required=True)
@cli.flag("--accept-terms", N_("The agent accepts the terms of use."))
@cli.office_options("table", "json", changes=True)
def _add(app: App, agent_id: str, accept_terms: bool, **values: str | None) -> None:
    stamp = app.stamp(app.office_actor())
    draft = AgentDraft(check_agent_id(agent_id), accept_terms=accept_terms)
    draft = replace(draft, **_read_valid_until(app, values))
    changed = register.add_agent(app.store, app.settings, draft, stamp)
    headlines = N_("Registered."), N_("Would be registered."), N_("Nothing to change.")
    show_changed(app, changed, headlines, names_next=True)


@cli.command("edit", N_("Correct an agent's values; a changed address is unverified."), agent)
@cli.argument("agent_id", metavar="ID")
@cli.option(
    "--from source",
    "FILE",
    N_("An agent file with one row, to keep values out of sight; - is stdin."),
)
@_value_options(required=False)
@cli.office_options("table", "json", changes=True)
def _edit(app: App, agent_id: str, source: str | None, **values: str | None) -> None:
    app.inputs += [source] if source is not None else []
    stamp = app.stamp(app.office_actor())
    draft = AgentDraft(check_agent_id(agent_id))
    notes: list[Phrase] = []
    if source is not None:
        draft, notes = _read_one(source, draft.id)
    given = {
        name: value for name, value in _read_valid_until(app, values).items() if value is not None
    }
    draft = replace(draft, **given)
    changed = register.edit_agent(app.store, app.settings, draft, stamp)
    changed = replace(changed, notes=(*notes, *changed.notes))
    headlines = N_("Changed."), N_("Would be changed."), N_("Nothing to change.")
    show_changed(app, changed, headlines, names_next=draft.email is not None)


def _read_agents(source: str, sheet: str | None = None) -> FileRows:
    """Return the rows of an agent file. Raises InputError, where some are not meant, too."""
    found = read_rows(read_input(source, LARGEST), AGENT_COLUMNS, {}, "id", sheet).complete()
    off = [say_off(*marked) for marked in find_off(found).items()]
    if off:
        raise refusal(off)
    return found


def _read_one(source: str, agent_id: str) -> tuple[AgentDraft, list[Phrase]]:
    """Return the one row of an agent file, which must be for ``agent_id``, and notes."""
    found = _read_agents(source)
    drafts = [_draft_of(number, row, False) for number, row in found.rows]
    if [draft.id for draft in drafts] != [agent_id]:
        wanted = Phrase("expected a single row, with {id} in the column id", id=agent_id)
        problem = Problem(Phrase("file"), wanted)
        raise InputError(Phrase("The file is invalid; nothing was done."), [problem])
    return drafts[0], found.list_notes()


@cli.command("show", N_("Show an agent."), agent)
@cli.argument("agent_id", metavar="ID")
@cli.agent_or_office("table", "json")
def _show(app: App, agent_id: str) -> None:
    actor, wanted = app.reader(), check_agent_id(agent_id)
    found = app.read(lambda context: register.show_agent(context.view, wanted, actor))
    app.show(found, lambda _: {"agent": output.agent_document(found)}, output.agent_text)


@cli.command("list", N_("List the agents."), agent)
@cli.agent_or_office("table", "json", "csv", "xlsx")
def _list(app: App) -> None:
    actor = app.reader()
    found = app.read(lambda context: register.list_agents(context.view, actor))
    app.show(
        found,
        lambda _: {"agents": [output.agent_document(each) for each in found]},
        output.agents_text,
        output.agents_sheet,
    )


@cli.command(
    "import", N_("Register the agents of a file (CSV, XLSX, JSON), all or none; - is stdin."), agent
)
@cli.argument("file")
@cli.sheet_option
@cli.flag("--accept-terms", N_("All of them accept the terms of use."))
@cli.flag("--update", N_("Correct agents that are registered with other values."))
@cli.office_options("table", "json", "csv", changes=True)
def _import(app: App, file: str, sheet: str | None, accept_terms: bool, update: bool) -> None:
    app.inputs.append(file)
    stamp = app.stamp(app.office_actor())
    rows = _read_agents(file, sheet)
    drafts = [_draft_of(number, row, accept_terms) for number, row in rows.rows]
    app.store.stages = show_stages(app)
    done = import_agents(app.store, app.settings, drafts, update, stamp)
    notes = rows.list_notes()
    notes += output.list_missing_steps(done.agents, app.settings.verification.required)
    app.show(
        done,
        output.imported_document,
        lambda _, translate: output.imported_text(done, app.dry_run, translate),
        lambda _: output.agents_sheet(done.agents),
        notes,
        changed=done.changed,
    )


def _draft_of(number: FileRow, row: dict[str, str], accept_terms: bool) -> AgentDraft:
    """Return what a row of an agent file says; values that make no sense are refused later."""
    accepts = fold_value(row.get("accept_terms", "")).lower() in _YES
    values = {key: value.strip() for key, value in row.items() if value.strip()}
    values.pop("accept_terms", None)
    if "occupation" in values:
        values["occupation"] = _read_occupation(values["occupation"])
    if "valid_until" in values:
        day, _ = read_written_day(values["valid_until"])
        values["valid_until"] = day.isoformat() if day else values["valid_until"]
    draft = AgentDraft(
        normalise_number(values.pop("id", "")),
        accept_terms=accept_terms or accepts,
        where=at_row(number),
    )
    return replace(draft, **values)


@cli.command("suspend", N_("Suspend an agent: no booking, no corrections."), agent)
@cli.argument("agent_id", metavar="ID")
@cli.option("--since", "DATE", N_("The first day (default: today)."))
@cli.option("--until", "DATE", N_("The first day without suspension."))
@cli.option("--reason", "TEXT", N_("Why; it is recorded and shown."), required=True)
@cli.office_options("table", "json", changes=True)
def _suspend(app: App, agent_id: str, since: str | None, until: str | None, reason: str) -> None:
    stamp, why = app.stamp(app.office_actor()), check_reason(reason)
    first, end = read_days(app, since, until)
    wanted = check_agent_id(agent_id)
    changed = register.suspend(app.store, app.settings, wanted, (first, end, why), stamp)
    headlines = N_("Suspended."), N_("Would be suspended."), N_("Already suspended like this.")
    _mail_and_show(app, changed, "suspended", headlines)


@cli.command("reinstate", N_("End an agent's suspension."), agent)
@cli.argument("agent_id", metavar="ID")
@cli.option("--reason", "TEXT", N_("Why; it is recorded."), required=True)
@cli.office_options("table", "json", changes=True)
def _reinstate(app: App, agent_id: str, reason: str) -> None:
    stamp = app.stamp(app.office_actor())
    wanted, why = check_agent_id(agent_id), check_reason(reason)
    changed = register.reinstate(app.store, app.settings, wanted, why, stamp)
    headlines = N_("Reinstated."), N_("Would be reinstated."), N_("Not suspended.")
    _mail_and_show(app, changed, "reinstated", headlines)


def _mail_and_show(
    app: App, changed: AgentChanged, kind: StandingKind, headlines: tuple[str, str, str]
) -> None:
    from kofucli.cli.decision import post_each  # most commands mail nothing
    from kofucli.operations.mail import StandingNews

    (registered,) = changed.agents
    agent, notes = registered.agent, list(changed.notes)
    if not registered.personal.email:
        notes.append(
            Phrase("No mail tells agent {id} of it, for its address is lost.", id=agent.id)
        )
    elif changed.changed:
        notes += post_each(app, [StandingNews(kind, agent.id, agent.suspension)]).notes
    show_changed(app, replace(changed, notes=tuple(notes)), headlines)


@cli.command("export", N_("Show everything that is kept about an agent."), agent)
@cli.argument("agent_id", metavar="ID")
@cli.agent_or_office("table", "json")
def _export(app: App, agent_id: str) -> None:
    actor, wanted = app.reader(), check_agent_id(agent_id)
    found = app.read(lambda context: disclose(app.store, context, wanted, actor))
    app.show(found, lambda _: output.disclosure_document(found, app.now), output.disclosure_text)


@cli.command(
    "erase", N_("Erase an agent's personal values; visits and marks stay, under its id."), agent
)
@cli.argument("agent_id", metavar="ID")
@cli.option("--reason", "TEXT", N_("Why; kept for good: name nobody."))
@cli.office_options("table", "json", changes=True, asks=True)
def _erase(app: App, agent_id: str, reason: str | None) -> None:
    actor, wanted = app.office_actor(), check_agent_id(agent_id)
    why = check_reason(reason) if reason is not None else ""
    app.read(lambda context: find_agent(context.view, wanted, erased_too=True))
    app.confirm(
        Phrase(
            "Erase the name, addresses and certificate number of agent {id}, and the mails that "
            "wait for it? Nothing brings them back.",
            id=wanted,
        )
    )
    recorded = erase_agent(app.store, app.settings, wanted, why, app.stamp(actor))
    erased = app.attempt(lambda: remove_files(app.store, recorded), replace(recorded, mails=()))
    app.show(
        erased,
        output.erased_document,
        output.erased_text,
        notes=erased.notes,
        changed=erased.changed,
    )

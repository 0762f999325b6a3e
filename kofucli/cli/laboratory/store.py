"""``store``: check and repair, the journal, purge, backup and restore, export and import."""

from __future__ import annotations

import os
import re
import sys
from datetime import date
from typing import Literal

import click

from kofucli import cli
from kofucli.base import Phrase, StoreError, usage_error
from kofucli.base.text import N_, abbreviate
from kofucli.cli.app import App
from kofucli.cli.arguments import read_day, read_days
from kofucli.cli.invocation import check_agent_id
from kofucli.cli.progress import show_stages
from kofucli.model.numbers import parse_number, unframe
from kofucli.operations.history import LogRequest, read_log
from kofucli.operations.lookup import read_numbers
from kofucli.output import store as output
from kofucli.output.documents import fields_of
from kofucli.settings import Settings
from kofucli.store.place import Place, parse_place

_HEAD = re.compile(r"[0-9]{1,12}:[0-9a-f]{64}")


store = cli.Group("store")


@cli.command(
    "check",
    N_("Check that the store is whole: replay the ledger, compare every document."),
    group=store,
)
@cli.option(
    "--expect", "N:HASH", N_("A head noted elsewhere: checks that its line is still the same.")
)
@cli.flag("--repair", N_("Make again what can be made from the ledger."))
@cli.office_options("table", "json", changes=True)
def _check(app: App, expect: str | None, repair: bool) -> int:
    if expect is not None and _HEAD.fullmatch(expect) is None:
        raise usage_error("--expect takes N:HASH, as 'store check' prints it.")
    if repair:
        return _repair(app, expect)
    from kofucli.store.integrity.check import check

    heads = app.read_heads()
    found = check(app.store, expect, heads, show_stages(app))
    if heads is None and app.heads_path is not None:
        without_heads = Phrase(
            "{path} is not there, so no head was compared; 'kofucli store backup' and 'kofucli "
            "report nightly' begin it.",
            path=app.heads_path,
        )
        app.notes.append(without_heads)
    app.show(found, lambda _: output.check_document(found, app.translate), output.check_text)
    return 0 if found.ok else StoreError.exit_status


def _repair(app: App, expect: str | None) -> int:
    from msgspec.structs import replace

    from kofucli.store.integrity.repair import repair

    if expect is not None:
        raise usage_error("--repair goes without --expect: check first.")
    stamp, kept = app.stamp(app.office_actor()), app.settings
    done, aside, mended = app.place.mend_foundation(kept.office.id, kept.store.lock_seconds, stamp)
    if mended is not None:
        app.store = mended
    result = repair(app.store, stamp, app.read_heads(), show_stages(app))
    result = replace(result, done=(*done, *result.done), aside=result.aside or aside)
    app.show(
        result,
        lambda _: output.repair_document(result, app.translate),
        output.repair_text,
        changed=bool(result.done) and not result.dry_run,
    )
    return 0 if result.found.ok else StoreError.exit_status


@cli.command("log", N_("Show the journal: who did what, when, and to what."), store)
@cli.span_options
@cli.option("--agent", "ID", N_("Only what this agent did, or what concerns it."))
@cli.option("--by", "NAME", N_("Only what was recorded under this name."))
@cli.option("--op", "NAME", N_("Only this operation, such as book or 'agent add'."))
@cli.option("--reservation", "NUMBER", N_("Only what concerns this reservation."))
@cli.option("--limit", "COUNT", N_("Only so many, the newest."), type=click.IntRange(1))
@cli.office_flag
@cli.format_options("table", "json", "csv")
def _log(app: App, limit: int | None, **named: str | None) -> None:
    app.office_actor()
    since, until = read_days(app, named["since"], named["until"])
    if (agent := named["agent"]) is not None:
        agent = check_agent_id(agent)
    if (number := named["reservation"]) is not None:
        number = _read_number(number, app.settings)
    entries = read_log(
        app.store, LogRequest(since, until, agent, named["by"], named["op"], number, limit)
    )
    app.show(entries, lambda _: {"entries": entries}, output.log_text, output.log_sheet)


def _read_number(text: str, settings: Settings) -> str:
    bare = unframe(text)
    parsed = parse_number(bare)
    named, wrong = ([parsed], None) if parsed else read_numbers(bare, settings.office.id)
    if wrong is not None:
        raise wrong
    if len(named) != 1:
        raise usage_error("'{value}' is not a reservation number.", value=abbreviate(text))
    return named[0][0]


@cli.command("purge", N_("Remove old days, and old lines of the ledger."), store)
@cli.option("--before", "DATE", N_("The first day to keep; today or earlier."), required=True)
@cli.office_options("table", "json", changes=True, asks=True)
def _purge(app: App, before: str) -> None:
    from kofucli.store.copies.purge import plan_purge, purge

    actor = app.office_actor()
    first = read_day(app, before)
    heads, stages = app.read_heads(), show_stages(app)
    plan = plan_purge(app.store, first, app.stamp(actor), heads, stages)
    result = plan.result
    if result.changed:
        app.confirm(
            Phrase(
                "Remove what is before {before} (days: {days}, reservations: {reservations}, "
                "ledger lines: {lines})? Only a backup can bring them back.",
                days=len(result.days),
                before=first,
                reservations=result.reservations,
                lines=result.lines,
            )
        )
    if result.changed and not app.dry_run:
        result = purge(app.store, plan, app.stamp(actor), heads, stages)
    app.show(
        result,
        output.purge_document,
        output.purge_text,
        notes=_find_purge_notes(app.settings, first, app.now.date()) if result.changed else [],
        changed=result.changed and not result.dry_run,
    )


def _find_purge_notes(settings: Settings, before: date, today: date) -> list[Phrase]:
    from dateutil.relativedelta import relativedelta

    months = max(settings.retention.months, settings.conduct.months_back)
    since = today - relativedelta(months=months)
    if before <= since:
        return []
    return [
        Phrase(
            "The settings keep {months} months, since {since}: this removes more. Reports have "
            "nothing of those days any more.",
            months=months,
            since=since,
        )
    ]


@cli.command("backup", N_("Write a backup into DIR, and read it back."), store)
@cli.argument("folder", metavar="DIR")
@cli.office_options("table", "json")
def _backup(app: App, folder: str) -> None:
    from kofucli.store.copies.backup import back_up

    app.office_actor()
    app.refuse_output()
    _refuse_nameless(folder)
    app.refuse_in_store(folder)
    heads = app.heads_path
    made = back_up(app.store, folder, app.now, show_stages(app))
    app.note_head(heads, made.head)
    app.show(made, fields_of, output.backup_text)


def _refuse_nameless(folder: str) -> None:
    if not folder:
        raise usage_error("The name of the folder is empty; expected a folder.")


def _find_place(app: App, named: str) -> Place:
    """A store is made anywhere but inside the store; its own place is free."""
    _refuse_nameless(named)
    place = parse_place(named)
    if os.path.realpath(place.name) != os.path.realpath(app.place.name):
        app.refuse_in_store(named)
    return place


@cli.command("restore", N_("Restore a backup into a new or empty DIR."), store)
@cli.argument("file", metavar="FILE")
@cli.argument("folder", metavar="DIR")
@cli.office_options("table", "json", changes=True, asks=True)
def _restore(app: App, file: str, folder: str) -> None:
    from kofucli.store.copies.backup import open_archive
    from kofucli.store.copies.restore import check_target, restore_archive

    actor = app.office_actor()
    place = _find_place(app, folder)
    with open_archive(file) as archive:
        check_target(app.settings.office.id, archive, place)
        app.confirm(
            Phrase(
                "Make the store of office {office} as of {at} (line {n}) at {path}? Everything "
                "done later is lost and must be entered again.",
                office=archive.manifest.store.office,
                at=archive.manifest.at,
                n=archive.manifest.n,
                path=place.name,
            )
        )
        made = restore_archive(
            app.settings.office.id, archive, place, app.stamp(actor), show_stages(app)
        )
    app.changed = True
    app.show(made, output.restored_document, output.restored_text)


@cli.command("export", N_("Write the whole store as JSON lines."), store)
@cli.output_option
@cli.office_and_by
def _export(app: App) -> None:
    from kofucli.store.copies import pack
    from kofucli.store.copies.backup import write_stream

    app.office_actor()
    lines = pack(app.store)
    if app.is_printed:
        sys.stdout.flush()
        sys.stdout.buffer.writelines(lines)
        sys.stdout.buffer.flush()
        return
    app.refuse_in_store(app.output)
    write_stream(app.output, lambda file: file.writelines(lines))


@cli.command("import", N_("Make a store from an export, in a new or empty DIR."), store)
@cli.argument("file", metavar="FILE")
@cli.argument("folder", metavar="DIR")
@cli.option(
    "--codec", ("json", "toml"), N_("How its documents are written (default: as they were).")
)
@cli.office_options("table", "json", changes=True)
def _import(app: App, file: str, folder: str, codec: Literal["json", "toml"] | None) -> None:
    from kofucli.store.copies.backup import open_archive
    from kofucli.store.copies.restore import import_archive

    app.office_actor()
    app.refuse_output()
    place = _find_place(app, folder)
    with open_archive(file) as archive:
        made = import_archive(
            app.settings.office.id, archive, place, codec, app.dry_run, show_stages(app)
        )
    app.changed = True
    note = Phrase(
        "The store is as of {at} and goes on counting from there: numbers that were given later "
        "are given again. Where anything may have been booked since, or the other store is still "
        "used, delete this one and use 'kofucli store restore {file} {folder}', which begins above "
        "them.",
        at=made.at,
        file=file,
        folder=folder,
    )
    app.show(made, output.copied_document, output.copied_text, notes=[note])


@cli.command("copy", N_("Copy a store to another place, and close the first one."), store)
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@cli.flag("--keep", N_("Leave the first store open: the copy is for a trial."))
@cli.office_options("table", "json", changes=True)
def _copy(app: App, source: str, target: str, keep: bool) -> None:
    from kofucli.store.copies.restore import copy_store

    stamp = app.stamp(app.office_actor())
    _refuse_nameless(source)
    _refuse_nameless(target)
    first, other = parse_place(source), parse_place(target)
    if first.holds(target) or first.name == other.name:
        raise usage_error("{path} lies in the store; results belong elsewhere.", path=other.name)
    kept = app.settings
    opened = first.open(kept.office.id, kept.store.lock_seconds)
    try:
        made = copy_store(opened, other, stamp, keep, show_stages(app))
    finally:
        opened.close()
    app.changed = not made.dry_run
    app.show(made, output.store_copy_document, output.store_copy_text, notes=opened.warnings)


@cli.command("migrate", N_("Bring a store of an older format up to date, after a backup."), store)
@cli.option("--backup", "DIR", N_("Where the backup goes (default: beside the store)."))
@cli.office_options("table", "json", changes=True)
def _migrate(app: App, backup: str | None) -> None:
    from kofucli.store.copies.backup import Backup, back_up, migrate

    app.office_actor()
    folder = app.place.beside("-backup") if backup is None else backup
    if folder is not None:
        _refuse_nameless(folder)
        app.refuse_in_store(folder)

    def keep() -> Backup:
        if folder is None:
            raise usage_error(
                "A database has no folder beside it. Nothing was changed: say where the backup "
                "goes with --backup DIR."
            )
        return back_up(app.store, folder, app.now, show_stages(app))

    done = migrate(app.store, app.dry_run, keep)
    app.show(
        done,
        lambda _: output.migrated_document(done, app.dry_run),
        lambda _, translate: output.migrated_text(done, app.dry_run, translate),
        changed=done.changed and not app.dry_run,
    )

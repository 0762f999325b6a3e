"""``store backup``, ``restore``, ``export``, ``import``, ``migrate``: the store as a file."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import BinaryIO, Literal

import click

from kofucli.base.errors import Phrase, WrongUsageError
from kofucli.base.text import N_
from kofucli.cli.app import App
from kofucli.cli.framework import command, office_only, office_option, option
from kofucli.output import store as output


@command("backup", N_("Write a backup into DIR, and read it back."))
@click.argument("folder", metavar="DIR")
@office_only("table", "json")
def backup(app: App, folder: str) -> None:
    """Back the store up."""
    from kofucli.store.copies.backup import back_up

    app.office_only()
    _refuse_nameless(folder)
    app.refuse_in_store(folder)
    made = back_up(app.store, folder, app.now)
    app.show(lambda: output.backup_document(made), lambda _: output.backup_text(made, _))


def _refuse_nameless(folder: str) -> None:
    if not folder:
        raise WrongUsageError(Phrase("The name of the folder is empty; expected a folder."))


def _refuse_place(app: App, folder: str) -> None:
    """Raise WrongUsageError where a store would be made within the store; in its place it may."""
    _refuse_nameless(folder)
    if os.path.realpath(folder) != os.path.realpath(app.store_path):
        app.refuse_in_store(folder)


@command("restore", N_("Make the store of a backup again, in a new or empty DIR."))
@click.argument("file", metavar="FILE")
@click.argument("folder", metavar="DIR")
@office_only("table", "json", changes=True, asks=True)
def restore(app: App, file: str, folder: str) -> None:
    """Restore a backup."""
    from kofucli.store.copies.backup import open_archive
    from kofucli.store.copies.restore import check_target, restore_archive

    actor = app.office_only()
    _refuse_place(app, folder)
    with open_archive(file) as archive:
        check_target(app.settings.office.id, archive, folder)
        app.confirm(
            Phrase(
                "Make the store of office {office} as of {at} (line {n}) at {path}? Everything "
                "done later is lost and must be entered again.",
                office=archive.manifest.store.office,
                at=archive.manifest.at,
                n=archive.manifest.n,
                path=os.path.abspath(folder),
            )
        )
        made = restore_archive(app.settings.office.id, archive, folder, app.stamp(actor))
    app.changed = True
    app.show(lambda: output.restored_document(made), lambda _: output.restored_text(made, _))


@command("export", N_("Write the whole store as JSON lines."))
@option("-o", "--output", metavar="FILE", help=N_("Write the result to a file."))
@office_option
def export(app: App, output: str | None) -> None:
    """Export the store."""
    from kofucli.store.copies.archive import pack
    from kofucli.store.copies.backup import write_stream

    app.office_only()
    lines = pack(app.store)
    if output is None or output == "-":
        _print(lines)
        return
    app.refuse_in_store(output)
    # A link that the user names is followed, as with -o everywhere.
    write_stream(os.path.realpath(output), lambda file: _write(file, lines))


def _write(file: BinaryIO, lines: Iterable[bytes]) -> None:
    for line in lines:
        file.write(line)


def _print(lines: Iterable[bytes]) -> None:
    sys.stdout.flush()
    _write(sys.stdout.buffer, lines)
    sys.stdout.buffer.flush()


@command("import", N_("Make a store of an export, in a new or empty DIR."))
@click.argument("file", metavar="FILE")
@click.argument("folder", metavar="DIR")
@option(
    "--codec",
    type=click.Choice(["json", "toml"]),
    help=N_("How its documents are written (as they were)."),
)
@office_only("table", "json", changes=True)
def import_(app: App, file: str, folder: str, codec: Literal["json", "toml"] | None) -> None:
    """Import a store."""
    from kofucli.store.copies.backup import open_archive
    from kofucli.store.copies.restore import import_archive

    app.office_only()
    _refuse_place(app, folder)
    with open_archive(file) as archive:
        made = import_archive(app.settings.office.id, archive, folder, codec, app.dry_run)
    app.changed = True
    app.show(lambda: output.copied_document(made), lambda _: output.copied_text(made, _))


@command("migrate", N_("Bring a store of an older format to this one, after a backup."))
@option("--backup", metavar="DIR", help=N_("Where the backup goes (beside the store)."))
@office_only("table", "json", changes=True)
def migrate(app: App, backup: str | None) -> None:
    """Migrate the store."""
    from kofucli.store.copies.backup import migrate as migrate_store

    app.office_only()
    folder = os.path.abspath(app.store_path) + "-backup" if backup is None else backup
    _refuse_nameless(folder)
    app.refuse_in_store(folder)
    done = migrate_store(app.store)
    app.show(
        lambda: output.migrated_document(done, app.dry_run),
        lambda _: output.migrated_text(done, app.dry_run, _),
        changed=done.changed,
    )

"""``init``: a configuration and an empty store."""

from __future__ import annotations

import os

import click

from kofucli.cli.app import App
from kofucli.cli.files import write_file
from kofucli.cli.framework import by_option, command, dry_run_option, format_options, pass_app
from kofucli.errors import InputError, Phrase
from kofucli.model import Actor
from kofucli.operations.founding import found
from kofucli.output.documents import FORMAT
from kofucli.store.files import ensure_vacant
from kofucli.text import N_, safe

__all__ = ["init"]

_SAMPLE = os.path.join(os.path.dirname(os.path.dirname(__file__)), "sample_config.toml")


@command("init", N_("Write a configuration and an empty store, here or in DIR."))
@click.argument("folder", metavar="[DIR]", default=".")
@by_option
@dry_run_option
@format_options("table", "json")
@pass_app
def init(app: App, folder: str) -> None:
    """Begin."""
    path = app.options.get("config") or os.path.join(folder, "kofucli.toml")
    kept = os.path.exists(path)
    # The settings must be read from what will be there: the sample, where nothing is yet.
    app.options["config"] = path if kept else _SAMPLE
    settings = app.settings
    named = app.options.get("store") or app.environment.get("KOFUCLI_STORE")
    store = named or os.path.join(os.path.dirname(os.path.abspath(path)), settings.store.path)
    ensure_vacant(store)
    if not app.dry_run:
        if not kept:
            _write_sample(path)
        found(store, settings, app.stamp(Actor(None, app.by)))
    app.show(
        lambda: {
            "format": FORMAT,
            "config": os.path.abspath(path),
            "store": os.path.abspath(store),
            "config_kept": kept,
            "changed": True,
        },
        lambda _: (
            "\n".join(
                [
                    (
                        _("Configuration kept: {path}") if kept else _("Configuration: {path}")
                    ).format(path=safe(path)),
                    _("Store: {path}").format(path=safe(store)),
                    _("Next: look through the configuration, then 'kofucli agent add --help'."),
                ]
            )
            + "\n"
        ),
    )


def _write_sample(path: str) -> None:
    try:
        with open(_SAMPLE, "rb") as sample:
            content = sample.read()
        os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
        write_file(path, content)
    except OSError as error:
        raise InputError(
            Phrase("{path} could not be written: {detail}.", path=path, detail=error.strerror)
        ) from None

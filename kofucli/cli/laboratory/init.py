"""``init``: a configuration, an empty store."""

from __future__ import annotations

import os

import kofucli
from kofucli.base.errors import InputError, KofuError, Phrase, UnknownOutcomeError, reason_of
from kofucli.base.language import Translate
from kofucli.base.results import refuse_place, write_file
from kofucli.base.text import safe
from kofucli.cli.app import App
from kofucli.cli.framework import argument, by_option, command, dry_run_option, format_options
from kofucli.model.records import Actor
from kofucli.operations.office import init_store
from kofucli.store.disk import make_parents

_SAMPLE = os.path.join(os.path.dirname(kofucli.__file__), "sample_config.toml")


@command("init")
@argument("folder", metavar="[DIR]", required=False)
@by_option
@dry_run_option
@format_options("table", "json")
def init(app: App, folder: str | None) -> None:
    """Write what is missing: the sample configuration, and the store."""
    path = app.options.get("config")
    if path is None:
        variable = None if folder else app.environment.get("KOFUCLI_CONFIG")
        path = variable or os.path.join(folder or ".", "kofucli.toml")
    kept = os.path.exists(path)
    # Where there is no configuration yet, the sample is read, since it will be the configuration.
    app.use_configuration(path if kept else _SAMPLE)
    settings = app.settings
    place = app.place_beside(path)
    if not kept:
        refuse_place(path)
    place.ensure_vacant(settings.office.id)
    if not app.dry_run:
        stamp = app.stamp(Actor(None, app.by))
        if not kept:
            _write_sample(path)
        try:
            init_store(place, settings, stamp)
        except KofuError as error:
            if not kept and not isinstance(error, UnknownOutcomeError):
                os.unlink(path)
            raise
        app.changed = True
    app.show(
        lambda: {
            "config": os.path.abspath(path),
            "store": place.name,
            "config_kept": kept,
            "changed": True,
        },
        lambda _: _text(_, app.dry_run, (path, kept), place.name),
    )


def _text(_: Translate, dry_run: bool, config: tuple[str, bool], store: str) -> str:
    path, kept = config
    lines = [_("This would be made:")] if dry_run else []
    named = _("Configuration kept: {path}") if kept else _("Configuration: {path}")
    lines += [named.format(path=safe(path)), _("Store: {path}").format(path=safe(store))]
    if not dry_run:
        lines.append(_("Next: look through the configuration, then 'kofucli agent add --help'."))
    return "\n".join(lines) + "\n"


def _write_sample(path: str) -> None:
    try:
        with open(_SAMPLE, "rb") as sample:
            content = sample.read()
        make_parents(os.path.abspath(path))
        write_file(path, content)
    except OSError as error:
        raise InputError(
            Phrase("{path} could not be written: {detail}.", path=path, detail=reason_of(error))
        ) from None

"""``init`` and ``demo``: a configuration and an empty store, and what can be done with them."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Iterator
from contextlib import chdir, redirect_stderr
from tempfile import TemporaryDirectory

import click

import kofucli
from kofucli import cli
from kofucli.base import InputError, KofuError, Phrase, UnknownOutcomeError, reason_of
from kofucli.base.language import Translate, render
from kofucli.base.results import refuse_place, write_file
from kofucli.base.text import safe
from kofucli.cli.app import App
from kofucli.cli.files import print_message
from kofucli.model import Actor, Reservation
from kofucli.operations.office import init_store
from kofucli.store import Store
from kofucli.store.disk import make_parents
from kofucli.store.place import open_store, parse_place

_SAMPLE = os.path.join(os.path.dirname(kofucli.__file__), "sample_config.toml")
_AGENT = "S-1"
_CASES = ("横支更20261102345", "横支変20261108812,kind=change", "横支永20260900417,kind=permanent")
_MORE = ("横支更20261104410,recipient=professional", "横支資20261106621,kind=activity")


@cli.command("init")
@cli.argument("folder", metavar="[DIR]", required=False)
@cli.by_option
@cli.dry_run_option
@cli.format_options("table", "json")
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

    def text(path: str, _: Translate) -> str:
        named = _("Configuration kept: {path}") if kept else _("Configuration: {path}")
        made = named.format(path=safe(path)), _("Store: {path}").format(path=safe(place.name))
        lines = [_("This would be made:"), *made]
        if not app.dry_run:
            said = _("Next: look through the configuration, then 'kofucli agent add --help'.")
            lines = [*made, said]
        return "\n".join(lines) + "\n"

    app.show(
        path,
        lambda _: {
            "config": os.path.abspath(path),
            "store": place.name,
            "config_kept": kept,
            "changed": True,
        },
        text,
    )


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


@cli.command("demo")
def demo(app: App) -> int:
    """Run the demonstration; if a step fails, its exit status is returned."""
    kept = app.options.get("store")
    if kept is not None:
        place = parse_place(kept)
        place.ensure_vacant("Y")
        kept = place.name
    with TemporaryDirectory(prefix="kofucli-demo-") as folder, chdir(folder):
        try:
            _Demo(app, kept).run()
        except _StoppedError as stopped:
            phrase, status = stopped.args
            print_message(render(phrase, app.translate) + "\n")
            return int(status)
    return 0


class _StoppedError(Exception):
    """A step did not end with the exit status that was expected: a phrase, and the status."""


class _Demo:
    def __init__(self, app: App, store: str | None) -> None:
        self._app, self._store = app, store
        outside = {
            name: app.environment[name] for name in app.environment if name[:8] != "KOFUCLI_"
        }
        self._environment = outside | {"KOFUCLI_LANG": app.language}

    def run(self) -> None:
        _ = self._app.translate
        said = _("The clock stands at {now}.")
        if self._store is None:
            said = _("The clock stands at {now}; nothing outlives this run.")
        click.echo("# " + said.format(now=f"{self._app.now:%Y-%m-%d %H:%M:%S}"))
        self._step(_("A configuration and an empty store"), "init")
        self._step(
            _("Register an agent"),
            "agent add --id S-1 --name 山手花子 --occupation scrivener "
            "--certificate 行26-0417 --valid-until 2031-03-31 "
            "--email yamate@office.example.jp --accept-terms",
        )
        self._step(_("Verify the address: the mail lies in the outbox"), "verify send S-1")
        self._step(
            _("The token is the end of the link in that mail"),
            f"verify redeem {self._read_token()}",
        )
        self._step(_("What is free"), f"slots --agent {_AGENT}")
        self._book("+3 10:00", _CASES, _("Book a frame"))
        number = self._last_number()
        self._book("+4 13:00", _MORE, _("Book another one"))
        other = self._last_number()
        self._book("+5 09:00", ("横支更20261109001",), _("And the third"))
        self._book("+5 10:00", ("横支更20261109002",), _("A fourth is refused: three frames"), 3)
        self._step(
            _("One card is not ready yet: drop its case"),
            f"amend {number} --drop 横支永20260900417 --agent {_AGENT}",
        )
        self._step(_("The other visit is not needed"), f"cancel {other} --agent {_AGENT}")
        closes = next(r.closes for r in self._reservations() if r.number == number)
        self._step(
            _("At noon of the open day before, it is too late"),
            f"cancel {number} --agent {_AGENT} --now {closes:%Y-%m-%dT%H:%M:%S}",
            3,
        )
        self._step(_("What to show at the counter"), f"confirmation {number} --agent {_AGENT}")
        self._step(_("Everything is in the ledger"), "store check")

    def _step(self, title: str, line: str, expected: int = 0) -> None:
        from kofucli.cli.main import main  # the root loads this module

        click.echo(f"\n# {title}\n$ kofucli {line}")
        hidden = {"KOFUCLI_NOW": f"{self._app.now:%Y-%m-%dT%H:%M:%S}"}
        if self._store is not None:
            hidden["KOFUCLI_STORE"] = self._store
        with redirect_stderr(sys.stdout):
            status = main(shlex.split(line), self._environment | hidden)
        if status:
            click.echo(self._app.translate("(exit status {status})").format(status=status))
        if status != expected:
            phrase = Phrase(
                "The demonstration stopped: '{line}' ended with {status}.", line=line, status=status
            )
            raise _StoppedError(phrase, status or 1)

    def _book(self, frame: str, cases: tuple[str, ...], title: str, expected: int = 0) -> None:
        specs = " ".join(f"--case {case}" for case in cases)
        self._step(title, f"book {frame} {specs} --agent {_AGENT}", expected)

    def _open(self) -> Store:
        return open_store(self._store or "kofu-store", "Y")

    def _read_token(self) -> str:
        from email import message_from_bytes  # only this step needs it
        from email.policy import default

        store = self._open()
        with store.claim_mail(store.mails()[-1]) as content:
            mail = message_from_bytes(content or b"", policy=default)
        found = re.search(r"/verify/([A-Za-z0-9_-]{43})", mail.get_content())
        if found is None:
            raise LookupError("no link in the mail")
        return found[1]

    def _reservations(self) -> Iterator[Reservation]:
        yield from self._open().read(
            lambda view: [r for day in view.days(None) for r in view.day(day).values()]
        )

    def _last_number(self) -> str:
        return max(self._reservations(), key=lambda r: r.date).number

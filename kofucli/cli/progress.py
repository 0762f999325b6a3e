"""A progress bar on the terminal, for work that takes long."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from time import monotonic
from typing import Any

import click

from kofucli.cli.app import App
from kofucli.operations.context import Progress

_PATIENCE = 1.0
"""Seconds after which the bar appears."""
_STEP = 256
"""Items between two looks at the clock."""


def show_progress(app: App, label: str, step: int = _STEP) -> Progress:
    """Return what shows a bar on a terminal once the work has lasted over a second.

    It looks at the clock after every ``step`` items, unless its caller gives another step.
    """

    def progress(items: Sequence[Any], own: int | None = None, /) -> Iterable[Any]:
        hidden = app.options.get("quiet") or not sys.stderr.isatty()
        return items if hidden else _show(items, app.translate(label), own or step)

    return progress


def _show(items: Sequence[Any], label: str, step: int) -> Iterator[Any]:
    began = monotonic()
    each = enumerate(items, 1)
    for done, item in each:
        yield item
        if done % step == 0 and monotonic() - began > _PATIENCE:
            break
    else:
        return
    with click.progressbar(length=len(items), label=label, file=sys.stderr) as bar:
        bar.update(done)
        for after, item in each:
            yield item
            if after % step == 0 or after == len(items):
                bar.update(after - bar.pos)

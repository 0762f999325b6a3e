"""A progress bar on the terminal, for work that takes long."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from time import monotonic
from typing import Any, TypeVar

import click

from kofucli.cli.app import App
from kofucli.operations import Progress
from kofucli.store.disk import Stages

T = TypeVar("T")

_PATIENCE = 1.0  # seconds after which the bar appears
_PAUSE = 0.1  # seconds between two changes of the bar
_STEP = 256  # items between two looks at the clock


def show_progress(app: App, label: str, step: int = _STEP) -> Progress:
    """Return what shows a bar once the work has lasted over a second."""

    def progress(items: Sequence[Any], own: int | None = None, /) -> Iterable[Any]:
        return _watch(app, label, items, len(items), own or step)

    return progress


def show_stages(app: App) -> Stages:
    """Return what shows a bar for each stage of the work as ``show_progress`` does."""

    def stages(label: str, items: Iterable[T], count: int, /) -> Iterable[T]:
        return _watch(app, label, items, count, 1)

    return stages


def _watch(app: App, label: str, items: Iterable[T], count: int, step: int) -> Iterable[T]:
    hidden = app.options.get("quiet") or not sys.stderr.isatty()
    return items if hidden else _show(items, app.translate(label), count, step)


def _show(items: Iterable[T], label: str, count: int, step: int) -> Iterator[T]:
    began = monotonic()
    each = enumerate(items, 1)
    for done, item in each:
        yield item
        if done % step == 0 and monotonic() - began > _PATIENCE:
            break
    else:
        return
    with click.progressbar(length=count, label=label, file=sys.stderr) as bar:
        bar.update(done)
        shown = monotonic()
        for after, item in each:
            yield item
            if after == count or (after % step == 0 and monotonic() - shown > _PAUSE):
                bar.update(after - bar.pos)
                shown = monotonic()

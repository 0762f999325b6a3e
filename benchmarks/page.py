"""Write what was measured into docs/performance.md: tables, and a plot in SVG."""

from __future__ import annotations

import json
import os
import platform
import re
import sqlite3
from collections.abc import Iterable, Iterator
from math import log10
from statistics import median, quantiles
from typing import NamedTuple

from programs import FILES, PROGRAMS, ROOT, WHOLE, Command

PAGE = os.path.join(ROOT, "docs", "performance.md")
PLOT = os.path.join(ROOT, "docs", "performance.svg")
_COLOURS = ("#c0392b", "#2c3e50", "#7f8c8d", "#2980b9", "#27ae60", "#8e44ad", "#d68910")
_WIDTH, _HEIGHT, _LEFT, _TOP = 440, 360, 50, 40


class Key(NamedTuple):
    """What was run: a program's command with so many records."""

    program: str
    label: str
    size: int


class Run(NamedTuple):
    """One run: as a multiple of the ``import click`` before it, in seconds, in MiB at the peak."""

    times: float
    seconds: float
    mib: float
    yardstick: float


Runs = dict[Key, list[Run]]


def save_runs(path: str, runs: Runs) -> None:
    """Write runs to a file."""
    with open(path, "w", encoding="utf-8") as file:
        json.dump(list(runs.items()), file)


def load_runs(path: str) -> Runs:
    """Read what ``save_runs`` wrote."""
    with open(path, encoding="utf-8") as file:
        return {Key(*key): [Run(*run) for run in runs] for key, runs in json.load(file)}


def write_page(sized: Runs, whole: Runs, files: Runs, rounds: int, *, only_print: bool) -> None:
    """Put the tables between the page's two marks, and the plot beside it."""
    text = "\n".join(
        [
            *_describe_machine(sized, rounds),
            *_table_of_sizes(sized),
            "\n![The first two rows of each program, as multiples](performance.svg)\n",
            *_table("through a whole store", whole, WHOLE),
            "",
            *_table("with files", files, FILES),
        ]
    )
    if only_print:
        print(text)
        return
    with open(PAGE, encoding="utf-8") as file:
        page = file.read()
    begin, end = "<!-- measured -->\n", "<!-- end -->"
    with open(PAGE, "w", encoding="utf-8") as file:
        file.write(page[: page.index(begin)] + begin + text + "\n" + page[page.index(end) :])
    with open(PLOT, "w", encoding="utf-8") as file:
        file.write("\n".join(_draw(sized)) + "\n")


def _describe_machine(sized: Runs, rounds: int) -> Iterator[str]:
    yardsticks = [run.yardstick for runs in sized.values() for run in runs]
    versions = [words[0] for program in PROGRAMS[2:] for words in program.install]
    yield (
        f"{_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}; "
        f"load {os.getloadavg()[0]:.1f} at the end. Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, {', '.join(dict.fromkeys(versions))}. "
        f"{rounds} rounds; `import click` took {1000 * median(yardsticks):.0f} ms.\n"
    )


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return re.findall(r"(?m)^model name\s*: (.*)$", file.read())[0]
    except (OSError, IndexError):
        return platform.machine()


def _table_of_sizes(sized: Runs) -> Iterator[str]:
    sizes = sorted({key.size for key in sized})
    yield f"| × `import click` | {' | '.join(f'{n:,}' for n in sizes)} | at most | MiB |"
    yield f"|---|{'---:|' * (len(sizes) + 2)}"
    for program in PROGRAMS:
        for command in program.commands:
            keys = [Key(program.name, command.label, size) for size in sizes]
            cells = [_number(median(r.times for r in sized[k])) if k in sized else "" for k in keys]
            mib = max(run.mib for key in keys for run in sized.get(key, ()))
            most = "" if command.times is None else f"{command.times:g}"
            yield f"| {program.name}: {command.label} | {' | '.join(cells)} | {most} | {mib:.0f} |"


def _table(title: str, runs: Runs, commands: Iterable[Command]) -> Iterator[str]:
    yield f"| {title} | records | s | quartiles | × `import click` | MiB | at most |"
    yield "|---|---:|---:|---:|---:|---:|---|"
    for command in commands:
        for key in sorted(key for key in runs if key.label == command.label):
            seconds = [run.seconds for run in runs[key]]
            low, _, high = quantiles(seconds, method="inclusive") if seconds[1:] else 3 * seconds
            limits = [f"{command.seconds:g} s"] if command.seconds else []
            limits += [f"{command.mib} MiB"] if command.mib else []
            yield (
                f"| {key.label} | {f'{key.size:,}' if key.size else ''} | {median(seconds):.2f} "
                f"| {low:.2f} to {high:.2f} | {_number(median(r.times for r in runs[key]))} "
                f"| {max(run.mib for run in runs[key]):.0f} | {', '.join(limits)} |"
            )


def _number(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:,.0f}"


def _draw(sized: Runs) -> Iterator[str]:
    """Yield a picture of two panels, each with a line for a program, both axes logarithmic."""
    sizes = sorted({key.size for key in sized})
    tops = [median(run.times for run in runs) for runs in sized.values()]
    ticks = [n for n in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if n < 2 * max(tops)]
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * _WIDTH} {_HEIGHT}" '
        'font-family="sans-serif" font-size="11">'
    )
    yield f'<rect width="{2 * _WIDTH}" height="{_HEIGHT}" fill="white"/>'
    for at, panel in enumerate(("reading", "adding")):
        yield f'<g transform="translate({at * _WIDTH + _LEFT},{_TOP})">'
        yield f'<text y="-16" font-size="14">{panel}, × import click, by records</text>'
        yield from _draw_axes(sizes, ticks)
        yield from _draw_lines(sized, sizes, ticks, panel)
        yield "</g>"
    yield "</svg>"


def _place(sizes: list[int], ticks: list[int], size: int, times: float) -> tuple[float, float]:
    across = sizes.index(size) / max(1, len(sizes) - 1)
    up = log10(max(times, ticks[0]) / ticks[0]) / log10(ticks[-1] / ticks[0])
    return across * (_WIDTH - _LEFT - 110), (1 - up) * (_HEIGHT - _TOP - 40)


def _draw_axes(sizes: list[int], ticks: list[int]) -> Iterator[str]:
    for tick in ticks:
        x, y = _place(sizes, ticks, sizes[-1], tick)
        yield f'<path d="M0 {y:.1f}H{x:.1f}" stroke="#ddd"/>'
        yield f'<text x="-8" y="{y + 4:.1f}" text-anchor="end">{tick}</text>'
    for size in sizes:
        x, y = _place(sizes, ticks, size, ticks[0])
        yield f'<text x="{x:.1f}" y="{y + 18:.1f}" text-anchor="middle">{size:,}</text>'


def _draw_lines(sized: Runs, sizes: list[int], ticks: list[int], panel: str) -> Iterator[str]:
    drawn = []
    for program, colour in zip(PROGRAMS, _COLOURS, strict=True):
        for command in program.commands:
            keys = [Key(program.name, command.label, size) for size in sizes]
            points = [
                _place(sizes, ticks, key.size, median(run.times for run in sized[key]))
                for key in keys
                if key in sized and command.panel == panel
            ]
            if points:
                drawn.append((points, colour, f"{program.name} {command.label}"))
    label = -99.0
    for points, colour, name in sorted(drawn, key=lambda line: line[0][-1][1]):
        label = max(points[-1][1] + 4, label + 12)
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
        yield f'<text x="{points[-1][0] + 6:.1f}" y="{label:.1f}" fill="{colour}">{name}</text>'

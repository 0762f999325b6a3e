"""Measure whole commands against ``import click``: time, growth with the store, peak memory.

Every command is a new process of the installed console script, and every run of it is paired with
a run of ``python -c "import click"`` of the same environment right before it: the time of a command
is the median of these ratios, so a busy machine slows both sides. See benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import Any, NamedTuple

NOW = "2026-11-24T10:00:00+09:00"
"""Where stores.py puts today."""
STORES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "stores.py")
MOST_GROWTH = 1.05
"""Processor time with the largest store, as a multiple of that with the smallest."""
MOST_MEMORY = 25 * 1024
"""Peak memory of a command in KiB."""
_UNIT = 1024 if sys.platform == "darwin" else 1  # of ru_maxrss, in KiB elsewhere
_FRAMES = [(day, hour) for hour in (9, 10, 11, 13, 14, 15) for day in (1, 2, 3, 4, 5)]

_COMPILE = """
import compileall, os, site, kofucli
for folder in (*site.getsitepackages(), os.path.dirname(kofucli.__file__)):
    compileall.compile_dir(folder, quiet=2)
"""


class Command(NamedTuple):
    """A command line to measure, and its budget as a multiple of ``import click``."""

    name: str
    words: tuple[str, ...]
    budget: float
    books: bool = False
    stored: bool = True


COMMANDS = (
    Command("--version", ("--version",), 1.1, stored=False),
    Command("slots -f json", ("slots", "-f", "json"), 1.8),
    Command("slots", ("slots",), 2.8),
    Command("book", ("book",), 1.9, books=True),
    Command("book -f json", ("book", "-f", "json"), 1.9, books=True),
)


class Run(NamedTuple):
    """One process: seconds on the clock and on the processor, peak memory in KiB."""

    wall: float
    processor: float
    memory: int


class Pair(NamedTuple):
    """A run of a command, and the run of the yardstick right before it."""

    command: Run
    yardstick: Run


Pairs = dict[tuple[str, int], list[Pair]]
"""The pairs of each command and store size; 0 is the size where a command needs no store."""


class Bench:
    """Runs processes in a folder of its own, with nothing of this process's environment."""

    def __init__(self, folder: str, language: str) -> None:
        self._log = os.path.join(folder, "log")
        self._environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": folder,
            "LANG": "ja_JP.UTF-8" if language == "ja" else "C.UTF-8",
        }

    def run(self, *words: str) -> Run:
        """Run a command line to its end. Raises SystemExit where it fails."""
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, self._log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ]
        began = perf_counter()
        child = os.posix_spawn(words[0], words, self._environment, file_actions=actions)
        _, status, used = os.wait4(child, 0)
        wall = perf_counter() - began
        if status:
            with open(self._log, encoding="utf-8", errors="replace") as log:
                said = log.read()
            raise SystemExit(f"{' '.join(words)} ended with wait status {status}:\n{said}")
        return Run(wall, used.ru_utime + used.ru_stime, used.ru_maxrss // _UNIT)

    def yardstick(self) -> Run:
        """Run what everything is compared with."""
        return self.run(sys.executable, "-c", "import click")


def measure(bench: Bench, script: str, folders: dict[int, str], runs: int) -> Pairs:
    """Return the pairs of every command; the first round warms caches and is left out.

    The order of the store sizes turns round with every round.
    """
    pairs: Pairs = {}
    for number in range(runs + 1):
        for command in COMMANDS:
            sizes = list(folders) if command.stored else [0]
            for size in sizes if number % 2 else reversed(sizes):
                words = [script, *arguments(command, number)]
                if size:
                    words += ["--config", os.path.join(folders[size], "kofucli.toml"), "--now", NOW]
                yardstick = bench.yardstick()
                pair = Pair(bench.run(*words), yardstick)
                if number:
                    pairs.setdefault((command.name, size), []).append(pair)
    return pairs


def arguments(command: Command, number: int) -> Iterator[str]:
    """Yield a command's words; a booking is another agent's in every round, of a new case."""
    yield command.words[0]
    if command.books:
        day, hour = _FRAMES[(number + len(command.words)) % len(_FRAMES)]
        case = f"RUN-{len(command.words)}-{number}"
        yield from (f"+{day}", f"{hour}:00", "--case", case, "--agent", f"R-{number}")
    yield from command.words[1:]


def quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the median between the quartiles of some values."""
    ordered = sorted(values)
    at = [round((len(ordered) - 1) * part) for part in (0.25, 0.5, 0.75)]
    return ordered[at[0]], ordered[at[1]], ordered[at[2]]


def figures(pairs: Pairs) -> Iterator[dict[str, object]]:
    """Yield a row for each command and size: ratios, milliseconds, memory, and their budgets."""
    budgets = {command.name: command.budget for command in COMMANDS}
    for (name, size), found in pairs.items():
        low, ratio, high = quartiles([p.command.wall / p.yardstick.wall for p in found])
        memory = max(p.command.memory for p in found)
        yield {
            "command": name,
            "stored": size or None,
            "ratio": round(ratio, 3),
            "quartiles": [round(low, 3), round(high, 3)],
            "budget": budgets[name],
            "processor_ratio": round(
                quartiles([p.command.processor / p.yardstick.processor for p in found])[1], 3
            ),
            "milliseconds": round(1000 * quartiles([p.command.wall for p in found])[1], 1),
            "memory_mib": round(memory / 1024, 1),
            "missed": [
                *(["time"] if ratio > budgets[name] else []),
                *(["memory"] if memory > MOST_MEMORY else []),
            ],
        }


def growth(pairs: Pairs, sizes: Sequence[int]) -> Iterator[dict[str, object]]:
    """Yield each command's processor time with the largest store over that with the smallest."""
    least, most = min(sizes), max(sizes)
    for command in COMMANDS:
        if not command.stored or least == most:
            continue
        both = zip(pairs[command.name, most], pairs[command.name, least], strict=True)
        ratios = [more.command.processor / less.command.processor for more, less in both]
        low, ratio, high = quartiles(ratios)
        yield {
            "command": command.name,
            "from": least,
            "to": most,
            "growth": round(ratio, 3),
            "quartiles": [round(low, 3), round(high, 3)],
            "budget": MOST_GROWTH,
            "missed": ["growth"] if ratio > MOST_GROWTH else [],
        }


def report(pairs: Pairs, sizes: Sequence[int]) -> dict[str, object]:
    """Return everything that was measured."""
    yardsticks = [pair.yardstick for found in pairs.values() for pair in found]
    return {
        "python": sys.version.split()[0],
        "processors": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "runs": len(next(iter(pairs.values()))),
        "yardstick_milliseconds": round(1000 * quartiles([r.wall for r in yardsticks])[1], 1),
        "yardstick_mib": round(max(r.memory for r in yardsticks) / 1024, 1),
        # A child starts with the peak of the process that made it: nothing below it can be seen.
        "least_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _UNIT / 1024, 1),
        "memory_budget_mib": MOST_MEMORY / 1024,
        "commands": list(figures(pairs)),
        "growth": list(growth(pairs, sizes)),
    }


def lines(found: dict[str, object]) -> Iterator[str]:
    """Yield the report as text."""
    yield (
        f"Python {found['python']}, {found['processors']} processors, load {found['load']}, "
        f"{found['runs']} pairs each"
    )
    yield (
        f"import click: {found['yardstick_milliseconds']} ms, {found['yardstick_mib']} MiB "
        f"(nothing under {found['least_mib']} MiB could be seen)"
    )
    yield ""
    yield f"{'':16}{'stored':>8}{'ratio':>8}{'quartiles':>14}{'budget':>8}{'CPU':>7}{'MiB':>7}"
    for row in table(found["commands"]):
        yield (
            f"{row['command']:16}{row['stored'] or '-':>8}{row['ratio']:>8.2f}"
            f"{span(row['quartiles']):>14}{row['budget']:>8}{row['processor_ratio']:>7.2f}"
            f"{row['memory_mib']:>7}{missed(row)}"
        )
    yield f"(MiB is the peak; its budget is {found['memory_budget_mib']:g})"
    yield ""
    for row in table(found["growth"]):
        yield (
            f"growth of CPU time, {row['command']}, {row['from']:,} to {row['to']:,}: "
            f"{100 * (row['growth'] - 1):+.1f} % ({span(row['quartiles'])}), "
            f"budget +{100 * (row['budget'] - 1):.0f} %{missed(row)}"
        )


@contextmanager
def fresh_folder(parent: str) -> Iterator[str]:
    """Make a folder that is gone afterwards; tempfile would cost memory, see ``least_mib``."""
    folder = os.path.join(os.path.abspath(parent), f"kofucli-benchmark-{os.getpid()}")
    os.mkdir(folder, 0o700)
    try:
        yield folder
    finally:
        import shutil  # after measuring

        shutil.rmtree(folder)


def table(rows: object) -> list[dict[str, Any]]:
    """Return rows of a report."""
    assert isinstance(rows, list)
    return rows


def missed(row: dict[str, Any]) -> str:
    """Return which budgets a row misses, as text."""
    return f"  MISSED: {', '.join(row['missed'])}" if row["missed"] else ""


def span(quartile: Sequence[float]) -> str:
    """Return two quartiles as text."""
    return f"{quartile[0]:.2f}-{quartile[1]:.2f}"


def main() -> int:
    """Measure, print, and say with --strict whether every budget was met."""
    parser = argparse.ArgumentParser(description="Measure whole commands.")
    parser.add_argument("--runs", type=int, default=15, help="pairs of each command (15)")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 100_000], metavar="N")
    parser.add_argument("--lang", choices=["en", "ja"], default="en")
    parser.add_argument(
        "--folder",
        default=os.environ.get("TMPDIR", "/tmp"),
        help="where to make the stores for a while: on a disk, not in memory",
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--strict", action="store_true", help="exit 1 where a budget is missed")
    given = parser.parse_args()
    script = os.path.join(os.path.dirname(sys.executable), "kofucli")
    if not os.path.exists(script):
        parser.error(f"{script} is missing: install kofucli where this Python is")
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([sys.executable, "-c", _COMPILE], env=environment, check=True)
    with fresh_folder(given.folder) as folder:
        folders = {size: os.path.join(folder, str(size)) for size in given.sizes}
        for size, place in folders.items():
            os.mkdir(place)
            # In a process of its own: a child's peak memory starts with that of its parent.
            words = [
                sys.executable,
                STORES,
                place,
                str(size),
                "--fresh-agents",
                f"{given.runs + 1}",
            ]
            subprocess.run(words, env=environment, stdout=sys.stderr, check=True)
        os.sync()
        pairs = measure(Bench(folder, given.lang), script, folders, given.runs)
        found = report(pairs, given.sizes)
    print(json.dumps(found, indent=2) if given.json else "\n".join(lines(found)))
    missing = any(row["missed"] for key in ("commands", "growth") for row in table(found[key]))
    return 1 if given.strict and missing else 0


if __name__ == "__main__":
    sys.exit(main())

"""Measure a file of many rows booked by one command, beside SQLite and TinyDB.

``kofucli book --office --from rows.csv -f json -o RESULT`` is measured as a whole process, from its
start to its result on the disk, and so are small programs run by the same Python that ask the same
questions of the same rows and keep them in a database. See benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from textwrap import wrap
from typing import NamedTuple

from commands import _COMPILE, NOW, Bench, Run, fresh_folder, missed, quartiles, table

LEAST_SPEED = 12_000
"""Rows a second that kofucli books, its whole process taken, of a file of so many or more:"""
MANY = 10_000
MOST_MEMORY = 150 * 1024
"""Peak memory of kofucli in KiB."""
BAD_FILES = {"wrong": 15, "refused": 30}
"""The files of bad rows, and how many rows of each are turned down at least."""
_VERIFIED = (
    "every round: all rows booked by all programs, in the same reservations; run again: already"
)
_HERE = os.path.dirname(os.path.abspath(__file__))


class Program(NamedTuple):
    """A program that books: its script and first word, what makes its store, what is measured."""

    name: str
    words: tuple[str, ...] = ()
    maker: str = ""
    again: bool = True


KOFUCLI = Program("kofucli")
SQLITE = (
    Program("SQLite, a query a question", ("bulk_sqlite.py", "book"), "bulk_sqlite.py"),
    Program("SQLite, a query a rule", ("bulk_sqlite_sets.py", "book"), "bulk_sqlite.py"),
)
TINYDB = (
    Program("TinyDB, tables read once", ("bulk_tinydb.py", "index"), "bulk_tinydb.py"),
    # A second run would look through 10,000 cases for each of 10,000 rows.
    Program(
        "TinyDB, a query a question", ("bulk_tinydb.py", "query"), "bulk_tinydb.py", again=False
    ),
)


class Runs(NamedTuple):
    """What was measured of one program: the rows booked, and booked again."""

    first: list[Run]
    again: list[Run]


class Bulk:
    """An office with its case files, and the programs that book them."""

    def __init__(self, folder: str, script: str, rows: int, programs: tuple[Program, ...]) -> None:
        self._folder, self._script, self._rows = folder, script, rows
        self._bench = Bench(folder, "en")
        self._programs = programs
        self._office = os.path.join(folder, "office")
        self._environment = {"PATH": os.defpath, "HOME": folder, "LANG": "C.UTF-8"}
        os.mkdir(self._office)
        self._python("bulk_office.py", self._office, str(rows))
        for maker in sorted({program.maker for program in programs if program.maker}):
            self._python(maker, "init", self._office)

    def _python(self, script: str, *words: str) -> None:
        self._bench.run(sys.executable, os.path.join(_HERE, script), *words)

    def _fresh(self, name: str) -> str:
        """Return a new copy of the office for every program, on the disk already."""
        place = os.path.join(self._folder, name)
        os.mkdir(place)
        for at in range(len(self._programs)):
            self._bench.run("/bin/cp", "-R", self._office, os.path.join(place, str(at)))
        os.sync()
        return place

    def _result(self, program: Program, place: str, name: str) -> str:
        return os.path.join(place, str(self._programs.index(program)), f"{name}.json")

    def _words(self, program: Program, place: str, file: str, result: str) -> list[str]:
        """Return the command line that books a file in a program's copy of the office."""
        result = self._result(program, place, result)
        folder = os.path.dirname(result)
        source = os.path.join(folder, f"{file}.csv")
        if program.words:
            script, how = program.words
            return [sys.executable, os.path.join(_HERE, script), how, folder, source, result]
        settings = ["--config", os.path.join(folder, "kofucli.toml"), "--now", NOW]
        return [
            *(self._script, *settings, "book", "--office"),
            *("--from", source, "-f", "json", "-o", result),
        ]

    def _book(self, program: Program, place: str, outcome: str) -> Run:
        return self._bench.run(*self._words(program, place, "rows", outcome))

    def _compare(self, place: str, outcome: str) -> None:
        """See that every program gave every row this outcome, and the same reservation."""
        results = [
            self._result(program, place, outcome)
            for program in self._programs
            if outcome == "booked" or program.again
        ]
        self._python("bulk_compare.py", outcome, str(self._rows), *results)

    def measure(self, runs: int) -> tuple[dict[str, Runs], list[Run]]:
        """Return the runs of every program, and those of the yardstick.

        Each round has stores of its own; its first one warms caches and is left out. The program
        that begins is the next one in every round.
        """
        measured = {program.name: Runs([], []) for program in self._programs}
        yardsticks: list[Run] = []
        for number in range(runs + 1):
            place = self._fresh(f"round-{number}")
            first = number % len(self._programs)
            order = self._programs[first:] + self._programs[:first]
            yardstick = self._bench.yardstick()
            booked = [self._book(program, place, "booked") for program in order]
            self._compare(place, "booked")
            again = [self._book(program, place, "already") for program in order if program.again]
            self._compare(place, "already")
            self._bench.run("/bin/rm", "-r", place)
            if number:
                yardsticks.append(yardstick)
                for program, run in zip(order, booked, strict=True):
                    measured[program.name].first.append(run)
                for program, run in zip((p for p in order if p.again), again, strict=True):
                    measured[program.name].again.append(run)
        return measured, yardsticks

    def compare_bad_rows(self) -> Iterator[str]:
        """Yield for each file of bad rows that all programs turn down the same, for the same."""
        place = self._fresh("bad")
        for program in self._programs:
            self._book(program, place, "booked")
        for file, least in BAD_FILES.items():
            results = []
            for program in self._programs:
                results.append(self._result(program, place, file))
                done = subprocess.run(
                    self._words(program, place, file, file),
                    env=self._environment,
                    capture_output=True,
                    check=False,
                )
                if program is KOFUCLI:  # its error document is on stderr
                    with open(results[-1], "wb") as kept:
                        kept.write(done.stderr)
            words = [os.path.join(_HERE, "bulk_compare.py"), "errors", str(least), *results]
            found = subprocess.run(
                [sys.executable, *words], capture_output=True, text=True, check=False
            )
            if found.returncode:
                raise SystemExit(f"{file}.csv: {found.stderr}")
            yield f"{file}.csv: {found.stdout.strip()}"


def figures(measured: dict[str, Runs], yardsticks: list[Run], rows: int) -> Iterator[dict]:
    """Yield a row for each program."""
    for name, runs in measured.items():
        low, seconds, high = quartiles([run.wall for run in runs.first])
        ratios = [run.wall / y.wall for run, y in zip(runs.first, yardsticks, strict=True)]
        again = quartiles([run.wall for run in runs.again])[1] if runs.again else None
        own = name == KOFUCLI.name
        memory = max(run.memory for run in (*runs.first, *runs.again))
        yield {
            "program": name,
            "rows_a_second": round(rows / seconds),
            "milliseconds": round(1000 * seconds),
            "quartiles": [round(1000 * low), round(1000 * high)],
            "processor_milliseconds": round(
                1000 * quartiles([run.processor for run in runs.first])[1]
            ),
            "yardsticks": round(quartiles(ratios)[1], 1),
            "again_milliseconds": again and round(1000 * again),
            "again_rows_a_second": again and round(rows / again),
            "memory_mib": round(memory / 1024, 1),
            "missed": [
                *(["speed"] if own and rows >= MANY and rows / seconds < LEAST_SPEED else []),
                *(["memory"] if own and memory > MOST_MEMORY else []),
            ],
        }


def lines(found: dict) -> Iterator[str]:
    """Yield the report as text."""
    yield (
        f"Python {found['python']}, {found['processors']} processors, load {found['load']}, "
        f"{found['rows']:,} rows, {found['runs']} rounds"
    )
    yield f"import click: {found['yardstick_milliseconds']} ms"
    yield ""
    yield (
        f"{'':28}{'rows/s':>8}{'ms':>7}{'quartiles':>12}{'CPU ms':>8}{'x click':>8}"
        f"{'MiB':>7}{'again: rows/s':>15}{'ms':>7}"
    )
    for row in table(found["programs"]):
        again = row["again_rows_a_second"]
        yield (
            f"{row['program']:28}{row['rows_a_second']:>8,}{row['milliseconds']:>7,}"
            f"{'-'.join(map(str, row['quartiles'])):>12}{row['processor_milliseconds']:>8,}"
            f"{row['yardsticks']:>8.1f}{row['memory_mib']:>7}"
            + (f"{again:>15,}{row['again_milliseconds']:>7,}" if again else f"{'-':>15}{'-':>7}")
            + missed(row)
        )
    yield (
        f"(budget of kofucli, with {MANY:,} rows: at least {LEAST_SPEED:,} rows a second, "
        f"at most {MOST_MEMORY // 1024} MiB at the peak)"
    )
    yield ""
    for line in (*found["verified"], *found["left_out"]):
        yield from wrap(line, 100, subsequent_indent="  ", break_on_hyphens=False)


def main() -> int:
    """Measure, print, and say with --strict whether every budget was met."""
    parser = argparse.ArgumentParser(description="Measure one command that books many rows.")
    parser.add_argument("--rows", type=int, default=10_000, help="rows of the file (10,000)")
    parser.add_argument("--runs", type=int, default=7, help="measured rounds (7)")
    parser.add_argument(
        "--folder",
        default=os.environ.get("TMPDIR", "/tmp"),
        help="where to make the stores for a while: on a disk, not in memory",
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--strict", action="store_true", help="exit 1 where a budget is missed")
    given = parser.parse_args()
    if given.rows < 100 or given.runs < 1:
        parser.error("at least 100 rows and one round")
    script = os.path.join(os.path.dirname(sys.executable), "kofucli")
    if not os.path.exists(script):
        parser.error(f"{script} is missing: install kofucli where this Python is")
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([sys.executable, "-c", _COMPILE], env=environment, check=True)
    has_tinydb = find_spec("tinydb") is not None
    programs = (KOFUCLI, *SQLITE, *(TINYDB if has_tinydb else ()))
    with fresh_folder(given.folder) as folder:
        bulk = Bulk(folder, script, given.rows, programs)
        measured, yardsticks = bulk.measure(given.runs)
        found = {
            "python": sys.version.split()[0],
            "processors": os.cpu_count(),
            "load": round(os.getloadavg()[0], 2),
            "rows": given.rows,
            "runs": given.runs,
            "yardstick_milliseconds": round(1000 * quartiles([y.wall for y in yardsticks])[1], 1),
            "programs": list(figures(measured, yardsticks, given.rows)),
            "verified": [_VERIFIED, *bulk.compare_bad_rows()],
            "left_out": []
            if has_tinydb
            else ["TinyDB is not installed here and was left out: pip install tinydb"],
        }
    print(json.dumps(found, indent=2) if given.json else "\n".join(lines(found)))
    missing = any(row["missed"] for row in table(found["programs"]))
    return 1 if given.strict and missing else 0


if __name__ == "__main__":
    sys.exit(main())

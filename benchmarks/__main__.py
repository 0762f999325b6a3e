"""Measure kofucli beside other programs: ``python -m benchmarks``; see docs/performance.md.

It makes an environment for every program, their records, and runs whole processes, each right after
``python -c "import click"``. Then it writes the tables into docs/performance.md, and the plot.
"""

from __future__ import annotations

import argparse
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # its programs run as files, too

from page import Key, Run, Runs, load_runs, save_runs, write_page
from programs import BOOKING, FILES, HERE, KOFUCLI, PROGRAMS, SMALL, WHOLE, Command, Program

SIZES = (0, 100, 1_000, 10_000, 100_000, 1_000_000)
PARTS = ("sizes", "whole", "files")
FIFTH = 5
"""What takes long is run in each fifth round only: a whole store, other programs' largest ones."""
FILE_ROWS = {"rows": 10_000, "numbers": 100_000, "chain": 8_000, "agents": 10_000}


class Bench:
    """Makes environments and records in a folder of its own, and runs processes there."""

    def __init__(self, folder: str, rounds: int) -> None:
        self._folder, self._rounds = folder, rounds
        self._log = os.path.join(folder, "log")
        self._runner = subprocess.Popen(
            [sys.executable, "-IS", os.path.join(HERE, "runner.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def close(self) -> None:
        """End the process that runs the others."""
        self._runner.communicate()

    def environment(self, program: Program) -> str:
        """Return the folder of a program's environment."""
        return os.path.join(self._folder, "environments", program.name)

    def install(self, program: Program) -> None:
        """Make the environment of a program; only kofucli's is made anew where it is there."""
        place = self.environment(program)
        if program is not KOFUCLI and os.path.exists(place):
            return
        subprocess.run([sys.executable, "-m", "venv", "--clear", place], check=True)
        for words in program.install:
            pip = os.path.join(place, "bin", "pip")
            quiet = ("--quiet", "--disable-pip-version-check")
            subprocess.run([pip, "install", *quiet, *words], check=True)

    def records(self, program: Program, size: int) -> str:
        """Return the folder with so many records of a program; makes it where it is missing."""
        place = os.path.join(self._folder, "records", program.fill.__name__, str(size))
        if not os.path.exists(place):
            program.fill(place, size, self._rounds + 1)
        return place

    def pair(self, program: Program, command: Command, folder: str, **values: object) -> Run:
        """Run ``import click``, then a command. Raises SystemExit where it ends otherwise."""
        out = os.path.join(folder, "out")
        shutil.rmtree(out, ignore_errors=True)
        os.mkdir(out)
        bin_folder = os.path.join(self.environment(program), "bin")
        yardstick = os.path.join(self.environment(KOFUCLI), "bin", "python")
        _, before, _ = self._run(folder, yardstick, "-c", "import click")
        words = [word.format(**values) for word in command.words]
        words[0] = os.path.join(bin_folder, words[0])
        status, seconds, kib = self._run(folder, *words)
        if status != command.status:
            raise SystemExit(f"{' '.join(words)} ended with {status}:\n{self.said()}")
        return Run(seconds / before, seconds, kib / 1024, before)

    def said(self) -> str:
        """Return what the last command printed."""
        with open(self._log, encoding="utf-8", errors="replace") as log:
            return log.read()

    def _run(self, folder: str, *words: str) -> tuple[int, float, float]:
        assert self._runner.stdin is not None
        assert self._runner.stdout is not None
        print(folder, self._log, *words, sep="\t", file=self._runner.stdin, flush=True)
        status, seconds, kib = self._runner.stdout.readline().split()
        return int(status), float(seconds), float(kib)


def measure_sizes(bench: Bench, sizes: list[int], rounds: int) -> Runs:
    """Return the runs of every program with every number of records it can take.

    The first round warms caches and is left out; every other round goes the other way round. Other
    programs get their largest records in each fifth round. No earlier run may have added to the
    records.
    """
    tasks = [
        (program, command, size)
        for program in PROGRAMS
        for size in sizes
        if size <= program.most
        for command in program.commands
    ]
    for program, _, size in tasks:
        bench.records(program, size)
    os.sync()
    runs: Runs = {}
    for number in range(rounds + 1):
        for program, command, size in tasks[:: 1 if number % 2 else -1]:
            if number % FIFTH and size > 10_000 and program.fill is not KOFUCLI.fill:
                continue
            folder = bench.records(program, size)
            day, hour = ("+1", "+2", "+3", "+4", "+5")[number % 5], (9, 10, 11, 13, 14)[number % 5]
            if program is SMALL:
                day = f"2026-{('11-25', '11-26', '11-27', '11-30', '12-01')[number % 5]}"
            values = {"round": number, "day": day, "hour": f"{hour:02}"}
            run = bench.pair(program, command, folder, **values)
            if number:
                runs.setdefault(Key(program.name, command.label, size), []).append(run)
    return runs


def measure_whole(bench: Bench, sizes: list[int], rounds: int) -> Runs:
    """Return the runs of what goes through a whole store of kofucli; a fifth as many rounds."""
    runs: Runs = {}
    rounds = max(1, rounds // FIFTH)
    for size in filter(None, sizes):
        folder = bench.records(KOFUCLI, size)
        kept = os.path.join(folder, "kept")
        backup = Command("backup", ("kofucli", "store", "backup", kept))
        bench.pair(KOFUCLI, backup, folder)
        values = {"backup": glob.glob(f"{kept}/*.gz")[0]}
        for command in WHOLE * rounds:
            run = bench.pair(KOFUCLI, command, folder, **values)
            runs.setdefault(Key(KOFUCLI.name, command.label, size), []).append(run)
    return runs


def measure_files(bench: Bench, folder: str, rows: dict[str, int], rounds: int) -> Runs:
    """Return the runs of what reads files, each in a fresh office.

    Raises SystemExit where kofucli and the small program do not decide alike about a row.
    """
    office = os.path.join(folder, "files")
    shutil.rmtree(office, ignore_errors=True)
    words = (os.path.join(HERE, "case_files.py"), office, *map(str, rows.values()))
    subprocess.run([sys.executable, *words], check=True)
    runs: Runs = {}
    # Removed at the end: for minutes after that many file systems are slow to make new files.
    copies = os.path.join(folder, "copies")
    for number in range(rounds + 1):
        for command in FILES[:: 1 if number % 2 else -1]:
            program = KOFUCLI if command.words[0] == "kofucli" else SMALL
            place = shutil.copytree(office, os.path.join(copies, f"{number} {command.label}"))
            os.sync()
            run = bench.pair(program, command, place, file="rows")
            if number:
                runs.setdefault(Key(program.name, command.label, 0), []).append(run)
    shutil.rmtree(copies)
    compare_files(bench, office)
    return runs


def compare_files(bench: Bench, office: str) -> None:
    """See that both programs decide alike about every row, good, booked already, wrong, refused.

    Raises SystemExit with the first row that differs.
    """
    for file, status in (("rows", 0), ("rows", 0), ("wrong", 5), ("refused", 3)):
        bench.pair(KOFUCLI, BOOKING[0]._replace(status=status), office, file=file)
        ours = read_result(bench.said() if status else read_text(office, "result.json"))
        bench.pair(SMALL, BOOKING[1], office, file=file)
        theirs = read_result(read_text(office, "small.json"))
        for row in sorted(ours.keys() | theirs.keys()):
            if ours.get(row) != theirs.get(row):
                raise SystemExit(f"{file}.csv, row {row}: {ours.get(row)}, {theirs.get(row)}")


def read_text(*place: str) -> str:
    """Return what a file has."""
    with open(os.path.join(*place), encoding="utf-8") as file:
        return file.read()


def read_result(text: str) -> dict[int, tuple[str, str | None, list[str]]]:
    """Return by row its outcome, its reservation, and the codes or columns that are told."""
    found = json.loads(text)
    found = found.get("error", found)
    wrong = {int(row): columns for row, columns in found.get("wrong", {}).items()}
    for problem in found.get("problems", ()):
        place = re.fullmatch(r"row ([0-9]+), column (\w+)", problem["where"])
        assert place is not None, problem
        row = int(place[1]) - 1  # people are told the row as Excel shows it
        wrong.setdefault(row, []).append(place[2])
    rows = {row: ("wrong", None, sorted(columns)) for row, columns in wrong.items()}
    for row in found.get("rows", ()):
        codes = row["codes"] if "codes" in row else [each["code"] for each in row["refusals"]]
        # Where one row is refused nothing is booked; kofucli says so of the others.
        outcome = "booked" if row["outcome"] == "not-booked" else row["outcome"]
        rows[row["row"]] = (outcome, row["reservation"], sorted(codes))
    return rows


def measure(part: str, bench: Bench, folder: str, given: argparse.Namespace) -> Runs:
    """Return the runs of one part of the page."""
    if part == "sizes":
        shutil.rmtree(os.path.join(folder, "records"), ignore_errors=True)
        return measure_sizes(bench, given.sizes, given.runs)
    if part == "whole":
        return measure_whole(bench, given.sizes, given.runs)
    rows = {key: n // 100 if given.quick else n for key, n in FILE_ROWS.items()}
    return measure_files(bench, folder, rows, given.runs)


def main() -> None:
    """Measure, and write the page once all parts are there; with --quick only print it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--runs", type=int, default=15, help="measured rounds (15)")
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), metavar="N")
    parser.add_argument("--part", choices=PARTS, help="only this; the page comes with the last one")
    parser.add_argument("--folder", help="where to work, on a disk; everything stays there")
    parser.add_argument("--quick", action="store_true", help="a trial of small files, only printed")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kofucli-benchmarks-") as temporary:
        folder = os.path.abspath(given.folder or temporary)
        measured = {part: os.path.join(folder, f"{part}.json") for part in PARTS}
        bench = Bench(folder, given.runs)
        for program in PROGRAMS:
            bench.install(program)
        for part in [given.part] if given.part else PARTS:
            save_runs(measured[part], measure(part, bench, folder, given))
        bench.close()
        if all(map(os.path.exists, measured.values())):
            parts = [load_runs(measured[part]) for part in PARTS]
            write_page(*parts, given.runs, only_print=given.quick)


if __name__ == "__main__":
    main()

"""Compare what the programs of bulk.py made of a case file; a difference ends the benchmark.

``python benchmarks/bulk_compare.py OUTCOME COUNT RESULT...`` demands that every result has COUNT
rows, all with this outcome, in the same reservations. With ``errors`` in the place of the outcome
the results are of a file that must be turned down: the same rows for the same reasons, COUNT of
them at least.
"""

from __future__ import annotations

import json
import re
import sys
from typing import Any

_WHERE = re.compile(r"row ([0-9]+), column (\w+)")
Rows = dict[int, tuple[str, str | None, tuple[str, ...]]]
"""By row its outcome, its reservation, and the codes or columns that are told."""


def read(path: str) -> Rows:
    """Return the rows of a result of any of the programs."""
    with open(path, encoding="utf-8") as file:
        found: dict[str, Any] = json.load(file)
    if "error" in found:
        found = found["error"]
    rows: Rows = {}
    wrong = {int(row): columns for row, columns in found.get("wrong", {}).items()}
    for problem in found.get("problems", ()):
        place = _WHERE.fullmatch(problem["where"])
        if place is None:
            raise SystemExit(f"{path}: {problem}")
        wrong.setdefault(int(place[1]), []).append(place[2])
    for row, columns in wrong.items():
        rows[row] = ("wrong", None, tuple(sorted(columns)))
    for row in found.get("rows", ()):
        codes = row["codes"] if "codes" in row else [each["code"] for each in row["refusals"]]
        # Where one row is refused nothing is booked; kofucli says so of the others.
        outcome = "booked" if row["outcome"] == "not-booked" else row["outcome"]
        rows[row["row"]] = (outcome, row["reservation"], tuple(sorted(codes)))
    return rows


def compare(outcome: str, count: int, paths: list[str]) -> str:
    """Return what is the same in all results; raises SystemExit where they differ."""
    first, *others = paths
    expected = read(first)
    for path in others:
        found = read(path)
        for row in sorted(expected.keys() | found.keys()):
            if expected.get(row) != found.get(row):
                raise SystemExit(
                    f"row {row} differs: {first}: {expected.get(row)}, {path}: {found.get(row)}"
                )
    if outcome == "errors":
        told = [codes for kind, _, codes in expected.values() if kind in ("wrong", "refused")]
        if len(told) < count:
            raise SystemExit(f"{first}: {len(told)} rows are turned down, expected {count}")
        reasons = {code for codes in told for code in codes}
        return f"{len(told)} rows turned down by all, for {len(reasons)} reasons: " + ", ".join(
            sorted(reasons)
        )
    outcomes = [kind for kind, _, _ in expected.values()]
    if len(outcomes) != count or set(outcomes) != {outcome}:
        raise SystemExit(f"{first}: {len(outcomes)} rows {set(outcomes)}, expected {count}")
    return f"{count} rows {outcome} by all, in the same reservations"


if __name__ == "__main__":
    print(compare(sys.argv[1], int(sys.argv[2]), sys.argv[3:]))

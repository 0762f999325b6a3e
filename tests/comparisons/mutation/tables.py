"""Mutants of the constants and tables of ``kofucli/rules``, which mutmut leaves alone.

mutmut changes what stands in functions; this changes, one at a time, every number and text outside
of them (and defaults of parameters), and runs ``tests/rules``. It works on the tree it is started
in, so it belongs into a copy: ``.ci/mutate`` makes one.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

RULES = Path("kofucli/rules")
LEFT_OUT = frozenset({"wording.py", "wording_of_requests.py"})
"""Texts for people, which are compared with the pages and the catalog elsewhere."""


def find_constants(tree: ast.Module) -> Iterator[ast.Constant]:
    """Yield the numbers and texts outside of functions that decide something."""
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef):
            roots: list[ast.AST] = [*statement.args.defaults, *statement.args.kw_defaults]
        elif isinstance(statement, (ast.Assign, ast.AnnAssign)):
            if "Literal[" in ast.unparse(statement):
                continue  # a type annotation decides nothing when the program runs
            roots = [statement.value] if statement.value is not None else []
        else:
            continue
        for root in roots:
            for node in ast.walk(root):
                if isinstance(node, ast.Constant) and isinstance(node.value, (int, str)):
                    yield node


def mutate(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int) else value + "X"


def is_killed() -> bool:
    command = [sys.executable, "-B", "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run([*command, "tests/rules"], capture_output=True, check=False)
    return done.returncode != 0


def main(least: float) -> int:
    """Try every mutant and print those that live; return 1 where less than ``least`` % die."""
    tried = 0
    living: list[str] = []
    for path in sorted(RULES.glob("*.py")):
        if path.name in LEFT_OUT:
            continue
        text = path.read_text("utf-8")
        tree = ast.parse(text)
        for node in list(find_constants(tree)):
            value = node.value
            node.value = mutate(value)
            path.write_text(ast.unparse(tree), "utf-8")
            tried += 1
            if not is_killed():
                living.append(f"{path}:{node.lineno}: {value!r} -> {node.value!r}\n")
            node.value = value
        path.write_text(text, "utf-8")
    sys.stdout.write("".join(living))
    killed = tried - len(living)
    percent = 100 * killed / tried
    sys.stdout.write(f"{tried} mutants of tables, {killed} killed ({percent:.1f} %)\n")
    return int(percent < least)


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1])))

"""The model is a second opinion only while it shares nothing with the program."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
MODEL = ("days", "naive", "visits", "counter", "office", "bulk")
"""The modules that decide; the others drive, and need the program."""


def imports_of(path: Path) -> set[str]:
    """Return the modules that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            found.add(node.module or "")
    return found


def test_model_imports_only_itself_and_the_standard_library() -> None:
    """No rule is taken over from the program: what it gets wrong the model must not share."""
    own = {f"tests.model.{name}" for name in MODEL}
    for name in MODEL:
        foreign = imports_of(FOLDER / f"{name}.py") - own
        assert not {each for each in foreign if each.split(".")[0] not in sys.stdlib_module_names}

"""Commands as somebody would type them, and what the program tells of them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from tests.conftest import Outcome
from tests.model.naive import Entry

_OPTIONS = ("drop", "replace", "add", "not_handed", "at", "end", "since", "until", "valid_until")
_FLAGS = ("best_effort", "again", "restore", "over", "all_no_show", "office")
_WITH_REASON = ("office_close", "agent_suspend", "agent_reinstate", "undo", "late_cancel")


def spell(command: Entry, folder: Path) -> list[str]:
    """Return a command as the arguments of the program; rows go to a file in a folder."""
    do = command["do"]
    words = ["desk", do.replace("_", "-")]
    if do in ("book", "amend", "cancel"):
        words = [do]
    elif do == "book_rows":
        words = ["book", "--from", str(_write(command["rows"], folder))]
    elif do.startswith(("agent_", "office_", "terms_")):
        words = do.split("_")
    words += [str(command[key]) for key in ("number", "date", "hour") if command.get(key)]
    words += command.get("hours", ())
    for case in command.get("cases", ()):
        words += ["--case", _text(case)]
    for key in _OPTIONS:
        given = command.get(key)
        for value in given if isinstance(given, list) else [given]:
            words += [] if value is None else [f"--{_dashed(key)}", _text(value)]
    words += [f"--{_dashed(key)}" for key in _FLAGS if command.get(key)]
    words += [f"--{command['how']}"] if command.get("how") else []
    if do in _WITH_REASON or (do == "office_maintenance" and not command["over"]):
        words += ["--reason", "moving"]
    words += ["-y"] if do == "office_close" or command.get("all_no_show") else []
    return words + _agent(command)


def _agent(command: Entry) -> list[str]:
    """Return the agent; the office only has to say for whom it books."""
    if "agent" not in command or (command.get("office") and command["do"] != "book"):
        return []
    return [*([] if command["do"].startswith("agent_") else ["--agent"]), command["agent"]]


def document_of(told: Outcome) -> Any:
    return told.error if told.err and told.status else told.json


def read_places(told: Outcome) -> list[tuple[str, str | None, str | None]]:
    """Return the outcome, day and hour of each row that the program was asked for."""
    rows = document_of(told).get("rows", ())
    return [(row["outcome"], row["date"], row["start"]) for row in rows]


def _dashed(name: str) -> str:
    return name.replace("_", "-")


def _text(value: Any) -> str:
    """Return a value as an option has it: a case, a pair such as ``OLD=NEW``, an instant, a day."""
    if isinstance(value, dict):
        given = [f"{key}={each}" for key, each in value.items() if key != "number"]
        return ",".join([value["number"], *given])
    if isinstance(value, tuple):
        return "=".join(map(_text, value))
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _write(rows: list[Entry], folder: Path) -> Path:
    columns = list(dict.fromkeys(key for row in rows for key in row))
    lines = [columns, *([str(row.get(key, "")) for key in columns] for row in rows)]
    path = folder / "rows.csv"
    path.write_text("\n".join(map(",".join, lines)) + "\n", "utf-8")
    return path

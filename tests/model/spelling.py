"""Commands as somebody would type them, and what the program tells of their rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.conftest import Outcome

Entry = dict[str, Any]


def spell(command: Entry, folder: Path) -> list[str]:
    """Return a command as the arguments of the program; rows go to a file in a folder."""
    group = command["do"].split("_")[0]
    if command["do"] == "book_rows":
        path = _write(command["rows"], folder)
        return ["book", "--from", str(path), *_flags(command), *_actor(command)]
    spellers = {
        "book": _spell_book,
        "cancel": _spell_change,
        "amend": _spell_change,
        "agent": _spell_register,
        "terms": _spell_register,
        "office": _spell_office,
    }
    return spellers.get(group, _spell_desk)(command)


def read_places(told: Outcome) -> list[tuple[str, str | None, str | None]]:
    """Return the outcome, day and hour of each row that the program was asked for."""
    document = told.error if told.err and told.status else told.json
    return [(row["outcome"], row["date"], row["start"]) for row in document.get("rows", ())]


def _actor(command: Entry) -> list[str]:
    """Return who acts: the office, which only has to say for whom it books, or the agent."""
    words = ["--office"] if command["office"] else []
    if not command["office"] or command["do"] == "book":
        words += ["--agent", command["agent"]]
    return words


def _spell_book(command: Entry) -> list[str]:
    cases = _options("--case", map(_spec, command["cases"]))
    return ["book", command["date"], command["hour"], *cases, *_actor(command)]


def _spell_change(command: Entry) -> list[str]:
    replaced = [f"{old}={_spec(given)}" for old, given in command.get("replace", ())]
    words = [command["do"], command["number"], *_options("--drop", command.get("drop", ()))]
    words += [*_options("--replace", replaced)]
    return [*words, *_options("--add", map(_spec, command.get("add", ()))), *_actor(command)]


def _spell_register(command: Entry) -> list[str]:
    group, verb = command["do"].split("_")
    if group == "terms":
        return [group, verb, "--agent", command["agent"]]
    words = [group, verb, command["agent"], *([] if verb == "edit" else ["--reason", "conduct"])]
    for name in ("since", "until", "valid_until"):
        words += _options(f"--{name.replace('_', '-')}", [command.get(name)])
    return words


def _spell_office(command: Entry) -> list[str]:
    words = command["do"].split("_")
    if words[1] == "maintenance":
        how = ["--over"] if command["over"] else ["--reason", "update"]
        return [*words, *how, *_options("--end", [command["end"] and command["end"].isoformat()])]
    words.append(command["date"])
    if words[1] == "close":
        until = ["--until", str(command["until"])] if command["until"] else []
        return [*words, *command["hours"], *until, "--reason", "moving", "-y"]
    return [*words, *_flags(command)]


def _spell_desk(command: Entry) -> list[str]:
    words = ["desk", command["do"].replace("_", "-")]
    words += [command["number"]] if "number" in command else []
    words += [command["date"]] if command.get("date") else []
    words += [f"--{command['how']}"] if command.get("how") else []
    words += _options("--at", [command["at"].isoformat()] if command.get("at") else [])
    words += _options("--not-handed", [f"{a}={b}" for a, b in command.get("not_handed", [])])
    words += ["--reason", "phoned"] if command["do"] in ("undo", "late_cancel") else []
    words += ["--all-no-show", "-y"] if command.get("all_no_show") else []
    return words


def _spec(case: Entry) -> str:
    given = [f"{key}={value}" for key, value in case.items() if key != "number"]
    return ",".join([case["number"], *given])


def _options(name: str, values: Any) -> list[str]:
    return [word for value in values if value is not None for word in (name, str(value))]


def _flags(command: Entry) -> list[str]:
    names = ("best_effort", "again", "restore")
    return [f"--{name.replace('_', '-')}" for name in names if command.get(name)]


def _write(rows: list[Entry], folder: Path) -> Path:
    """Write rows as a file, all columns of which are named."""
    columns: list[str] = []
    for row in rows:
        columns += [key for key in row if key not in columns]
    lines = [",".join(columns)]
    lines += [",".join(str(row.get(key, "")) for key in columns) for row in rows]
    path = folder / "rows.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path

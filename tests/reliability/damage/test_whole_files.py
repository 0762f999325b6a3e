"""No command answers wrongly where a document, a line or a file is missing, older or misplaced.

Every command is run with every fault in the deep tier; else some, each with some faults.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import BOUNDED, OfficeInFolder, Outcome
from tests.reliability.damage.lived import COMMANDS, Fault, list_faults, live
from tests.store.support import ledger_of

STEP = pytest.mark.parametrize(
    ("kind", "step"),
    [
        pytest.param("json", 139, id="sampled"),
        *(
            pytest.param(kind, 5 if BOUNDED else 1, id=kind, marks=pytest.mark.deep)
            for kind in ("json", "toml", "purged")
        ),
    ],
)

_FREE = re.compile(r'"disk_free": [0-9]+')


def _strike_all(office: OfficeInFolder, versions: dict[str, list[bytes]]) -> Iterator[Fault]:
    """Yield each fault once it has befallen the store, which is healed afterwards."""
    files = office.bytes()
    for fault in list_faults(office.store, versions):
        fault.strike(office.store)
        yield fault
        shutil.rmtree(office.store / "aside", ignore_errors=True)
        for name in office.bytes().keys() - files.keys():
            (office.store / name).unlink()
        for name, data in files.items():
            (office.store / name).parent.mkdir(exist_ok=True)
            (office.store / name).write_bytes(data)
    assert office.bytes() == files


@STEP
def test_no_command_believes_what_is_lost_or_older(
    tmp_path: Path, kind: str, step: int, record_property: Callable[[str, object], None]
) -> None:
    office, versions = live(tmp_path, kind)
    whole = {command: _answer(office, command) for command in COMMANDS}
    wrong, tally = [], {"faults": 0, "refused": 0, "answered as before": 0}
    for at, fault in enumerate(_strike_all(office, versions)):
        tally["faults"] += 1
        for number, command in enumerate(COMMANDS):
            if (at * len(COMMANDS) + number) % step:
                continue
            found = _answer(office, command)
            refused = found[0] == 6 or (found[0] == 5 and "store.json" in fault.changes)
            tally["refused" if refused else "answered as before"] += 1
            if not refused and found != whole[command]:
                wrong.append((fault.name, command, found))
    record_property("tally", (f"whole files, {kind}", tally))
    assert wrong == []


def _answer(office: OfficeInFolder, command: tuple[str, ...]) -> tuple[int, str]:
    form = () if command[:2] == ("store", "export") else ("-f", "json")
    found: Outcome = office.run(*command, *form)
    assert "Traceback" not in found.err
    return found.status, _FREE.sub("", found.out)


@pytest.mark.deep
@pytest.mark.parametrize("kind", ["json", "purged"])
def test_check_names_every_loss_also_after_a_change(tmp_path: Path, kind: str) -> None:
    """A change that goes on beside the damage hides nothing of it.

    A document that lacks only the last line is whole, and purged lines before the others are
    passed over.
    """
    office, versions = live(tmp_path, kind)
    last = ledger_of(office.store)[-1]["put"] if kind == "json" else ["office"]
    behind = {f"{name}.json is version {len(versions[f'{name}.json']) - 2}" for name in last}
    files = office.bytes()
    unnamed = []
    for fault in _strike_all(office, versions):
        pairs = fault.changes.items()
        purged = any((data or b"").endswith(files.get(name, b"?")) for name, data in pairs)
        if fault.name in behind or purged:
            continue
        if office.run("store", "check").status != 6:
            unnamed.append((fault.name, "before"))
        done = office.run("book", "2026-12-03", "14:00", "--case", "N-2", "--agent", "Z-9")
        if office.run("store", "check").status != 6:
            unnamed.append((fault.name, f"after a booking with {done.status}"))
    assert unnamed == []


@pytest.mark.deep
@pytest.mark.parametrize("kind", ["json", "toml", "purged"])
def test_repair_is_right_or_ends_with_6(tmp_path: Path, kind: str) -> None:
    """Where it ends with 0, every command answers as before the fault; a purge goes on, too."""
    office, versions = live(tmp_path, kind)
    whole = {command: _answer(office, command) for command in COMMANDS}
    files, wrong, mended = len(office.bytes()), [], 0
    for fault in _strike_all(office, versions):
        if office.run("store", "check", "--repair").status == 0:
            mended += 1
            wrong += [(fault.name, c) for c in COMMANDS if _answer(office, c) != whole[c]]
            purge = office.run("store", "purge", "--before", "2026-12-01", "-y")
            wrong += [(fault.name, purge)] if purge.status else []
    assert wrong == []
    assert mended > files


@pytest.mark.deep
def test_no_store_is_made_of_a_changed_archive(tmp_path: Path) -> None:
    """Every line of an export is removed, doubled, and moved to the end."""
    office, _ = live(tmp_path, "purged")
    archive, made = tmp_path / "export.jsonl", tmp_path / "made"
    assert office.run("store", "export", "-o", str(archive)).status == 0
    lines = archive.read_bytes().splitlines(keepends=True)
    taken = []
    for at, line in enumerate(lines):
        rest, doubled = lines[:at] + lines[at + 1 :], [*lines[: at + 1], *lines[at:]]
        for changed in (rest, doubled, [*rest, line]):
            archive.write_bytes(b"".join(changed))
            for command in (("restore", "-y"), ("import",)):
                done = office.run("store", *command, str(archive), str(made))
                if done.status != 5 and changed != lines:
                    taken.append((at, command, done))
                assert not made.exists() or changed == lines
    assert taken == []

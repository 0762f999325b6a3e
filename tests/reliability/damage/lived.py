"""A store that has lived for two months, each older version of its files, and what may befall it.

A fault changes one document, line or file as a whole: it is removed, put back as it was earlier,
exchanged with another one, or lies under another name, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from tests.conftest import OfficeInFolder, read_token
from tests.store.support import kept_files

LEDGER = "ledger/2026-"

STEPS = """
2026-11-24T10:00 book +1 10:00 --case X-1 --agent A-1
2026-11-24T10:10 book +1 11:00 --case X-2 --agent B-2
2026-11-24T10:20 book +2 09:00 --case X-3 --agent Z-9
2026-11-25T18:00 desk close-day 2026-11-25 --all-no-show -y
2026-11-26T08:50 desk arrive X-3
2026-11-26T09:10 desk collect X-3
2026-11-27T10:00 agent erase E-5 -y
2026-11-30T10:00 book +1 10:00 --case X-4 --agent A-1
2026-12-01T18:00 desk close-day 2026-12-01 --all-no-show -y
2026-12-02T09:00 agent suspend B-2 --reason x
2026-12-02T09:10 office close 2026-12-07 --reason x -y
2026-12-02T10:00 book 2026-12-03 10:00 --case X-5 --agent Z-9
2026-12-02T10:10 book 2026-12-04 11:00 --case X-6 --case X-7 --agent A-1
2026-12-02T10:20 amend X-6 --drop X-7 --agent A-1
2026-12-02T10:30 verify send Z-9
"""
"""What was done, each with its instant."""
NOW = "2026-12-02T11:00"
PURGED = f"{NOW} store purge --before 2026-11-26 -y\n"

READING = """
list --all --office
list --agent A-1
list --since 2026-11-25 --until 2026-11-25 --office
list --since 2026-11-26 --until 2026-12-01 --office
show Y261126-0001-R --office
show X-6 --agent A-1
slots
slots --agent A-1
slots --agent B-2
status --office
status --agent Z-9
agent list
agent show A-1
agent show B-2
agent show E-5
agent export A-1
report load --since 2026-11-24 --until 2026-12-04
report quota
report conduct
desk sheet 2026-11-26
desk sheet 2026-12-03
desk close-day 2026-12-01 --all-no-show -n
confirmation X-5 --office
book 2026-12-03 13:00 --case N-1 --agent Z-9 -n
book 2026-12-03 13:00 --case N-1 --agent B-2 -n
book 2026-12-04 13:00 --case X-7 --agent A-1 -n
cancel X-5 --agent Z-9 -n
verify send A-1 -n
agent add --id E-5 --name x --occupation scrivener -n \
 --certificate N-9 --valid-until 2034-03-31 --email n@x.example.jp
store log
store export
store purge --before 2026-12-01 -n
scenario record X-6
office show
office reopen 2026-12-07 -n
"""
"""Whatever reads, and what would be changed."""
COMMANDS = tuple(tuple(line.split()) for line in READING.strip().splitlines())


@dataclass(frozen=True)
class Fault:
    """What befalls a store: which files are others then; None for one that is gone."""

    name: str
    changes: dict[str, bytes | None]

    def strike(self, root: Path) -> None:
        for file, data in self.changes.items():
            path = root / file
            if data is None:
                path.unlink()
            else:
                path.write_bytes(data)


def live(folder: Path, kind: str) -> tuple[OfficeInFolder, dict[str, list[bytes]]]:
    """Make the office; return it with all versions of each file. A kind is json, toml, purged."""
    office = OfficeInFolder(folder, "toml" if kind == "toml" else "json")
    versions: dict[str, list[bytes]] = {}
    for agent in ("A-1", "B-2", "Z-9", "E-5"):
        office.add_agent(agent, verify=False)
        _note(office, versions)
        sent = office.json("verify", "send", agent)
        _note(office, versions)
        office.json("verify", "redeem", read_token(sent["outbox"]))
        _note(office, versions)
    for line in (STEPS + PURGED * (kind == "purged")).strip().splitlines():
        office.now, *words = line.split()
        office.json(*words)
        _note(office, versions)
    office.now = NOW
    return office, versions


def _note(office: OfficeInFolder, versions: dict[str, list[bytes]]) -> None:
    for file, data in kept_files(office.store).items():
        known = versions.setdefault(file, [])
        if data not in known:
            known.append(data)


def list_faults(root: Path, versions: dict[str, list[bytes]]) -> Iterator[Fault]:
    whole = kept_files(root)
    for file, data in whole.items():
        yield Fault(f"{file} is removed", {file: None})
        for at, older in enumerate(versions.get(file, [])):
            if older != data:
                yield Fault(f"{file} is version {at}", {file: older})
        if file.startswith(LEDGER):
            yield from _move_lines(file, data)
    for kind in ("days/", "agents/", "private/", "ledger/2026"):
        for one, other in combinations([file for file in whole if file.startswith(kind)], 2):
            changes: dict[str, bytes | None] = {one: whole[other], other: whole[one]}
            yield Fault(f"{one} and {other} are exchanged", changes)
    for file, data in whole.items():
        for name in _other_names(file):
            if name not in whole:
                yield Fault(f"{file} lies at {name}, too", {name: data})


def _move_lines(file: str, data: bytes) -> Iterator[Fault]:
    lines = data.splitlines(keepends=True)
    for at in range(len(lines)):
        before, line, after = lines[:at], lines[at : at + 1], lines[at + 1 :]
        yield Fault(f"{file} without line {at + 1}", {file: b"".join(before + after)})
        if after:
            swapped = b"".join([*before, after[0], *line, *after[1:]])
            yield Fault(f"{file}, lines {at + 1} and {at + 2} swapped", {file: swapped})


def _other_names(file: str) -> Iterator[str]:
    folder, _, name = file.rpartition("/")
    ending = name.rpartition(".")[2]
    if folder.startswith("days/"):
        yield from (f"{folder}/{day}.{ending}" for day in ("2026-11-20", "2026-12-02"))
        yield from (f"{folder}/{day}.{ending}" for day in ("2026-12-08", "2026-12-28"))
    elif file.startswith(LEDGER):
        yield from (f"ledger/{month}.jsonl" for month in ("2026-10", "2027-01"))
    elif folder == "agents":
        yield f"agents/N-7.{ending}"

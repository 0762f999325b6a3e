"""Damage anywhere in a small store is found by the check, and no command answers from it.

In the deep tier every byte is flipped, and every length cut; else one in so many. Every line is
moved and removed in both.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kofucli.base import InputError, StoreError
from kofucli.store.integrity.check import CheckResult, check
from tests.conftest import BOUNDED, OfficeInFolder
from tests.store.support import kept_files, reopen

LEDGER = "ledger/2026-11.jsonl"
EVERY = pytest.mark.parametrize(
    "step",
    [
        pytest.param(97, id="sampled"),
        pytest.param(7 if BOUNDED else 1, id="every", marks=pytest.mark.deep),
    ],
)


@pytest.fixture(scope="module", params=["json", "toml"])
def worked(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OfficeInFolder]:
    """Return an office that has a bit of everything: bookings, a change, a closure, a link."""
    office = OfficeInFolder(tmp_path_factory.mktemp("worked"), request.param)
    office.add_agent()
    office.book("+1", "10:00", "X-1", "在留2")
    office.book("+2", "11:00", "X-3")
    office.json("office", "close", "+3", "--reason", "点検", "-y")
    office.json("amend", "X-1", "--drop", "在留2", "--agent", "A-1")
    office.json("verify", "send", "A-1")
    office.book("+1", "10:00", "X-4")
    assert office.json("store", "check")["ok"]
    yield office
    shutil.rmtree(office.folder)


def find_places(office: OfficeInFolder) -> list[tuple[str, int | None]]:
    """Return the files, and lines, that opening and checking a store name; never a crash."""
    try:
        found: CheckResult = check(reopen(office.store))
    except (StoreError, InputError) as error:
        path, _, line = str(error.phrase.values["path"]).partition(".jsonl:")
        name = Path(path).relative_to(office.store).as_posix()
        return [("store.json" if name == "." else name, int(line) if line else None)]
    return [(problem.file, problem.line) for problem in found.problems]


def flip(data: bytes, position: int) -> bytes:
    """Return the bytes with one bit of one of them flipped, a different one at each position."""
    return data[:position] + bytes([data[position] ^ 1 << position % 8]) + data[position + 1 :]


def cut(data: bytes, size: int) -> bytes:
    return data[:size]


def damaged(
    office: OfficeInFolder, harm: Callable[[bytes, int], bytes], step: int
) -> Iterator[tuple[str, int, bytes]]:
    """Harm each file at each position; yield its name, the position, and its bytes before.

    The files are those that the ledger and the documents are made of; mails are copies.
    """
    for name, data in kept_files(office.store).items():
        path = office.store / name
        for position in range(0, len(data), step):
            path.write_bytes(harm(data, position))
            yield name, position, data
        path.write_bytes(data)


@EVERY
@pytest.mark.parametrize("harm", [flip, cut])
def test_every_flipped_byte_and_every_cut_is_found_and_named(
    worked: OfficeInFolder, harm: Callable[[bytes, int], bytes], step: int
) -> None:
    """In the ledger the line of a flipped byte is named, too.

    Where a ledger that was cut looks like a whole older one, documents ahead of it are named.
    """
    missed = []
    for name, position, data in damaged(worked, harm, step):
        found = find_places(worked)
        named = name in dict(found)
        if name == LEDGER:
            line = data.count(b"\n", 0, position) + 1
            named = (name, line) in found if harm is flip else bool(found)
        if not named:
            missed.append((name, position, found))
    assert missed == []
    assert find_places(worked) == []


def test_every_removed_or_moved_line_is_found(worked: OfficeInFolder) -> None:
    """The loss of the last line shows in documents that are ahead of the ledger."""
    path = worked.store / LEDGER
    data = path.read_bytes()
    lines = data.splitlines(keepends=True)
    missed = []
    for at, line in enumerate(lines):
        rest = lines[:at] + lines[at + 1 :]
        path.write_bytes(b"".join(rest))
        found = find_places(worked)
        wanted = found if at == len(rest) else [place for place in found if place[0] == LEDGER]
        if not wanted or (at < len(rest) and wanted[0] != (LEDGER, at + 1)):
            missed.append(("removed", at, at, found))
        for to in range(len(lines)):
            if to != at:
                path.write_bytes(b"".join([*rest[:to], line, *rest[to:]]))
                found = find_places(worked)
                if (LEDGER, min(at, to) + 1) not in found:
                    missed.append(("moved", at, to, found))
    path.write_bytes(data)
    assert missed == []


COMMANDS = (
    ["list", "--all"],
    ["slots", "--agent", "A-1"],
    ["agent", "show", "A-1"],
    ["book", "+2", "14:00", "--case", "X-9", "--agent", "A-1", "--dry-run"],
)


@EVERY
def test_no_command_believes_a_damaged_file(worked: OfficeInFolder, step: int) -> None:
    """A command that needs a damaged file is exit 6; any other command answers as before."""
    whole = {tuple(command): worked.run(*command, "-f", "json") for command in COMMANDS}
    assert {outcome.status for outcome in whole.values()} == {0}
    wrong = []
    for name, position, _ in damaged(worked, flip, step):
        command = COMMANDS[position % len(COMMANDS)]
        outcome = worked.run(*command, "-f", "json")
        refused = outcome.status == 6 or (name == "store.json" and outcome.status == 5)
        if "Traceback" in outcome.err or not (refused or outcome == whole[tuple(command)]):
            wrong.append((name, position, command, outcome))
    assert wrong == []

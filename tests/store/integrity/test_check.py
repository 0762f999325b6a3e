"""``store check`` finds what was changed by anything but this program, and names it.

Other commands do not read every file, but they refuse a damaged file that they read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kofucli.store.integrity.check import check, check_recent
from tests.conftest import OfficeInFolder
from tests.store.harm import Harm, block, change_lines, edit, find, remove, write
from tests.store.support import (
    DAY,
    OTHER_DAY,
    booking,
    change_ledger,
    earlier_program,
    expect_failure,
    ledger_file,
    ledger_of,
    make_notice,
    make_reservation,
    make_store,
    put_agent,
    put_reservations,
    reopen,
    run_dying,
    stamp,
    with_checksum,
)
from tests.support.needs import make_pipe

DAY_FILE, OTHER_FILE = (f"days/2026/{day}.json" for day in (DAY, OTHER_DAY))
DOCUMENTS = (DAY_FILE, OTHER_FILE, "agents/A-1.json", "office.json")
LEDGER, VALUES = "ledger/2026-11.jsonl", "private/A-1-*.json"
KINDS = ("link", "folder", "pipe")
STRANGER = b'{"format":1,"n":1,"records":[]}\n'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Make a store with records of every kind; its last line changes a day of two bookings."""
    store = make_store(tmp_path)
    put_agent(store)
    with store.transaction("office", stamp()) as transaction:
        transaction.put_office(make_notice())
    put_reservations(store, make_reservation(1, OTHER_DAY))
    put_reservations(store, make_reservation(1))
    put_reservations(store, make_reservation(2))
    return tmp_path / "store"


def _space(file: str) -> Harm:
    return lambda root: (root / file).write_text(json.dumps(json.loads((root / file).read_bytes())))


def _append(file: str, data: bytes) -> Harm:
    return lambda root: (root / file).write_bytes((root / file).read_bytes() + data)


def _make_stranger(file: str) -> Harm:
    def harm(root: Path) -> None:
        (root / file).parent.mkdir(exist_ok=True)
        (root / file).write_bytes(STRANGER)

    return harm


def _claim_less(raw: bytes) -> bytes:
    """Let a line say that a document which it leaves alone is older than it is."""
    assert b'"days/2026-11-26":4' in raw
    return with_checksum(raw[:-1].replace(b'"days/2026-11-26":4', b'"days/2026-11-26":3')) + b"\n"


BLOCKED = ("agents/A-1.json.tmp", "office.json.tmp", "store.json.tmp")
STRANGERS = (
    *("days/2026/2026-11-27.json", "days/notes.txt", "days/1/x.json"),
    *("agents/Z-9.json", "agents/A-1.toml"),
)
FAULTS: list[tuple[str, Harm, str, int | None]] = [
    *(("spaced", _space(file), file, 1) for file in DOCUMENTS),
    *(("longer", _append(file, b"\n"), file, 2) for file in DOCUMENTS),
    *(("lost", remove(file), file, None) for file in (*DOCUMENTS, VALUES)),
    *((f"of line {n}", edit(DAY_FILE, b'"n":6,', b'"n":%d,' % n), DAY_FILE, 1) for n in (5, 4, 0)),
    *(("stranger", _make_stranger(file), file, None) for file in STRANGERS),
    *((kind, block(file, kind), file, None) for kind in KINDS for file in BLOCKED),
    *(
        (kind, block(file, kind), file, None)
        for kind in KINDS[:2]
        for file in ("office.json", VALUES)
    ),
    ("edited", edit(VALUES, "花子".encode(), "次郎".encode()), VALUES, 1),
    *((str(x), write("store.json", x), "store.json", 1) for x in (b"", b"{", b'{"format":1}')),
    ("claim", change_lines(lambda raws: [*raws[:-1], _claim_less(raws[-1])]), LEDGER, 6),
]


@pytest.mark.parametrize(
    ("harm", "file", "line"), [f[1:] for f in FAULTS], ids=[f"{f[2]} {f[0]}" for f in FAULTS]
)
def test_what_was_changed_is_named_with_its_place(
    root: Path, harm: Harm, file: str, line: int | None
) -> None:
    """The store was open before. A checksum that fits hides nothing."""
    store = reopen(root)
    harm(root)
    found = check(store)
    places = [(re.sub("[0-9a-f]{32}", "*", p.file), p.line) for p in found.problems]
    assert places == [(file, line)]
    assert found.leftovers == ()


Lines = list[bytes]
LINE_FAULTS: dict[str, tuple[Callable[[Lines], Lines], int]] = {
    "two removed": (lambda x: x[:2] + x[4:], 3),
    "duplicated": (lambda x: [*x[:3], x[2], *x[3:]], 4),
    "last duplicated": (lambda x: [*x, x[-1]], 7),
    "empty line": (lambda x: [*x[:2], b"", *x[2:]], 3),
    "no JSON": (lambda x: [*x[:2], b"nonsense", *x[3:]], 3),
    "no UTF-8": (lambda x: [*x[:2], b'{"op":"\xff"}', *x[3:]], 3),
    "deep": (lambda x: [*x[:2], b"[" * 100_000, *x[3:]], 3),
    "spaced": (lambda x: [*x[:2], x[2].replace(b'","', b'", "', 1), *x[3:]], 3),
    "key more": (lambda x: [*x[:2], x[2][:-1] + b',"more":1}', *x[3:]], 3),
    "record without its key": (lambda x: [*x[:2], x[2].replace(b'"key"', b'"kez"'), *x[3:]], 3),
    "unknown document": (lambda x: [*x[:2], x[2].replace(b'"office":[', b'"../x":['), *x[3:]], 3),
    "record that is none": (lambda x: [*x[:2], x[2].replace(b"[{", b"[7,{"), *x[3:]], 3),
}


@pytest.mark.parametrize("fault", LINE_FAULTS)
def test_changed_ledger_is_found_with_its_line(root: Path, fault: str) -> None:
    """The changed line has a fitting checksum; the chain of hashes names it all the same."""
    change, line = LINE_FAULTS[fault]
    path = ledger_file(root)
    before = path.read_bytes()
    store = reopen(root)
    lines = [with_checksum(raw) for raw in change(before.splitlines())]
    path.write_bytes(b"".join(raw + b"\n" for raw in lines))
    assert path.read_bytes() != before
    places = [(p.file, p.line) for p in check(store).problems if p.file == LEDGER]
    assert places[0] == (LEDGER, line)


@pytest.mark.parametrize(
    ("harm", "place"),
    [(_append(LEDGER, b'{"n":'), (LEDGER, 7)), (remove(LEDGER), ("ledger/2026-12.jsonl", 1))],
    ids=["unfinished line", "lost"],
)
def test_damaged_month_before_the_newest_is_found(
    root: Path, harm: Harm, place: tuple[str, int]
) -> None:
    put_reservations(reopen(root), make_reservation(3), now="2026-12-01T10:00:00")
    harm(root)
    assert place in [(p.file, p.line) for p in check(reopen(root)).problems]


@pytest.mark.files
def test_change_from_an_older_copy_is_found(busy: OfficeInFolder) -> None:
    """It is named with its line, in the nightly check too; documents can still be repaired."""
    path = busy.store / "agents" / "B-2.json"
    older = path.read_bytes()
    busy.json("agent", "suspend", "B-2", "--until", "2026-12-31", "--reason", "x")
    busy.book("+1", "13:00", "X-13")
    path.write_bytes(older)
    with earlier_program():
        busy.json("agent", "edit", "B-2", "--valid-until", "2034-03-31")
    line = len(ledger_of(busy.store))
    outcome = busy.run("store", "check", "-f", "json")
    assert outcome.status == 6
    (problem,) = outcome.json["problems"]
    assert (problem["file"], problem["line"]) == (LEDGER, line)
    assert "agents/B-2" in problem["message"]
    recent = check_recent(reopen(busy.store), DAY, [])
    assert [(p.file, p.line) for p in recent.problems] == [(LEDGER, line)]
    (busy.store / "office.json").unlink()
    repair = busy.run("store", "check", "--repair", "-f", "json")
    assert repair.json["repaired"] == [{"file": "office.json", "action": "written"}]


@pytest.mark.files
@pytest.mark.parametrize("kind", ["folder", "pipe"])
@pytest.mark.parametrize("place", ["newest", "older", "newer"])
def test_ledger_file_that_is_no_file_is_named(busy: OfficeInFolder, place: str, kind: str) -> None:
    name = {"newest": "2026-11", "older": "2026-10", "newer": "2026-12"}[place] + ".jsonl"
    path = busy.store / "ledger" / name
    path.unlink(missing_ok=True)
    path.mkdir() if kind == "folder" else make_pipe(path)
    commands = [["store", "check"], ["store", "check", "--repair"]]
    if place != "older":
        commands += [["list", "--all"], booking("13:00")]
    for command in commands:
        outcome = busy.run(*command)
        assert outcome.status == 6
        assert name in outcome.out + outcome.err


def test_damage_is_said_for_programs_and_people(busy: OfficeInFolder) -> None:
    assert busy.json("store", "check")["problems"] == []
    assert busy.json("store", "check")["head"] in busy.run("store", "check").out
    change_ledger(busy.store, lambda raws: [*raws[:3], *raws[4:]])
    outcome = busy.run("store", "check", "-f", "json")
    assert (outcome.status, outcome.json["ok"]) == (6, False)
    problem = outcome.json["problems"][0]
    assert (problem["file"], problem["line"]) == (LEDGER, 4)
    assert f"{LEDGER}:4: {problem['message']}" in busy.run("store", "check").out


def test_expected_head(busy: OfficeInFolder) -> None:
    """--expect asks whether the line noted is still so, however many have come since."""
    head = busy.json("store", "check")["head"]
    assert busy.run("store", "check", "--expect", head).status == 0
    busy.book("+1", "13:00", "X-13")
    assert busy.run("store", "check", "--expect", head).status == 0
    n, _, noted = head.partition(":")
    for other in (f"{int(n) - 1}:{noted}", f"{int(n) + 9}:{noted}", f"{n}:{'0' * 64}"):
        outcome = busy.run("store", "check", "--expect", other, "-f", "json")
        assert outcome.status == 6
        assert [problem["file"] for problem in outcome.json["problems"]] == ["ledger"]
        assert other.partition(":")[0] in outcome.json["problems"][0]["message"]


ADD_B2 = [
    *("agent", "add", "--id", "B-2", "--name", "x", "--occupation", "scrivener"),
    *("--certificate", "N-1", "--valid-until", "2034-03-31", "--email", "n@x.example.jp"),
]
BROKEN = (b"", b"{", b"\xff", b"[" * 100_000)
CHANGED_DAYS = (
    b"{",
    b'{"sum":"00000000","format":1,"n":12,"records":[]}\n',
    b'{"sum":"00000000","format":1,"n":0,"records":[]}\n',
)
"""tests/store/test_documents.py has what else is no document."""
CHANGED_HEADERS = (
    *BROKEN,
    b"[]",
    b'{"format":1,"office":"Y","codec":"json"}',
    b'{"format":2}',
    b'{"format":"1","office":"Y","codec":"json"}',
    b'{"format":0,"office":"Y","codec":"json"}',
    b'{"format":2,"office":"Y","codec":"xml"}',
    b'{"format":2,"office":7,"codec":"json"}',
    b'{"format":2,"office":"\xff","codec":"json"}',
)
DAY_COMMANDS = [
    *(["slots"], ["slots", "--agent", "A-1"], ["list"], ["show", "Y261125-0001-7"]),
    *(booking("13:00"), ["cancel", "Y261125-0001-7", "--agent", "A-1"]),
    ["office", "close", DAY.isoformat(), "--reason", "x", "-y"],
]
VALUES_COMMANDS = [["agent", "show", "A-1"], ["agent", "list"], ["verify", "send", "A-1"]]
AGENT_COMMANDS = [["agent", "show", "B-2"], ADD_B2, booking("13:00", agent="B-2")]


READ: list[Any] = [
    *((DAY_FILE, write(DAY_FILE, with_checksum(data)), DAY_COMMANDS) for data in CHANGED_DAYS),
    (DAY_FILE, edit(DAY_FILE, b"X-3", b"X-4", False), DAY_COMMANDS),
    *((VALUES, write(VALUES, data), VALUES_COMMANDS) for data in (*BROKEN, b"[]", b'{"salt":1}')),
    (VALUES, remove(VALUES), VALUES_COMMANDS),
    pytest.param(VALUES, block(VALUES, "link"), VALUES_COMMANDS, marks=pytest.mark.files),
    ("agents/B-2.json", remove("agents/B-2.json"), AGENT_COMMANDS),
    *(("store.json", write("store.json", data), [["slots"]]) for data in CHANGED_HEADERS),
]


@pytest.mark.parametrize(("file", "harm", "commands"), READ)
def test_damaged_file_is_named_by_every_command_that_reads_it(
    busy: OfficeInFolder, file: str, harm: Harm, commands: list[list[str]]
) -> None:
    name = find(busy.store, file).name
    harm(busy.store)
    before = busy.bytes()
    for command in commands:
        assert name in expect_failure(busy, "damaged", *command)
    assert busy.bytes() == before


TAILS: dict[str, Callable[[bytes], bytes]] = {
    "no JSON": lambda x: b"nonsense",
    "record of a wrong type": lambda x: x.replace(b'"first_count":1', b'"first_count":"1"'),
    "path out of the store": lambda x: x.replace(b'"put":{"days/', b'"put":{"../../'),
    "agent with no id": lambda x: x.replace(b'"put":{"days/2026-11-25', b'"put":{"agents/x'),
    "a day that is none": lambda x: x.replace(b'"put":{"days/2026-11', b'"put":{"days/2026-99'),
}


@pytest.mark.files
@pytest.mark.parametrize("lagging", [False, True], ids=["written", "lagging"])
@pytest.mark.parametrize("fault", TAILS)
def test_damaged_last_line_crashes_no_command(
    busy: OfficeInFolder, fault: str, lagging: bool
) -> None:
    """No file or folder is made that the ledger's name for a document leads to."""
    if lagging:
        assert run_dying(busy, "document:1", *booking("13:00")).status < 0
    path = ledger_file(busy.store)
    *lines, last = path.read_bytes().splitlines()
    path.write_bytes(b"".join(raw + b"\n" for raw in (*lines, with_checksum(TAILS[fault](last)))))
    before = _paths_near(busy)
    for command in (["agent", "list"], ["list", "--all"], ["slots"], booking("14:00")):
        outcome = busy.run(*command, "-f", "json")
        assert outcome.status in (0, 6)
        assert "Traceback" not in outcome.err
    assert busy.run("store", "check").status == 6
    assert _paths_near(busy) == before


def _paths_near(office: OfficeInFolder) -> set[Path]:
    """Return the paths in and beside an office, but for mails of what it took all the same."""
    near = office.folder.parent.rglob("*")
    return {path for path in near if path.name != ".lock" and path.suffix != ".eml"}

"""``store check`` finds what was changed by anything but this program, and names it.

Other commands do not read every file, but they refuse a damaged file that they read.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kofucli.base import InputError, StoreError
from kofucli.store.integrity.check import check, check_recent
from tests.conftest import OfficeInFolder
from tests.store.support import (
    DAY,
    OTHER_DAY,
    booking,
    change_ledger,
    day_file,
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

Lines = list[bytes]


def _problems(root: Path) -> list[tuple[str, int | None]]:
    """Return the places that opening and checking a store complain of; never a crash."""
    try:
        found = check(reopen(root))
    except (StoreError, InputError) as error:
        path = str(error.phrase.values["path"]).partition(".jsonl:")[0]
        return [(Path(path).relative_to(root).as_posix(), None)]
    return [(problem.file, problem.line) for problem in found.problems]


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


LEDGER_FAULTS: list[tuple[str, Callable[[Lines], Lines], int]] = [
    ("two removed", lambda x: x[:2] + x[4:], 3),
    ("duplicated", lambda x: [*x[:3], x[2], *x[3:]], 4),
    ("last duplicated", lambda x: [*x, x[-1]], 7),
    ("empty line", lambda x: [*x[:2], b"", *x[2:]], 3),
    ("no JSON", lambda x: [*x[:2], b"nonsense", *x[3:]], 3),
    ("no UTF-8", lambda x: [*x[:2], b'{"op":"\xff"}', *x[3:]], 3),
    ("deep", lambda x: [*x[:2], b"[" * 100_000, *x[3:]], 3),
    ("spaced", lambda x: [*x[:2], x[2].replace(b'","', b'", "', 1), *x[3:]], 3),
    ("key more", lambda x: [*x[:2], x[2][:-1] + b',"more":1}', *x[3:]], 3),
    ("record without its key", lambda x: [*x[:2], x[2].replace(b'"key"', b'"kez"'), *x[3:]], 3),
    ("unknown document", lambda x: [*x[:2], x[2].replace(b'"office":[', b'"../x":['), *x[3:]], 3),
    ("record that is none", lambda x: [*x[:2], x[2].replace(b"[{", b"[7,{"), *x[3:]], 3),
]


@pytest.mark.parametrize(
    ("change", "line"), [f[1:] for f in LEDGER_FAULTS], ids=[f[0] for f in LEDGER_FAULTS]
)
def test_changed_ledger_is_found_with_its_line(
    root: Path, change: Callable[[Lines], Lines], line: int
) -> None:
    """The changed line has a fitting checksum; the chain of hashes names it all the same."""
    path = ledger_file(root)
    before = path.read_bytes()
    lines = [with_checksum(raw) for raw in change(before.splitlines())]
    path.write_bytes(b"".join(raw + b"\n" for raw in lines))
    assert path.read_bytes() != before
    places = [place for place in _problems(root) if place[0].startswith("ledger/")]
    assert places[0] == ("ledger/2026-11.jsonl", line)


def test_unfinished_line_before_the_newest_file_is_found(root: Path) -> None:
    put_reservations(reopen(root), make_reservation(3), now="2026-12-01T10:00:00")
    old = root / "ledger" / "2026-11.jsonl"
    old.write_bytes(old.read_bytes() + b'{"n":')
    assert ("ledger/2026-11.jsonl", 7) in _problems(root)


def test_removed_ledger_file_is_found(root: Path) -> None:
    put_reservations(reopen(root), make_reservation(3), now="2026-12-01T10:00:00")
    (root / "ledger" / "2026-11.jsonl").unlink()
    assert ("ledger/2026-12.jsonl", 1) in _problems(root)


@pytest.mark.files
def test_change_from_an_older_copy_is_found(busy_office: OfficeInFolder) -> None:
    """It is named with its line, in the nightly check too; documents can still be repaired."""
    path = busy_office.store / "agents" / "B-2.json"
    older = path.read_bytes()
    busy_office.json("agent", "suspend", "B-2", "--until", "2026-12-31", "--reason", "x")
    busy_office.book("+1", "13:00", "X-13")
    path.write_bytes(older)
    with earlier_program():
        busy_office.json("agent", "edit", "B-2", "--valid-until", "2034-03-31")
    line = len(ledger_of(busy_office.store))
    outcome = busy_office.run("store", "check", "-f", "json")
    assert outcome.status == 6
    (problem,) = outcome.json["problems"]
    assert (problem["file"], problem["line"]) == ("ledger/2026-11.jsonl", line)
    assert "agents/B-2" in problem["message"]
    recent = check_recent(reopen(busy_office.store), DAY, [])
    assert [(p.file, p.line) for p in recent.problems] == [("ledger/2026-11.jsonl", line)]
    (busy_office.store / "office.json").unlink()
    repair = busy_office.run("store", "check", "--repair", "-f", "json")
    assert repair.json["repaired"] == [{"file": "office.json", "action": "written"}]


def test_state_that_a_line_claims_is_compared(root: Path) -> None:
    """What a line says of a document that it leaves alone must be what earlier lines left."""
    path = ledger_file(root)
    *lines, last = path.read_bytes().splitlines()
    assert b'"days/2026-11-26":4' in last
    forged = with_checksum(last.replace(b'"days/2026-11-26":4', b'"days/2026-11-26":3'))
    path.write_bytes(b"".join(raw + b"\n" for raw in (*lines, forged)))
    assert _problems(root) == [("ledger/2026-11.jsonl", 6)]


def test_lost_agent_is_damage_and_not_unknown(busy_office: OfficeInFolder) -> None:
    path = busy_office.store / "agents" / "B-2.json"
    path.unlink()
    before = busy_office.bytes()
    add = ["agent", "add", "--id", "B-2", "--name", "x", "--occupation", "scrivener"]
    add += ["--certificate", "N-1", "--valid-until", "2034-03-31", "--email", "n@x.example.jp"]
    for command in (["agent", "show", "B-2"], add, booking("13:00", agent="B-2")):
        assert path.name in expect_failure(busy_office, "damaged", *command)
    assert busy_office.bytes() == before


def test_values_of_a_killed_registration_are_no_lost_agent(busy_office: OfficeInFolder) -> None:
    (busy_office.store / "private" / f"C-3-{'0' * 32}.json").write_bytes(b"{}")
    assert busy_office.run("agent", "show", "C-3").status == 4
    busy_office.add_agent("C-3", verify=False)
    assert busy_office.run("agent", "show", "C-3").status == 0


@pytest.mark.files
@pytest.mark.parametrize("kind", ["folder", "pipe"])
@pytest.mark.parametrize("place", ["newest", "older", "newer"])
def test_ledger_file_that_is_no_file_is_named(
    busy_office: OfficeInFolder, place: str, kind: str
) -> None:
    name = {"newest": "2026-11", "older": "2026-10", "newer": "2026-12"}[place] + ".jsonl"
    path = busy_office.store / "ledger" / name
    path.unlink(missing_ok=True)
    path.mkdir() if kind == "folder" else make_pipe(path)
    commands = [["store", "check"], ["store", "check", "--repair"]]
    if place != "older":
        commands += [["list", "--all"], booking("13:00")]
    for command in commands:
        outcome = busy_office.run(*command)
        assert outcome.status == 6
        assert name in outcome.out + outcome.err


@pytest.mark.parametrize("kind", ["folder", "link", "pipe"])
@pytest.mark.parametrize("name", ["agents/A-1.json.tmp", "office.json.tmp", "store.json.tmp"])
def test_what_blocks_a_change_is_named(root: Path, name: str, kind: str) -> None:
    if kind == "folder":
        (root / name).mkdir()
    elif kind == "link":
        (root / name).symlink_to("elsewhere")
    else:
        make_pipe(root / name)
    assert _problems(root) == [(name, None)]
    assert check(reopen(root)).leftovers == ()


DOCUMENTS = [f"days/2026/{DAY}.json", f"days/2026/{OTHER_DAY}.json", "agents/A-1.json"]


@pytest.mark.parametrize("name", [*DOCUMENTS, "office.json"])
def test_edited_or_deleted_document_is_found(root: Path, name: str) -> None:
    data = (root / name).read_bytes()
    (root / name).write_bytes(json.dumps(json.loads(data)).encode() + b"\n")
    assert _problems(root) == [(name, 1)]
    (root / name).write_bytes(data + b"\n")
    assert _problems(root) == [(name, 2)]
    (root / name).unlink()
    assert _problems(root) == [(name, None)]


def test_edited_document_with_a_smaller_n_is_found(root: Path) -> None:
    """A document of the last line may lag behind it, but only as that line found it."""
    path = root / f"days/2026/{DAY}.json"
    data = path.read_bytes()
    assert b'"n":6,' in data
    for n in (b"5", b"4", b"0"):
        path.write_bytes(with_checksum(data.replace(b'"n":6,', b'"n":' + n + b",")))
        assert _problems(root) == [(f"days/2026/{DAY}.json", 1)]


def test_document_that_lacks_the_last_line_is_whole(root: Path) -> None:
    path = root / f"days/2026/{DAY}.json"
    before = path.read_bytes()
    put_reservations(reopen(root), make_reservation(3))
    path.write_bytes(before)
    assert _problems(root) == []


@pytest.mark.parametrize(
    "name",
    [
        "days/2026/2026-11-27.json",
        "days/notes.txt",
        "agents/Z-9.json",
        "days/1/x.json",
        "agents/A-1.toml",
    ],
)
def test_document_that_no_line_made_is_found(root: Path, name: str) -> None:
    (root / name).parent.mkdir(exist_ok=True)
    (root / name).write_bytes(b'{"format":1,"n":1,"records":[]}\n')
    assert _problems(root) == [(name, None)]


@pytest.mark.parametrize("change", ["edited", "gone", "link", "folder"])
def test_changed_personal_values_are_found(root: Path, tmp_path: Path, change: str) -> None:
    (path,) = (root / "private").iterdir()
    data = path.read_bytes()
    path.unlink()
    if change == "edited":
        path.write_bytes(data.replace("花子".encode(), "次郎".encode()))
    elif change == "link":
        (tmp_path / "elsewhere").write_bytes(data)
        path.symlink_to(tmp_path / "elsewhere")
    elif change == "folder":
        path.mkdir()
    assert [file for file, _ in _problems(root)] == [f"private/{path.name}"]


@pytest.mark.parametrize("kind", ["link", "folder"])
def test_document_that_is_no_file_is_found(root: Path, tmp_path: Path, kind: str) -> None:
    path = root / "office.json"
    path.rename(tmp_path / "elsewhere")
    if kind == "link":
        path.symlink_to(tmp_path / "elsewhere")
    else:
        path.mkdir()
    (root / "agents" / "A-1.json").unlink()
    assert [file for file, _ in _problems(root)] == ["agents/A-1.json", "office.json"]


@pytest.mark.parametrize("content", [b"", b"{", b'{"format":1}'])
def test_header_changed_after_opening_is_found(root: Path, content: bytes) -> None:
    store = reopen(root)
    (root / "store.json").write_bytes(content)
    assert [problem.file for problem in check(store).problems] == ["store.json"]


def test_damage_is_said_in_json(busy_office: OfficeInFolder) -> None:
    assert busy_office.json("store", "check")["problems"] == []
    path = day_file(busy_office.store, OTHER_DAY)
    path.write_bytes(path.read_bytes().replace(b"B-9", b"B-8"))
    outcome = busy_office.run("store", "check", "-f", "json")
    assert outcome.status == 6
    assert outcome.json["ok"] is False
    (problem,) = outcome.json["problems"]
    assert (problem["file"], problem["line"]) == (f"days/2026/{OTHER_DAY}.json", 1)
    assert problem["message"]


def test_damage_is_said_for_people(busy_office: OfficeInFolder) -> None:
    whole = busy_office.run("store", "check")
    head = busy_office.json("store", "check")["head"]
    assert (whole.status, head in whole.out) == (0, True)
    change_ledger(busy_office.store, lambda raws: raws[:3] + raws[4:])
    outcome = busy_office.run("store", "check")
    assert outcome.status == 6
    assert "ledger/2026-11.jsonl:4:" in outcome.out


def test_expected_head(busy_office: OfficeInFolder) -> None:
    """--expect asks whether the line noted is still so, however many have come since."""
    head = busy_office.json("store", "check")["head"]
    assert busy_office.run("store", "check", "--expect", head).status == 0
    busy_office.book("+1", "13:00", "X-13")
    assert busy_office.run("store", "check", "--expect", head).status == 0
    n, _, noted = head.partition(":")
    for other in (f"{int(n) - 1}:{noted}", f"{int(n) + 9}:{noted}", f"{n}:{'0' * 64}"):
        outcome = busy_office.run("store", "check", "--expect", other, "-f", "json")
        assert outcome.status == 6
        assert [problem["file"] for problem in outcome.json["problems"]] == ["ledger"]
        assert other.partition(":")[0] in outcome.json["problems"][0]["message"]


@pytest.mark.files
def test_head_is_the_same_while_documents_lag(busy_office: OfficeInFolder) -> None:
    assert run_dying(busy_office, "document:1", *booking("13:00")).status < 0
    head = busy_office.json("store", "check")["head"]
    assert busy_office.run("agent", "edit", "B-2", "--name", "乙 太郎").status == 0
    assert busy_office.json("store", "check")["head"] == head


COMMANDS = [
    ["slots"],
    ["slots", "--agent", "A-1"],
    ["list"],
    ["show", "Y261125-0001-7"],
    booking("13:00"),
    ["cancel", "Y261125-0001-7", "--agent", "A-1"],
    ["office", "close", DAY.isoformat(), "--reason", "x", "-y"],
]


@pytest.mark.parametrize(
    "data",
    [
        None,
        b"",
        b"{",
        b"null",
        b"\xff",
        b"[" * 100_000,
        b'{"sum":"00000000","format":1,"n":11,"records":[{"number":7}]}\n',
        b'{"sum":"00000000","format":2,"n":11,"records":[]}\n',
        b'{"sum":"00000000","format":1,"n":"11","records":[]}\n',
        b'{"sum":"00000000","format":1,"n":12,"records":[]}\n',
        b'{"sum":"00000000","format":1,"n":0,"records":[]}\n',
    ],
    ids=str,
)
def test_damaged_day_is_said_by_every_command(
    busy_office: OfficeInFolder, data: bytes | None
) -> None:
    """None: a value was edited by hand, and the checksum was not."""
    path = day_file(busy_office.store)
    edited = path.read_bytes().replace(b"X-3", b"X-4")
    path.write_bytes(edited if data is None else with_checksum(data))
    before = busy_office.bytes()
    for command in COMMANDS:
        assert path.name in expect_failure(busy_office, "damaged", *command)
    assert busy_office.bytes() == before


@pytest.mark.parametrize(
    "content", [None, b"", b"{", b"\xff", b"[]", b'{"salt":1}', b"[" * 100_000], ids=str
)
def test_lost_or_damaged_personal_values_are_said(
    busy_office: OfficeInFolder, content: bytes | None
) -> None:
    (path,) = (busy_office.store / "private").glob("A-1-*.json")
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    for command in (["agent", "show", "A-1"], ["agent", "list"], ["verify", "send", "A-1"]):
        assert path.name in expect_failure(busy_office, "damaged", *command)


TAILS: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("no JSON", lambda x: b"nonsense"),
    ("empty", lambda x: b""),
    ("no UTF-8", lambda x: b'{"op":"\xff"}'),
    ("record of a wrong type", lambda x: x.replace(b'"first_count":1', b'"first_count":"1"')),
    ("unknown document", lambda x: x.replace(b'"put":{"days/', b'"put":{"dayz/')),
    ("path out of the store", lambda x: x.replace(b'"put":{"days/', b'"put":{"../../')),
    ("agent with no id", lambda x: x.replace(b'"put":{"days/2026-11-25', b'"put":{"agents/x')),
    ("a day that is none", lambda x: x.replace(b'"put":{"days/2026-11', b'"put":{"days/2026-99')),
]


@pytest.mark.files
@pytest.mark.parametrize("lagging", [False, True], ids=["written", "lagging"])
@pytest.mark.parametrize("change", [t[1] for t in TAILS], ids=[t[0] for t in TAILS])
def test_damaged_last_line_crashes_no_command(
    busy_office: OfficeInFolder, change: Callable[[bytes], bytes], lagging: bool
) -> None:
    """No file or folder is made that the ledger's name for a document leads to."""
    if lagging:
        assert run_dying(busy_office, "document:1", *booking("13:00")).status < 0
    path = ledger_file(busy_office.store)
    *lines, last = path.read_bytes().splitlines()
    path.write_bytes(b"".join(raw + b"\n" for raw in (*lines, with_checksum(change(last)))))
    before = {p for p in busy_office.folder.parent.rglob("*") if p.name != ".lock"}
    statuses: dict[str, Any] = {}
    for command in (["agent", "list"], ["list", "--all"], ["slots"], booking("14:00")):
        outcome = busy_office.run(*command, "-f", "json")
        assert "Traceback" not in outcome.err
        statuses[" ".join(command)] = outcome.status
    assert set(statuses.values()) <= {0, 6}
    assert busy_office.run("store", "check").status == 6
    after = {p for p in busy_office.folder.parent.rglob("*") if p.name != ".lock"}
    # Where the booking is taken, a mail tells of it.
    assert {p for p in after if p.suffix != ".eml"} == {p for p in before if p.suffix != ".eml"}

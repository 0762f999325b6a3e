"""What is kept about a person: disclosed on request, erased on request (terms 5(1))."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from kofucli.store import disk
from tests.conftest import OfficeInFolder, read_token
from tests.operations.support import A1, book_rows, statuses
from tests.support.needs import mode_of

PAST = "2026-12-01T10:00:00"
VALUES = ("代理 A-1", "C-A-1", "a-1@office.example.jp")
"""What the fixture registered of A-1."""
ERASE = ("agent", "erase", "A-1", "-y")


@pytest.fixture
def visited(office: OfficeInFolder) -> OfficeInFolder:
    """Return an office whose agent A-1 has a visit that is over, and a mail in the outbox."""
    office.book("+1", "10", "X-1", "X-2")
    office.add_agent("B-1")
    office.book("+1", "10", "Y-1", agent="B-1")
    office.now = PAST
    return office


def files_with(office: OfficeInFolder, *texts: str) -> list[list[str]]:
    """Return the files of the store that hold each text, as UTF-8 or as JSON escapes it."""
    files = office.bytes().items()
    return [
        [
            name
            for name, data in files
            if text.encode() in data or text.encode("unicode_escape") in data
        ]
        for text in texts
    ]


def private_files(office: OfficeInFolder, agent: str = "A-1") -> list[str]:
    return office.named(f"private/{agent}-")


def waiting_for(office: OfficeInFolder, agent: str) -> list[str]:
    """Return the names of the mails in the outbox that go to an agent."""
    address = f"{agent.lower()}@office.example.jp".encode()
    found = office.bytes().items()
    wanted = (name for name, data in found if name[:7] == "outbox/" and address in data)
    return sorted(name.removeprefix("outbox/") for name in wanted)


def problems(office: OfficeInFolder) -> list[dict[str, Any]]:
    """Return what ``store check`` finds wrong."""
    outcome = office.run("store", "check", "-f", "json")
    found: list[dict[str, Any]] = outcome.json["problems"]
    assert outcome.status == (6 if found else 0)
    return found


# --- what is erased --------------------------------------------------------------------------


def test_no_file_of_the_store_holds_a_value_of_an_erased_agent(visited: OfficeInFolder) -> None:
    """The mails to it go too, those to others stay; its visits stay under its id."""
    assert [] not in files_with(visited, *VALUES)
    mine, others = waiting_for(visited, "A-1"), waiting_for(visited, "B-1")
    visits = visited.json("list", "--all")["reservations"]
    assert mine == sorted(visited.json(*ERASE, "--reason", "asked for it")["mails"]) != []
    assert [[]] * 3 == files_with(visited, *VALUES)
    assert [] == private_files(visited) == waiting_for(visited, "A-1")
    assert others == waiting_for(visited, "B-1") != []
    assert visits == visited.json("list", "--all")["reservations"]
    found = visited.json("list", "--all", "--agent", "A-1", "--office")["reservations"]
    assert ["A-1"] == [r["agent"] for r in found]


def test_former_values_are_erased_too(visited: OfficeInFolder) -> None:
    """Those that were replaced, and those that a killed process left behind."""
    (old,) = private_files(visited)
    kept = visited.bytes()[old]
    visited.json("agent", "edit", "A-1", "--name", "改姓 花子")
    for name in (old, f"private/A-1-{'0' * 32}.json"):
        visited.put(name, kept)
    assert len(private_files(visited)) == 3
    visited.json(*ERASE)
    assert private_files(visited) == []


def test_an_agent_whose_id_begins_alike_keeps_everything(visited: OfficeInFolder) -> None:
    visited.add_agent("A-1-B")
    before = private_files(visited, "A-1-B"), waiting_for(visited, "A-1-B")
    visited.json(*ERASE)
    assert visited.json("agent", "show", "A-1-B")["agent"]["name"] == "代理 A-1-B"
    assert before == (private_files(visited, "A-1-B"), waiting_for(visited, "A-1-B"))
    assert before[1] != []


def test_an_erased_agent_is_shown_as_erased_without_a_value(visited: OfficeInFolder) -> None:
    visited.json("agent", "suspend", "A-1", "--reason", "6(4)")
    agent = visited.json(*ERASE, "--reason", "asked for it")["agent"]
    gone = ("name", "certificate", "email", "phone", "organization", "suspension")
    assert [agent[key] for key in gone] == [None] * 6
    assert (True, False) == (agent["erased"], agent["verified"])
    assert agent == visited.json("agent", "show", "A-1")["agent"]
    assert [True, False] == [each["erased"] for each in visited.json("agent", "list")["agents"]]
    assert "asked for it" in visited.run("agent", "show", "A-1").out
    assert "(erased)" in visited.run("agent", "list").out


def test_nobody_acts_for_an_erased_agent(visited: OfficeInFolder) -> None:
    visited.json(*ERASE)
    before = visited.bytes()
    for command in (
        ("book", "+1", "10", "--case", "Z-1", *A1),
        ("book", "+1", "10", "--case", "Z-1", *A1, "--office"),
        ("agent", "edit", "A-1", "--phone", "045"),
        ("agent", "suspend", "A-1", "--reason", "r"),
        ("agent", "reinstate", "A-1", "--reason", "r"),
        ("verify", "send", "A-1"),
        ("terms", "accept", *A1),
        ("slots", *A1),
        ("status", *A1),
    ):
        outcome = visited.run(*command)
        assert (4, True) == (outcome.status, "A-1 was erased" in outcome.err), command
    row = "Z-1,A-1,2026-12-02,10"
    assert 5 == book_rows(visited, row, head="number,agent,date,hour", options=("--office",)).status
    assert before == visited.bytes()


def test_the_id_is_not_given_again_the_certificate_is(visited: OfficeInFolder) -> None:
    """Another person under the id would have its visits."""
    visited.json(*ERASE)
    person = ("--name", "別人", "--occupation", "attorney", "--certificate", "C-9")
    values = ("--valid-until", "2030-01-01", "--email", "c@example.jp")
    outcome = visited.run("agent", "add", "--id", "A-1", *person, *values, "-f", "json")
    assert outcome.status == 5
    assert "erased" in outcome.error["problems"][0]["message"]
    visited.add_agent("A-2", certificate="C-A-1", email="a-1@office.example.jp")


def test_a_visit_of_today_keeps_its_agent_from_being_erased(office: OfficeInFolder) -> None:
    office.book("+1", "10", "X-1")
    assert office.run(*ERASE, now="2026-11-25T23:59:59").status == 5
    assert office.run(*ERASE, now="2026-11-26T00:00:00").status == 0


def test_a_reopened_day_brings_back_no_visit_of_an_erased_agent(visited: OfficeInFolder) -> None:
    number = visited.book("2026-12-03", "10", "Z-1")["number"]
    visited.json("office", "close", "2026-12-03", "--reason", "r", "-y")
    visited.json(*ERASE)
    (failed,) = visited.json("office", "reopen", "2026-12-03", "--restore")["not_restored"]
    assert ["agent.unverified"] == [refusal["code"] for refusal in failed["refusals"]]
    assert statuses(visited)[number] == "office-closed"


def test_an_interrupted_erasure_is_completed_by_erasing_again(visited: OfficeInFolder) -> None:
    """Killed between the ledger line and the files: check names them."""
    left = {k: v for k, v in visited.bytes().items() if re.match("(private|outbox)/.*A-1", k)}
    mails = sorted(name.removeprefix("outbox/") for name in left if name.startswith("outbox/"))
    visited.json(*ERASE)
    for name, data in left.items():
        visited.put(name, data)
    (found,) = problems(visited)
    assert found["file"] in left
    assert found["file"].startswith("private/")
    assert "kofucli agent erase A-1" in found["message"]
    again = visited.json(*ERASE)
    assert (False, mails) == (again["changed"], sorted(again["mails"]))
    assert [[]] * 3 == files_with(visited, *VALUES)
    assert problems(visited) == []
    before = visited.bytes()
    assert (False, before) == (visited.json(*ERASE)["changed"], visited.bytes())


@pytest.mark.files
def test_a_file_that_stays_is_told_and_removed_by_erasing_again(
    visited: OfficeInFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:

        def fail(path: str) -> None:
            raise PermissionError(13, "not allowed", path)

        patched.setattr(disk, "remove", fail)
        outcome = visited.run(*ERASE, "-f", "json")
    assert outcome.status == 7
    assert "kofucli agent erase A-1" in outcome.error["message"]
    assert visited.json("agent", "show", "A-1")["agent"]["erased"] is True
    assert visited.json(*ERASE)["changed"] is False
    assert private_files(visited) == []


@pytest.mark.files
def test_what_a_killed_process_left_of_a_mail_goes_too(visited: OfficeInFolder) -> None:
    """It holds an address; that of another agent stays."""
    folder = visited.store / "outbox"
    for agent in ("A-1", "B-1"):
        name = f"20261124T100000-booked-{agent}-0123456789ab.eml.tmp"
        (folder / name).write_text("To: somebody", "utf-8")
    visited.json(*ERASE)
    assert ["B-1"] == [path.name[23:26] for path in folder.glob("*.tmp")]


def test_an_erasure_asks_first_and_a_dry_run_erases_nothing(visited: OfficeInFolder) -> None:
    before = visited.bytes()
    outcome = visited.run(*ERASE[:-1])
    assert (2, True) == (outcome.status, "-y" in outcome.err)
    document = visited.json(*ERASE[:-1], "-n")
    assert (True, None) == (document["changed"], document["agent"]["name"])
    assert waiting_for(visited, "A-1") == sorted(document["mails"])
    assert before == visited.bytes()


# --- values that are lost --------------------------------------------------------------------


@pytest.fixture(params=["lost", "changed"])
def damage(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def harm(office: OfficeInFolder, damage: str) -> str:
    """Lose A-1's file of values, or change it, and return its name."""
    (path,) = private_files(office)
    changed = office.bytes()[path].replace(b"C-A-1", b"C-A-2")
    office.put(path, None if damage == "lost" else changed)
    return path


def test_lost_values_can_be_erased(visited: OfficeInFolder, damage: str, tmp_path: Path) -> None:
    """Until then what needs them says so, exit 6, and names the file; then everything works."""
    path = harm(visited, damage)
    outcome = visited.run("agent", "show", "A-1")
    assert (outcome.status, path in outcome.err) == (6, True)
    assert visited.run("agent", "export", "B-1").status == 0
    assert visited.json(*ERASE, "--reason", "values lost")["changed"]
    assert problems(visited) == []
    assert [a["id"] for a in visited.json("agent", "list")["agents"]] == ["A-1", "B-1"]
    visited.add_agent("C-1")
    visited.json("agent", "edit", "B-1", "--phone", "055-000-9999")
    assert visited.run("store", "backup", str(tmp_path / "safe")).status == 0
    assert len(visited.json("agent", "export", "A-1")["reservations"]) == 1


def test_lost_values_can_be_entered_again(office: OfficeInFolder, damage: str) -> None:
    """No dead end for an agent with a visit to come; one value alone is not enough, exit 6."""
    number = office.book("+1", "10", "X-1")["number"]
    harm(office, damage)
    before = office.bytes()
    assert office.run("agent", "edit", "A-1", "--phone", "055-000-9999").status == 6
    assert office.bytes() == before
    options = zip(("--name", "--certificate", "--email"), VALUES, strict=True)
    office.json("agent", "edit", "A-1", *(word for option in options for word in option))
    assert office.json("agent", "show", "A-1")["agent"]["name"] == "代理 A-1"
    assert len(private_files(office)) == 1
    assert problems(office) == []
    assert office.run("desk", "sheet", "+1").status == 0
    assert office.run("confirmation", number).status == 0


GOES_ON = (
    ("2026-11-25T08:50", 0, "desk late-notice X-1"),
    ("2026-11-25T08:51", 7, "desk late-cancel X-2 --reason 本人から電話"),
    ("2026-11-25T08:52", 7, "desk undo {2} --reason 読み違い"),
    ("2026-11-25T10:10", 0, "desk arrive X-1"),
    ("2026-11-25T10:11", 0, "desk collect X-1"),
    ("2026-11-25T10:12", 0, "desk undo {1} --reason 読み違い"),
    ("2026-11-25T18:00", 0, "desk close-day --all-no-show -y"),
    ("2026-11-25T18:01", 0, "agent suspend A-1 --reason 調査"),
    ("2026-11-25T18:02", 0, "agent reinstate A-1 --reason 済"),
    ("2026-11-25T18:03", 0, "terms accept --agent A-1 --office"),
    ("2026-11-25T18:04", 0, "verify redeem {token}"),
    ("2026-11-25T18:04", 0, "list --all"),
    ("2026-11-25T18:04", 0, "show {1}"),
    ("2026-11-25T18:04", 0, "status --agent A-1"),
    ("2026-11-25T18:04", 0, "slots --agent A-1"),
    ("2026-11-25T18:04", 0, "report conduct"),
    ("2026-11-25T18:04", 0, "report nightly -o {folder}"),
    ("2026-11-25T18:05", 7, "book +2 10 --case X-3 --agent A-1"),
    ("2026-11-25T18:06", 7, "amend X-3 --replace X-3=X-4 --agent A-1"),
    ("2026-11-25T18:07", 7, "cancel X-4 --agent A-1"),
    ("2026-12-30T18:08", 0, "store purge --before 2026-11-25 -y"),
)
"""What goes on for an agent whose values are lost; 7: it is done, and its mail is not made."""


def test_what_needs_no_values_goes_on(office: OfficeInFolder, damage: str, tmp_path: Path) -> None:
    first = office.book("+1", "10", "X-1")["number"]
    second = office.book("+1", "11", "X-2")["number"]
    sent = office.json("verify", "send", "A-1", now="2026-11-25T18:00")
    filled = {"1": first, "2": second, "token": read_token(sent["outbox"])}
    filled["folder"] = str(tmp_path / "night")
    harm(office, damage)
    for now, status, line in GOES_ON:
        words = re.sub(r"\{(\w+)\}", lambda found: filled[found[1]], line).split()
        found = office.run(*words, "-f", "json", now=now)
        assert status == found.status, (line, found)
        if words[0] in ("agent", "terms", "verify"):
            assert "lost" in found.json["warnings"][0]
            assert found.json["agent"]["name"] is None


# --- what is disclosed -----------------------------------------------------------------------


def test_everything_kept_is_disclosed(visited: OfficeInFolder) -> None:
    visited.book("+1", "11", "Z-1")
    found = visited.json("agent", "export", "A-1")
    assert found["agent"] == visited.json("agent", "show", "A-1")["agent"]
    assert found["registered_at"] == "2026-11-24T10:00:00+09:00"
    own = [r for r in visited.json("list", "--all")["reservations"] if r["agent"] == "A-1"]
    assert (2, own) == (len(own), found["reservations"])
    ops = [line["op"] for line in found["ledger"]]
    assert ["agent add", "verify send", "verify redeem", "book", "book"] == ops
    assert sorted(found["mails"]) == waiting_for(visited, "A-1")
    text = visited.run("agent", "export", "A-1").out
    for part in (*VALUES, own[0]["number"], "verify redeem", *found["mails"]):
        assert part in text


def test_lines_that_concern_an_agent_are_disclosed(visited: OfficeInFolder) -> None:
    """A line that only mentions the id, in another's case, is nobody else's."""
    visited.book("+1", "11", "A-1", agent="B-1")
    mine, theirs = (
        {line["n"] for line in visited.json("agent", "export", agent)["ledger"]}
        for agent in ("A-1", "B-1")
    )
    assert mine & theirs == set()
    visited.book("2026-12-03", "10", "Z-1")
    visited.json("office", "close", "2026-12-03", "--reason", "r", "-y")
    found = visited.json("agent", "export", "A-1")
    assert found["ledger"][-1]["op"] == "office close"
    assert found["reservations"][-1]["status"] == "office-closed"
    assert {found["reservations"][-1]["number"]: "r"} == found["reasons"]


def test_of_an_erased_agent_visits_and_lines_are_exported(visited: OfficeInFolder) -> None:
    visited.json(*ERASE)
    found = visited.run("agent", "export", "A-1", "-f", "json")
    assert not any(value in found.out for value in VALUES)
    assert found.json["ledger"][-1]["op"] == "agent erase"
    assert len(found.json["reservations"]) == 1


def test_an_export_is_for_the_eyes_of_its_owner(visited: OfficeInFolder, tmp_path: Path) -> None:
    path = tmp_path / "a-1.json"
    assert visited.run("agent", "export", "A-1", *A1, "-f", "json", "-o", str(path)).status == 0
    assert mode_of(path) == 0o600
    for agent, who in (("B-1", A1), ("Z-9", ())):
        assert visited.run("agent", "export", agent, *who).status == 4

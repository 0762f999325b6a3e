"""What is kept about a person: disclosed on request, erased on request (terms 5(1))."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from kofucli.store import disk
from tests.conftest import OfficeInFolder, read_token
from tests.operations.support import statuses
from tests.support.needs import mode_of

A1 = ("--agent", "A-1")
PAST = "2026-12-01T10:00:00"
VALUES = ("代理 A-1", "C-A-1", "a-1@office.example.jp")
"""What the fixture registered of A-1."""


@pytest.fixture
def visited(office: OfficeInFolder) -> OfficeInFolder:
    """Return an office whose agent A-1 has a visit that is over, and a mail in the outbox."""
    office.book("+1", "10", "X-1", "X-2")
    office.add_agent("B-1")
    office.book("+1", "10", "Y-1", agent="B-1")
    office.now = PAST
    return office


def erase(office: OfficeInFolder, *options: str, agent: str = "A-1") -> Any:
    """Erase an agent and return the document."""
    return office.json("agent", "erase", agent, "-y", *options)


def files_with(office: OfficeInFolder, text: str) -> list[str]:
    """Return the files of the store that hold a text, as UTF-8 or as JSON escapes it."""
    wanted = (text.encode(), text.encode("unicode_escape"))
    return [name for name, data in office.bytes().items() if any(w in data for w in wanted)]


def private_files(office: OfficeInFolder, agent: str = "A-1") -> list[str]:
    """Return the files with an agent's personal values."""
    return office.named(f"private/{agent}-")


def waiting_for(office: OfficeInFolder, address: str) -> list[str]:
    """Return the names of the mails in the outbox that go to an address."""
    found = office.bytes().items()
    wanted = (name for name, data in found if name[:7] == "outbox/" and address.encode() in data)
    return sorted(name.removeprefix("outbox/") for name in wanted)


def harm(office: OfficeInFolder, file: str, damage: str) -> None:
    """Lose a file of values, or change it."""
    changed = office.bytes()[file].replace(b"C-A-1", b"C-A-2")
    office.put(file, None if damage == "lost" else changed)


def test_nothing_personal_is_left(visited: OfficeInFolder) -> None:
    """5(1): of an erased agent no file of the store holds name, certificate or address."""
    assert [bool(files_with(visited, value)) for value in VALUES] == [True] * 3
    erase(visited, "--reason", "asked for it")
    assert [files_with(visited, value) for value in VALUES] == [[], [], []]
    assert private_files(visited) == []


def test_former_values_are_erased_too(visited: OfficeInFolder) -> None:
    """5(1): values that were replaced, and left behind by a killed process, are erased as well."""
    (old,) = private_files(visited)
    kept = visited.bytes()[old]
    visited.json("agent", "edit", "A-1", "--name", "改姓 花子")
    for name in (old, f"private/A-1-{'0' * 32}.json"):
        visited.put(name, kept)
    assert len(private_files(visited)) == 3
    erase(visited)
    assert private_files(visited) == []


@pytest.mark.parametrize("damage", ["lost", "changed"])
def test_lost_values_can_be_erased(visited: OfficeInFolder, damage: str, tmp_path: Path) -> None:
    """5(1): an agent whose values are lost or damaged is erased, and then everything works again.

    Until then what needs them says so, exit 6, and names the file.
    """
    (path,) = private_files(visited)
    harm(visited, path, damage)
    outcome = visited.run("agent", "show", "A-1")
    assert (outcome.status, path in outcome.err) == (6, True)
    assert visited.run("agent", "export", "B-1").status == 0
    done = visited.json("agent", "erase", "A-1", "-y", "--reason", "values lost")
    assert done["changed"]
    assert visited.json("store", "check")["ok"]
    assert [a["id"] for a in visited.json("agent", "list")["agents"]] == ["A-1", "B-1"]
    visited.add_agent("C-1")
    visited.json("agent", "edit", "B-1", "--phone", "055-000-9999")
    assert visited.run("store", "backup", str(tmp_path / "safe")).status == 0
    assert len(visited.json("agent", "export", "A-1")["reservations"]) == 1


@pytest.mark.parametrize("damage", ["lost", "changed"])
def test_lost_values_can_be_entered_again(office: OfficeInFolder, damage: str) -> None:
    """Lost values are no dead end for an agent with a visit to come: entered again, all is well.

    One value alone is not enough: the others stay lost, exit 6.
    """
    number = office.book("+1", "10", "X-1")["number"]
    (path,) = private_files(office)
    harm(office, path, damage)
    before = office.bytes()
    assert office.run("agent", "edit", "A-1", "--phone", "055-000-9999").status == 6
    assert office.bytes() == before
    values = ["--name", "代理 A-1", "--certificate", "C-A-1", "--email", "a-1@office.example.jp"]
    office.json("agent", "edit", "A-1", *values)
    assert office.json("agent", "show", "A-1")["agent"]["name"] == "代理 A-1"
    assert len(private_files(office)) == 1
    assert office.json("store", "check")["ok"]
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


@pytest.mark.parametrize("damage", ["lost", "changed"])
def test_what_needs_no_values_goes_on(office: OfficeInFolder, damage: str, tmp_path: Path) -> None:
    """Lost values keep neither the desk nor the office nor the agent from what needs none."""
    first = office.book("+1", "10", "X-1")["number"]
    second = office.book("+1", "11", "X-2")["number"]
    sent = office.json("verify", "send", "A-1", now="2026-11-25T18:00")
    token = read_token(sent["outbox"])
    (path,) = private_files(office)
    harm(office, path, damage)
    filled = {"1": first, "2": second, "token": token, "folder": str(tmp_path / "night")}
    for now, status, line in GOES_ON:
        words = re.sub(r"\{(\w+)\}", lambda found: filled[found[1]], line).split()
        found = office.run(*words, "-f", "json", now=now)
        assert status == found.status, (line, found)
        if words[0] in ("agent", "terms", "verify"):
            assert "lost" in found.json["warnings"][0]
            assert found.json["agent"]["name"] is None


def test_another_agent_keeps_everything(visited: OfficeInFolder) -> None:
    """5(1): erasing takes nothing of an agent whose id begins like the erased one's."""
    visited.add_agent("A-1-B")
    before = private_files(visited, "A-1-B")
    mails = waiting_for(visited, "a-1-b@office.example.jp")
    erase(visited)
    assert visited.json("agent", "show", "A-1-B")["agent"]["name"] == "代理 A-1-B"
    assert before == private_files(visited, "A-1-B")
    assert mails == waiting_for(visited, "a-1-b@office.example.jp") != []


def test_mails_that_wait_are_removed(visited: OfficeInFolder) -> None:
    """5(1): the outbox too: every mail to the agent goes, those to others stay."""
    mine = waiting_for(visited, "a-1@office.example.jp")
    other = waiting_for(visited, "b-1@office.example.jp")
    assert len(mine) > 0 < len(other)
    assert sorted(erase(visited)["mails"]) == mine
    assert waiting_for(visited, "a-1@office.example.jp") == []
    assert other == waiting_for(visited, "b-1@office.example.jp")


def test_the_store_is_whole_afterwards(visited: OfficeInFolder) -> None:
    """An erasure is a ledger line; all lines still verify, and no missing file is damage."""
    before = visited.json("store", "check")["head"]
    erase(visited)
    after = visited.json("store", "check")
    assert (True, []) == (after["ok"], after["problems"])
    assert int(after["head"].split(":")[0]) == int(before.split(":")[0]) + 1
    visited.json("store", "check", "--expect", before)


def test_a_live_agent_without_values_is_damage(visited: OfficeInFolder) -> None:
    """Missing personal values of an agent who is not erased are damage."""
    erase(visited)
    (path,) = private_files(visited, "B-1")
    visited.put(path, None)
    outcome = visited.run("store", "check", "-f", "json")
    assert outcome.status == 6
    assert [path] == [p["file"] for p in outcome.json["problems"]]


def test_an_erased_agents_visits_stay_under_its_id(visited: OfficeInFolder) -> None:
    """5(1): visits stay under the id, so that what is counted stays the same."""
    expected = visited.json("list", "--all")["reservations"]
    erase(visited)
    assert expected == visited.json("list", "--all")["reservations"]
    mine = visited.json("list", "--all", "--agent", "A-1", "--office")["reservations"]
    assert [r["agent"] for r in mine] == ["A-1"]


def test_an_erased_agent_is_shown_as_erased(visited: OfficeInFolder) -> None:
    """Showing and listing say that it was erased, with no value of the person."""
    visited.json("agent", "suspend", "A-1", "--reason", "6(4)")
    agent = erase(visited, "--reason", "asked for it")["agent"]
    gone = ("name", "certificate", "email", "phone", "organization", "suspension")
    assert [agent[key] for key in gone] == [None] * 6
    assert (True, False) == (agent["erased"], agent["verified"])
    assert agent == visited.json("agent", "show", "A-1")["agent"]
    assert [True, False] == [each["erased"] for each in visited.json("agent", "list")["agents"]]
    assert "asked for it" in visited.run("agent", "show", "A-1").out
    assert "(erased)" in visited.run("agent", "list").out


@pytest.mark.parametrize(
    "command",
    [
        ("book", "+1", "10", "--case", "Z-1", *A1),
        ("book", "+1", "10", "--case", "Z-1", *A1, "--office"),
        ("agent", "edit", "A-1", "--phone", "045"),
        ("agent", "suspend", "A-1", "--reason", "r"),
        ("agent", "reinstate", "A-1", "--reason", "r"),
        ("verify", "send", "A-1"),
        ("terms", "accept", *A1),
        ("slots", *A1),
        ("status", *A1),
    ],
)
def test_nobody_acts_for_an_erased_agent(visited: OfficeInFolder, command: tuple[str, ...]) -> None:
    """An erased agent is not found: it books nothing and gets no new values."""
    erase(visited)
    before = visited.bytes()
    outcome = visited.run(*command)
    assert (4, True) == (outcome.status, "A-1 was erased" in outcome.err)
    assert before == visited.bytes()


def test_rows_of_an_erased_agent_are_bad_input(visited: OfficeInFolder) -> None:
    """A row for an erased agent is bad input, like one for an unknown one."""
    erase(visited)
    file = visited.folder / "rows.csv"
    file.write_text("number,agent,date,hour\nZ-1,A-1,2026-12-02,10\n", "utf-8")
    outcome = visited.run("book", "--from", str(file), "--office")
    assert outcome.status == 5


def test_the_id_is_not_given_again(visited: OfficeInFolder) -> None:
    """Another person under an erased agent's id would have its visits: bad input that says so."""
    erase(visited)
    person = ("--name", "別人", "--occupation", "attorney", "--certificate", "C-9")
    values = ("--valid-until", "2030-01-01", "--email", "c@example.jp")
    outcome = visited.run("agent", "add", "--id", "A-1", *person, *values, "-f", "json")
    assert outcome.status == 5
    assert "erased" in outcome.error["problems"][0]["message"]


def test_the_person_may_come_back(visited: OfficeInFolder) -> None:
    """The certificate number and the address of an erased agent are free again."""
    erase(visited)
    visited.add_agent("A-2", certificate="C-A-1", email="a-1@office.example.jp")


def test_a_visit_of_today_keeps_its_agent_from_being_erased(office: OfficeInFolder) -> None:
    """A visit of today stands in the way until its day is over."""
    office.book("+1", "10", "X-1")
    assert office.run("agent", "erase", "A-1", "-y", now="2026-11-25T23:59:59").status == 5
    assert office.run("agent", "erase", "A-1", "-y", now="2026-11-26T00:00:00").status == 0


def test_a_closed_visit_of_an_erased_agent_is_not_restored(visited: OfficeInFolder) -> None:
    """6 (own): a reopened day does not bring back the visit of an erased agent."""
    number = visited.book("2026-12-03", "10", "Z-1")["number"]
    visited.json("office", "close", "2026-12-03", "--reason", "r", "-y")
    erase(visited)
    document = visited.json("office", "reopen", "2026-12-03", "--restore")
    (failed,) = document["not_restored"]
    assert ["agent.unverified"] == [refusal["code"] for refusal in failed["refusals"]]
    assert statuses(visited)[number] == "office-closed"


def test_erasing_twice_changes_nothing(visited: OfficeInFolder) -> None:
    """4: erasing an erased agent is exit 0 and writes no line."""
    assert erase(visited)["changed"] is True
    before = visited.bytes()
    assert erase(visited)["changed"] is False
    assert before == visited.bytes()


def test_an_interrupted_erasure_is_completed(visited: OfficeInFolder) -> None:
    """Killed between the ledger line and the files: check names them, erasing again ends it."""
    left = {k: v for k, v in visited.bytes().items() if re.match("(private|outbox)/.*A-1", k)}
    mails = [name.removeprefix("outbox/") for name in left if name.startswith("outbox/")]
    erase(visited)
    for name, data in left.items():
        visited.put(name, data)
    outcome = visited.run("store", "check", "-f", "json")
    (found,) = outcome.json["problems"]
    assert (6, next(name for name in left if name.startswith("private/"))) == (
        outcome.status,
        found["file"],
    )
    assert "kofucli agent erase A-1" in found["message"]
    again = erase(visited)
    assert (False, sorted(mails)) == (
        again["changed"],
        sorted(again["mails"]),
    )
    assert [files_with(visited, value) for value in VALUES] == [[], [], []]
    assert visited.json("store", "check")["ok"] is True


@pytest.mark.files
def test_a_file_that_stays_is_told_and_removed_by_erasing_again(
    visited: OfficeInFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that cannot be removed is exit 7, and the message names the command that ends it."""
    with monkeypatch.context() as patched:

        def fail(path: str) -> None:
            raise PermissionError(13, "not allowed", path)

        patched.setattr(disk, "remove", fail)
        outcome = visited.run("agent", "erase", "A-1", "-y", "-f", "json")
    assert outcome.status == 7
    assert "kofucli agent erase A-1" in outcome.error["message"]
    assert visited.json("agent", "show", "A-1")["agent"]["erased"] is True
    assert erase(visited)["changed"] is False
    assert private_files(visited) == []


def test_erasing_asks_first(visited: OfficeInFolder) -> None:
    """An erasure asks; without a terminal the error names -y, and nothing is erased."""
    before = visited.bytes()
    outcome = visited.run("agent", "erase", "A-1")
    assert (2, True) == (outcome.status, "-y" in outcome.err)
    assert before == visited.bytes()


def test_a_dry_run_erases_nothing(visited: OfficeInFolder) -> None:
    """A dry run asks nothing, tells what would go, and changes no byte."""
    before = visited.bytes()
    document = visited.json("agent", "erase", "A-1", "-n")
    assert (True, None) == (document["changed"], document["agent"]["name"])
    assert waiting_for(visited, "a-1@office.example.jp") == sorted(document["mails"])
    assert before == visited.bytes()


def test_erasing_in_a_store_of_toml(tmp_path: Path) -> None:
    """Documents in TOML hold an erased agent as well."""
    office = OfficeInFolder(tmp_path, "toml")
    office.add_agent()
    erase(office)
    assert office.json("store", "check")["ok"] is True
    assert office.json("agent", "show", "A-1")["agent"]["erased"] is True


def test_everything_kept_is_disclosed(visited: OfficeInFolder) -> None:
    """5(1): an export has record, values, visits of all time, ledger lines, waiting mails."""
    visited.book("+1", "11", "Z-1")
    found = visited.json("agent", "export", "A-1")
    assert found["agent"] == visited.json("agent", "show", "A-1")["agent"]
    assert found["registered_at"] == "2026-11-24T10:00:00+09:00"
    own = [r for r in visited.json("list", "--all")["reservations"] if r["agent"] == "A-1"]
    assert (2, own) == (len(own), found["reservations"])
    ops = [(line["n"], line["op"]) for line in found["ledger"]]
    assert ["agent add", "verify send", "verify redeem", "book", "book"] == [op for _, op in ops]
    assert sorted(n for n, _ in ops) == [n for n, _ in ops]
    assert sorted(found["mails"]) == waiting_for(visited, "a-1@office.example.jp")


def test_ledger_lines_of_others_are_not_disclosed(visited: OfficeInFolder) -> None:
    """5(1): a line that only mentions the id in another's case is nobody else's."""
    visited.book("+1", "11", "A-1", agent="B-1")
    lines = {line["n"] for line in visited.json("agent", "export", "A-1")["ledger"]}
    others = {line["n"] for line in visited.json("agent", "export", "B-1")["ledger"]}
    assert lines & others == set()


def test_what_ends_a_visit_is_disclosed(visited: OfficeInFolder) -> None:
    """5(1): the office's lines that changed a visit of the agent concern it too."""
    visited.book("2026-12-03", "10", "Z-1")
    visited.json("office", "close", "2026-12-03", "--reason", "r", "-y")
    found = visited.json("agent", "export", "A-1")
    assert found["ledger"][-1]["op"] == "office close"
    assert found["reservations"][-1]["status"] == "office-closed"
    assert {found["reservations"][-1]["number"]: "r"} == found["reasons"]


def test_an_agent_exports_itself_only(visited: OfficeInFolder) -> None:
    """3, 4: nobody sees another agent's data; exporting is reading."""
    before = visited.bytes()
    assert visited.json("agent", "export", "A-1", *A1)["agent"]["id"] == "A-1"
    assert visited.run("agent", "export", "B-1", *A1).status == 4
    assert visited.run("agent", "export", "Z-9").status == 4
    assert before == visited.bytes()


def test_an_erased_agent_is_exported(visited: OfficeInFolder) -> None:
    """5(1): the export of an erased agent has visits and lines, and no personal value."""
    erase(visited)
    found = visited.run("agent", "export", "A-1", "-f", "json")
    assert not any(value in found.out for value in VALUES)
    assert found.json["ledger"][-1]["op"] == "agent erase"
    assert len(found.json["reservations"]) == 1


def test_an_export_is_for_the_eyes_of_its_owner(visited: OfficeInFolder, tmp_path: Path) -> None:
    """5(1): a file with a person's data is readable by its owner only."""
    path = tmp_path / "a-1.json"
    assert visited.run("agent", "export", "A-1", "-f", "json", "-o", str(path)).status == 0
    assert mode_of(path) == 0o600


def test_an_export_for_people(visited: OfficeInFolder) -> None:
    """The export as text has values, visits, lines and mails, as the document has."""
    text = visited.run("agent", "export", "A-1").out
    (number,) = [r["number"] for r in visited.json("agent", "export", "A-1")["reservations"]]
    for part in (*VALUES, number, "verify redeem", *waiting_for(visited, VALUES[2])):
        assert part in text


@pytest.mark.files
def test_a_mail_that_was_not_finished_goes_too(visited: OfficeInFolder) -> None:
    """5(1): what a killed process left of a mail holds an address; others' stays."""
    folder = visited.store / "outbox"
    names = ["20261124T100000-booked-A-1-0123456789ab.eml.tmp"]
    names.append("20261124T100000-booked-B-1-0123456789ab.eml.tmp")
    for name in names:
        (folder / name).write_text("To: somebody", "utf-8")
    visited.json("agent", "erase", "A-1", "-y")
    assert names[1:] == sorted(path.name for path in folder.glob("*.tmp"))

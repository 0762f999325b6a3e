"""docs/documents.md against the program: JSON documents, CSV columns, lines of the ledger."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kofucli.model import CaseStatus, Status
from kofucli.store.ledger import Line
from tests.conftest import OfficeInFolder, run_command
from tests.docs.pages import code, codes, read_documents, read_page, read_section, read_table

PAGE = read_page("documents")
DOCUMENTS = read_documents(PAGE)
GOLDEN = Path(__file__).parents[1] / "golden"
DAY = "2026-11-25"
SOMETIMES = {"former", "late_notice"}
"""Keys that a reservation has only where numbers were corrected, or a late visit announced."""


def expand(document: Any) -> Any:
    """Return a document of the page with the names of others replaced by these."""
    if isinstance(document, str) and document in ("R", "A", "F", "ROW", "M", "ADVICE"):
        return expand(DOCUMENTS[document])
    if isinstance(document, list):
        return [expand(item) for item in document]
    if isinstance(document, dict):
        return {key: expand(value) for key, value in document.items()}
    return document


def assert_same_form(expected: Any, found: Any, where: str = "") -> None:
    """Assert that two documents have the same keys and kinds of values.

    Null is of any kind, and the details of a refusal differ from rule to rule.
    """
    if expected is None or found is None:
        return
    assert type(expected) is type(found), where
    if isinstance(expected, dict) and not where.endswith(".details"):
        assert set(expected) == set(found) - SOMETIMES, where
        for key, value in expected.items():
            assert_same_form(value, found[key], f"{where}.{key}")
    elif isinstance(expected, list) and expected:
        for item in found:
            assert_same_form(expected[0], item, f"{where}[]")


def check_document(name: str, found: dict[str, Any]) -> None:
    """Assert that a document has the form that the page gives it; warnings may come on top."""
    found = {key: value for key, value in found.items() if key not in ("warnings", "dry_run")}
    assert_same_form(expand(DOCUMENTS[name]), found, name)


RECORDED = {
    "reservation": "book book-dry-run amend show cancel cancel-again",
    "slots": "slots-agent",
    "rows": "book-file",
    "plan": "plan plan-pool",
    "agent-changed": "agent-add agent-edit agent-suspend agent-reinstate terms-accept",
    "office-day": "office-close office-reopen",
    "rule": "rules-show",
    "error-refused": "book-unverified book-suspended cancel-late amend-adds desk-arrive-late",
    "error-input": "error-input error-number error-not-found",
}
_SAME = (
    "list confirmation status-agent verify-send agent-show agent-list agent-export agent-erase",
    "notice terms-show office-maintenance desk-late-cancel desk-undo desk-close-day report-load",
    "report-quota report-conduct report-nightly error-store",
)
RECORDED |= {name: name for line in _SAME for name in line.split()}
"""The golden documents that have the form of one on the page, by its name."""


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_documents(name: str) -> None:
    """What the commands print, recorded by tests/cli/test_golden.py, is what the page shows."""
    for recorded in RECORDED[name].split():
        found = json.loads((GOLDEN / f"{recorded}.json").read_text("utf-8"))
        check_document(name, found["stdout"] or found["stderr"])


@pytest.fixture
def full_office(office: OfficeInFolder) -> OfficeInFolder:
    """Return an office whose agent has a reservation."""
    office.book(DAY, "10:00", "X-1")
    return office


def test_documents_of_what_was_asked(full_office: OfficeInFolder, tmp_path: Path) -> None:
    """--explain adds the keys of the page, with row and agent in a file, and in an error."""
    book = ("book", DAY, "11:00", "--case", "X-2", "--agent", "A-1", "--explain")
    page = DOCUMENTS["explained"]
    entries = full_office.json(*book)
    check_document("explained", {**entries, "explain": entries["explain"][-3:-2]})
    change = full_office.json("amend", "X-1", "--replace", "X-1=X-9", "--explain", "--office")
    assert set(change) - {"warnings"} == set(page)
    cancel = full_office.json("cancel", "X-2", "--explain", "--agent", "A-1", "-n")
    for found in (*entries["explain"], *change["explain"], *cancel["explain"]):
        assert set(found) == set(page["explain"][0])
    file = tmp_path / "cases.csv"
    file.write_text(f"number,date,hour\nX-4,{DAY},12\n", "utf-8")
    planned = full_office.json("plan", str(file), "--agent", "A-1", "--explain")
    refused = full_office.run(
        "book", "--from", str(file), "--agent", "A-1", "--explain", "-f", "json"
    )
    for found in (*planned["explain"], *refused.error["explain"]):
        assert set(found) == {*page["explain"][0], "row", "agent"}


def test_documents_of_slots_and_status(full_office: OfficeInFolder) -> None:
    """Slots have more keys for an agent, status other ones; the page says which."""
    check_document("status-office", full_office.json("status"))
    slots = full_office.json("slots")
    assert slots["agent"] is None
    frame = DOCUMENTS["slots"]["days"][0]["frames"][0]
    assert set(slots["days"][0]["frames"][0]) == set(frame) - {"yours", "bookable"}


def test_documents_of_a_case_file(full_office: OfficeInFolder, tmp_path: Path) -> None:
    """A case file gives rows and counts, in the error document where nothing is booked."""
    file = tmp_path / "cases.csv"
    file.write_text(f"number,date,hour\nX-4,{DAY},9\nX-5,{DAY},12\n", "utf-8")
    book = ("book", "--from", str(file), "--agent", "A-1")
    refused = full_office.run(*book, "-f", "json")
    assert refused.out == ""
    rows = refused.error.pop("rows")
    assert_same_form([expand(DOCUMENTS["ROW"])], rows)
    error = refused.error
    more = set(error) - set(DOCUMENTS["error-refused"]["error"])
    assert more == {"rows", "counts", "bookable_from", "booked", "warnings"}
    assert set(error["counts"]) == set(DOCUMENTS["rows"]["counts"])
    outcome = full_office.run(*book, "--best-effort", "-f", "json")
    assert outcome.status == 3
    check_document("rows", outcome.json)
    folder = str(tmp_path / "confirmations")
    written = full_office.run(*book, "--best-effort", "--confirmations", folder, "-f", "json").json
    assert [f"{folder}/{row['reservation']}.txt" for row in written["rows"][:1]] == written.pop(
        "confirmations"
    )
    check_document("rows", written)
    check_document("plan", full_office.json("plan", str(file), "--agent", "A-1"))


def test_documents_of_a_file_of_changes(full_office: OfficeInFolder, tmp_path: Path) -> None:
    """A file of changes gives rows and counts, in the error document where it is refused."""
    file = tmp_path / "changes.csv"
    file.write_text("number,new\nX-1,X-9\n", "utf-8")
    amend = ("amend", "--from", str(file), "--office")
    refused = full_office.run(*amend, "-f", "json", now=f"{DAY}T12:00:00").error
    more = set(refused) - set(DOCUMENTS["error-refused"]["error"])
    assert more == {"rows", "counts", "warnings"}
    assert_same_form([expand(DOCUMENTS["changes"]["rows"][0])], refused["rows"])
    changed = full_office.json(*amend)
    file.write_text("number\nX-9\n", "utf-8")
    for document in (changed, full_office.json("cancel", "--from", str(file), "--office")):
        assert document["reservations"][0].pop("former") == ["X-1"]
        check_document("changes", document)


def test_documents_of_agents(full_office: OfficeInFolder, tmp_path: Path) -> None:
    """An import and an erasure, and what waits in the outbox."""
    full_office.json("verify", "send", "A-1")
    full_office.set("mail", "host", '"localhost"')
    check_document("mail-send", full_office.json("mail", "send", "-n"))
    file = tmp_path / "agents.csv"
    file.write_text(
        "id,氏名,職種,証明書番号,有効期限,メール\nB-1,名,attorney,C-9,2030-01-01,b@example.jp\n",
        "utf-8",
    )
    check_document("agents-changed", full_office.json("agent", "import", str(file)))
    full_office.json("agent", "erase", "B-1", "-y")
    check_document("agent-show", full_office.json("agent", "show", "B-1"))


def test_documents_of_the_office(full_office: OfficeInFolder) -> None:
    """What could not be restored, the clock, and what is in force."""
    full_office.json("office", "close", DAY, "--reason", "r", "-y")
    full_office.json("agent", "suspend", "A-1", "--reason", "r")
    opened = full_office.json("office", "reopen", DAY, "--restore")
    assert len(opened["not_restored"]) == 1
    check_document("office-day", opened)
    full_office.json("office", "maintenance", "--reason", "r", "--end", "2026-11-24T18:00")
    check_document("office-clock", full_office.json("office", "clock"))
    full_office.set("calendar", "openings", "[{date = 2026-12-05}]")
    full_office.json("office", "close", "2026-11-27", "--reason", "r", "-y")
    shown = full_office.json("office", "show")
    shown["settings"] = [s for s in shown["settings"] if s["name"] == "quota.reading"]
    check_document("office-show", shown)


def test_documents_of_the_desk(full_office: OfficeInFolder) -> None:
    """A visit that was announced late has that instant, too."""
    full_office.book(DAY, "11:00", "X-8")
    full_office.now = f"{DAY}T09:50"
    check_document("desk-sheet", full_office.json("desk", "sheet"))
    check_document("desk-arrive", full_office.json("desk", "arrive", "X-1"))
    check_document("reservation", full_office.json("desk", "collect", "X-1"))
    notice = full_office.json("desk", "late-notice", "X-8")
    assert notice["reservation"].pop("late_notice") == f"{DAY}T09:50:00+09:00"
    check_document("reservation", notice)


def test_documents_of_store_and_rules(full_office: OfficeInFolder, tmp_path: Path) -> None:
    """The store's check, the list of rules and a new store have the documents of the page."""
    rule = set(DOCUMENTS["rule"]["rule"])
    listed = full_office.json("rules", "list")
    assert listed["notice_version"] == "1"
    for found in listed["rules"]:
        assert (set(found) - {"recipients"}) | {"frames_left"} == rule
    made = run_command("init", str(tmp_path / "new"), "-f", "json")
    check_document("init", made.json)
    (full_office.store / "office.json").write_text("{}", "utf-8")
    checked = full_office.run("store", "check", "-f", "json")
    assert checked.status == 6
    assert checked.json["problems"]
    check_document("store-check", checked.json)


def test_documents_of_scenarios(full_office: OfficeInFolder, tmp_path: Path) -> None:
    """Running and recording scenarios give the documents of the page."""
    (number,) = (r["number"] for r in full_office.json("list")["reservations"])
    check_document("scenario-record", full_office.json("scenario", "record", number))
    path = tmp_path / "case.toml"
    steps = ("list", "cancel Y261125-0001-7 --office")
    lines = ['now = "2026-11-24T10:00:00"', *(f'[[step]]\nrun = "{run}"' for run in steps)]
    path.write_text("\n".join(lines), "utf-8")
    outcome = run_command("scenario", "run", str(path), "-f", "json")
    assert outcome.status == 3
    check_document("scenario-run", outcome.json)


def test_documents_of_copies(office: OfficeInFolder, tmp_path: Path) -> None:
    """Backups, restores, imports and the journal have the documents of the page."""
    office.book("+1", "10:00", "X-1")
    check_document("store-log", office.json("store", "log", "--op", "book"))
    made = office.json("store", "backup", str(tmp_path / "safe"))
    check_document("store-backup", made)
    restore = ("store", "restore", made["file"])
    check_document("store-restore", office.json(*restore, str(tmp_path / "a"), "-n"))
    check_document("store-restore", office.json(*restore, str(tmp_path / "a"), "-y"))
    imported = office.json("store", "import", made["file"], str(tmp_path / "b"))
    check_document("store-import", imported)
    copied = office.json("store", "copy", office.place, str(tmp_path / "c"))
    check_document("store-copy", copied)


def test_documents_of_upkeep(office: OfficeInFolder) -> None:
    """Repairs, purges and migrations have the documents of the page."""
    office.book("+1", "10:00", "X-1")
    (office.store / "office.json").unlink()
    check_document("store-repair", office.json("store", "check", "--repair"))
    office.now = "2026-12-10T10:00:00"
    check_document("store-purge", office.json("store", "purge", "--before", "2026-12-01", "-y"))
    check_document("store-migrate", office.json("store", "migrate"))


def test_details_of_a_refusal(full_office: OfficeInFolder) -> None:
    """The details that the page shows are those of its rule."""
    for hour in ("9", "11"):
        full_office.book(DAY, hour, f"X-{hour}")
    book = ("book", DAY, "13", "--agent", "A-1", "--case", "X-13")
    (refusal,) = full_office.run(*book, "-f", "json").error["refusals"]
    assert refusal["code"] == DOCUMENTS["F"]["code"] == "quota.frames"
    assert set(refusal["details"]) == set(DOCUMENTS["F"]["details"])


def test_every_document_is_checked() -> None:
    """No document stands on the page that no test compares with the program."""
    text = Path(__file__).read_text("utf-8")
    assert [name for name in DOCUMENTS.keys() - RECORDED if f'"{name}"' not in text] == []


def test_csv_columns(full_office: OfficeInFolder, tmp_path: Path) -> None:
    """CSV has the columns of the page, in their order."""
    file = tmp_path / "cases.csv"
    file.write_text(f"number,date,hour\nX-1,{DAY},10\n", "utf-8")
    changes = tmp_path / "changes.csv"
    changes.write_text("number,new\nX-1,X-1\n", "utf-8")
    lines = {
        "book DATE HOUR": ("list",),
        "plan": ("plan", str(file), "--agent", "A-1"),
        "amend --from": ("amend", "--from", str(changes), "--office"),
        "desk sheet": ("desk", "sheet"),
        "slots": ("slots",),
        "slots with": ("slots", "--agent", "A-1"),
        "agent list": ("agent", "list"),
        "report load": ("report", "load"),
        "report quota": ("report", "quota"),
        "report conduct": ("report", "conduct"),
        "store log": ("store", "log"),
        "rules list": ("rules", "list"),
    }
    rows = read_table(PAGE, "Commands", "Columns")
    assert len(rows) == len(lines)
    for row, (start, line) in zip(rows, lines.items(), strict=True):
        assert row[0].replace("`", "").startswith(start)
        outcome = full_office.run(*line, "-f", "csv")
        assert outcome.status == 0
        assert outcome.out.splitlines()[0].split(",") == codes(row[1])


def test_statuses() -> None:
    """The page names every status of a reservation and of a case."""
    assert set(codes(read_section(PAGE, "Reservations"))) >= {
        *Status.__args__,
        *CaseStatus.__args__,
    }


def test_fields_of_a_ledger_line() -> None:
    """Every field of a ledger line is explained, in its order."""
    rows = read_table(PAGE, "Field", "Meaning")
    assert [f.encode_name for f in msgspec.structs.fields(Line)] == [code(row[0]) for row in rows]

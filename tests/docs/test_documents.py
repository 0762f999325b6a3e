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


def assert_same_form(expected: Any, found: Any, where: str = "") -> None:
    """The same keys and kinds; R stands for that document, null is of any kind."""
    if expected is None or found is None:
        return
    if isinstance(expected, str) and expected.isupper():
        expected = DOCUMENTS.get(expected, expected)
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
    assert_same_form(DOCUMENTS[name], found, name)


RECORDED = {
    "reservation": "book book-dry-run amend show cancel cancel-again desk-late-notice",
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
    "report-quota report-conduct report-nightly error-store desk-sheet desk-arrive",
)
RECORDED |= {name: name for line in _SAME for name in line.split()}
"""The golden documents that have the form of one on the page, by its name."""


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_documents(name: str) -> None:
    """What the commands print, recorded by tests/cli/test_golden.py, is what the page shows."""
    for recorded in RECORDED[name].split():
        found = json.loads((GOLDEN / f"{recorded}.json").read_text("utf-8"))
        check_document(name, found["stdout"] or found["stderr"])


FILES = {
    "cases.csv": f"number,date,hour\nX-4,{DAY},9\nX-5,{DAY},12\n",
    "changes.csv": "number,new\nX-1,X-9\n",
    "cancelled.csv": "number\nX-9\n",
    "agents.csv": (
        "id,氏名,職種,証明書番号,有効期限,メール\nB-1,名,attorney,C-9,2030-01-01,b@example.jp\n"
    ),
    "play.toml": (
        'now = "2026-11-24T10:00:00"\n[[step]]\nrun = "list"\n'
        '[[step]]\nrun = "cancel Y261125-0001-7 --office"\n'
    ),
}


@pytest.fixture
def full_office(office: OfficeInFolder, tmp_path: Path) -> OfficeInFolder:
    office.book(DAY, "10:00", "X-1")
    office.set("mail", "host", '"localhost"')
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, "utf-8")
    return office


WALKS = {
    "what is in force": f"""
        status-office: status
        office close {DAY} --reason r -y
        agent suspend A-1 --reason r
        office-day: office reopen {DAY} --restore
        office maintenance --reason r --end 2026-11-24T18:00
        office-clock: office clock
    """,
    "the desk": f"""
        at {DAY}T09:50
        desk late-notice X-1
        desk-sheet: desk sheet
        desk arrive X-1
        reservation: desk collect X-1
    """,
    "agents and what waits": """
        verify send A-1
        mail-send: mail send -n
        agents-changed: agent import {folder}/agents.csv
        agent erase B-1 -y
        agent-show: agent show B-1
    """,
    "files": """
        plan: plan {folder}/cases.csv --agent A-1
        rows: book --from {folder}/cases.csv --agent A-1 --best-effort
        changes: amend --from {folder}/changes.csv --office
        changes: cancel --from {folder}/cancelled.csv --office
    """,
    "scenarios": """
        scenario-record: scenario record Y261125-0001-7
        scenario-run: scenario run {folder}/play.toml
    """,
    "copies": """
        store-log: store log --op book
        store-backup: store backup {folder}/safe
        store-restore: store restore {file} {folder}/a -n
        store-restore: store restore {file} {folder}/a -y
        store-import: store import {file} {folder}/b
        store-copy: store copy {place} {folder}/c
    """,
    "upkeep": """
        damage office.json
        store-check: store check
        lose office.json
        store-repair: store check --repair
        at 2026-12-10T10:00:00
        store-purge: store purge --before 2026-12-01 -y
        store-migrate: store migrate
    """,
}
"""Commands with the document that each prints, by its name; ``{file}`` is the backup."""


@pytest.mark.parametrize("walk", WALKS)
def test_printed_documents(full_office: OfficeInFolder, tmp_path: Path, walk: str) -> None:
    known = {"folder": str(tmp_path), "place": full_office.place}
    for line in WALKS[walk].strip().splitlines():
        name, _, command = line.strip().rpartition(": ")
        do, *words = command.format(**known).split()
        if do == "at":
            full_office.now = words[0]
        elif do == "damage":
            (full_office.store / words[0]).write_text("{}", "utf-8")
        elif do == "lose":
            (full_office.store / words[0]).unlink()
        else:
            outcome = full_office.run(do, *words, "-f", "json")
            assert name or outcome.status == 0, outcome
            known["file"] = outcome.json.get("file", known.get("file"))
        if name:
            check_document(name, outcome.json)


def test_documents_of_what_was_asked(full_office: OfficeInFolder, tmp_path: Path) -> None:
    """--explain adds the keys of the page, with row and agent in a file, and in an error."""
    page = DOCUMENTS["explained"]
    book = ("book", DAY, "11:00", "--case", "X-2", "--agent", "A-1", "--explain")
    entries = full_office.json(*book)
    check_document("explained", {**entries, "explain": entries["explain"][-3:-2]})
    change = full_office.json("amend", "X-1", "--replace", "X-1=X-9", "--explain", "--office")
    assert set(change) - {"warnings"} == set(page)
    cancel = full_office.json("cancel", "X-2", "--explain", "--agent", "A-1", "-n")
    for found in (*entries["explain"], *change["explain"], *cancel["explain"]):
        assert set(found) == set(page["explain"][0])
    file, options = str(tmp_path / "cases.csv"), ("--agent", "A-1", "--explain", "-f", "json")
    planned = full_office.run("plan", file, *options).json
    refused = full_office.run("book", "--from", file, *options)
    for found in (*planned["explain"], *refused.error["explain"]):
        assert set(found) == {*page["explain"][0], "row", "agent"}


def test_the_document_of_a_new_store(tmp_path: Path) -> None:
    check_document("init", run_command("init", str(tmp_path), "-f", "json").json)


def test_slots_have_more_keys_for_an_agent(full_office: OfficeInFolder) -> None:
    slots = full_office.json("slots")
    assert slots["agent"] is None
    frame = DOCUMENTS["slots"]["days"][0]["frames"][0]
    assert set(slots["days"][0]["frames"][0]) == set(frame) - {"yours", "bookable"}


def test_the_error_of_a_file_has_rows_and_counts(
    full_office: OfficeInFolder, tmp_path: Path
) -> None:
    """What is written beside the booking is named: confirmations."""
    book = ("book", "--from", str(tmp_path / "cases.csv"), "--agent", "A-1", "-f", "json")
    amend = ("amend", "--from", str(tmp_path / "changes.csv"), "--office", "-f", "json")
    refused = full_office.run(*book).error
    assert_same_form(["ROW"], refused["rows"])
    assert set(refused["counts"]) == set(DOCUMENTS["rows"]["counts"])
    late = full_office.run(*amend, now=f"{DAY}T12:00:00").error
    assert_same_form(DOCUMENTS["changes"]["rows"][:1], late["rows"])
    usual = {*DOCUMENTS["error-refused"]["error"], "rows", "counts", "warnings"}
    assert (usual | {"bookable_from", "booked"}, usual) == (set(refused), set(late))
    folder = str(tmp_path / "confirmations")
    written = full_office.run(*book, "--best-effort", "--confirmations", folder).json
    (number,) = (row["reservation"] for row in written["rows"] if row["reservation"])
    assert [f"{folder}/{number}.txt"] == written.pop("confirmations")
    check_document("rows", written)


def test_the_settings_in_force(full_office: OfficeInFolder) -> None:
    full_office.set("calendar", "openings", "[{date = 2026-12-05}]")
    full_office.json("office", "close", "2026-11-27", "--reason", "r", "-y")
    shown = full_office.json("office", "show")
    shown["settings"] = [s for s in shown["settings"] if s["name"] == "quota.reading"]
    check_document("office-show", shown)


def test_every_rule_of_the_list_has_the_keys_of_one(full_office: OfficeInFolder) -> None:
    listed = full_office.json("rules", "list")
    assert listed["notice_version"] == "1"
    for found in listed["rules"]:
        assert (set(found) - {"recipients"}) | {"frames_left"} == set(DOCUMENTS["rule"]["rule"])


def test_a_refusal_has_the_details_of_its_rule(full_office: OfficeInFolder) -> None:
    for hour in ("9", "11"):
        full_office.book(DAY, hour, f"X-{hour}")
    book = ("book", DAY, "13", "--agent", "A-1", "--case", "X-13")
    (refusal,) = full_office.run(*book, "-f", "json").error["refusals"]
    assert refusal["code"] == DOCUMENTS["F"]["code"] == "quota.frames"
    assert set(refusal["details"]) == set(DOCUMENTS["F"]["details"])


def test_every_document_of_the_page_is_compared_with_the_program() -> None:
    """In this file, or by a document that names it, such as R."""
    text = Path(__file__).read_text("utf-8")
    for name in DOCUMENTS.keys() - RECORDED.keys():
        where = PAGE if name.isupper() else text
        assert f'"{name}"' in where or f" {name}: " in where, name


def test_csv_has_the_columns_of_the_page_in_their_order(
    full_office: OfficeInFolder, tmp_path: Path
) -> None:
    lines = {
        "book DATE HOUR": "list",
        "plan": f"plan {tmp_path}/cases.csv --agent A-1",
        "amend --from": f"amend --from {tmp_path}/changes.csv --office",
        "desk sheet": "desk sheet",
        "slots": "slots",
        "slots with": "slots --agent A-1",
        "agent list": "agent list",
        "report load": "report load",
        "report quota": "report quota",
        "report conduct": "report conduct",
        "store log": "store log",
        "rules list": "rules list",
    }
    rows = read_table(PAGE, "Commands", "Columns")
    for row, (start, line) in zip(rows, lines.items(), strict=True):
        assert row[0].replace("`", "").startswith(start)
        outcome = full_office.run(*line.split(), "-f", "csv")
        assert outcome.out.splitlines()[0].split(",") == codes(row[1])


def test_the_page_names_every_status() -> None:
    named = set(codes(read_section(PAGE, "Reservations")))
    assert named >= {*Status.__args__, *CaseStatus.__args__}


def test_the_fields_of_a_ledger_line_in_their_order() -> None:
    rows = read_table(PAGE, "Field", "Meaning")
    assert [f.encode_name for f in msgspec.structs.fields(Line)] == [code(row[0]) for row in rows]

"""Every JSON document, compared with a file: what scripts rely on does not change unseen."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import OfficeInFolder, read_token

GOLDEN = Path(__file__).parent.parent / "golden"
CASES = ("--case", "横支更1", "--case", "横支変2,kind=change", "--case", "3,kind=permanent")
FILE = """\
申請番号,申請種別,受領区分,予約日,時刻,備考
横支更1,更新,ア,2026-11-25,10:00,already booked
横支資4,資格外,エ,2026-11-27,13:00,new
横支変5,変更,ア,2026-11-27,13:00,new
横支変6,変更,ア,2026-11-28,13:00,a Saturday
"""
OPEN = [
    "number,with,collect_by,kind,date,note",
    *(f"P-{n:02d},,,extension,," for n in range(1, 11)),
    "P-11,,2026-11-24,extension,,too late",
    "P-12,P-01,,reentry,,with its main case",
    "P-13,,,change,2026-11-30,on a day",
    "P-14,,,coe,,refused",
]


def record_documents(folder: Path) -> dict[str, Any]:
    office = OfficeInFolder(folder)
    found: dict[str, Any] = {}

    def keep(name: str, *arguments: str, now: str | None = None) -> Any:
        # Whose account runs the test is the machine's matter; documents show who did it.
        outcome = office.run(*arguments, "-f", "json", now=now, KOFUCLI_BY="root")
        document = json.loads(outcome.out) if outcome.out else None
        if document is not None:
            # Whether --now is near the machine's clock depends on when the test runs.
            document["warnings"] = [w for w in document.get("warnings", []) if "machine" not in w]
        found[name] = {
            "exit": outcome.status,
            "stdout": document,
            "stderr": json.loads(outcome.err) if outcome.err else None,
        }
        return found[name]["stdout"]

    values = ("--occupation", "scrivener", "--valid-until", "2030-03-31", "--accept-terms")
    person = ("--name", "山手花子", "--certificate", "行26-0417", "--email", "y@office.example.jp")
    keep("agent-add", "agent", "add", "--id", "A-1", *person, *values)
    keep("book-unverified", "book", "+1", "10:00", *CASES, "--agent", "A-1")
    sent = keep("verify-send", "verify", "send", "A-1")
    token = read_token(sent["outbox"])
    keep("verify-redeem", "verify", "redeem", token)
    keep("verify-redeem-again", "verify", "redeem", token)
    keep("slots-office", "slots")
    keep("book-dry-run", "book", "+1", "10:00", *CASES, "--agent", "A-1", "--dry-run")
    number = keep("book", "book", "+1", "10:00", *CASES, "--agent", "A-1")["reservation"]["number"]
    keep("slots-agent", "slots", "--agent", "A-1")
    keep("show", "show", number)
    keep("amend", "amend", number, "--drop", "3", "--replace", "横支変2=横支変22", "--agent", "A-1")
    keep("amend-adds", "amend", number, "--add", "9", "--agent", "A-1")
    path = folder / "open.csv"
    path.write_text("\n".join([*OPEN, ""]), "utf-8")
    office.add_agent("B-1")
    keep("plan", "plan", str(path), "--agent", "A-1")
    keep("plan-pool", "plan", str(path), "--agent", "A-1", "--agent", "B-1", "--hour", "9")
    path = folder / "cases.csv"
    path.write_text(FILE, "utf-8")
    keep("book-file-refused", "book", "--from", str(path), "--agent", "A-1")
    keep("book-file", "book", "--from", str(path), "--agent", "A-1", "--best-effort")
    keep("list", "list", "--agent", "A-1")
    keep("status-agent", "status", "--agent", "A-1")
    keep("status-office", "status")
    keep("confirmation", "confirmation", number)
    keep("cancel-late", "cancel", number, "--agent", "A-1", now="2026-11-24T12:00:00")
    keep("cancel", "cancel", number, "--agent", "A-1", now="2026-11-24T11:59:59")
    keep("cancel-again", "cancel", number, "--agent", "A-1", now="2026-11-24T12:00:00")
    keep("office-close", "office", "close", "2026-11-27", "--reason", "移転", "-y")
    keep("office-show", "office", "show")
    keep("office-reopen", "office", "reopen", "2026-11-27", "--restore")
    keep("office-maintenance", "office", "maintenance", "--reason", "点検")
    keep("book-maintenance", "book", "+2", "9", "--case", "7", "--agent", "A-1")
    keep("office-maintenance-over", "office", "maintenance", "--over")
    keep("agent-suspend", "agent", "suspend", "A-1", "--until", "2027-01-01", "--reason", "無断")
    keep("book-suspended", "book", "2026-11-21", "8", "--case", "7,kind=coe", "--agent", "A-1")
    keep("agent-reinstate", "agent", "reinstate", "A-1", "--reason", "誤り")
    keep("agent-edit", "agent", "edit", "A-1", "--phone", "045-000-0000")
    keep("agent-show", "agent", "show", "A-1")
    keep("agent-list", "agent", "list")
    keep("terms-accept", "terms", "accept", "--agent", "A-1")
    keep("rules-show", "rules", "show", "quota.frames")
    keep("report-load", "report", "load")
    keep("report-quota", "report", "quota")
    keep("report-conduct", "report", "conduct")
    keep("report-nightly", "report", "nightly", "-o", str(folder / "night"))
    keep("agent-export", "agent", "export", "A-1")
    keep("agent-erase", "agent", "erase", "B-1", "-y")
    keep("agent-erase-visits", "agent", "erase", "A-1", "-y")
    keep("notice", "notice")
    keep("terms-show", "terms", "show", "--easy")
    keep("store-check", "store", "check")
    keep("error-usage", "book", "+1", "--agent", "A-1")
    keep("error-input", "book", "+1", "10", "--case", "A B,kind=foo", "--agent", "A-1")
    keep("error-number", "show", "Y261125-0001-0")
    keep("error-not-found", "show", "Y261125-0099-G")
    keep("error-store", "slots", "--store", str(folder / "nowhere"))
    record_desk(office, keep)
    return found


def record_desk(office: OfficeInFolder, keep: Callable[..., Any]) -> None:
    day = "2026-11-26"
    office.add_agent("C-1")
    first = office.book(day, "10", "D-1", "D-2", agent="C-1")["number"]
    second = office.book(day, "11", "D-3", agent="C-1")["number"]
    keep("desk-late-notice", "desk", "late-notice", "D-1", now=f"{day}T08:30")
    keep("desk-sheet", "desk", "sheet", day, now=f"{day}T08:40")
    keep("desk-arrive", "desk", "arrive", first, now=f"{day}T09:50")
    collect = ("desk", "collect", first, "--not-handed", "D-2=papers")
    keep("desk-collect", *collect, now=f"{day}T10:10")
    late_cancel = ("desk", "late-cancel", "D-3", "--reason", "電話")
    keep("desk-late-cancel", *late_cancel, now=f"{day}T10:20")
    keep("desk-undo", "desk", "undo", second, "--reason", "誤り", now=f"{day}T10:21")
    keep("desk-arrive-late", "desk", "arrive", "D-3", now=f"{day}T12:00")
    keep("desk-close-day", "desk", "close-day", day, now=f"{day}T16:00")


def in_folder(document: str, folder: Path) -> str:
    """Return a JSON document with FOLDER for the folder, and slashes in the paths below it."""
    named = document.replace(json.dumps(str(folder), ensure_ascii=False)[1:-1], "FOLDER")
    return re.sub(r"FOLDER[^\s\"]*", lambda found: found[0].replace("\\\\", "/"), named)


@pytest.mark.files
def test_every_document_is_as_recorded(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """The machine output of every command is part of the contract."""
    documents = record_documents(tmp_path)
    text = {
        name: re.sub(
            r'"head": "[0-9]+:[0-9a-f]{64}"|"disk_free": [0-9]+|-[AB]-1-[0-9a-f]{12}(?=[.]eml)',
            lambda found: found[0].split(":")[0].rpartition("-")[0] + "...",
            in_folder(json.dumps(document, indent=2, ensure_ascii=False), tmp_path),
        )
        + "\n"
        for name, document in documents.items()
    }
    if request.config.getoption("--update-golden"):
        for old in GOLDEN.glob("*.json"):
            old.unlink()
        for name, content in text.items():
            (GOLDEN / f"{name}.json").write_text(content, "utf-8")
    assert {path.stem: path.read_text("utf-8") for path in GOLDEN.glob("*.json")} == text

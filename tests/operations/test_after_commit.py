"""Whatever fails after a commit, the change is shown with its document, and the exit is 7."""

from __future__ import annotations

import errno
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from kofucli.base import LockedError, Phrase, StoreError
from kofucli.cli import decision
from kofucli.cli.app import App
from kofucli.cli.booking import plan, terms
from kofucli.cli.laboratory import scenario
from kofucli.cli.office import agent
from kofucli.store.files.view import FileTransaction
from tests.conftest import OfficeInFolder, Outcome, run_command
from tests.reliability.crash.commands import COMMANDS, make_busy, make_start
from tests.store.support import full_arguments, is_whole, numbers_of, process_environment

DAMAGED = StoreError(
    "damaged",
    Phrase(
        "The store is damaged: {path}: {what}. Nothing was changed; "
        "'kofucli store check' shows everything.",
        path="private/A-1.json",
        what=Phrase("it is missing"),
    ),
)
LINE = ("book", "+1", "10:00", "--case", "X-1", "--agent", "A-1")
BOOK = (*LINE, "-f", "json")
FAILURES = [
    DAMAGED,
    LockedError(Phrase("Another process holds the store; waited for {seconds} s. ", seconds=1)),
    OSError(errno.EIO, os.strerror(errno.EIO)),
    MemoryError(),
    RuntimeError("a defect"),
    KeyboardInterrupt(),
]
"""What may fail after a commit, and says by itself that nothing was changed, or is a defect."""
EACH = pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)


def failing(error: BaseException) -> Callable[..., NoReturn]:
    def fail(*_: object, **__: object) -> NoReturn:
        raise error

    return fail


def told(outcome: Outcome) -> Any:
    """Return the document of a change after which something failed."""
    assert outcome.status == 7, outcome
    assert "Traceback" not in outcome.err
    message = outcome.error["message"]
    assert "othing was" not in message, message
    assert "defect of" not in message or "RuntimeError" in message
    return json.loads(outcome.out)


def test_rows_are_booked_though_no_confirmation_can_be_made(office: OfficeInFolder) -> None:
    office.add_agent("A-2")
    path = office.folder / "c.csv"
    path.write_text("number,date,hour\nK-1,2026-11-25,10:00\nK-2,2026-11-26,10:00\n", "utf-8")
    office.clear("private/A-2-")
    folder = office.folder / "CF"
    line = ("book", "--from", str(path), "--agent", "A-2", "--confirmations", str(folder))
    outcome = office.run(*line, "-f", "json")
    document = told(outcome)
    assert [row["reservation"] for row in document["rows"]] == numbers_of(office)
    assert len(numbers_of(office)) == 2
    assert document["confirmations"] == []
    assert "agent edit A-2" in outcome.error["message"]
    assert office.run(*line).status == 6  # nothing is changed by this one
    assert office.run(*line[:-2], "--again").status == 0


@EACH
def test_however_a_mail_fails_the_change_is_told_with_its_document(
    office: OfficeInFolder, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    number = office.book("+3", "10:00", "X-1", "X-2")["number"]
    late = office.book("+1", "10:00", "X-3")["number"]
    with monkeypatch.context() as patch:
        patch.setattr(decision, "mail_news", failing(error))
        patch.setattr(terms, "mail_link", failing(error))
        for line in (
            ("book", "+2", "10:00", "--case", "X-9", "--agent", "A-1"),
            ("amend", number, "--drop", "X-2", "--agent", "A-1"),
            ("cancel", number, "--agent", "A-1"),
            ("office", "close", "2026-11-26", "--reason", "点検", "-y"),
            ("office", "reopen", "2026-11-26", "--restore"),
            ("verify", "send", "A-1"),
        ):
            document = told(office.run(*line, "-f", "json"))
            assert document["changed"] is True, line
        call = ("desk", "late-cancel", late, "--reason", "本人から電話")
        undo = ("desk", "undo", late, "--reason", "読み違い")
        for line in (call, undo):
            told(office.run(*line, "-f", "json", now="2026-11-25T09:30:00"))
    assert is_whole(office)


@EACH
def test_however_a_file_fails_the_change_is_told_with_its_document(
    office: OfficeInFolder, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    path = office.folder / "c.csv"
    path.write_text("number,date,hour\nK-1,2026-11-25,10:00\n", "utf-8")
    office.add_agent("B-2")
    with monkeypatch.context() as patch:
        patch.setattr(plan, "write_into", failing(error))
        patch.setattr(scenario, "write_sketch", failing(error))
        patch.setattr(agent, "remove_files", failing(error))
        folder = str(office.folder / "CF")
        line = ("book", "--from", str(path), "--agent", "A-1", "--confirmations", folder)
        document = told(office.run(*line, "-f", "json"))
        assert document["rows"][0]["reservation"] == "Y261125-0001-7"
        sketch = str(office.folder / "s.toml")
        line = ("cancel", "Y261125-0001-7", "--agent", "A-1", "--scenario", sketch)
        assert told(office.run(*line, "-f", "json"))["changed"] is True
        line = ("agent", "erase", "B-2", "-y")
        assert told(office.run(*line, "-f", "json"))["changed"] is True
    assert office.run("agent", "erase", "B-2", "-y").status == 0
    assert is_whole(office)


@EACH
def test_without_a_result_the_message_has_the_number(
    office: OfficeInFolder, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(App, "show", failing(error))
        outcome = office.run(*BOOK)
    assert outcome.status == 7, outcome
    message = outcome.error["message"]
    assert "othing was" not in message
    assert re.findall(r"Y26[-\w]*", message) == numbers_of(office) == ["Y261125-0001-7"]


def test_with_v_a_defect_after_a_change_is_traced(
    office: OfficeInFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decision, "mail_news", failing(RuntimeError("a defect")))
    outcome = office.run(*LINE, "-v")
    assert outcome.status == 7
    assert "Traceback" in outcome.err
    assert "a defect" in outcome.err


def test_a_result_without_its_file_goes_to_standard_output(office: OfficeInFolder) -> None:
    missing = ("-o", str(office.folder / "nowhere" / "out.json"))
    assert told(office.run(*BOOK, *missing))["reservation"]["number"] == "Y261125-0001-7"
    read = office.run("list", "-f", "json", *missing)
    assert (read.status, read.out) == (7, "")


@pytest.mark.files
@pytest.mark.parametrize("error", [DAMAGED, MemoryError(), OSError(errno.EIO, "no")], ids=repr)
def test_whatever_fails_at_a_document_the_next_change_writes_it(
    office: OfficeInFolder, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(FileTransaction, "make_document", failing(error))
        outcome = office.run(*BOOK)
    assert outcome.status == 0, outcome
    assert "The change is recorded" in "".join(outcome.json["warnings"])
    assert office.run("verify", "send", "A-1").status == 0
    assert is_whole(office)


def test_what_fails_before_the_commit_changes_nothing(
    office: OfficeInFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = office.bytes()
    with monkeypatch.context() as patch:
        patch.setattr("kofucli.operations.booking.book._describe_visits", failing(DAMAGED))
        outcome = office.run(*BOOK)
    assert (outcome.status, outcome.out) == (6, "")
    assert office.bytes() == before


def test_a_dry_run_has_no_commit_so_its_failures_stay_what_they_are(
    office: OfficeInFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(App, "show", failing(DAMAGED))
    assert office.run(*LINE, "-n").status == 6


def test_with_standard_output_closed_the_message_has_the_number(office: OfficeInFolder) -> None:
    closed = "import sys; from kofucli.__main__ import run; sys.stdout = None; run()"
    done = subprocess.run(
        [sys.executable, "-c", closed, *full_arguments(office, *BOOK)],
        capture_output=True,
        check=False,
        timeout=120,
        env=process_environment(),
    )
    assert done.returncode == 7, done
    assert numbers_of(office)[0] in json.loads(done.stderr)["error"]["message"]


def test_where_several_things_fail_the_message_names_each(
    office: OfficeInFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = str(office.folder / "nowhere" / "out.json")
    full = OSError(errno.ENOSPC, "full")
    monkeypatch.setattr(type(office.open()), "write_mail", failing(full))
    message = office.run(*BOOK, "-o", missing).error["message"]
    assert missing in message
    assert "--send" in message


_SILENT = {"confirmation --send", "mail send", "store backup", "book --from"}
"""Commands that commit nothing, and one that is asked above."""


@pytest.mark.deep
def test_every_command_tells_that_its_change_stands(
    office: OfficeInFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_busy(tmp_path / "busy", office.server)
    for at, command in enumerate(COMMANDS):
        if command.name in _SILENT or command.repairs or command.stdin:
            continue
        if command.makes and office.server is not None:  # its line makes a folder of a folder
            continue
        start = make_start(tmp_path / "busy", tmp_path / str(at), command, server=office.server)
        with monkeypatch.context() as patch:
            patch.setattr(App, "show", failing(DAMAGED))
            outcome = run_command(*start.full_line)
        assert outcome.status == 7, (command.name, outcome)
        assert "othing was changed" not in outcome.err, (command.name, outcome)

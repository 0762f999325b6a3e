"""Whatever fails after a commit, the change is shown with its document, and the exit is 7."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from kofucli.base.errors import LockedError, Phrase, StoreError
from kofucli.cli import decision, recording
from kofucli.cli.app import App
from kofucli.cli.booking import plan, terms
from kofucli.cli.office import agent
from kofucli.store.files.view import FileTransaction
from tests.conftest import OfficeInFolder, Outcome, run_command
from tests.reliability.crash.commands import COMMANDS, make_busy, make_start
from tests.store.support import (
    full_arguments,
    is_whole,
    numbers_of,
    process_environment,
)

DAMAGED = StoreError(
    "damaged",
    Phrase(
        "The store is damaged: {path}: {what}. Nothing was changed; "
        "'kofucli store check' shows everything.",
        path="private/A-1.json",
        what=Phrase("it is missing"),
    ),
)
BOOK = ("book", "+1", "10:00", "--case", "X-1", "--agent", "A-1", "-f", "json")
FAILURES = [
    DAMAGED,
    LockedError(Phrase("Another process holds the store; waited for {seconds} s. ", seconds=1)),
    OSError(errno.EIO, os.strerror(errno.EIO)),
    MemoryError(),
    RuntimeError("a defect"),
    KeyboardInterrupt(),
]
"""What may fail after a commit, and says by itself that nothing was changed, or is a defect."""


def failing(error: BaseException) -> Callable[..., NoReturn]:
    """Return a function that fails."""

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


def test_lost_values_after_a_booking_from_a_file(office: OfficeInFolder) -> None:
    """The rows are booked, their numbers are printed, the confirmations are missing: exit 7."""
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
    again = office.run(*line)
    assert again.status == 6, again  # nothing is changed by this one
    table = office.run(*line[:-2], "--again")
    assert table.status == 0, table


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
def test_mail_that_fails(
    office: OfficeInFolder, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    """However a mail fails, the change is told with its document: of every command that mails."""
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


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
def test_file_that_fails(
    office: OfficeInFolder, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    """Confirmations, scenarios, and the files of an erased agent: the document is there."""
    path = office.folder / "c.csv"
    path.write_text("number,date,hour\nK-1,2026-11-25,10:00\n", "utf-8")
    office.add_agent("B-2")
    with monkeypatch.context() as patch:
        patch.setattr(plan, "write_into", failing(error))
        patch.setattr(recording, "write_sketch", failing(error))
        patch.setattr(agent, "remove_files", failing(error))
        folder = str(office.folder / "CF")
        line = ("book", "--from", str(path), "--agent", "A-1", "--confirmations", folder)
        document = told(office.run(*line, "-f", "json"))
        assert document["rows"][0]["reservation"] == "Y261125-0001-7"
        scenario = str(office.folder / "s.toml")
        line = ("cancel", "Y261125-0001-7", "--agent", "A-1", "--scenario", scenario)
        assert told(office.run(*line, "-f", "json"))["changed"] is True
        line = ("agent", "erase", "B-2", "-y")
        assert told(office.run(*line, "-f", "json"))["changed"] is True
    assert office.run("agent", "erase", "B-2", "-y").status == 0
    assert is_whole(office)


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
def test_result_that_cannot_be_shown(
    office: OfficeInFolder, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    """Where not even the result can be made, the message has the number."""
    with monkeypatch.context() as patch:
        patch.setattr(App, "show", failing(error))
        outcome = office.run(*BOOK)
        assert outcome.status == 7, outcome
        assert numbers_of_message(outcome) == ["Y261125-0001-7"]
    assert numbers_of(office) == ["Y261125-0001-7"]


def numbers_of_message(outcome: Outcome) -> list[str]:
    """Return the reservation numbers in an error's message."""
    words = outcome.error["message"].replace("(", " ").replace(")", " ").replace(",", " ").split()
    assert "othing was" not in outcome.error["message"]
    return [word for word in words if word.startswith("Y26")]


def test_defect_after_a_change_is_traced(
    office: OfficeInFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With -v a defect that follows a change is shown, as any other."""
    line = ("book", "+1", "10:00", "--case", "X-1", "--agent", "A-1", "-v")
    monkeypatch.setattr(decision, "mail_news", failing(RuntimeError("a defect")))
    outcome = office.run(*line)
    assert outcome.status == 7
    assert "Traceback" in outcome.err
    assert "a defect" in outcome.err


def test_output_file_that_cannot_be_written(office: OfficeInFolder) -> None:
    """The document goes to standard output then: its number is said once."""
    outcome = office.run(*BOOK, "-o", str(office.folder / "nowhere" / "out.json"))
    assert told(outcome)["reservation"]["number"] == "Y261125-0001-7"
    read = office.run("list", "-f", "json", "-o", str(office.folder / "nowhere" / "out.json"))
    assert (read.status, read.out) == (7, "")


@pytest.mark.files
@pytest.mark.parametrize("error", [DAMAGED, MemoryError(), OSError(errno.EIO, "no")], ids=repr)
def test_document_that_cannot_be_written(
    office: OfficeInFolder, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """Whatever fails at a document, the change is done and the next one writes it: exit 0."""
    with monkeypatch.context() as patch:
        patch.setattr(FileTransaction, "make_document", failing(error))
        outcome = office.run(*BOOK)
    assert outcome.status == 0, outcome
    assert "The change is recorded" in "".join(outcome.json["warnings"])
    assert office.run("verify", "send", "A-1").status == 0
    assert is_whole(office)


def test_what_is_asked_before_the_commit_changes_nothing(
    office: OfficeInFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Notes that read the store are made before the commit: where they fail nothing is booked."""
    before = office.bytes()
    with monkeypatch.context() as patch:
        patch.setattr("kofucli.operations.booking.book._describe_visits", failing(DAMAGED))
        outcome = office.run(*BOOK)
    assert (outcome.status, outcome.out) == (6, "")
    assert office.bytes() == before


def test_dry_run_changes_nothing_whatever_fails(
    office: OfficeInFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dry run has no commit, so its failures stay what they are."""
    line = ("book", "+1", "10:00", "--case", "X-1", "--agent", "A-1", "-n")
    with monkeypatch.context() as patch:
        patch.setattr(App, "show", failing(DAMAGED))
        assert office.run(*line).status == 6


def test_closed_output_leaves_the_number(office: OfficeInFolder) -> None:
    """With standard output closed, or nobody who reads it, the message has the number."""
    command = [sys.executable, "-c", _CLOSED, *full_arguments(office, *BOOK)]
    done = subprocess.run(
        command, capture_output=True, check=False, timeout=120, env=process_environment()
    )
    assert done.returncode == 7, done
    message = json.loads(done.stderr)["error"]["message"]
    assert numbers_of(office)[0] in message


_CLOSED = """
import sys
from kofucli.__main__ import run
sys.stdout = None
run()
"""
"""A command whose standard output is closed from the beginning."""


def test_last_thing_said_has_every_failure(
    office: OfficeInFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where several things fail, the message names each."""
    missing = str(office.folder / "nowhere" / "out.json")
    line = ("book", "+1", "10:00", "--case", "X-1", "--agent", "A-1", "-f", "json", "-o", missing)
    with monkeypatch.context() as patch:
        patch.setattr(type(office.open()), "write_mail", failing(OSError(errno.ENOSPC, "full")))
        message = office.run(*line).error["message"]
    assert missing in message
    assert "--send" in message


_SILENT = {"confirmation --send", "mail send", "store backup", "book --from"}
"""Commands that commit nothing, and one that is asked above."""


@pytest.mark.deep
def test_every_command_that_writes_tells_that_its_change_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever command it is: where its result cannot be shown, it is 7, and 'nothing' unsaid."""
    make_busy(tmp_path / "busy")
    for at, command in enumerate(COMMANDS):
        if command.name in _SILENT or command.repairs or command.stdin:
            continue
        start = make_start(tmp_path / "busy", tmp_path / str(at), command)
        with monkeypatch.context() as patch:
            patch.setattr(App, "show", failing(DAMAGED))
            outcome = run_command(*start.full_line)
        assert outcome.status == 7, (command.name, outcome)
        assert "othing was changed" not in outcome.err, (command.name, outcome)

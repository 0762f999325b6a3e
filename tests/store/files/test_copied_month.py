"""A copy of a month of the ledger under a later month: nothing is appended to it."""

from __future__ import annotations

import shutil

from tests.conftest import OfficeInFolder
from tests.store.support import booking, expect_failure, ledger_file


def test_nothing_is_appended_to_a_copy(busy_office: OfficeInFolder) -> None:
    """The line would continue nothing, and no repair could mend that."""
    month = ledger_file(busy_office.store)
    copy = month.with_name("2026-12.jsonl")
    shutil.copy(month, copy)
    before, listed = busy_office.bytes(), busy_office.run("list").out
    expect_failure(busy_office, "damaged", *booking("14:00"))
    assert busy_office.bytes() == before
    assert busy_office.run("store", "check").status == 6
    copy.unlink()
    assert busy_office.run("list").out == listed
    assert busy_office.run(*booking("14:00")).status == 0
    assert busy_office.run("store", "check").status == 0


def test_a_clock_that_went_back_is_no_copy(busy_office: OfficeInFolder) -> None:
    """Its lines go to the newest file, with their own numbers."""
    busy_office.run("agent", "suspend", "B-2", "--reason", "x", now="2026-12-01T10:00")
    for reason in ("a", "b"):
        assert busy_office.run("agent", "suspend", "B-2", "--reason", reason).status == 0
    assert busy_office.run("store", "check").status == 0

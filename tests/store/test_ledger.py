"""The ledger: a line a transaction, chained, in order, and nothing personal in it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from datetime import date
from pathlib import Path
from unittest.mock import Mock

import pytest

from kofucli.store.integrity.check import check
from kofucli.store.ledger import GENESIS, account_name
from tests.conftest import OfficeInFolder
from tests.store.support import (
    DAY,
    booking,
    expect_failure,
    files_of,
    ledger_file,
    ledger_of,
    make_reservation,
    make_store,
    put_reservations,
    reopen,
)


def test_every_line_carries_the_hash_of_the_line_before(busy: OfficeInFolder) -> None:
    prev = "0" * 64
    lines = busy.ledger()
    for raw in lines:
        assert json.loads(raw)["prev"] == prev
        prev = hashlib.sha256(raw).hexdigest()
    assert busy.json("store", "check")["head"] == f"{len(lines)}:{prev}"


def test_one_line_a_transaction_says_when_who_and_what(office: OfficeInFolder) -> None:
    """What is refused, a dry run, and what is so already leave no line."""
    before = len(ledger_of(office.store))
    number = office.book("+1", "10:00", "X-1")["number"]
    assert office.run(*booking("11:00", "X-1")).status == 3
    assert office.run(*booking("11:00", "X-2"), "-n").status == 0
    assert office.json("terms", "accept", "--agent", "A-1")["changed"] is False
    office.json("amend", number, "--replace", "X-1=X-2", "--agent", "A-1")
    office.json("cancel", number, "--agent", "A-1", "--by", "受付 一郎")
    lines = ledger_of(office.store)
    assert [line["n"] for line in lines] == list(range(1, before + 4))
    assert [line["op"] for line in lines[before:]] == ["book", "amend", "cancel"]
    assert lines[-1]["at"] == "2026-11-24T10:00:00+09:00"
    assert lines[-1]["actor"] == {"by": "受付 一郎", "agent": "A-1"}
    assert lines[-1]["account"] == account_name()
    assert lines[-1]["clock"].endswith("+09:00")


def test_account_without_a_name_is_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("USERNAME", raising=False)
    monkeypatch.setattr("pwd.getpwuid", Mock(side_effect=KeyError))
    assert account_name() == f"uid {os.getuid()}"


def test_replaced_personal_values_are_removed(office: OfficeInFolder) -> None:
    """Agents whose ids begin alike keep theirs."""
    for agent_id in ("A", "A-1-B", "A-10"):
        office.add_agent(agent_id, verify=False)
    office.json("agent", "edit", "A-1", "--name", "次の名", "--phone", "055-9")
    office.json("agent", "edit", "A", "--name", "別の名")
    private = files_of(office.store / "private")
    assert len(private) == 4
    assert not any('代理 A-1"'.encode() in data for data in private.values())
    names = [agent["name"] for agent in office.json("agent", "list")["agents"]]
    assert names == ["別の名", "次の名", "代理 A-1-B", "代理 A-10"]
    assert office.json("store", "check")["ok"]


def test_same_personal_values_have_different_names(office: OfficeInFolder) -> None:
    names = set()
    for agent in ("C-3", "C-4"):
        office.add_agent(agent, name="同じ", phone="055")
        (record,) = json.loads((office.store / f"agents/{agent}.json").read_bytes())["records"]
        (path,) = (office.store / "private").glob(f"{agent}-{record['personal']}.json")
        assert hashlib.sha256(path.read_bytes()).hexdigest()[:32] == record["personal"]
        names.add(record["personal"])
    assert len(names) == 2


def test_line_goes_to_the_newest_file_when_now_goes_back(tmp_path: Path) -> None:
    store = make_store(tmp_path, now="2026-12-01T00:00:00")
    put_reservations(store, make_reservation(1), now="2026-11-24T10:00:00")
    put_reservations(store, make_reservation(2), now="2026-12-02T10:00:00")
    assert [path.name for path in (tmp_path / "store" / "ledger").iterdir()] == ["2026-12.jsonl"]
    assert [line["n"] for line in ledger_of(tmp_path / "store")] == [1, 2, 3]
    assert check(reopen(tmp_path / "store")).ok


def test_earlier_now_is_warned_of(office: OfficeInFolder) -> None:
    """It is only a warning: two machines' clocks differ."""
    outcome = office.run(*booking("10:00"), "-f", "json", now="2026-11-24T09:00:00")
    assert outcome.status == 0
    assert any("earlier" in warning for warning in outcome.json["warnings"])
    later = office.run(*booking("11:00"), "-f", "json", now="2026-11-24T11:00:00")
    assert not any("earlier" in warning for warning in later.json["warnings"])


def test_tail_is_found_behind_long_lines(tmp_path: Path) -> None:
    store = make_store(tmp_path, now="2026-11-24T10:00:00")
    big = [make_reservation(n, note="長" * 1000) for n in range(1, 100)]
    for put, count in ((big, 99), (big, 99), ([make_reservation(100)], 100)):
        put_reservations(store, *put, now="2026-12-01T10:00:00")
        assert len(reopen(tmp_path / "store").read(lambda view: dict(view.day(DAY)))) == count
    assert check(reopen(tmp_path / "store")).ok


def test_newest_file_without_a_line_hides_no_older_one(office: OfficeInFolder) -> None:
    """The nightly check reads the newest lines there are."""
    expected = [raw for _, _, raw in reopen(office.store).lines()]
    (office.store / "ledger" / "2026-12.jsonl").write_bytes(b"")
    before, lines = reopen(office.store).lines_from(date(2026, 12, 1))
    assert [raw for _, _, raw in lines] == expected
    assert before == GENESIS


@pytest.mark.files
def test_nothing_is_appended_to_a_copied_month(busy: OfficeInFolder) -> None:
    """The line would continue nothing, and no repair could mend that."""
    month = ledger_file(busy.store)
    copy = month.with_name("2026-12.jsonl")
    shutil.copy(month, copy)
    before, listed = busy.bytes(), busy.run("list").out
    expect_failure(busy, "damaged", *booking("14:00"))
    assert busy.bytes() == before
    assert busy.run("store", "check").status == 6
    copy.unlink()
    assert busy.run("list").out == listed
    assert busy.run(*booking("14:00")).status == 0
    assert busy.run("store", "check").status == 0

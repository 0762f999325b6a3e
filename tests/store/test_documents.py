"""What is put into a store comes back, in both forms, and always as the same bytes."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from kofucli.base.clock import parse_instant
from kofucli.model import Maintenance, OfficeRecord, RecordedSettings
from kofucli.store import Store
from kofucli.store.documents import DocumentError, decode, kind_of
from tests.conftest import OfficeInFolder
from tests.store.support import (
    DAY,
    OTHER_DAY,
    PERSONAL,
    make_notice,
    make_reservation,
    make_store,
    put_agent,
    put_reservations,
    reopen,
    stamp,
    with_checksum,
)

CODECS = pytest.mark.parametrize("codec", ["json", "toml"])


def _read(path: Path) -> Any:
    data = path.read_bytes()
    return json.loads(data) if path.suffix == ".json" else tomllib.loads(data.decode())


@CODECS
def test_reservations_come_back(tmp_path: Path, codec: str) -> None:
    store = make_store(tmp_path, codec)
    first, second = make_reservation(2), make_reservation(1, note='"理由"\n\\ \t\u2028')
    ended = replace(first, status="cancelled", ended_at=parse_instant("2026-11-24T10:00:01.5"))
    put_reservations(store, first, second)
    put_reservations(store, ended)
    found = reopen(tmp_path / "store").read(lambda view: dict(view.day(DAY)))
    assert list(found.values()) == [ended, second]
    assert list(found) == [first.number, second.number]


@CODECS
def test_agents_and_personal_values_come_back(tmp_path: Path, codec: str) -> None:
    store = make_store(tmp_path, codec)
    later, first = put_agent(store, "B-2"), put_agent(store, "A-1")
    again = reopen(tmp_path / "store")
    assert again.read(lambda view: list(view.agents())) == [first, later]
    assert again.read(lambda view: view.agent("A-1")) == first
    assert again.read(lambda view: view.agent("C-3")) is None
    assert again.read(lambda view: view.personal(later)) == PERSONAL


@CODECS
def test_office_records_come_back(tmp_path: Path, codec: str) -> None:
    store = make_store(tmp_path, codec)
    records: list[OfficeRecord] = [
        make_notice(),
        Maintenance("maintenance", parse_instant("2026-11-24T10:00:00"), reason="停電"),
        RecordedSettings("settings", {"quota": {"frames": 3, "reading": "main", "list": ["a"]}}),
    ]
    with store.transaction("office", stamp()) as transaction:
        for record in records:
            transaction.put_office(record)
    found = reopen(tmp_path / "store").read(lambda view: dict(view.office()))
    assert list(found.values()) == records
    assert list(found) == [OTHER_DAY.isoformat(), "maintenance", "settings"]


@CODECS
def test_document_says_which_line_it_includes(tmp_path: Path, codec: str) -> None:
    """A document's n is that of the last line that changed it, not of the last line."""
    store = make_store(tmp_path, codec)
    put_reservations(store, make_reservation())
    put_reservations(store, make_reservation(day=OTHER_DAY))
    days = tmp_path / "store" / "days" / "2026"
    assert _read(days / f"{DAY}.{codec}")["n"] == 2
    assert _read(days / f"{OTHER_DAY}.{codec}")["n"] == 3
    assert _read(days / f"{DAY}.{codec}")["format"] == 1


@CODECS
def test_day_without_document_is_empty(tmp_path: Path, codec: str) -> None:
    store = make_store(tmp_path, codec)
    assert store.read(lambda view: dict(view.day(DAY))) == {}
    assert store.read(lambda view: list(view.days(None))) == []
    assert store.read(lambda view: list(view.days(DAY))) == []
    assert list((tmp_path / "store" / "days" / "2026").iterdir()) == []


@CODECS
def test_days_with_reservations_are_found(tmp_path: Path, codec: str) -> None:
    store = make_store(tmp_path, codec)
    far = OTHER_DAY.replace(year=2027)
    put_reservations(store, *(make_reservation(day=day) for day in (DAY, OTHER_DAY, far)))
    listed = store.read(lambda view: list(view.days(None)))
    assert listed == [DAY, OTHER_DAY, far]
    assert store.read(lambda view: list(view.days(DAY, OTHER_DAY))) == [DAY, OTHER_DAY]
    assert store.read(lambda view: list(view.days(OTHER_DAY))) == [OTHER_DAY, far]
    assert store.read(lambda view: list(view.days(None, DAY))) == [DAY]
    assert store.read(lambda view: list(view.days(far, DAY))) == []


@pytest.mark.files
@pytest.mark.parametrize("store_format", ["json", "toml"])
def test_office_works_in_both_forms(tmp_path: Path, store_format: str) -> None:
    office = OfficeInFolder(tmp_path, store_format)
    office.set("calendar", "closures", '[{ date = 2026-12-28, reason = "移転" }]')
    office.add_agent(name='"甲" \\府', phone="055-0")
    number = office.book("+1", "10:00", "X-1", "X-2,collect_by=2026-12-24")["number"]
    office.json("amend", number, "--drop", "X-1", "--agent", "A-1")
    office.json("office", "close", "+2", "--reason", "点検", "-y")
    shown = office.json("show", number)["reservation"]
    assert [case["number"] for case in shown["cases"]] == ["X-2", "X-1"]
    assert office.json("agent", "show", "A-1")["agent"]["name"] == '"甲" \\府'
    assert office.json("store", "check")["ok"]
    documents = [n for n in office.bytes() if n.startswith(("days/", "agents/", "office."))]
    assert {Path(n).suffix for n in documents} == {f".{store_format}"}


@pytest.mark.parametrize(
    "name",
    [
        "days/2026-11-25/../../x",
        "days/2026-1-5",
        "agents/../store",
        "agents/a",
        "agents/" + "A" * 33,
        "store",
        "",
    ],
)
def test_no_path_is_made_of_a_strange_name(name: str) -> None:
    with pytest.raises(DocumentError):
        kind_of(name)


@CODECS
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"[" * 100_000,
        b"{}",
        b'{"sum":"00000000","format":2,"n":1,"records":[]}\n',
        b'{"sum":"00000000","format":1,"n":1,"records":[],"more":1}\n',
        b'sum = "00000000"\nformat = 2\nn = 1\nrecords = []\n',
        b'sum = "00000000"\nformat = 1\nn = 1\nrecords = [{}]\n',
    ],
)
def test_damaged_document_is_named_as_such(codec: Any, data: bytes) -> None:
    with pytest.raises(DocumentError):
        decode(with_checksum(data), "office", codec)


def test_reading_runs_again_only_when_needed(tmp_path: Path) -> None:
    store: Store = make_store(tmp_path)
    runs = []
    store.read(lambda view: runs.append(view.day(DAY)))
    assert len(runs) == 1

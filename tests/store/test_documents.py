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
from kofucli.store.documents import DocumentError, decode, kind_of
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


@CODECS
def test_what_is_put_comes_back(tmp_path: Path, codec: str) -> None:
    """Records come back in their order, and a document's n is that of the last line that put it."""
    store = make_store(tmp_path, codec)
    first, second = make_reservation(2), make_reservation(1, note='"理由"\n\\ \t\u2028')
    ended = replace(first, status="cancelled", ended_at=parse_instant("2026-11-24T10:00:01.5"))
    office: list[OfficeRecord] = [
        make_notice(),
        Maintenance("maintenance", parse_instant("2026-11-24T10:00:00"), reason="停電"),
        RecordedSettings("settings", {"quota": {"frames": 3, "reading": "main", "list": ["a"]}}),
    ]
    put_reservations(store, first, second)
    later, agent = put_agent(store, "B-2"), put_agent(store, "A-1")
    with store.transaction("office", stamp()) as transaction:
        transaction.put_reservation(ended)
        for record in office:
            transaction.put_office(record)
    again = reopen(tmp_path / "store")
    assert again.read(lambda view: [*view.day(DAY).items()]) == [
        (ended.number, ended),
        (second.number, second),
    ]
    assert again.read(lambda view: list(view.agents())) == [agent, later]
    assert again.read(lambda view: (view.agent("A-1"), view.agent("C-3"))) == (agent, None)
    assert again.read(lambda view: view.personal(later)) == PERSONAL
    found = again.read(lambda view: dict(view.office()))
    assert list(found.values()) == office
    assert list(found) == [OTHER_DAY.isoformat(), "maintenance", "settings"]
    for file, n in ((f"days/2026/{DAY}", 5), ("agents/A-1", 4)):
        data = (tmp_path / "store" / f"{file}.{codec}").read_bytes()
        document = json.loads(data) if codec == "json" else tomllib.loads(data.decode())
        assert (document["n"], document["format"]) == (n, 1)


@CODECS
def test_days_with_reservations_are_found(tmp_path: Path, codec: str) -> None:
    store = make_store(tmp_path, codec)
    far = OTHER_DAY.replace(year=2027)
    assert store.read(lambda view: (view.day(DAY), [*view.days(None)])) == ({}, [])
    put_reservations(store, *(make_reservation(day=day) for day in (DAY, OTHER_DAY, far)))
    for since, until, days in (
        (None, None, [DAY, OTHER_DAY, far]),
        (DAY, OTHER_DAY, [DAY, OTHER_DAY]),
        (OTHER_DAY, None, [OTHER_DAY, far]),
        (None, DAY, [DAY]),
        (far, DAY, []),
    ):
        assert store.read(lambda view, a=since, b=until: list(view.days(a, b))) == days


@pytest.mark.parametrize(
    "name",
    [
        *("days/2026-11-25/../../x", "days/2026-1-5", "agents/../store", "agents/a"),
        *("agents/" + "A" * 33, "store", ""),
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
        *(b"{}", b"{", b"null"),
        b'{"sum":"00000000","format":1,"n":11,"records":[{"number":7}]}\n',
        b'{"sum":"00000000","format":1,"n":"11","records":[]}\n',
        b'{"sum":"00000000","format":2,"n":1,"records":[]}\n',
        b'{"sum":"00000000","format":1,"n":1,"records":[],"more":1}\n',
        b'sum = "00000000"\nformat = 2\nn = 1\nrecords = []\n',
        b'sum = "00000000"\nformat = 1\nn = 1\nrecords = [{}]\n',
    ],
)
def test_damaged_document_is_named_as_such(codec: Any, data: bytes) -> None:
    with pytest.raises(DocumentError):
        decode(with_checksum(data), "office", codec)

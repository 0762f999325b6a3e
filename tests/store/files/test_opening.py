"""Opening a store that is not there, not ours or not readable; making one, whole or not at all."""

from __future__ import annotations

import errno
import itertools
import json
import os
import shutil
from pathlib import Path

import pytest

from kofucli.base import StoreError
from kofucli.store.integrity.check import check
from tests.conftest import NOW, OfficeInFolder, Outcome, run_command
from tests.store.harm import Harm, edit, remove, write
from tests.store.support import (
    booking,
    everything_in,
    expect_failure,
    failing,
    is_whole,
    make_store,
    reopen,
)


@pytest.mark.parametrize("there", [False, True])
def test_missing_store_names_init(office: OfficeInFolder, there: bool) -> None:
    """An empty folder is a missing store, too."""
    shutil.rmtree(office.store)
    if there:
        office.store.mkdir()
    for command in (["slots"], booking(), ["store", "check"]):
        message = expect_failure(office, "missing", *command)
        assert "kofucli init" in message
        assert str(office.store) in message
    assert office.store.exists() is there
    assert office.run("slots", "--store", str(office.config / "store")).status == 6
    assert run_command("init", str(office.folder), "--now", NOW).status == 0
    assert office.run("slots").status == 0


LOST = ("store.json", "office.json", "days/", "agents/", "private/", "ledger/", "outbox/")
LEDGER = "ledger/2026-11.jsonl"


@pytest.mark.parametrize(
    "harm", [*map(remove, (*LOST, LEDGER)), write(LEDGER, b"")], ids=[*LOST, LEDGER, "empty ledger"]
)
def test_store_that_lost_a_part_is_damaged_and_not_missing(
    office: OfficeInFolder, harm: Harm
) -> None:
    """Even an empty store has all of these, and a first line."""
    harm(office.store)
    for command in (["slots"], booking()):
        expect_failure(office, "damaged", *command)
    assert office.run("store", "check").status == 6


@pytest.mark.parametrize(
    ("number", "reason"), [(b"3,", "newer"), (b'3,"more":"keys",', "newer"), (b"1,", "older")]
)
def test_store_of_another_format_is_refused(
    office: OfficeInFolder, number: bytes, reason: str
) -> None:
    edit("store.json", b'"format":2,', b'"format":' + number)(office.store)
    before = office.bytes()
    for command in (["slots"], booking(), ["store", "check"], ["store", "check", "--repair"]):
        message = expect_failure(office, reason, *command)
        assert reason == "older" or "newer kofucli" in message
    assert office.bytes() == before


def test_store_is_made_in_a_folder_that_is_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "linked").symlink_to("real")
    office = OfficeInFolder(tmp_path / "linked")
    assert is_whole(office)


def test_store_of_this_format_is_not_migrated(office: OfficeInFolder, tmp_path: Path) -> None:
    before = office.bytes()
    folder = tmp_path / "backup"
    done = office.json("store", "migrate", "--backup", str(folder))
    assert (done["before"], done["after"], done["changed"], done["backup"]) == (2, 2, False, None)
    assert office.bytes() == before
    assert not folder.exists()


def test_store_of_another_office_is_bad_input(office: OfficeInFolder) -> None:
    office.set("office", "id", '"ZZ"')
    before = office.bytes()
    for command in (["slots"], booking()):
        outcome = office.run(*command, "-f", "json")
        assert outcome.status == 5
        assert "office Y" in outcome.error["message"]
        assert "office ZZ" in outcome.error["message"]
    assert office.bytes() == before


def test_root_that_cannot_be_looked_at_is_not_missing(office: OfficeInFolder) -> None:
    with failing("lstat", errno.EACCES, lambda path: path.endswith("/kofu-store")):
        outcome = office.run("slots", "-f", "json")
    assert (outcome.status, outcome.error["reason"]) == (6, "read-only")


@pytest.mark.parametrize("there", ["store", "file", "folder", "link"])
@pytest.mark.parametrize("options", [(), ("-n",)])
def test_init_touches_nothing_that_is_there(
    founded: OfficeInFolder, tmp_path: Path, there: str, options: tuple[str, ...]
) -> None:
    place = tmp_path / "kofu-store"
    if there == "store":
        founded.copy(tmp_path)
    elif there == "folder":
        place.mkdir()
        (place / "notes").write_bytes(b"precious")
    elif there == "link":
        place.symlink_to(tmp_path / "elsewhere")
    else:
        place.write_bytes(b"precious")
    before = everything_in(tmp_path)
    outcome = run_command("init", str(tmp_path), "--now", NOW, "-f", "json", *options)
    assert (outcome.status, outcome.error["kind"]) == (6, "store")
    assert everything_in(tmp_path) == before
    assert place.is_symlink() is (there == "link")


def test_init_keeps_a_configuration(tmp_path: Path) -> None:
    config = tmp_path / "kofucli.toml"
    config.write_text('[office]\nid = "K"\n[store]\npath = "mine"\nformat = "toml"\n', "utf-8")
    before = config.read_bytes()
    outcome = run_command("init", str(tmp_path), "--now", NOW, "-f", "json")
    assert outcome.status == 0
    assert outcome.json["config_kept"] is True
    assert config.read_bytes() == before
    header = json.loads((tmp_path / "mine" / "store.json").read_bytes())
    assert (header["office"], header["codec"]) == ("K", "toml")


def _init_failing(folder: Path, call: str, number: int) -> Outcome:
    """Make a store on a disk that is full from the given call of ``os.<call>`` on."""
    folder.mkdir()
    calls = itertools.count(1)
    with failing(call, errno.ENOSPC, lambda _: next(calls) >= number):
        return run_command("init", str(folder), "--now", NOW, "-f", "json")


@pytest.mark.parametrize("call", ["mkdir", "write", "fsync", "rename"])
def test_failed_init_leaves_nothing_and_can_be_run_again(tmp_path: Path, call: str) -> None:
    number = 1
    while (outcome := _init_failing(tmp_path / str(number), call, number)).status:
        assert outcome.status == 8 or (outcome.status in (5, 6) and "full" in outcome.err)
        left = list((tmp_path / str(number)).iterdir())
        assert left == [] or outcome.status == 8
        again = run_command("init", str(tmp_path / str(number)), "--now", NOW)
        assert again.status == (6 if left else 0)
        number += 1
    assert number > 1


def test_one_of_two_inits_succeeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.rename

    def rename(source: str, target: str) -> None:
        monkeypatch.undo()
        assert check(make_store(tmp_path, now="2026-11-24T09:00:00")).ok
        real(source, target)

    monkeypatch.setattr(os, "getpid", lambda: 1)
    monkeypatch.setattr(os, "rename", rename)
    with pytest.raises(StoreError) as raised:
        make_store(tmp_path)
    assert raised.value.reason == "exists"
    assert [p.name for p in tmp_path.iterdir()] == ["store"]
    assert check(reopen(tmp_path / "store")).ok


def test_leftovers_of_a_killed_init_are_no_part_of_a_store(tmp_path: Path) -> None:
    """In a container every process may have the same number."""
    make_store(tmp_path, name="other")
    (tmp_path / "other").rename(tmp_path / f"store.{os.getpid()}.new")
    made = make_store(tmp_path)
    assert check(made).ok
    assert [p.name for p in tmp_path.iterdir()] == ["store"]

"""``store copy``: between folders and databases, gone on with, and no number given twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kofucli.store.copies import restore
from kofucli.store.copies.restore import import_archive
from tests.conftest import OfficeInFolder
from tests.store.postgres.conftest import postgres  # noqa: F401 (a fixture)
from tests.store.support import KilledHereError, booking, export_of
from tests.support.postgres import Server

COPIES = ("files files", "files server", "server files", "server server")


@pytest.fixture(params=COPIES)
def pair(
    request: pytest.FixtureRequest,
    founded: OfficeInFolder,
    tmp_path: Path,
    postgres: Server,  # noqa: F811 (the fixture)
) -> Iterator[tuple[OfficeInFolder, str]]:
    """Return an office with a mail that waits, and another place."""
    first, other = request.param.split()
    office = founded.copy(tmp_path / "office") if first == "files" else _there(tmp_path, postgres)
    office.book("+1", "10:00", "X-1")
    target = str(tmp_path / "copy") if other == "files" else postgres.make_database()
    yield office, target
    for place in (office.place, target):
        if "://" in place:
            postgres.drop([postgres.database_of(place)])


def _there(folder: Path, server: Server) -> OfficeInFolder:
    made = OfficeInFolder(folder / "office", server=server)
    made.add_agent()
    return made


def copied(office: OfficeInFolder, target: str, *options: str) -> Any:
    return office.json("store", "copy", office.place, target, *options)


def at(office: OfficeInFolder, place: str, *arguments: str) -> int:
    return office.run(*arguments, "--store", place).status


def test_a_copy_goes_on_and_the_first_is_closed(pair: tuple[OfficeInFolder, str]) -> None:
    office, target = pair
    first, mails = export_of(office, office.place), len(office.named("outbox/"))
    assert office.run("store", "copy", office.place, target, "--dry-run").status == 0
    made = copied(office, target)
    assert (made["closed"], made["mails"]) == (True, mails)
    assert export_of(office, target) == first
    assert at(office, target, "store", "check") == 0
    done = office.run(*booking("11:00"), "-f", "json")
    assert (done.status, done.error["reason"]) == (6, "moved")
    assert target in done.error["message"]
    assert office.run("list", "--all").status == 0
    assert office.json("store", "check")["ok"]
    assert office.named("outbox/") == []
    assert at(office, target, *booking("11:00")) == 0
    again = copied(office, target)
    assert (again["closed"], again["mails"]) == (True, 0)
    for option in ("--keep", "--dry-run"):
        assert office.run("store", "copy", office.place, f"{office.folder}/x", option).status == 6


def test_a_trial_leaves_the_first_open(pair: tuple[OfficeInFolder, str]) -> None:
    """What is only an earlier state is made anew; a copy that was used is left alone."""
    office, target = pair
    mails = office.named("outbox/")
    assert copied(office, target, "--keep")["closed"] is False
    assert office.run(*booking("11:00")).status == 0
    assert set(mails) <= set(office.named("outbox/"))
    copied(office, target, "--keep")
    assert export_of(office, target) == export_of(office, office.place)
    assert at(office, target, *booking("13:00")) == 0
    done = office.run("store", "copy", office.place, target, "-f", "json")
    assert (done.status, done.error["reason"]) == (6, "exists")
    assert office.run(*booking("13:00")).status == 0


def _kill(*_: object) -> None:
    raise KilledHereError


def _copy_and_kill(*arguments: Any) -> None:
    import_archive(*arguments)
    raise KilledHereError


@pytest.mark.parametrize(
    ("step", "killed"),
    [("import_archive", _kill), ("import_archive", _copy_and_kill), ("_move_mails", _kill)],
    ids=["before", "made", "closed"],
)
def test_an_interrupted_copy_goes_on(
    pair: tuple[OfficeInFolder, str],
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    killed: Callable[..., None],
) -> None:
    office, target = pair
    mails = len(office.named("outbox/"))
    with monkeypatch.context() as patch:
        patch.setattr(restore, step, killed)
        with pytest.raises(KilledHereError):
            office.run("store", "copy", office.place, target)
    assert copied(office, target)["mails"] == mails
    assert at(office, target, "store", "check") == 0
    assert at(office, target, *booking("11:00")) == 0
    assert office.run(*booking("11:00")).status == 6


def test_a_restored_copy_of_a_closed_store_is_open(office: OfficeInFolder) -> None:
    """It begins far above, so it gives no number that the other one has given."""
    copied(office, str(office.folder / "copy"))
    office.json("store", "backup", str(office.folder / "safe"))
    (backup,) = (office.folder / "safe").iterdir()
    back = str(office.folder / "back")
    office.json("store", "restore", str(backup), back, "-y")
    assert at(office, back, *booking("11:00")) == 0

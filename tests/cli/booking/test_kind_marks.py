"""The kind that a case number tells: configured, kept in the store, explained and recorded.

What is read and warned of stands in a scenario, ``the-kind-is-in-the-number.toml``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import OfficeInFolder
from tests.operations.support import A1, write_rows

CODE = "case.kind-mark"
DIFFER = "Case {} is taken as {}, but its number says {}."


def said(document: Any) -> list[str]:
    return [
        each for each in document["warnings"] if " is taken as " in each or "such warnings" in each
    ]


def verdicts(document: Any) -> list[Any]:
    return [each for each in document["explain"] if each["code"] == CODE]


def kinds(office: OfficeInFolder) -> dict[str, str]:
    listed = office.json("list", "--all")["reservations"]
    return {case["number"]: case["kind"] for each in listed for case in each["cases"]}


def test_the_sample_knows_both_forms(office: OfficeInFolder) -> None:
    """What ``init`` writes reads 横支更… and 東労C…, in files and on the command line alike."""
    office.book("+1", "10", "横支永1", "東労C4321", "東永P00123", "東労ｃ４３２２", "C4321")
    path = write_rows(office, "横支就2", "東労E5", "横支変6", head="number")
    office.json("book", "--from", path, *A1)
    expected = {"横支永1": "permanent", "東労C4321": "change", "東永P00123": "permanent"}
    expected |= {"東労C4322": "change", "C4321": "extension", "横支就2": "work-certificate"}
    assert expected | {"東労E5": "extension", "横支変6": "change"} == kinds(office)


def test_rows_that_stand_are_warned_of_no_more(office: OfficeInFolder) -> None:
    rows = ("横支更1,変更,2026-11-25", "横支変3,更新,2026-11-28")
    path = write_rows(office, *rows, head="number,kind,date")
    expected = [
        DIFFER.format("横支更1", "change", "更=extension"),
        DIFFER.format("横支変3", "extension", "変=change"),
    ]
    refused = office.run("book", "--from", path, *A1, "-f", "json")
    assert (["day.closed"], expected) == (refused.codes, said(refused.error))
    best = ("book", "--from", path, *A1, "--best-effort", "-f", "json")
    assert [expected, expected[1:]] == [said(office.run(*best).json) for _ in range(2)]


def test_of_many_the_first_are_told(office: OfficeInFolder) -> None:
    """A file with very many is not drowned in warnings; --explain has them all."""
    path = write_rows(office, *(f"横支更{n},変更" for n in range(30)), head="number,kind")
    document = office.json("plan", path, *A1, "--explain")
    told = said(document)
    assert (21, "More such warnings: 10; --explain shows all.") == (len(told), told[-1])
    assert [(False, "warning")] * 30 == [(x["passed"], x["severity"]) for x in verdicts(document)]


@pytest.mark.parametrize("frame", ["2026-11-25,10", "2026-11-28,10", ","])
@pytest.mark.parametrize("collect_by", ["", "2026-11-24"])
def test_a_warning_is_explained(office: OfficeInFolder, frame: str, collect_by: str) -> None:
    """Rows with a frame, refused ones, open ones with or without a place have it once."""
    row = f"横支更1,変更,{frame},{collect_by}"
    path = write_rows(office, row, head="number,kind,date,hour,collect_by")
    (found,) = verdicts(office.json("plan", path, *A1, "--explain"))
    assert (False, "warning") == (found["passed"], found["severity"])
    assert "横支更1" == found["subject"]
    assert {"kind": "change", "marks": ["更=extension"]}.items() <= found["details"].items()


def test_amend_follows_the_number(office: OfficeInFolder) -> None:
    """A kind that the old number told goes along, one that was given stays and is warned of."""
    number = office.book("+1", "10", "横支更2,kind=permanent", "3")["number"]
    line = ("amend", number, *A1, "--replace")
    document = office.json(*line, "横支更2=横支変2", "--replace", "3=東労C3", "--explain")
    assert {"横支変2": "permanent", "東労C3": "change"} == kinds(office)
    changed, given = said(document)
    assert changed.startswith(
        "Case 東労C3 is taken as change now, by its number; before it was ext"
    )
    assert DIFFER.format("横支変2", "permanent", "変=change") == given
    assert [False, True] == [each["passed"] for each in verdicts(document)]
    kept = office.json(*line, "東労C3=東労C3,kind=extension")
    assert [DIFFER.format("東労C3", "extension", "C=change")] == said(kept)
    assert [] == said(office.json("amend", number, *A1, "--drop", "東労C3"))
    late = office.run(*line, "横支変2=横支変2,kind=coe", "--explain", "-f", "json")
    assert ["case.kind"] == late.codes
    assert [DIFFER.format("横支変2", "coe", "変=change")] == said(late.error)
    assert verdicts(late.error)


def test_amend_from_follows_the_number(office: OfficeInFolder) -> None:
    """So does a file of corrections, also where it is refused."""
    office.book("+1", "10", "横支更1", "横支更2,kind=permanent")
    office.book("+2", "10", "横支更3")
    rows = ("横支更1,横支変1", "横支更2,横支変2")
    differs = DIFFER.format("横支変2", "permanent", "変=change")
    line = ("amend", *A1, "--from")
    path = write_rows(office, *rows, "横支更3,横支取3", head="number,new")
    refused = office.run(*line, path, "-f", "json")
    assert (["case.birth-only"], [differs]) == (refused.codes, said(refused.error))
    path = write_rows(office, *rows, "横支更3,横支永3", head="number,new")
    document = office.json(*line, path)
    assert {"横支変1": "change", "横支変2": "permanent", "横支永3": "permanent"} == kinds(office)
    assert [differs] == said(document)[2:]
    assert [] == said(office.json(*line, path))


@pytest.mark.parametrize("form", ["json", "toml"])
def test_marks_are_kept_with_the_rules(tmp_path: Path, form: str) -> None:
    office = OfficeInFolder(tmp_path, form)
    office.add_agent()
    office.book("+1", "10", "東労C1")
    office.set("cases", "kind_marks", '{ P = "permanent", "永" = "permanent" }')
    office.book("+1", "10", "東労P2")
    assert office.json("store", "check")["ok"]
    backup = tmp_path / "backup"
    office.json("store", "backup", str(backup))
    assert {"東労C1": "change", "東労P2": "permanent"} == kinds(office)
    shown = office.json("rules", "show", CODE)["rule"]
    assert {"P": "permanent", "永": "permanent"} == shown["settings"]["cases.kind_marks"]
    text = office.run("rules", "show", CODE).out
    assert "cases.kind_marks = P=permanent, 永=permanent\n" in text

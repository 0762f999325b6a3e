"""The register as the office keeps it: files of agents read again, and the next step named."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

import pytest

from kofucli.base.language import translator
from kofucli.model import Occupation
from kofucli.output.words import OCCUPATION_NAMES
from tests.conftest import OfficeInFolder, Outcome, read_token

HEAD = "id,name,occupation,certificate,valid_until,email,phone,accept_terms"
JUN = "P-1,佐藤順,scrivener,行26-1,2030-03-31,jun@example.jp,,yes"
KAI = "P-2,山手海,attorney,弁26-2,2030-03-31,kai@example.jp,045-1,yes"


def write(office: OfficeInFolder, *rows: str) -> str:
    path = Path(office.folder) / "agents.csv"
    path.write_text("\n".join([HEAD, *rows]) + "\n", "utf-8")
    return str(path)


def read(office: OfficeInFolder, *rows: str, options: tuple[str, ...] = ()) -> Outcome:
    return office.run("agent", "import", write(office, *rows), *options, "-f", "json")


def show(office: OfficeInFolder, agent: str) -> Any:
    return office.json("agent", "show", agent)["agent"]


def test_a_file_that_is_read_again_changes_nothing(office: OfficeInFolder) -> None:
    """Contract: agents that are registered with these values are already; new rows are added."""
    first = read(office, JUN).json
    assert (["registered"], True) == (first["outcomes"], first["changed"])
    lines = len(office.json("store", "log")["entries"])
    again = read(office, JUN).json
    assert (["already"], False) == (again["outcomes"], again["changed"])
    assert first["agents"] == again["agents"]
    assert lines == len(office.json("store", "log")["entries"])
    more = read(office, JUN, KAI).json
    assert {"registered": 1, "updated": 0, "already": 1} == more["counts"]


@pytest.mark.parametrize(
    ("column", "old", "new"),
    [
        ("name", "佐藤順", "佐藤ジュン"),
        ("valid_until", "2030-03-31", "2031-03-31"),
        ("occupation", "scrivener", "attorney"),
        ("phone", "jp,,yes", "jp,045-9,yes"),
        ("email", "jun@", "jun2@"),
    ],
)
def test_changed_rows_need_update(office: OfficeInFolder, column: str, old: str, new: str) -> None:
    """Contract: another value is bad input, which does not repeat it; --update corrects it."""
    read(office, JUN)
    changed = JUN.replace(old, new)
    refused = read(office, changed, KAI)
    assert [f"row 2, {column}"] == refused.places
    assert "--update" in refused.error["problems"][0]["message"]
    assert new.strip("jp,yes") not in refused.err
    assert 4 == office.run("agent", "show", "P-2").status
    done = read(office, changed, KAI, options=("--update",)).json
    assert ["updated", "registered"] == done["outcomes"]
    assert read(office, changed, KAI).json["counts"]["already"] == 2


def test_an_update_keeps_what_the_file_leaves_out(office: OfficeInFolder) -> None:
    """Contract: empty cells change nothing; a changed address is unverified, another one not."""
    read(office, KAI)
    office.json("verify", "redeem", read_token(office.json("verify", "send", "P-2")["outbox"]))
    row = KAI.replace("045-1", "").replace("山手海", "山手カイ")
    assert ["updated"] == read(office, row, options=("--update",)).json["outcomes"]
    found = show(office, "P-2")
    assert ("045-1", True) == (found["phone"], found["verified"])


def test_terms_that_are_accepted_later(office: OfficeInFolder) -> None:
    """Terms 6: without acceptance the notes say what follows; --accept-terms --update does it."""
    row = JUN.replace(",yes", ",")
    said = read(office, row).json["warnings"]
    for command in ("kofucli terms accept --agent ID", "kofucli verify send ID"):
        assert any(f"'{command}': P-1" in note for note in said)
    # A correction from a file accepts none, whatever the file says.
    office.json("agent", "edit", "P-1", "--from", write(office, JUN))
    assert show(office, "P-1")["terms_version"] is None
    assert ["row 2, accept_terms"] == read(office, row, options=("--accept-terms",)).places
    done = read(office, row, options=("--accept-terms", "--update")).json
    assert "1" == show(office, "P-1")["terms_version"]
    assert not [note for note in done["warnings"] if "terms accept" in note]


def test_a_correction_from_a_file_tells_what_was_not_read(office: OfficeInFolder) -> None:
    read(office, JUN)
    path = Path(office.folder) / "edit.csv"
    path.write_text("id,電話（新）,氏名\nP-1,045-1,佐藤順\n,045-2,\n", "utf-8")
    document = office.json("agent", "edit", "P-1", "--from", str(path))
    ignored, left_out = document["warnings"][:2]
    assert ignored.endswith("ignored: 電話（新）")
    assert left_out.endswith("left out: 3.")
    assert not document["changed"]


def test_an_erased_agent_is_not_registered_again(office: OfficeInFolder) -> None:
    read(office, JUN)
    office.json("agent", "erase", "P-1", "-y")
    for options in ((), ("--update",)):
        assert ["row 2, id"] == read(office, JUN, options=options).places


def test_every_command_names_the_next_one(bare_office: OfficeInFolder) -> None:
    """Own: from registering to booking each text ends with what comes next."""
    office = bare_office
    values = ("--name", "n", "--occupation", "attorney", "--valid-until", "2030-01-01")
    line = ("agent", "add", "--id", "Q-1", *values, "--certificate", "c", "--email", "q@example.jp")
    assert "Next" not in office.run(*line, "-n").out
    text = office.run(*line).out
    assert text.endswith("Next: kofucli terms accept --agent Q-1, kofucli verify send Q-1\n")
    assert "verify send Q-1" in office.run("terms", "accept", "--agent", "Q-1").out
    assert "kofucli verify redeem LINK" in office.run("verify", "send", "Q-1").out
    token = read_token(office.json("verify", "send", "Q-1")["outbox"])
    assert office.run("verify", "redeem", token).out.endswith("kofucli slots --agent Q-1\n")
    assert "Terms" in office.run("agent", "list").out.splitlines()[0]
    assert "Next" not in office.run("agent", "edit", "Q-1", "--phone", "045-1").out
    edited = office.run("agent", "edit", "Q-1", "--email", "r@example.jp").out
    assert edited.endswith("Next: kofucli verify send Q-1\n")


@pytest.mark.parametrize("occupation", get_args(Occupation))
def test_what_a_table_shows_is_an_occupation(office: OfficeInFolder, occupation: str) -> None:
    """Contract: --occupation and files take the words of Japanese tables too."""
    read(office, JUN, KAI.replace("attorney", translator("ja")(OCCUPATION_NAMES[occupation])))
    shown = office.run("agent", "show", "P-2", "--lang", "ja").out
    assert show(office, "P-2")["occupation"] == occupation
    (word,) = re.findall(r"職種: (.+)", shown)
    office.json("agent", "edit", "P-1", "--occupation", word)
    assert show(office, "P-1")["occupation"] == occupation


def test_agents_are_imported_all_or_none(bare_office: OfficeInFolder) -> None:
    """A CP932 file with Japanese headings; a circle accepts the terms, a cross does not."""
    path = Path(bare_office.folder) / "agents.csv"
    rows = ["取次者,氏名,職種,証明書番号,有効期限,メール,規約同意"] + [
        f"T-{at},山手花子,行政書士,第{at}号,2029-03-31,t{at}@example.jp,{mark}"
        for at, mark in enumerate("○×済未")
    ]
    path.write_bytes("\n".join([*rows, rows[1]]).encode("cp932"))
    refused = bare_office.run("agent", "import", str(path))
    assert (5, True) == (refused.status, "row 6, id: " in refused.err)
    assert "twice" in refused.err
    path.write_bytes("\n".join(rows).encode("cp932"))
    agents = bare_office.json("agent", "import", str(path))["agents"]
    assert ["1", None, "1", None] == [agent["terms_version"] for agent in agents]
    assert {"山手花子"} == {agent["name"] for agent in agents}

"""Personal values stay where they are needed: not in the ledger, not in errors, not in sight."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import NoReturn

import pytest

from kofucli.operations.agents import register
from tests.conftest import OfficeInFolder, Outcome, read_token

PERSON = {
    "id": "P-1",
    "name": "秘匿 花子",
    "occupation": "scrivener",
    "certificate": "第98-7654号",
    "valid_until": "2030-03-31",
    "email": "hidden.hanako@secret.example.jp",
    "phone": "045-111-2222",
    "organization": "秘匿取次事務所",
    "accept_terms": "yes",
}
CHANGED = {
    "name": "改姓 花子",
    "certificate": "第11-2233号",
    "email": "renamed.hanako@secret.example.jp",
    "phone": "045-333-4444",
    "organization": "改名取次事務所",
}
KEYS = tuple(CHANGED)
VALUES = [PERSON[key] for key in KEYS] + list(CHANGED.values())
OTHER = ("--occupation", "attorney", "--valid-until", "2030-01-01")


def give(monkeypatch: pytest.MonkeyPatch, *rows: dict[str, str]) -> None:
    text = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


@pytest.fixture(scope="module")
def story(founded: OfficeInFolder, tmp_path_factory: pytest.TempPathFactory) -> OfficeInFolder:
    office = founded.copy(tmp_path_factory.mktemp("story"))
    with pytest.MonkeyPatch.context() as patched:
        give(patched, PERSON)
        office.json("agent", "import", "-")
        office.json("verify", "redeem", read_token(office.json("verify", "send", "P-1")["outbox"]))
        office.book("+1", "10", "X-1", agent="P-1")
        give(patched, {"id": "P-1", **CHANGED})
        office.json("agent", "edit", "P-1", "--from", "-")
    office.json("verify", "redeem", read_token(office.json("verify", "send", "P-1")["outbox"]))
    office.book("+1", "11", "X-2", agent="P-1")
    office.json("agent", "suspend", "P-1", "--reason", "6(4)")
    office.json("agent", "reinstate", "P-1", "--reason", "6(4)")
    office.json("cancel", "X-2", "--agent", "P-1")
    return office


@pytest.fixture
def office(story: OfficeInFolder, tmp_path: Path) -> OfficeInFolder:
    return story.copy(tmp_path)


def assert_hidden(text: str | bytes, values: list[str]) -> None:
    data = text if isinstance(text, bytes) else text.encode()
    for value in values:
        written = [value.encode(encoding) for encoding in ("utf-8", "cp932", "utf-16-le")]
        assert not any(each in data for each in (*written, json.dumps(value)[1:-1].encode())), value


def test_personal_values_lie_apart(office: OfficeInFolder) -> None:
    """5: byte by byte, only private/ and the mails hold them; the ledger and documents never."""
    office.json("office", "close", "2026-11-27", "--reason", "r", "-y")
    found = office.bytes()
    for name, data in found.items():
        if not name.startswith(("private/", "outbox/")):
            assert_hidden(data, VALUES)
    private = b"".join(data for name, data in found.items() if name.startswith("private/P-1"))
    assert all(value.encode() in private for value in CHANGED.values())
    assert_hidden(private, [PERSON[key] for key in KEYS])


def taken(key: str) -> tuple[str, ...]:
    values = {"name": "別人", "certificate": "C-9", "email": "c@example.jp"} | {key: CHANGED[key]}
    options = [x for name, value in values.items() for x in (f"--{name}", value)]
    return ("agent", "add", "--id", "C-1", *options, *OTHER)


@pytest.mark.parametrize("form", ["table", "json"])
@pytest.mark.parametrize(
    ("command", "status"),
    [
        (taken("certificate"), 5),
        (taken("email"), 5),
        (("agent", "edit", "A-1", "--certificate", "第１１－２２３３号"), 5),  # in full width
        (("agent", "edit", "A-1", "--email", CHANGED["email"].upper()), 5),
        (("agent", "edit", "P-1", "--email", "renamed.hanako@secret"), 5),
        (("agent", "edit", "P-1", "--name", CHANGED["name"] * 60), 5),
        (("agent", "edit", "P-1", "--organization", CHANGED["organization"] + "\x1b"), 5),
        (("agent", "edit", "Q-1", "--name", CHANGED["name"]), 4),
        (("agent", "show", "P-1", "--agent", "A-1"), 4),
        (("agent", "export", "P-1", "--agent", "A-1"), 4),
        (("agent", "erase", "P-1", "-y"), 5),
        (("agent", "erase", "P-1"), 2),
        (("show", "X-1", "--agent", "A-1"), 4),
        (("cancel", "X-1", "--agent", "A-1"), 4),
        (("book", "+1", "9", "--case", "X-1", "--agent", "A-1"), 3),
        (("book", "2030-04-01", "9", "--case", "X-3", "--agent", "P-1"), 3),
        (("verify", "redeem", "a" * 43), 3),
    ],
)
def test_no_error_tells_personal_values(
    office: OfficeInFolder, command: tuple[str, ...], status: int, form: str
) -> None:
    """5: no error message has a name, an address or a certificate number."""
    found = office.run(*command, "-f", form)
    assert (status, "") == (found.status, found.out)
    assert_hidden(found.err, [*VALUES, "renamed.hanako"])


def test_no_bad_row_tells_values(office: OfficeInFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """5: rows of an agent file are told by row and column, not by what stands there."""
    row = {**PERSON, "id": "Q-1", "certificate": "C-1", "email": "q@example.jp"}
    wrong = [
        {**row, "email": "hidden.hanako@"},
        {**row, "id": "Q-2", "certificate": CHANGED["certificate"], "email": "q2@example.jp"},
        {**row, "id": "Q-3", "name": PERSON["name"] * 60, "email": "q@example.jp"},
    ]
    give(monkeypatch, *wrong)
    found = office.run("agent", "import", "-", "-f", "json")
    assert {"row 1, email", "row 2, certificate", "row 3, name"} <= set(found.places)
    assert_hidden(found.err, [*VALUES, "hidden.hanako"])


def test_a_defect_tells_no_values(office: OfficeInFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """5: the traceback of a defect shows the code, not what was registered."""

    def fail(*_: object) -> NoReturn:
        raise RuntimeError("broken")

    monkeypatch.setattr(register, "register", fail)
    give(monkeypatch, {**PERSON, "id": "Q-1", "certificate": "C-1", "email": "q@example.jp"})
    found = office.run("agent", "import", "-", "-v")
    assert (1, True) == (found.status, "Traceback" in found.err)
    assert_hidden(found.err, [*VALUES, "q@example.jp"])


def test_a_damaged_file_tells_no_personal_values(office: OfficeInFolder) -> None:
    """5: a damaged file of values is named, its content is not."""
    (path,) = (office.store / "private").glob("P-1-*")
    data = path.read_bytes()
    for broken in (data[:-3], data.replace(b'"name":', b'"name":1,"n":'), data + b"x"):
        path.write_bytes(broken)
        for command in (("agent", "show", "P-1"), ("store", "check")):
            found = office.run(*command, "-f", "json")
            assert found.status == 6
            assert_hidden(found.out + found.err, VALUES)


def edit_from(office: OfficeInFolder, text: str, *options: str) -> Outcome:
    path = Path(office.folder) / "values.csv"
    path.write_text(text, "utf-8")
    return office.run("agent", "edit", "P-1", "--from", str(path), *options, "-f", "json")


def test_a_correction_from_a_file(office: OfficeInFolder) -> None:
    """8: the file is an agent file with a row; empty cells change nothing, options come first."""
    before = office.json("agent", "show", "P-1")["agent"]
    text = "取次者,氏名,有効期限,電話\nP-1,新名 花子,2031年3月1日,\n"
    found = edit_from(office, text, "--valid-until", "2032-01-01").json
    expected = before | {"name": "新名 花子", "valid_until": "2032-01-01"}
    assert (True, expected) == (found["changed"], found["agent"])
    assert edit_from(office, text, "--valid-until", "2032-01-01").json["changed"] is False


@pytest.mark.parametrize(
    "text", ["id,name\nA-1,x\n", "id,name\nP-1,x\nP-1,y\n", "id,name\n", "name\nx\n"]
)
def test_a_correction_from_another_file(office: OfficeInFolder, text: str) -> None:
    """8: a file for somebody else, for several or for nobody is bad input; nothing changes."""
    before = office.bytes()
    assert edit_from(office, text).status == 5
    assert before == office.bytes()

"""The notice as it is shown: every clause, from this office's rules and settings."""

from __future__ import annotations

import re
import sys
from itertools import pairwise

import pytest

from tests.conftest import OfficeInFolder, run_command
from tests.store.support import full_arguments, process_environment
from tests.support.terminal import columns, run_on_terminal

CLAUSES = {
    *("1", *(f"1({n})" for n in range(1, 7)), "1(ア)", "1(イ)", "1(ウ)", "1(エ)", "1(*1)", "1(*2)"),
    *("2(1)", "2(2)", "2(3)", "3(1)", "3(2)", "4(1)", "4(2)", "4(3)", "5"),
    *(f"6({n})" for n in range(1, 6)),
}


def read(office: OfficeInFolder, language: str = "en") -> dict[str | None, str]:
    found: dict[str | None, str] = {}
    for clause in office.json("notice", "--lang", language)["clauses"]:
        found[clause["clause"]] = f"{found.get(clause['clause'], '')} {clause['text']}".strip()
    return found


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_clause_is_there(office: OfficeInFolder, language: str) -> None:
    document = office.json("notice", "--lang", language)
    assert (document["version"], document["language"]) == ("1", language)
    assert {c["clause"] for c in document["clauses"]} - {None} == CLAUSES
    sections = [c["section"] for c in document["clauses"]]
    assert sections == sorted(sections)
    assert set(sections) == set(range(1, 7))
    shown = re.sub(r"\s", "", office.run("notice", "--lang", language).out)
    for clause in document["clauses"]:
        assert re.sub(r"\s", "", clause["text"]) in shown


SETTINGS: list[tuple[str, str | None, str, str]] = [
    ('office.name = "名古屋局"', "1", "名古屋局", "名古屋局"),
    ('office.forms_url = "https://x.example.jp/f"', "1", "example.jp/f", "example.jp/f"),
    ('cases.counter = "5"', "1(*1)", "counter '5'", "「5」"),
    ('cases.collect_only = "cards"', "1(エ)", "Only for: Application for", "対象: 在留資格変更"),
    ("verification.valid_minutes = 90", "2(1)", "90 minutes", "90分"),
    ("verification.valid_minutes = 120", "2(1)", "2 hours", "2時間"),
    ('mail.sender = "a@office.example.jp"', "2(2)", "@office.example.jp", "@office.example.jp"),
    ('mail.transport = "none"', "2", "sends no mails", "送信していません"),
    ("calendar.shown_days = 1", "3(1)", "1 open day in", "1開庁日"),
    ("calendar.first_open_day = 0", "3(1)", "today, where", "当日（開庁日の場合）"),
    ("calendar.first_open_day = 2", "3(1)", "number 2 after today", "2開庁日後"),
    ('frames.starts = ["08:30"]', "3(2)", "begin at 08:30.", "開始時刻: 08:30"),
    ("quota.frames = 7", "3(2)", "at most 7 frames", "7枠まで"),
    ('quota.reading = "note"', "3(2)", "3, 2, 2 or 0 more", "3、2、2、0枠"),
    ("quota.cases = 1", "3(2)", "at most 1 case.", "1件まで"),
    ("frames.capacity = 12", None, "12 cases in an hour", "12件まで"),
    ('deadline.booking_after = "refuse"', None, "no longer be booked after", "予約もできません"),
    ('deadline.last_minute = "16:30"', "4(1)", "until 16:30", "16:30です"),
    ("deadline.open_days_before = 2", "4(1)", "2 open days before", "予約日の2開庁日前"),
    ('office.phone = "045-1"', "4(2)", "045-1 (room 10)", "045-1（部屋番号10）"),
    ('amend.reading = "cap"', "4(3)", "may be filled again", "別の件を入れられます"),
    ('conduct.mode = "auto"', "6(4)", "suspended at once", "直ちに"),
    ("conduct.months_back = 1", "6(4)", "within 1 month the", "1か月の間"),
]


@pytest.mark.parametrize(("setting", "clause", "english", "japanese"), SETTINGS)
def test_it_follows_the_settings(
    office: OfficeInFolder, setting: str, clause: str | None, english: str, japanese: str
) -> None:
    assert english not in read(office).get(clause, "")
    name, _, value = setting.partition(" = ")
    office.set(*name.split("."), value)
    assert english in read(office)[clause]
    assert japanese in read(office, "ja")[clause]


def test_kinds_are_those_of_the_office(office: OfficeInFolder) -> None:
    """1(1) to 1(6): only the kinds that this office takes are listed, by their numbers."""
    office.set("cases", "kinds", '["extension", "acquisition"]')
    office.set("cases", "default_kind", '"extension"')
    found = read(office)
    assert {"1(2)", "1(4)"} == {c for c in found if c in CLAUSES and re.fullmatch(r"1\(\d\)", c)}
    assert "only by birth" in found["1(4)"]


def test_what_is_not_set_is_left_out(office: OfficeInFolder) -> None:
    for key in ("phone", "room", "forms_url", "name"):
        office.set("office", key, '""')
    text = office.run("notice").out
    assert "this office" in text
    assert "Where to call" not in text
    assert "Forms of" not in text
    assert not set("{}") & set(text)


def test_only_an_unofficial_system_says_so(office: OfficeInFolder) -> None:
    assert "非公式" in office.run("notice").out
    office.set("office", "official", "true")
    assert "非公式" not in office.run("notice").out


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize(("terminal", "most"), [(None, 72), ("100", 72), ("48", 48)])
@pytest.mark.parametrize("text", ["notice", "terms show"])
def test_lines_suit_a_terminal(
    office: OfficeInFolder, text: str, terminal: str | None, most: int, language: str
) -> None:
    """Lines are filled, to 72 columns or to a narrower terminal; an address stands whole."""
    command = full_arguments(office, *text.split(), "--lang", language)
    shown = run_command(*command).out
    if terminal is not None:
        line = [sys.executable, "-m", "kofucli", *command]
        shown = run_on_terminal(line, {**process_environment(), "COLUMNS": terminal})[1].decode()
    lines = shown.splitlines()
    assert {line.strip() for line in lines if columns(line) > most} <= {
        "https://www.moj.go.jp/isa/applications/guide/nyuukokukanri07_00252.html"
    }
    broken = [columns(one) for one, after in pairwise(lines) if re.match(r" {10}[^ h]", after)]
    assert min(broken, default=most) > most // 2


def test_the_offices_own_notice(office: OfficeInFolder) -> None:
    """The settings name a text beside the configuration; it is shown as it is, made safe."""
    (office.folder / "notice.txt").write_bytes("案内 {version}\r\n\x1b- 予約\n".encode())
    office.set("rules", "path", '"notice.txt"')
    assert office.run("notice").out == "案内 {version}\n\\u001b- 予約\n"
    document = office.json("notice", "--lang", "ja")
    assert (document["version"], document["language"]) == ("1", None)
    (clause,) = document["clauses"]
    assert (clause["clause"], clause["text"][:2]) == (None, "案内")

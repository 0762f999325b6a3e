"""Headings as offices write them, columns that would be lost, and files without rows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import OfficeInFolder
from tests.operations.support import A1, write_rows

CASE = "横支更20261100001"


@pytest.mark.parametrize("command", ["plan", "-q book --from", "cancel --from"])
@pytest.mark.parametrize("again", ["申請番号,備考", "申請 番号,", "number,", "【申請番号】,備考欄"])
def test_the_heading_once_more(office: OfficeInFolder, command: str, again: str) -> None:
    """A heading that stands between the rows, as where files were joined, is named as one."""
    path = write_rows(office, f"{CASE},", again, "横支更20261100002,", head="申請番号,備考")
    outcome = office.run(*command.split(), path, *A1, "-f", "json")
    assert ["row 3"] == outcome.places
    assert "heading stands here again" in outcome.error["problems"][0]["message"]


def plan_column(office: OfficeInFolder, head: str, *cells: str) -> str:
    rows = [f"X{at},{cell}" for at, cell in enumerate(cells)]
    return write_rows(office, *rows, head=f"申請番号,{head}")


DAYS = [
    ("2026-11-25", "2026/12/1", "2026年11月26日"),
    ("2026-11-24", "", "２０２６－１２－２４"),
    ("2026-11-27 11:00", "2026/11/25(水)", "2026年11月26日（木）"),
    ("11月26日", "11/25(水)", "12月1日 10時"),  # as Excel shows a day, and saves it in CSV
    ("令和8年11月26日", "R8.11.25", "2026.12.1"),
]
HOURS = [("10:00", "", "１３時"), ("午前10時", "", "1:00 PM"), ("10:00-11:00", "", "9時")]
UNKNOWN = [
    *(("date", "お迎え日", cells) for cells in DAYS),
    *(("date", name, DAYS[0]) for name in ("pickup date", "お越しになる日", "C/O", "枠", "")),
    *(("hour", "ご案内", cells) for cells in HOURS),
    *(("hour", name, HOURS[0]) for name in ("pickup time", "いつ", "枠", "")),
]


@pytest.mark.parametrize("command", ["plan", "book --from", "-q book --from"])
@pytest.mark.parametrize(("key", "name", "cells"), UNKNOWN)
def test_days_and_hours_under_an_unknown_heading_stop_the_file(
    office: OfficeInFolder, command: str, key: str, name: str, cells: tuple[str, ...]
) -> None:
    """They decide where cases go, so they are no note; the error says how to name the column."""
    before = office.bytes()
    usual, beside, given = {
        "date": ("予約日", "時刻", "10:00"),
        "hour": ("時刻", "予約日", "2026-11-25"),
    }[key]
    path = plan_column(office, f"{beside},{name}", *(f"{given},{cell}" for cell in cells))
    outcome = office.run(*command.split(), path, *A1, "-f", "json")
    assert [f"heading {name or '(C)'}"] == outcome.places[:1]
    told = outcome.error["problems"][0]["message"]
    assert (before, bool(name)) == (office.bytes(), f'{{"{name}" = "{key}"}}' in told)
    assert usual in office.run(*command.split(), path, *A1, "--lang", "ja").err


@pytest.mark.parametrize(
    ("lines", "places"),
    [
        (
            ("11月26日（木）,,", "1,X-1,10:00", "11月27日（金）,,", "2,X-2,10:00"),
            ["row 2", "row 4"],
        ),
        (("1999年11月26日,,", "1,X-1,10:00"), None),
        (("11月26日（木）,,", "1,X-1,2026-11-25 10:00"), None),
    ],
)
def test_days_above_the_rows_that_they_are_of_stop_the_file(
    office: OfficeInFolder, lines: tuple[str, ...], places: list[str] | None
) -> None:
    """Those rows would go to other days, and nothing would be said."""
    path = write_rows(office, *lines, head="順,申請番号,時刻")
    outcome = office.run("book", "--from", path, *A1, "-f", "json")
    assert (5 if places else 0) == outcome.status
    assert places is None or places == outcome.places[:-1]


@pytest.mark.parametrize(
    ("head", "way"),
    [("日", "write the whole day into each row"), ("11/26", "write the whole day"), ("時", "call")],
)
def test_a_day_in_parts_or_in_a_heading_stops_the_file(
    office: OfficeInFolder, head: str, way: str
) -> None:
    path = plan_column(office, f"年,月,{head}", "2026,11,11", "2026,11,")
    outcome = office.run("book", "--from", path, *A1, "-f", "json")
    assert [f"heading {head}", "heading"] == outcome.places
    assert way in outcome.error["problems"][0]["message"]


@pytest.mark.parametrize(
    ("head", "cells", "status"),
    [
        ("申請内容", ("永住許可申請", "在留資格認定証明書交付申請"), 5),
        ("手続種別", ("更新", "変更"), 5),
        ("手続種別", ("更新", ""), 0),  # as they are booked
        ("手続種別", ("永住", "郵送"), 0),
        ("在留資格", ("永住", "変更"), 0),
        ("申請内容,種別", ("永住,変更", "永住,変更"), 0),
    ],
)
def test_kinds_under_another_heading_stop_the_file(
    office: OfficeInFolder, head: str, cells: tuple[str, ...], status: int
) -> None:
    """The cases would be booked as extensions, with other papers."""
    path = plan_column(office, head, *cells)
    for line in (("plan", path), ("book", "-n", "--from", path)):
        assert status == office.run(*line, *A1).status


SOON = ("2026-11-25", "2026-12-01")
OTHER_DAYS = """
生年月日 在留期限 申請日 受付日 受取期日 許可予定日 申請年月日 許可年月日 上陸許可年月日
受付年月日 出生日 出生年月日 在留期間 再入国許可期間満了日 結果通知受領日 ハガキ受領日 受理日
渡航予定日 出発日 認定日 結婚日 転居日 依頼日 契約終了日 証明書交付日 タイムスタンプ 最終更新
入力日時 stay_until hired 最終確認 次回連絡 葉書 着手日 permit_date 満了日 発送日 Date_of_birth
expiry Application_date due
"""


@pytest.mark.parametrize(
    ("head", "days"),
    [
        *((head.replace("_", " "), SOON) for head in OTHER_DAYS.split()),
        pytest.param("お迎え日", ("2026-11-23", "2026-11-25"), id="a day that is over"),
        pytest.param("お迎え日", ("2026-11-25", "2026-12-25"), id="thirty-one days ahead"),
        *(("お迎え日", days) for days in (("2026-11-25", "郵送"), ("", ""), ("12/25", "12/26"))),
        *(("お迎え日", days) for days in (("11月23日", "12月1日"), ("11月31日", "11月32日"))),
        ("お迎え日", ("令和9年11月26日", "R7.11.26")),
        ("版", ("11/26/2", "1.5")),
        ("枚数", ("12/1", "12/2")),
        pytest.param("お迎え日,予約日", ("2026-11-25,", "2026-12-01,"), id="ours is empty"),
        ("お迎え日,希望日", ("2026-11-25,", "2026-12-01,2026-11-26")),
        pytest.param(
            "希望日,予約日", ("2026-11-26,", "2026-12-01,2026-11-25"), id="a wish, fulfilled"
        ),
        pytest.param("希望日,予約日", ("2026-11-20,", ","), id="a wish for a day that is over"),
    ],
)
def test_other_days_stop_no_file(office: OfficeInFolder, head: str, days: tuple[str, ...]) -> None:
    path = plan_column(office, head, *days)
    assert 0 == office.run("plan", path, *A1).status
    assert 0 == office.run("book", "-n", "--from", path, *A1).status


@pytest.mark.parametrize(
    ("head", "days", "told"),
    [
        *((name, SOON, name) for name in ("カード交付予定日", "結果受領日", "在留カード交付日")),
        *((name, SOON, name) for name in ("窓口交付日", "取次日")),
        ("お迎え日,交付日", ("2026-12-01,",), "お迎え日"),
        ("希望日,予約日", ("2026-11-26,", "2026-12-01,"), "希望日"),
    ],
)
def test_headings_with_a_word_of_the_visit_stop_the_file(
    office: OfficeInFolder, head: str, days: tuple[str, ...], told: str
) -> None:
    """They stop it like an unknown heading of visit days; wishes do while 予約日 is empty."""
    path = plan_column(office, head, *days)
    outcome = office.run("plan", path, *A1, "-f", "json")
    assert [f"heading {told}"] == outcome.places[:1]
    if told == "希望日":
        assert "is empty" in outcome.error["problems"][0]["message"]
        assert "空です" in office.run("plan", path, *A1, "--lang", "ja").err


def test_a_heading_is_taken_once_the_configuration_knows_it(office: OfficeInFolder) -> None:
    """The setting that the error names makes the column a day, or a last day, as it says."""
    path = plan_column(office, "お迎え日", "2026-12-01")
    for key, day in (("date", "2026-12-01"), ("collect_by", "2026-11-25")):
        office.set("files", "columns", f'{{"お迎え日" = "{key}"}}')
        (row,) = office.json("plan", path, *A1)["rows"]
        assert day == row["date"]


@pytest.mark.parametrize(
    ("commands", "content"),
    [
        *(
            ("plan;book --from;cancel --from;amend --from", content)
            for content in ("申請番号,予約日,時刻\n", "申請番号,予約日\n\n,,\n", '[{"number": ""}]')
        ),
        *(("agent import", content) for content in ("取次者,氏名\n", "[]")),
    ],
)
def test_a_file_without_rows_says_so(office: OfficeInFolder, commands: str, content: str) -> None:
    path = Path(office.folder) / "empty"
    path.write_text(content, "utf-8")
    before = office.bytes()
    for command in commands.split(";"):
        acting = ("--office",) if command == "agent import" else A1
        words = (*command.split(), str(path), *acting)
        document = office.json(*words)
        assert [] == document.get("rows", document.get("agents"))
        assert "The file has no row to read." == document["warnings"][-1]
        assert "The file has no row to read." in office.run(*words).err
    assert before == office.bytes()


def test_rows_of_the_sheet_for_people_and_counted_ones_for_programs(office: OfficeInFolder) -> None:
    """Table, reasons, notes, --explain and Japanese name the sheet's row; JSON counts."""
    lines = ["X-1,,professional", "", "X-2,2026-11-25,professional", "X-3,2030-01-01,self"]
    path = write_rows(office, "", *lines, head="\nnumber,date,recipient")
    command = ("book", "-n", "--best-effort", "--from", path, *A1)
    shown = office.run(*command)
    assert ["4", "6", "7"] == [line.split()[0] for line in shown.out.splitlines()[2:5]]
    assert "rows: 7" in shown.out
    assert "rows: 4, 6" in shown.err
    document = office.run(*command, "-f", "json").json
    assert [2, 4, 5] == [row["row"] for row in document["rows"]]
    explained = office.run(*command, "--explain").out.partition("Rules asked")[2]
    assert ["row 4", "row 6", "row 7"] == re.findall("row .", explained)
    whole = ("book", "-n", "--from", path, *A1)
    assert "row 7, case X-3" in office.run(*whole).err
    assert "7行目、申請番号 X-3" in office.run(*whole, "--lang", "ja").err
    bad = write_rows(office, "X-1,?", head="\n\nnumber,date")
    assert "  4行目、列 date: " in office.run("plan", bad, *A1, "--lang", "ja").err

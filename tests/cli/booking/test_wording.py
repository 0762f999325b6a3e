"""What people read is in their own words, and each word can be typed again."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from kofucli.base.language import translator
from kofucli.model import Status
from kofucli.output.words import STATUS_NAMES
from tests.cli.test_catalog import list_messages, texts_of
from tests.conftest import OfficeInFolder
from tests.operations.support import A1, end_at_counter

JA = ("--lang", "ja")
FAULTS = {
    "違反": "an agent who does not come breaks no law: 不来庁等の記録",
    "取り下げ": "that is the withdrawal of an application: 一部取消",
    "受取日": "the day of a visit is 予約日",
    "来庁日": "the day of a visit is 予約日",
    "限度": "a boundary is 基準",
    "境界": "a boundary is 基準",
    "ストア": "the store is データ保存先",
    "保存場所": "the store is データ保存先",
    "機械の時計": "the machine's clock is コンピューターの時計",
    "または": "又は",
    "すでに": "既に",
    "早い来庁": "早着",
    "未来庁": "来庁前",
}
MAILS = re.compile(r"Your |The office |Day and hour: ")
"""Messages of mails, which have tests of their own."""


@pytest.mark.parametrize("word", FAULTS)
def test_one_word_for_one_thing(word: str) -> None:
    found = [
        message.id
        for message in list_messages()
        if not MAILS.match(texts_of(message.id)[0])
        and any(word in text for text in texts_of(message.string))
    ]
    assert found == [], FAULTS[word]


def test_an_ended_status_is_said(office: OfficeInFolder) -> None:
    number = office.book("+1", "9", "X-1")["number"]
    end_at_counter(office, number, "office-closed", "active")
    assert "（閉庁等により終了）" in office.run("cancel", number, *A1, *JA).err


def test_a_quota_that_is_used_up_is_said_so(office: OfficeInFolder) -> None:
    """3(2): the limit is told as reached, and sentences that have a limit say it once."""
    for hour in ("9", "10", "11"):
        office.book("+1", hour, f"X-{hour}")
    said = office.run("book", "+1", "13", "--case", "X-13", *A1, *JA).err
    assert "表示中の開庁日の予約は3枠で、上限に達しています。" in said
    assert "基準: 3）" in said
    assert "limit: " not in office.run("book", "2027-01-15", "9", "--case", "X-1", *A1).err
    assert "limit: " not in office.run("amend", "X-9", "--add", "X-1", *A1).err
    past = office.run("book", "2026-11-20", "9", "--case", "X-1", *A1).err
    assert "the earliest day is 2026-11-25. (decided at 2026-11-24T10:00:00+09:00)\n" in past


def test_an_automatic_suspension_says_its_reason(office: OfficeInFolder) -> None:
    """6(4): its reason is written once for all languages, and said in the user's."""
    office.set("conduct", "mode", '"auto"')
    office.set("conduct", "no_shows", "1")
    number = office.book("+1", "9", "X-1")["number"]
    office.now = "2026-11-26T09:00:00"
    office.run("desk", "close-day", "2026-11-25", "--all-no-show", "--office", "-y")
    shown = office.run("agent", "show", "A-1", "--office", *JA).out
    assert f"6(4): 不来庁 {number}" in shown
    refused = office.run("book", "+1", "9", "--case", "X-2", *A1, *JA).err
    assert f"（6(4): 不来庁 {number}）" in refused
    assert f"6(4): no-show {number}" in office.run("agent", "show", "A-1", "--office").out


def test_the_journal_tells_actor_and_agent_apart(office: OfficeInFolder) -> None:
    """``store log`` has 操作者 and 取次者 once, and says which record of the office changed."""
    heading, _rule, *lines = office.run("store", "log", "--office", *JA).out.splitlines()
    assert (heading.count("操作者"), heading.count("取次者")) == (1, 1)
    assert any("設定" in line for line in lines)


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("status", get_args(Status))
def test_a_shown_status_can_be_typed(office: OfficeInFolder, status: str, language: str) -> None:
    """English tables have the words of documents, and Japanese words are taken as well."""
    number = office.book("2026-11-25", "9", "X-1")["number"]
    office.now = "2026-11-25T16:00:00"
    end_at_counter(office, number, status, "active")
    shown = translator(language)(STATUS_NAMES[status])
    listed = office.run("list", "--status", shown, *A1, "--lang", language).out
    assert f"  {shown}" in listed
    assert number in listed
    assert shown in office.run("show", number, *A1, "--lang", language).out
    assert language == "ja" or shown == status


def test_cases_are_counted_when_collected_too(office: OfficeInFolder) -> None:
    """``Cases`` are those that were not dropped, whatever became of them."""
    number = office.book("2026-11-25", "9", "X-1")["number"]
    end_at_counter(office, number, "collected", "collected")
    assert "Cases: 1\n" in office.run("show", number, *A1).out
    assert "collected        1\n" in office.run("list", "--all", *A1).out

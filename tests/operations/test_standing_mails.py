"""The mails about an agent's standing: suspended, reinstated, a mark lifted (notice 6(4))."""

from __future__ import annotations

import pytest

from tests.conftest import OfficeInFolder
from tests.mail.reading import outbox_names, read_outbox, text_of

AFTER = "2026-11-25T17:00"
SUSPEND = ("agent", "suspend", "A-1", "--until", "2026-12-24", "--reason", "調査のため")
REINSTATE = ("agent", "reinstate", "A-1", "--reason", "internal memo")
CLOSE = ("desk", "close-day", "2026-11-25", "--all-no-show", "-y")


def mail_of(office: OfficeInFolder, kind: str) -> str:
    """Return the subject and the text of the one mail of a kind."""
    (mail,) = read_outbox(office, kind)
    return f"{mail['Subject']}\n{text_of(mail)}"


@pytest.fixture
def office(office: OfficeInFolder) -> OfficeInFolder:
    """Return an office with an empty outbox, which suspends after one missed visit."""
    office.clear("outbox/")
    office.set("conduct", "mode", '"auto"')
    office.set("conduct", "no_shows", "1")
    return office


@pytest.mark.parametrize(
    ("language", "suspended", "reinstated"),
    [
        (
            "ja",
            ("2026-11-24 から利用停止となります", "2026-12-24 から", "理由: 調査のため"),
            "官署が利用停止を解除しました",
        ),
        (
            "en",
            ("Suspended until 2026-12-24\nDear 代理 A-1,\n",),
            "The office has ended your suspension",
        ),
    ],
)
def test_a_suspension_and_its_end_are_mailed_once(
    office: OfficeInFolder, language: str, suspended: tuple[str, ...], reinstated: str
) -> None:
    """The office's reason for the end is its own."""
    office.json("agent", "edit", "A-1", "--language", language)
    office.json(*REINSTATE)
    assert [] == outbox_names(office)
    other = ("--lang", "en" if language == "ja" else "ja")
    note = office.json(*SUSPEND)["warnings"]
    assert "Mails about it, in the outbox: 1" in note
    office.json(*SUSPEND, *other)
    text = mail_of(office, "suspended")
    assert all(part in text for part in suspended)
    office.json(*REINSTATE, *other)
    text = mail_of(office, "reinstated")
    assert reinstated in text
    assert "internal memo" not in text


def test_an_automatic_suspension_is_mailed_with_its_visits(office: OfficeInFolder) -> None:
    """Each in the words of its agent's language; undoing lifts the mark and the suspension."""
    office.add_agent("B-2", language="en")
    numbers = [
        office.book("+1", "10", f"X-{agent}", agent=agent)["number"] for agent in ("A-1", "B-2")
    ]
    office.json(*CLOSE, now=AFTER)
    first, second = (text_of(mail) for mail in read_outbox(office, "suspended"))
    assert f"理由: 6(4): 不来庁 {numbers[0]}" in first
    assert f"Reason: 6(4): no-show {numbers[1]}" in second
    office.json("desk", "undo", numbers[0], "--reason", "came", now=AFTER)
    lifted = mail_of(office, "mark-lifted")
    for part in ("不来庁の記録はなくなりました", "利用停止は解除されました", numbers[0]):
        assert part in lifted
    assert "交付予約確認書" not in lifted


def test_a_missed_visit_alone_mails_nothing(office: OfficeInFolder) -> None:
    office.set("conduct", "no_shows", "2")
    office.book("+1", "10", "X-1")
    before = outbox_names(office)
    for _ in range(2):
        office.json(*CLOSE, now=AFTER)
    assert before == outbox_names(office)


def test_a_dry_run_mails_nothing(office: OfficeInFolder) -> None:
    undo = ("desk", "undo", office.book("+1", "10", "X-1")["number"], "--reason", "r")
    for done, tried in (((), (SUSPEND, CLOSE)), (CLOSE, (REINSTATE, undo))):
        if done:
            office.json(*done, now=AFTER)
        before = outbox_names(office)
        for command in tried:
            office.json(*command, "-n", now=AFTER)
        assert before == outbox_names(office)


def test_who_cannot_be_mailed_is_named(office: OfficeInFolder) -> None:
    """2 (own): an address that is not verified gets none, nor does anybody without a transport."""
    office.json("agent", "edit", "A-1", "--email", "new@office.example.jp")
    noted = office.json(*SUSPEND)["warnings"]
    assert any("A-1: the address is not verified" in note for note in noted)
    office.set("mail", "transport", '"none"')
    assert any("please tell A-1" in note for note in office.json(*REINSTATE)["warnings"])
    assert [] == outbox_names(office)

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


def test_a_suspension_is_mailed(office: OfficeInFolder) -> None:
    """6(4): from when, until when, why, and what still works; the same again mails nothing."""
    document = office.json(*SUSPEND)
    assert "Mails about it, in the outbox: 1" in document["warnings"]
    text = mail_of(office, "suspended")
    assert "代理 A-1 様" in text
    assert "2026-11-24 から利用停止となります" in text
    assert "再び予約できるのは 2026-12-24 から" in text
    assert "理由: 調査のため" in text
    assert "一部取消と取消は引き続きできます" in text
    before = outbox_names(office)
    office.json(*SUSPEND)
    assert before == outbox_names(office)


def test_a_reinstatement_is_mailed(office: OfficeInFolder) -> None:
    """6(4): the end of a suspension is mailed without the office's own reason."""
    office.json(*REINSTATE)
    assert [] == outbox_names(office)
    office.json(*SUSPEND)
    office.json(*REINSTATE)
    text = mail_of(office, "reinstated")
    assert "官署が利用停止を解除しました" in text
    assert "internal memo" not in text


def test_the_agents_language(office: OfficeInFolder) -> None:
    """Both are in the language of the agent, not of the command."""
    office.json("agent", "edit", "A-1", "--language", "en")
    office.json(*SUSPEND, "--lang", "ja")
    office.json(*REINSTATE, "--lang", "ja")
    assert "Suspended until 2026-12-24\nDear 代理 A-1,\n" in mail_of(office, "suspended")
    assert "The office has ended your suspension" in mail_of(office, "reinstated")


def test_an_automatic_suspension_is_mailed(office: OfficeInFolder) -> None:
    """6(4): closing a day mails whom it suspends, with the visits that led to it in words."""
    office.add_agent("B-2", language="en")
    numbers = [office.book("+1", "10", f"X-{agent}", agent=agent)["number"] for agent in AGENTS]
    office.json(*CLOSE, now=AFTER)
    first, second = (text_of(mail) for mail in read_outbox(office, "suspended"))
    assert f"理由: 6(4): 不来庁 {numbers[0]}" in first
    assert f"Reason: 6(4): no-show {numbers[1]}" in second
    office.json("desk", "undo", numbers[0], "--reason", "came", now=AFTER)
    lifted = mail_of(office, "mark-lifted")
    assert "不来庁の記録はなくなりました" in lifted
    assert "利用停止は解除されました" in lifted
    assert numbers[0] in lifted
    assert "交付予約確認書" not in lifted


AGENTS = ("A-1", "B-2")


def test_a_missed_visit_alone_mails_nothing(office: OfficeInFolder) -> None:
    """6(4) (own): only what follows from it is mailed, and that once."""
    office.set("conduct", "no_shows", "2")
    office.book("+1", "10", "X-1")
    before = outbox_names(office)
    office.json(*CLOSE, now=AFTER)
    office.json(*CLOSE, now=AFTER)
    assert before == outbox_names(office)


def test_a_dry_run_mails_nothing(office: OfficeInFolder) -> None:
    """-n makes none of these mails."""
    number = office.book("+1", "10", "X-1")["number"]
    before = outbox_names(office)
    office.json(*SUSPEND, "-n")
    office.json(*CLOSE, "-n", now=AFTER)
    assert before == outbox_names(office)
    office.json(*CLOSE, now=AFTER)
    before = outbox_names(office)
    office.json(*REINSTATE, "-n", now=AFTER)
    office.json("desk", "undo", number, "--reason", "r", "-n", now=AFTER)
    assert before == outbox_names(office)


def test_who_cannot_be_mailed_is_named(office: OfficeInFolder) -> None:
    """2 (own): an address that is not verified gets none, nor does anybody without a transport."""
    office.json("agent", "edit", "A-1", "--email", "new@office.example.jp")
    noted = office.json(*SUSPEND)["warnings"]
    assert any("A-1: the address is not verified" in note for note in noted)
    office.set("mail", "transport", '"none"')
    assert any("please tell A-1" in note for note in office.json(*REINSTATE)["warnings"])
    assert [] == outbox_names(office)


def test_the_reason_names_nobody(office: OfficeInFolder) -> None:
    """A reason that holds the agent's name is bad input, and nothing is mailed."""
    outcome = office.run(*SUSPEND[:-1], "代理 A-1 が不在")
    assert 5 == outcome.status
    assert [] == outbox_names(office)

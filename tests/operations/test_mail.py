"""The mails to agents: for which events, in which language, to which address (2, 4, 5, 6).

How each is worded is recorded in tests/golden/mails.*.txt.
"""

from __future__ import annotations

import os
from email.message import EmailMessage

import pytest

from tests.conftest import OfficeInFolder
from tests.mail.reading import outbox_names, read_outbox, receivers_of, text_of
from tests.operations.support import A1, D25, D26, book_rows
from tests.support.needs import path_of_descriptor

BOOK = ("book", "+1", "10", "--case", "X-1", "--case", "X-2", *A1)
CLOSE = ("office", "close", D25, "--reason", "停電のため", "-y")
REOPEN = ("office", "reopen", D25, "--restore")
SUSPEND = ("agent", "suspend", "A-1", "--until", "2026-12-24", "--reason", "調査のため")
REINSTATE = ("agent", "reinstate", "A-1", "--reason", "internal memo")
CLOSE_DAY = ("desk", "close-day", D25, "--all-no-show", "-y")
AFTER = f"{D25}T17:00"
LATE = f"{D25}T08:00:00"


def only(office: OfficeInFolder, kind: str) -> EmailMessage:
    (mail,) = read_outbox(office, kind)
    return mail


@pytest.fixture
def office(office: OfficeInFolder) -> OfficeInFolder:
    """Return an office whose outbox is empty."""
    office.clear("outbox/")
    return office


def test_booking_mails_the_confirmation(office: OfficeInFolder) -> None:
    """5: the mail carries what is shown at the counter, to the address as registered."""
    number = office.json(*BOOK)["reservation"]["number"]
    mail = only(office, "booked")
    assert "代理 A-1 <a-1@office.example.jp>" == mail["To"]
    assert "東京出入国在留管理局横浜支局 <pickup@pickup.example.jp>" == mail["From"]
    assert f"予約を受け付けました: 2026-11-25（水） 10:00（{number}）" == mail["Subject"]
    assert office.run("confirmation", number).out in text_of(mail)
    assert mail["Date"].datetime.isoformat() == "2026-11-24T10:00:00+09:00"


def test_changes_are_mailed_a_cancellation_as_no_visit(office: OfficeInFolder) -> None:
    """4(3): the office's own changes are mailed to the agent too; what is true already is not."""
    number = office.json(*BOOK, "--office")["reservation"]["number"]
    for _ in range(2):
        office.run("amend", number, "--drop", "X-2", "--office")
    text = text_of(only(office, "amended"))
    assert office.run("confirmation", number).out in text
    assert "X-2" not in text
    for _ in range(2):
        office.json("cancel", number, "--office")
    text = text_of(only(office, "cancelled"))
    assert all(part in text for part in (number, "2026-11-25（水） 10:00", "X-1"))
    assert "交付予約確認書" not in text
    assert ["a-1@office.example.jp"] * 3 == receivers_of(read_outbox(office))


def test_what_is_only_tried_or_refused_mails_nothing(office: OfficeInFolder) -> None:
    office.json(*BOOK, "-n")
    office.json(*SUSPEND, "-n")
    office.refused("book", "2026-11-28", "10", "--case", "X-9", *A1)
    assert [] == outbox_names(office)


def test_a_closure_and_what_it_ended_is_mailed_to_whom_it_concerns(office: OfficeInFolder) -> None:
    """6 (own): with the reason; what stands again with its confirmation, where it was asked for."""
    for agent in ("B-2", "C-3"):
        office.add_agent(agent)
    number = office.json(*BOOK)["reservation"]["number"]
    office.book("+1", "11", "X-3", agent="B-2")
    office.book("+2", "10", "X-4", agent="C-3")
    document = office.json(*CLOSE)
    mails = read_outbox(office, "closed")
    concerned = ["a-1@office.example.jp", "b-2@office.example.jp"]
    assert concerned == receivers_of(mails)
    assert all("停電のため" in text_of(mail) for mail in mails)
    assert "Mails about it, in the outbox: 2" in document["warnings"]
    office.json(*REOPEN[:-1])
    assert [] == read_outbox(office, "restored")
    office.json(*REOPEN)
    mails = read_outbox(office, "restored")
    assert concerned == receivers_of(mails)
    assert any(office.run("confirmation", number).out in text_of(mail) for mail in mails)


@pytest.mark.parametrize(("now", "mails"), [("T10:00:00", 1), ("T13:00:00", 0)])
def test_an_opening_mails_a_deadline_that_moves_to_an_instant_to_come(
    office: OfficeInFolder, now: str, mails: int
) -> None:
    """4 (own): one that moves into the past is no news."""
    office.json("office", "close", "2026-11-24", "--reason", "点検", "-y")
    office.book(D25, "10", "X-1")
    office.book(D26, "10", "X-2")
    document = office.json("office", "reopen", "2026-11-24", now=f"2026-11-24{now}")
    assert 1 == len(document["moved"])
    found = [text_of(mail) for mail in read_outbox(office, "moved")]
    assert ["2026-11-24（火） 11:59" in text and "X-1" in text for text in found] == [True] * mails


def test_a_file_mails_each_reservation_once(office: OfficeInFolder) -> None:
    """Each to its own agent; rows that were booked before make none."""
    office.add_agent("B-2")
    rows = [f"X-1,A-1,{D25},10", f"X-2,A-1,{D25},10", f"X-3,B-2,{D26},11"]
    for _ in range(2):
        book_rows(office, *rows, head="number,agent,date,hour", options=("--office",))
        found = receivers_of(read_outbox(office, "booked"))
        assert ["a-1@office.example.jp", "b-2@office.example.jp"] == found


def test_only_the_link_goes_to_an_address_that_is_not_verified(bare_office: OfficeInFolder) -> None:
    """2 (own): a note names the agent."""
    bare_office.set("verification", "required", "false")
    bare_office.add_agent(verify=False)
    bare_office.json(*BOOK)
    assert 1 == len(read_outbox(bare_office, "booked"))
    bare_office.set("verification", "required", "true")
    document = bare_office.json("amend", "X-1", "--replace", "X-1=X-3", "--office")
    assert [] == read_outbox(bare_office, "amended")
    assert any("A-1: the address is not verified" in note for note in document["warnings"])
    send = ("confirmation", "X-3", "--send", *A1)
    assert ["agent.unverified"] == bare_office.refused(*send)
    bare_office.json("verify", "send", "A-1")
    assert 1 == len(read_outbox(bare_office, "verify"))


def test_without_a_transport_the_office_is_asked_to_tell(office: OfficeInFolder) -> None:
    office.set("mail", "transport", '"none"')
    booked = office.json(*BOOK)
    assert [] == [w for w in booked["warnings"] if "machine" not in w]
    assert any("please tell A-1" in note for note in office.json(*CLOSE)["warnings"])
    number = booked["reservation"]["number"]
    send = office.run("confirmation", number, "--send", *A1, "-f", "json")
    assert (5, "[mail] transport") == (send.status, send.error["problems"][0]["where"])
    assert [] == outbox_names(office)


@pytest.mark.parametrize(
    ("language", "subject", "others"),
    [("ja", "取り消しました", "Cancelled"), ("en", "Cancelled", "取り消")],
)
def test_mails_speak_the_agents_language_whatever_that_of_the_command(
    office: OfficeInFolder, language: str, subject: str, others: str
) -> None:
    office.json("agent", "edit", "A-1", "--language", language)
    other = ("--lang", "en" if language == "ja" else "ja")
    number = office.json(*BOOK, *other)["reservation"]["number"]
    office.json("cancel", number, *A1, *other)
    mail = only(office, "cancelled")
    assert subject in mail["Subject"]
    assert others not in mail["Subject"] + text_of(mail)


@pytest.mark.files
def test_only_irreplaceable_mails_are_synced(
    office: OfficeInFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mail that nothing can make again is durable; that of a booking waits for no disk."""
    synced: list[str] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(path_of_descriptor(descriptor))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    for mails, command in (
        (0, BOOK),
        (0, ("amend", "X-1", "--drop", "X-2", *A1)),
        (1, ("verify", "send", "A-1")),
        (1, CLOSE),
        (1, REOPEN),
        (0, ("cancel", "X-1", *A1)),
    ):
        synced.clear()
        office.json(*command)
        assert mails == sum(path.endswith(".eml.tmp") for path in synced), command


UNDO = "desk undo {number} --reason mistake"
CALL = "desk late-cancel {number} --reason call"
STORY = [
    ("2026-11-24T11:00", "book +1 9 --case C-1 --agent A-1", "booked"),
    ("2026-11-24T11:59:59", "cancel C-1 --office", "cancelled"),
    (LATE, "desk late-notice {number}", None),
    (LATE, UNDO, None),
    (LATE, CALL, "late-cancelled"),
    (LATE, CALL, None),
    (f"{D25}T08:05", UNDO, "revived"),
    (f"{D25}T10:05", "desk arrive {number}", None),
    (f"{D25}T10:06", UNDO, None),
    (f"{D25}T10:07", "desk arrive {number}", None),
    (f"{D25}T10:08", "desk collect {number}", None),
    (f"{D25}T10:09", UNDO, None),
    (f"{D25}T10:10", UNDO, None),
    (f"{D25}T11:05", "desk arrive {number} --late", None),
    (f"{D25}T11:06", UNDO, None),
    (f"{D25}T17:00", f"desk close-day {D25} --all-no-show -y", None),
    (f"{D25}T17:05", UNDO, "mark-lifted"),
]
"""What is done to a reservation, and the kind of mail that comes of it."""


def test_each_event_has_its_mail_or_none(office: OfficeInFolder) -> None:
    """4, 6: a mail says whether the event is a mark, and how many count now."""
    number = office.book(D25, "10", "X-1")["number"]
    for instant, line, kind in STORY:
        office.clear("outbox/")
        office.json(*line.format(number=number).split(), now=instant)
        made = [name[16:-21] for name in outbox_names(office)]
        assert [kind] * (kind is not None) == made, line
        for mail in read_outbox(office):
            text = text_of(mail)
            assert ("交付予約確認書" in text) is (kind in ("booked", "revived"))
            counts = {"late-cancelled": "キャンセルの記録: 1回", "revived": "記録: 0回"}
            assert counts.get(str(kind), "") in text


@pytest.mark.parametrize(
    ("kind", "now", "said"),
    [
        ("undone", f"{D25}T11:00:00", "時間は既に過ぎており、その結果はこれから記録されます。"),
        ("undone-closed", LATE, "閉庁しますので、お越しにならないでください。"),
    ],
)
def test_undoing_too_late_mails_no_confirmation(
    office: OfficeInFolder, kind: str, now: str, said: str
) -> None:
    number = office.json(*BOOK)["reservation"]["number"]
    office.json("desk", "late-cancel", number, "--reason", "call", now=LATE)
    if kind == "undone-closed":
        office.json(*CLOSE, now=LATE)
    office.json("desk", "undo", number, "--reason", "mistake", now=now)
    text = text_of(only(office, kind))
    assert said in text
    assert not any(word in text for word in ("有効", "交付予約確認書"))
    assert [] == read_outbox(office, "revived")


# --- how an agent stands: suspended, reinstated, a mark lifted (6(4)) -------------------------


def mail_of(office: OfficeInFolder, kind: str) -> str:
    """Return the subject and the text of the one mail of a kind."""
    mail = only(office, kind)
    return f"{mail['Subject']}\n{text_of(mail)}"


@pytest.fixture
def strict(office: OfficeInFolder) -> OfficeInFolder:
    """Return an office that suspends after one missed visit."""
    office.set("conduct", "mode", '"auto"')
    office.set("conduct", "no_shows", "1")
    return office


def test_a_suspension_and_its_end_are_mailed_once(strict: OfficeInFolder) -> None:
    """The office's reason for the end is its own."""
    strict.json(*REINSTATE)
    assert [] == outbox_names(strict)
    assert "Mails about it, in the outbox: 1" in strict.json(*SUSPEND)["warnings"]
    strict.json(*SUSPEND)
    text = mail_of(strict, "suspended")
    for part in ("2026-11-24 から利用停止となります", "2026-12-24 から", "理由: 調査のため"):
        assert part in text
    for _ in range(2):
        strict.json(*REINSTATE)
    text = mail_of(strict, "reinstated")
    assert "官署が利用停止を解除しました" in text
    assert "internal memo" not in text


def test_an_automatic_suspension_is_mailed_with_its_visits(strict: OfficeInFolder) -> None:
    """Each in the words of its agent's language; undoing lifts the mark and the suspension."""
    strict.add_agent("B-2", language="en")
    numbers = [
        strict.book("+1", "10", f"X-{agent}", agent=agent)["number"] for agent in ("A-1", "B-2")
    ]
    strict.json(*CLOSE_DAY, now=AFTER)
    first, second = (text_of(mail) for mail in read_outbox(strict, "suspended"))
    assert f"理由: 6(4): 不来庁 {numbers[0]}" in first
    assert f"Reason: 6(4): no-show {numbers[1]}" in second
    strict.json("desk", "undo", numbers[0], "--reason", "came", now=AFTER)
    lifted = mail_of(strict, "mark-lifted")
    for part in ("不来庁の記録はなくなりました", "利用停止は解除されました", numbers[0]):
        assert part in lifted
    assert "交付予約確認書" not in lifted

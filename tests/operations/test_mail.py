"""The mails to agents: for which events, in which language, to which address (2, 4, 5, 6)."""

from __future__ import annotations

import os
from email.message import EmailMessage
from pathlib import Path

import pytest

from kofucli.operations.outbox import find_mails
from tests.conftest import OfficeInFolder
from tests.mail.reading import outbox_names, read_mail, read_outbox, receivers_of, text_of
from tests.store.support import fail_call
from tests.support.needs import mode_of, path_of_descriptor

BOOK = ("book", "+1", "10", "--case", "X-1", "--case", "X-2", "--agent", "A-1")
UNOFFICIAL = "非公式"


def only(mails: list[EmailMessage]) -> EmailMessage:
    """Return the one mail there is."""
    (mail,) = mails
    return mail


@pytest.fixture
def office(office: OfficeInFolder) -> OfficeInFolder:
    """Return an office whose outbox is empty."""
    office.clear("outbox/")
    return office


def test_booking_mails_the_confirmation(office: OfficeInFolder) -> None:
    """5: the mail carries what is shown at the counter, to the address as registered."""
    number = office.json(*BOOK)["reservation"]["number"]
    mail = only(read_outbox(office, "booked"))
    assert "代理 A-1 <a-1@office.example.jp>" == mail["To"]
    assert "東京出入国在留管理局横浜支局 <pickup@pickup.example.jp>" == mail["From"]
    assert f"予約を受け付けました: 2026-11-25（水） 10:00（{number}）" == mail["Subject"]
    assert office.run("confirmation", number).out in text_of(mail)
    assert mail["Date"].datetime.isoformat() == "2026-11-24T10:00:00+09:00"


def test_amending_mails_the_new_confirmation(office: OfficeInFolder) -> None:
    """4(3): a change is mailed with the confirmation as it is afterwards."""
    number = office.json(*BOOK)["reservation"]["number"]
    office.json("amend", number, "--drop", "X-2", "--agent", "A-1")
    text = text_of(only(read_outbox(office, "amended")))
    assert office.run("confirmation", number).out in text
    assert "X-2" not in text


def test_cancelling_mails_no_confirmation(office: OfficeInFolder) -> None:
    """4: a cancellation is mailed, with what it was and nothing to be shown at a counter."""
    number = office.json(*BOOK)["reservation"]["number"]
    office.json("cancel", number, "--agent", "A-1")
    text = text_of(only(read_outbox(office, "cancelled")))
    assert number in text
    assert "2026-11-25（水） 10:00" in text
    assert "X-1、X-2" in text
    assert "交付予約確認書" not in text


def test_wishes_that_are_true_already_mail_nothing(office: OfficeInFolder) -> None:
    """A second cancellation, a second drop, a dry run and a refusal make no mail."""
    number = office.json(*BOOK)["reservation"]["number"]
    office.json("amend", number, "--drop", "X-2", "--agent", "A-1")
    office.json("cancel", number, "--agent", "A-1")
    before = outbox_names(office)
    assert office.json("cancel", number, "--agent", "A-1")["changed"] is False
    assert office.run("amend", number, "--drop", "X-2", "--agent", "A-1").status in (0, 3)
    office.json(*BOOK, "-n")
    office.refused("book", "2026-11-28", "10", "--case", "X-9", "--agent", "A-1")
    assert before == outbox_names(office)


def test_the_office_mails_the_agent_too(office: OfficeInFolder) -> None:
    """What the office does for an agent is mailed to the agent."""
    number = office.json(*BOOK, "--office")["reservation"]["number"]
    office.json("cancel", number, "--office")
    assert ["a-1@office.example.jp"] == receivers_of(read_outbox(office, "booked"))
    assert ["a-1@office.example.jp"] == receivers_of(read_outbox(office, "cancelled"))


def test_a_closure_mails_everybody_it_concerns(office: OfficeInFolder) -> None:
    """6 (own): each agent whose reservation ends is told, with the reason; nobody else is."""
    for agent in ("B-2", "C-3"):
        office.add_agent(agent)
    office.book("+1", "10", "X-1")
    office.book("+1", "11", "X-2", agent="B-2")
    office.book("+2", "10", "X-3", agent="C-3")
    document = office.json("office", "close", "2026-11-25", "--reason", "停電のため", "-y")
    mails = read_outbox(office, "closed")
    assert ["a-1@office.example.jp", "b-2@office.example.jp"] == receivers_of(mails)
    assert all("停電のため" in text_of(mail) for mail in mails)
    assert ["Mails about it, in the outbox: 2"] == [
        w for w in document["warnings"] if "machine" not in w
    ]


def test_an_opening_mails_deadlines_that_move(office: OfficeInFolder) -> None:
    """4 (own): opening a day mails those whose deadline is later now, with the new one."""
    office.json("office", "close", "2026-11-26", "--reason", "点検", "-y")
    office.book("2026-11-27", "10", "X-1")
    office.book("2026-11-30", "10", "X-2")
    office.json("office", "reopen", "2026-11-26")
    mail = only(read_outbox(office, "moved"))
    assert "2026-11-26（木） 11:59" in text_of(mail)
    assert "X-1" in text_of(mail)


def test_what_is_restored_is_mailed(office: OfficeInFolder) -> None:
    """6 (own): a reservation that stands again is mailed with its confirmation."""
    number = office.json(*BOOK)["reservation"]["number"]
    office.json("office", "close", "2026-11-25", "--reason", "点検", "-y")
    office.json("office", "reopen", "2026-11-25")
    assert [] == read_outbox(office, "restored")
    office.json("office", "reopen", "2026-11-25", "--restore")
    assert office.run("confirmation", number).out in text_of(only(read_outbox(office, "restored")))


def test_a_file_mails_each_reservation(office: OfficeInFolder) -> None:
    """One mail a reservation, to its own agent; rows that were booked before make none."""
    office.add_agent("B-2")
    rows = ["X-1,A-1,2026-11-25,10", "X-2,A-1,2026-11-25,10", "X-3,B-2,2026-11-26,11"]
    path = office.folder / "rows.csv"
    path.write_text("\n".join(["number,agent,date,hour", *rows]), "utf-8")
    office.json("book", "--from", str(path), "--office")
    mails = read_outbox(office, "booked")
    assert ["a-1@office.example.jp", "b-2@office.example.jp"] == receivers_of(mails)
    office.json("book", "--from", str(path), "--office")
    assert 2 == len(read_outbox(office, "booked"))


def test_an_unverified_address_gets_no_mail(bare_office: OfficeInFolder) -> None:
    """2 (own): only the link goes to an address that is not verified; a note names the agent."""
    bare_office.set("verification", "required", "false")
    bare_office.add_agent(verify=False)
    bare_office.json(*BOOK)
    assert 1 == len(read_outbox(bare_office, "booked"))
    bare_office.set("verification", "required", "true")
    document = bare_office.json("amend", "X-1", "--replace", "X-1=X-3", "--office")
    assert [] == read_outbox(bare_office, "amended")
    assert any("A-1: the address is not verified" in note for note in document["warnings"])
    send = bare_office.run("confirmation", "X-3", "--send", "--agent", "A-1", "-f", "json")
    assert (3, ["agent.unverified"]) == (send.status, send.codes)
    bare_office.json("verify", "send", "A-1")
    assert 1 == len(read_outbox(bare_office, "verify"))


def test_no_transport_makes_no_mail(office: OfficeInFolder) -> None:
    """With "none" nothing is made; who announces something is asked to tell the agents."""
    office.set("mail", "transport", '"none"')
    booked = office.json(*BOOK)
    assert [] == [w for w in booked["warnings"] if "machine" not in w]
    closed = office.json("office", "close", "2026-11-25", "--reason", "r", "-y")
    assert any("please tell A-1" in note for note in closed["warnings"])
    number = booked["reservation"]["number"]
    send = office.run("confirmation", number, "--send", "--agent", "A-1", "-f", "json")
    assert (5, "[mail] transport") == (send.status, send.error["problems"][0]["where"])
    assert [] == outbox_names(office)


@pytest.mark.parametrize(
    ("language", "subject", "others"),
    [("ja", "取り消しました", "Cancelled"), ("en", "Cancelled", "取り消")],
)
def test_the_agents_language(
    office: OfficeInFolder, language: str, subject: str, others: str
) -> None:
    """Mails speak the agent's language, whatever the language of the command."""
    office.json("agent", "edit", "A-1", "--language", language)
    other = ("--lang", "en" if language == "ja" else "ja")
    number = office.json(*BOOK, *other)["reservation"]["number"]
    office.json("cancel", number, "--agent", "A-1", *other)
    mail = only(read_outbox(office, "cancelled"))
    assert subject in mail["Subject"]
    assert others not in mail["Subject"] + text_of(mail)


def test_every_mail_is_unofficial_unless_it_is_not(office: OfficeInFolder) -> None:
    """5 (own): every mail says that it is no booking with the agency, unless it is one."""
    for official in ("false", "true"):
        office.set("office", "official", official)
        office.clear("outbox/")
        office.json(*BOOK)
        office.json("amend", "X-1", "--drop", "X-2", "--agent", "A-1")
        office.json("cancel", "X-1", "--agent", "A-1")
        office.json("verify", "send", "A-1")
        office.book("+1", "11", "X-3")
        office.json("office", "close", "2026-11-25", "--reason", "r", "-y")
        office.json("office", "reopen", "2026-11-25", "--restore")
        texts = [text_of(mail) for mail in read_outbox(office)]
        assert 7 == len(texts)
        assert [official == "false"] * 7 == [UNOFFICIAL in text for text in texts]
        office.json("cancel", "X-3", "--agent", "A-1")


def test_values_of_the_office_end_no_header(office: OfficeInFolder) -> None:
    """Line ends in a name of the office or its own texts make no header of a mail."""
    office.set("office", "name", '"横浜\\r\\nBcc: evil@example.com\\r\\n\\r\\nx"')
    office.set("office", "phone", '"1\\nBcc: evil@example.com"')
    office.json(*BOOK)
    mail = only(read_outbox(office, "booked"))
    assert 11 == len(mail.keys())
    assert mail["Bcc"] is None


@pytest.mark.files
def test_a_mail_is_the_owners_alone(office: OfficeInFolder) -> None:
    """A mail is 0600 whatever the umask, and no other file is left beside it."""
    before = os.umask(0)
    try:
        office.json(*BOOK)
    finally:
        os.umask(before)
    (path,) = (office.store / "outbox").iterdir()
    assert mode_of(path) == 0o600


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

    def synced_mails(*arguments: str) -> int:
        synced.clear()
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", fsync)
            office.json(*arguments)
        return sum(path.endswith(".eml.tmp") for path in synced)

    assert 0 == synced_mails(*BOOK)
    assert 0 == synced_mails("amend", "X-1", "--drop", "X-2", "--agent", "A-1")
    assert 1 == synced_mails("verify", "send", "A-1")
    assert 1 == synced_mails("office", "close", "2026-11-25", "--reason", "r", "-y")
    assert 1 == synced_mails("office", "reopen", "2026-11-25", "--restore")
    assert 0 == synced_mails("cancel", "X-1", "--agent", "A-1")


@pytest.mark.files
@pytest.mark.parametrize("call", ["open", "write", "replace"])
def test_a_booking_stands_though_its_mail_cannot_be_written(
    office: OfficeInFolder, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """The booking stands (exit 7), is shown, and the message says how to make its mail again."""
    with monkeypatch.context() as patch:
        fail_call(patch, call, 28, lambda path: "/outbox" in path)
        outcome = office.run(*BOOK, "-f", "json")
    assert 7 == outcome.status
    number = outcome.json["reservation"]["number"]
    assert f"kofucli confirmation {number} --send" in outcome.error["message"]
    again = office.json("confirmation", number, "--send", "--agent", "A-1")
    assert Path(again["outbox"]).exists()


def test_the_mails_of_an_agent_are_found(office: OfficeInFolder) -> None:
    """The mails to one agent are found by name, and none of an agent whose id begins alike."""
    for agent in ("A-1-2", "A"):
        office.add_agent(agent, verify=False)
        office.json("verify", "send", agent)
    office.json(*BOOK)
    office.put("outbox/20261124T100000-booked-A-1-x.eml", b"")
    store = office.open()
    found = {agent: find_mails(store, agent) for agent in ("A", "A-1", "A-1-2", "B")}
    assert {"A": 1, "A-1": 1, "A-1-2": 1, "B": 0} == {k: len(v) for k, v in found.items()}
    assert "-booked-A-1-" in found["A-1"][0]


DAY = "2026-11-25"
LATE = f"{DAY}T08:00:00"
STORY: list[tuple[str, str, str | None, str, str]] = [
    (
        "2026-11-24T11:00",
        "book +1 9 --case {case} --agent {agent}",
        "booked",
        "reserved",
        "受け付け",
    ),
    (
        "2026-11-24T11:59:59",
        "cancel {case} --office",
        "cancelled",
        "Your reservation has been cancelled before its deadline, so there is no mark.",
        "期限までに予約を取り消しました。期限後のキャンセルとしては記録されません。",
    ),
    (LATE, "desk late-notice {number}", None, "", ""),
    (LATE, "desk undo {number} --reason mistake", None, "", ""),
    (
        LATE,
        "desk late-cancel {number} --reason call",
        "late-cancelled",
        (
            "after the deadline, 2026-11-24 (Tue) 11:59. The reservation has ended, and there is a "
            "mark: a late cancellation.\n\nLate cancellations that count now: 1.\n"
        ),
        (
            "期限（2026-11-24（火） 11:59）を過ぎてからの電話により、予約を取り消しました。"
            "予約は終了し、期限後のキャンセルとして記録されました。\n\n"
            "現在の期限後のキャンセルの記録: 1回\n"
        ),
    ),
    (LATE, "desk late-cancel {number} --reason call", None, "", ""),
    (
        f"{DAY}T08:05",
        "desk undo {number} --reason mistake",
        "revived",
        (
            "The office has taken back that your visit was cancelled by telephone. Your "
            "reservation is valid again, and there is no mark for it any more.\n\n"
            "Late cancellations that count now: 0.\n"
        ),
        (
            "電話によるキャンセルとしていた記録を官署が取り消しました。予約は再び有効になり、"
            "期限後のキャンセルの記録もなくなりました。\n\n"
            "現在の期限後のキャンセルの記録: 0回\n"
        ),
    ),
    (f"{DAY}T10:05", "desk arrive {number}", None, "", ""),
    (f"{DAY}T10:06", "desk undo {number} --reason mistake", None, "", ""),
    (f"{DAY}T10:07", "desk arrive {number}", None, "", ""),
    (f"{DAY}T10:08", "desk collect {number}", None, "", ""),
    (f"{DAY}T10:09", "desk undo {number} --reason mistake", None, "", ""),
    (f"{DAY}T10:10", "desk undo {number} --reason mistake", None, "", ""),
    (f"{DAY}T11:05", "desk arrive {number} --late", None, "", ""),
    (f"{DAY}T11:06", "desk undo {number} --reason mistake", None, "", ""),
    (f"{DAY}T17:00", f"desk close-day {DAY} --all-no-show -y", None, "", ""),
    (
        f"{DAY}T17:05",
        "desk undo {number} --reason mistake",
        "mark-lifted",
        (
            "there is no mark for it any more. What became of the visit is still to be "
            "recorded.\n\nMissed visits that count now: 0.\n"
        ),
        (
            "不来庁の記録はなくなりました。来庁の結果はこれから記録されます。\n\n"
            "現在の不来庁の記録: 0回\n"
        ),
    ),
]
"""What is done to a reservation, and the mail that comes of it: its kind, English, Japanese."""


def test_each_event_has_its_own_words(office: OfficeInFolder) -> None:
    """4, 6: a mail says what happened, whether that is a mark, and what stands now; else none."""
    languages = {"A-1": "ja", "B-2": "en"}
    office.add_agent("B-2", language="en")
    number = {a: office.book(DAY, "10", f"X-{a}", agent=a)["number"] for a in languages}
    for instant, line, kind, english, japanese in STORY:
        for agent, language in languages.items():
            before = outbox_names(office)
            words = line.format(agent=agent, case=f"C-{agent}", number=number[agent]).split()
            office.json(*words, now=instant)
            made = [name for name in outbox_names(office) if name not in before]
            assert [f"{kind}-{agent}"] * (kind is not None) == [name[16:-17] for name in made], line
            for name in made:
                text = text_of(read_mail(office.bytes()[f"outbox/{name}"]))
                assert (english if language == "en" else japanese) in text
                assert ("交付予約確認書" in text) is (kind in ("booked", "revived"))


@pytest.mark.parametrize(
    ("kind", "now", "said"),
    [
        ("undone", f"{DAY}T11:00:00", "時間は既に過ぎており、その結果はこれから記録されます。"),
        ("undone-closed", LATE, "閉庁しますので、お越しにならないでください。"),
    ],
)
def test_undoing_after_the_hour_or_on_a_closed_day_mails_no_confirmation(
    office: OfficeInFolder, kind: str, now: str, said: str
) -> None:
    """6(4): after the hour, or on a closed day, the mail of an undone mark confirms no visit."""
    number = office.json(*BOOK)["reservation"]["number"]
    office.json("desk", "late-cancel", number, "--reason", "call", now=LATE)
    if kind == "undone-closed":
        office.json("office", "close", DAY, "--reason", "台風", "-y", now=LATE)
    office.json("desk", "undo", number, "--reason", "mistake", now=now)
    text = text_of(only(read_outbox(office, kind)))
    assert said in text
    assert "有効" not in text
    assert "交付予約確認書" not in text
    assert [] == read_outbox(office, "revived")


def test_a_late_cancellation_that_suspends_says_so(office: OfficeInFolder) -> None:
    """6(4): the mail has the first free day; that of its undoing says that nothing is left."""
    office.set("conduct", "mode", '"auto"')
    office.set("conduct", "late_cancels", "1")
    office.json("agent", "edit", "A-1", "--language", "en")
    number = office.json(*BOOK)["reservation"]["number"]
    office.json("desk", "late-cancel", number, "--reason", "call", now=LATE)
    text = text_of(only(read_outbox(office, "late-cancelled")))
    assert "you can neither book nor correct, and book again from 2027-02-25 on" in text
    assert "no mark" not in text
    office.json("desk", "undo", number, "--reason", "mistake", now=LATE)
    text = text_of(only(read_outbox(office, "revived")))
    assert "The suspension that followed from it has ended." in text
    assert office.run("confirmation", number).out in text


def test_an_older_suspension_is_named_in_both_mails(office: OfficeInFolder) -> None:
    """6(4): a suspension that was there stays, in both mails; a limit alone is named as such."""
    office.set("conduct", "late_cancels", "1")
    office.json("agent", "edit", "A-1", "--language", "en")
    number = office.json(*BOOK)["reservation"]["number"]
    office.json("desk", "late-cancel", number, "--reason", "call", now=LATE)
    text = text_of(only(read_outbox(office, "late-cancelled")))
    assert "At that number the office may suspend you; it has not done so." in text
    office.json("agent", "suspend", "A-1", "--until", "2026-12-24", "--reason", "r", now=LATE)
    office.json("desk", "undo", number, "--reason", "mistake", now=LATE)
    text = text_of(only(read_outbox(office, "revived")))
    assert "stays: you can book again from 2026-12-24 on" in text
    assert "has ended" not in text


def test_a_deadline_that_moves_into_the_past_is_no_news(office: OfficeInFolder) -> None:
    """4 (own): a deadline that moves to an instant that is over is not mailed."""
    office.json("office", "close", "2026-11-24", "--reason", "点検", "-y")
    office.book("2026-11-25", "10", "X-1")
    document = office.json("office", "reopen", "2026-11-24", now="2026-11-24T13:00:00")
    assert 1 == len(document["moved"])
    assert [] == read_outbox(office, "moved")


def test_a_confirmation_after_the_end_says_so(office: OfficeInFolder) -> None:
    """5: a confirmation mailed after the reservation ended says so, in its subject too."""
    office.json("agent", "edit", "A-1", "--language", "en")
    number = office.json(*BOOK)["reservation"]["number"]
    office.json("cancel", number, "--agent", "A-1")
    office.json("confirmation", number, "--send", "--agent", "A-1")
    mail = only(read_outbox(office, "ended"))
    assert mail["Subject"].startswith("Ended: ")
    assert "Your reservation has ended (cancelled)." in text_of(mail)
    assert [] == read_outbox(office, "confirmation")

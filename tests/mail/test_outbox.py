"""What waits in the outbox: sent once, whoever else sends, and whatever else lies there."""

from __future__ import annotations

import errno
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.conftest import OfficeInFolder
from tests.mail.reading import outbox_names
from tests.mail.servers import BOOK, SEND, Mailbox, book_and_fail, counts
from tests.store.support import fail_call, run_process


def test_two_at_once_send_no_mail_twice(office: OfficeInFolder, mailbox: Mailbox) -> None:
    office.set("quota", "frames", "60")
    for day in range(1, 6):
        for hour in ("9", "10", "11", "13"):
            office.book(f"+{day}", hour, f"X-{day}-{hour}")
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: run_process(office, *SEND), "1234"))
    assert [0] * 4 == [outcome.status for outcome in found]
    assert 20 == sum(len(outcome.json["sent"]) for outcome in found)
    assert 20 == len(mailbox.taken) == len({mail["Message-ID"] for mail in mailbox.mails})
    assert [] == outbox_names(office)


def test_a_mail_in_the_hands_of_another_process_is_not_sent_a_second_time(
    office: OfficeInFolder, mailbox: Mailbox
) -> None:
    office.set("store", "lock_seconds", "0.1")
    office.json(*BOOK)
    entered, done = threading.Event(), threading.Event()

    def hold(_: Any) -> None:
        entered.set()
        done.wait(60)

    mailbox.before_data = hold
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(run_process, office, *SEND)
        assert entered.wait(60)
        second = office.run(*SEND)
        done.set()
        assert 0 == first.result().status
    assert (7, 0, 1) == counts(second)
    assert "another process" in second.json["waiting"][0]["message"]
    assert 1 == len(mailbox.taken)


def test_files_that_are_no_mails_stop_no_other_mail(
    office: OfficeInFolder, mailbox: Mailbox
) -> None:
    """What is foreign, emptied, a link or a folder is named, and stays as it is."""
    outbox = office.store / "outbox"
    contents = {"0.eml": b"", "1.eml": b"\x00\xff", "2.eml": b"To: a@example.jp\n\nx"}
    for name, content in {**contents, "a.txt": b"To: a@example.jp\r\n\r\n"}.items():
        (outbox / name).write_bytes(content)
    (outbox / "b.eml").symlink_to(outbox / "a.txt")
    (outbox / "c.eml").mkdir()
    office.json(*BOOK)
    outcome = office.run(*SEND)
    left = [each["mail"] for each in outcome.json["waiting"]]
    assert (7, [*contents, "b.eml", "c.eml"]) == (outcome.status, left)
    assert ["a-1@office.example.jp"] == mailbox.receivers
    assert contents == {name: (outbox / name).read_bytes() for name in contents}


def test_a_mail_that_was_sent_and_cannot_be_removed_is_told(
    sending: OfficeInFolder, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be sent again."""

    def fail(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    with monkeypatch.context() as patch:
        patch.setattr("kofucli.store.files.store.FileStore.remove_mail", fail)
        assert "sent again" in book_and_fail(sending)
    assert 1 == len(mailbox.taken)


@pytest.mark.parametrize(("call", "status"), [("listdir", 6), ("read", 7)])
def test_an_outbox_that_cannot_be_read_stays_as_it_is(
    office: OfficeInFolder,
    mailbox: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
    call: str,
    status: int,
) -> None:
    office.json(*BOOK)
    with monkeypatch.context() as patch:
        fail_call(patch, call, errno.EIO, lambda path: "/outbox" in path)
        assert (status, []) == (office.run(*SEND).status, mailbox.taken)
    assert (0, 1, 0) == counts(office.run(*SEND))

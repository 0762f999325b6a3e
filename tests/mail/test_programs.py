"""Mails and calendars in programs that people have: neomutt and khal."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import OfficeInFolder
from tests.mail.reading import text_of
from tests.mail.servers import Mailbox
from tests.support.needs import lacking
from tests.support.terminal import run_on_terminal

pytestmark = pytest.mark.deep

KHAL = """[calendars]
[[visits]]
path = {folder}/calendar
[locale]
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
timeformat = %H:%M
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
local_timezone = America/St_Johns
default_timezone = Asia/Tokyo
[sqlite]
path = {folder}/khal.db
"""
NEOMUTT = """set folder={folder} pipe_decode nowait_key noconfirmappend charset=utf-8
alternative_order text/plain
push "<last-entry><pipe-message>cat>{folder}/shown.txt<enter>\
<view-attachments><last-entry><save-entry><kill-line>{folder}/visit.ics<enter><exit><exit>"
"""


def program(name: str) -> str:
    """Return the path of a program; skip this test where it is missing."""
    return shutil.which(name) or lacking(f"install the package {name}")


@pytest.fixture
def khal(tmp_path: Path) -> Callable[[Path], list[str]]:
    """Return what imports a calendar into khal, and gives all events of the week."""
    (tmp_path / "calendar").mkdir()
    config = tmp_path / "khal.conf"
    config.write_text(KHAL.format(folder=tmp_path), "utf-8")

    def take(calendar: Path) -> list[str]:
        command = [program("khal"), "-c", str(config)]
        environment = {"LC_ALL": "C.UTF-8", "HOME": str(tmp_path), "PATH": os.environ["PATH"]}
        shown = "{cancelled}{start} {title}{alarm-symbol}"
        for arguments in (
            ["import", "--batch", str(calendar)],
            ["list", "-df", "", "-f", shown, "2026-11-24", "7d"],
        ):
            done = subprocess.run(
                [*command, *arguments], env=environment, check=True, capture_output=True, text=True
            )
        return [line for line in done.stdout.splitlines() if line]

    return take


def test_the_calendar_of_all_visits(
    office: OfficeInFolder, khal: Callable[[Path], list[str]], tmp_path: Path
) -> None:
    """khal has every visit at its hour, whatever its own zone; a later calendar replaces it."""
    numbers = [office.book("+1", hour, f"X-{hour}")["number"] for hour in ("10", "13")]
    target = tmp_path / "all.ics"
    assert 0 == office.run("list", "-f", "ics", "-o", str(target)).status
    title = "交付予約 / Pickup reservation"
    listed = [
        f"2026-11-24 21:30 {title} {numbers[0]} ⏰",
        f"2026-11-25 00:30 {title} {numbers[1]} ⏰",
    ]
    assert listed == khal(target)
    office.json("cancel", numbers[0], "--agent", "A-1")
    assert 0 == office.run("list", "--all", "-f", "ics", "-o", str(target)).status
    assert [f"CANCELLED {listed[0][:-2]}", listed[1]] == khal(target)


def test_a_mail_as_neomutt_has_it(
    sending: OfficeInFolder, mailbox: Mailbox, khal: Callable[[Path], list[str]], tmp_path: Path
) -> None:
    """neomutt shows names, subject and text, and saves the event that khal moves or takes away."""
    number = sending.book("+1", "10", "X-1")["number"]
    sending.json("cancel", number, "--agent", "A-1")
    rc = tmp_path / "neomuttrc"
    rc.write_text(NEOMUTT.format(folder=tmp_path), "utf-8")
    for at, subject in enumerate(("予約を受け付けました", "取り消しました")):
        box = tmp_path / f"box{at}"
        content = mailbox.taken[at].original_content
        assert isinstance(content, bytes)
        box.write_bytes(b"From x Tue Nov 24 10:00:00 2026\n" + content.replace(b"\r\n", b"\n"))
        command = ["timeout", "--foreground", "60", program("neomutt")]
        command += ["-n", "-R", "-F", str(rc), "-f", str(box)]
        environment = {"TERM": "xterm", "LC_ALL": "C.UTF-8", "HOME": str(tmp_path)}
        status, _ = run_on_terminal(command, environment | {"PATH": os.environ["PATH"]}, typed=b"")
        assert 0 == status
        shown = (tmp_path / "shown.txt").read_text("utf-8")
        head, _, body = shown.partition("\n\n")
        assert "To: 代理 A-1 <a-1@office.example.jp>" in head
        assert "From: 東京出入国在留管理局横浜支局" in head
        assert subject in head.replace("\n", "")
        assert text_of(mailbox.mails[at]).strip() in body
        (event,) = khal(tmp_path / "visit.ics")
        assert (number in event, at == 1) == (True, event.startswith("CANCELLED"))
        for name in ("shown.txt", "visit.ics"):
            (tmp_path / name).unlink()

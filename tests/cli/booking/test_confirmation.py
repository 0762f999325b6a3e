"""``confirmation`` in its forms, and by mail (notice 5; docs/contract.md)."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from datetime import UTC, timedelta
from html import unescape

import pytest
import zxingcpp
from icalendar import Calendar, Event
from PIL import Image

from tests.cli.test_imports import load_in
from tests.conftest import NOW, OfficeInFolder, Outcome, read_mail
from tests.support.pages import assert_self_contained
from tests.support.terminal import run_on_terminal

A1 = ("--agent", "A-1")
CASES = ("横支更20261100417,recipient=professional", "横支変20261100418,kind=change")
PLACE = "神奈川県横浜市金沢区鳥浜町10-7 2階"


@dataclass(frozen=True)
class Visit:
    office: OfficeInFolder
    number: str

    def run(self, *options: str, now: str | None = None) -> Outcome:
        return self.office.run("confirmation", self.number, *options, now=now)

    def show(self, form: str = "html", now: str | None = None) -> str:
        outcome = self.run("-f", form, now=now)
        assert (0, "") == (outcome.status, outcome.err)
        return outcome.out

    def event(self, now: str | None = None) -> Event:
        (event,) = Calendar.from_ical(self.show("ics", now)).walk("VEVENT")
        assert isinstance(event, Event)
        return event

    def hand_over(self, *options: str) -> None:
        self.office.json("desk", "arrive", self.number, now="2026-11-25T10:05:00")
        self.office.json("desk", "collect", self.number, *options, now="2026-11-25T10:30:00")


@pytest.fixture
def visit(office: OfficeInFolder) -> Visit:
    office.set("office", "place", f'"{PLACE}"')
    return Visit(office, office.book("+1", "10", *CASES)["number"])


def words_of(page: str) -> str:
    body = re.sub(r"(?s)<style>.*?</style>|<svg.*?</svg>|<[^>]*>", " ", page)
    return " ".join(unescape(body).split())


def test_the_page_says_all_that_the_notice_wants(visit: Visit) -> None:
    """5: all that is asked for, in Japanese with English beside it; 6: the warnings."""
    page = visit.show()
    assert_self_contained(page)
    words = words_of(page)
    expected = (
        "交付予約確認書 Confirmation of a pickup reservation",
        f"予約番号 Number {visit.number}",
        "2026-11-25 ( 水 Wed ) 10:00-11:00",
        "取次者 Agent 代理 A-1 (A-1)",
        "官署 Office 東京出入国在留管理局横浜支局",
        f"場所 Place {PLACE}",
        "変更・取消の期限 Change and cancel until 2026-11-24 ( 火 Tue ) 11:59",
        "0570-045259（部屋番号10） 0570-045259 (room 10)",
        "件数: 2 Cases: 2",
        "1. 横支更20261100417 在留期間更新許可申請 Application for Extension of Period of Stay",
        "letter of request, signed by the applicant",
        "2. 横支変20261100418 在留資格変更許可申請",
        "Application for Change of Status of Residence",
        "postcard and the papers it names",
        "通常の受付窓口",
        "有効な申請等取次者証明書又は届出済証明書",
        "不備",
        "予約日時の前まで",
        "入館規制時",
        "staff at the entrance while entry is restricted",
        "依頼書・受領証の様式",
        "https://www.moj.go.jp/isa/applications/guide/nyuukokukanri07_00252.html",
        "can lead to a suspension",
        "非公式",
        "this is not a reservation with the Immigration Services Agency",
    )
    assert [] == [part for part in expected if part not in words], words


@pytest.mark.parametrize(
    ("phone", "dialled"),
    [
        ("0570-045259", ["0570045259"]),
        ("０４５－７６９－１７２０（代表）", ["0457691720"]),
        ("+81 45 769 1720", ["+81457691720"]),
        ("窓口へ", []),
        ("", []),
    ],
)
def test_the_phone_can_be_dialled(visit: Visit, phone: str, dialled: list[str]) -> None:
    """4(2): the number is a link on the page, whatever stands around its digits."""
    visit.office.set("office", "phone", f'"{phone}"')
    page = visit.show()
    assert_self_contained(page)
    assert re.findall(r'href="tel:([^"]*)"', page) == dialled


def test_every_form_has_the_last_day_to_collect(office: OfficeInFolder) -> None:
    """6(2): a case shows its 受領期限 where that is known, until it has an outcome."""
    made = office.book("+1", "10", "X-1,collect_by=2026-12-10", "X-2")
    visit = Visit(office, made["number"])
    for form in ("text", "html"):
        words = words_of(visit.show(form))
        assert 1 == words.count("2026-12-10")
        assert "受領期限" in words.partition("X-2")[0]
    assert "受領期限 / Collect by: 2026-12-10" in visit.event()["description"]
    visit.hand_over()
    assert "2026-12-10" not in visit.show()


@pytest.mark.parametrize("url", ["", "https://forms.example.jp/a?b=1&c=2"])
def test_the_forms_are_where_the_office_says(visit: Visit, url: str) -> None:
    """1: text, page, calendar and document have the address of the forms, where there is one."""
    visit.office.set("office", "forms_url", f'"{url}"')
    found = [words_of(visit.show(form)) for form in ("text", "html")]
    found.append(str(visit.event()["description"]))
    assert {bool(url)} == {"依頼書・受領証の様式" in text for text in found}
    assert all(url in text for text in found)
    assert url == visit.office.json("confirmation", visit.number)["office"]["forms_url"]


def test_the_page_shows_the_warnings_of_the_document(visit: Visit) -> None:
    """Every form carries the same warnings, unofficial unless the settings say otherwise."""
    for official in ("false", "true"):
        visit.office.set("office", "official", official)
        words = words_of(visit.show())
        notices = visit.office.json("confirmation", visit.number)["notices"]
        assert (official == "false") == any("Unofficial" in notice["en"] for notice in notices)
        assert (official == "false") == ("Unofficial" in words)
        for notice in notices:
            assert {True} == {notice[language] in words for language in ("ja", "en")}


def test_hostile_text_stays_text(office: OfficeInFolder) -> None:
    hostile = "<script>alert(1)</script> & \"'><img src=x onerror=alert(2)>"
    office.add_agent("B-1", name=hostile)
    office.set("office", "name", r'"</style><b>\u202eevil{{ 7*7 }}\n"')
    office.set("office", "phone", '"<i>0</i>"')
    page = Visit(office, office.book("+1", "10", "1", agent="B-1")["number"]).show()
    assert re.search(r"<(script|img|b|i)\b", page) is None
    words = words_of(page)
    assert f"{hostile} (B-1)" in words
    assert r"</style><b>\u202eevil{{ 7*7 }}\u000a" in words
    assert "\u202e" not in page


@pytest.mark.parametrize("form", ["text", "html"])
def test_what_has_ended_is_plainly_not_valid(visit: Visit, form: str) -> None:
    """An ended reservation says so before anything else, and has no code to scan."""
    visit.office.json("cancel", visit.number, *A1)
    page = visit.run("-f", form, "--qr").out
    assert page.index("有効ではありません") < page.index(visit.number, page.index("有効では"))
    assert page.index("it is not valid") < page.index("横支更20261100417")
    assert "cancelled" in page
    assert not re.search("<svg|█", page)


@pytest.mark.parametrize("form", ["text", "html"])
def test_what_was_handed_over_is_told_case_by_case(visit: Visit, form: str) -> None:
    visit.hand_over("--not-handed", "横支変20261100418=papers")
    after = "2026-11-25T11:00:00"
    words = words_of(visit.show(form, now=after))
    assert re.search(
        "Cases: 2 .*横支更20261100417 .*collected.*横支変20261100418 .*not-handed", words
    )
    event = visit.event(now=after)  # in the calendar it stays as it was
    assert ("CONFIRMED", []) == (event["status"], event.walk("VALARM"))


def test_an_erased_agent_has_no_name(visit: Visit) -> None:
    later = "2026-12-01T10:00:00"
    visit.hand_over()
    visit.office.json("agent", "erase", "A-1", "--reason", "request", "-y", now=later)
    words = words_of(visit.show(now=later))
    assert "Agent A-1 " in words
    assert "代理" not in words


def test_the_code_in_the_text_is_the_number(visit: Visit) -> None:
    plain = visit.run().out.splitlines()
    lines = visit.run("--qr").out.splitlines()
    code = lines[4 : 4 + len(lines) - len(plain)]
    assert plain == lines[:4] + lines[4 + len(code) :]
    assert 25 == max(map(len, code))
    image = render("\n".join(code), 0, 255)
    (found,) = zxingcpp.read_barcodes(image)
    assert visit.number == found.text


HALVES = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}


def render(shown: str, ink: int, paper: int) -> Image.Image:
    rows, black_on_white = [], "\x1b[38;5;16;48;5;231m"
    for line in shown.splitlines():
        plain = re.sub(r"\x1b\[[0-9;]*m", "", line)
        dark, light = (0, 255) if line.startswith(black_on_white) else (ink, paper)
        pairs = [HALVES[char] for char in plain.ljust(29)]
        rows += [[dark if pair[half] else light for pair in pairs] for half in (0, 1)]
    rows = [[paper] * 29] * 4 + rows + [[paper] * 29] * 4
    image = Image.frombytes("L", (29, len(rows)), bytes(dot for row in rows for dot in row))
    return image.resize((8 * 29, 8 * len(rows)), Image.Resampling.NEAREST)


def show_on_terminal(visit: Visit, *options: str, **env: str) -> str:
    options = ("--qr", "--lang", "en", "--config", str(visit.office.config), *options)
    command = [sys.executable, "-m", "kofucli", "confirmation", visit.number, *options]
    environment = {"PATH": os.environ["PATH"], "TERM": "xterm", "KOFUCLI_NOW": NOW} | env
    status, shown = run_on_terminal(command, environment)
    assert 0 == status, shown
    return shown.decode(errors="surrogateescape")


@pytest.mark.parametrize("background", [0, 255])
@pytest.mark.parametrize(
    ("env", "options", "coloured"),
    [
        ({}, (), True),
        ({}, ("--no-color",), False),
        ({"NO_COLOR": "1"}, (), False),
        ({"TERM": "dumb"}, (), False),
    ],
)
def test_the_code_on_a_terminal_has_its_own_colours(
    visit: Visit, background: int, env: dict[str, str], options: tuple[str, ...], coloured: bool
) -> None:
    """A reader that knows no inverted codes reads it, whatever the background; unless unwanted."""
    shown = show_on_terminal(visit, *options, **env)
    code = "\n".join(line for line in shown.splitlines() if set("▀▄█") & {*line} or "231m" in line)
    found = zxingcpp.read_barcodes(
        render(code, 255 - background, background), try_invert=False, try_rotate=False
    )
    assert coloured is ("\x1b" in shown)
    assert ([visit.number] if coloured or background else []) == [each.text for each in found]


@pytest.mark.parametrize("encoding", ["ascii", "cp932", "euc_jp", "latin-1"])
def test_where_no_code_can_be_drawn_a_note_says_so(visit: Visit, encoding: str) -> None:
    target = visit.office.folder / "out"
    env = {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    shown = show_on_terminal(visit, **env)
    assert "The QR code is left out" in shown
    assert not re.search("2580|█", shown)
    show_on_terminal(visit, "-o", str(target), **env)
    assert "█" in target.read_text("utf-8")


def test_the_event_is_the_visit(visit: Visit) -> None:
    event = visit.event()
    assert "Asia/Tokyo" == event["dtstart"].params["TZID"] == event["dtend"].params["TZID"]
    utc = [event.decoded(name).astimezone(UTC) for name in ("dtstart", "dtend", "dtstamp")]
    assert ["25T01:00", "25T02:00", "24T01:00"] == [f"{at:%dT%H:%M}" for at in utc]
    assert f"{visit.number}@pickup.example.jp" == event["uid"]
    assert "CONFIRMED" == event["status"]
    assert visit.number in event["summary"]
    assert f"東京出入国在留管理局横浜支局, {PLACE}" == event["location"]
    for part in (
        "代理 A-1 (A-1)",
        "2026-11-24 (火 / Tue) 11:59",
        "0570-045259 (room 10)",
        "1. 横支更20261100417: 在留期間更新許可申請 / Application for Extension",
        "letter of request",
        "非公式",
    ):
        assert part in event["description"]


@pytest.mark.parametrize("hour", ["9", "15"])
@pytest.mark.parametrize(
    ("day", "deadline", "evening"),
    [("2026-11-26", "25T10:59", "25T18:00"), ("2026-11-30", "27T10:59", "29T18:00")],
)
def test_alarms(office: OfficeInFolder, hour: str, day: str, deadline: str, evening: str) -> None:
    """An hour before the deadline, at 18:00 of the day before; past the deadline the latter."""
    number = office.book(day, hour, "X-1")["number"]
    before, evening_before = "One hour before the deadline", "交付予約 / Pickup reservation"
    for now, expected in (
        (None, [(deadline, before), (evening, evening_before)]),
        (f"{day}T00:00:00", [(evening, evening_before)]),
    ):
        event = Visit(office, number).event(now)
        for alarm, (at, name) in zip(event.walk("VALARM"), expected, strict=True):
            assert "DISPLAY" == alarm["action"]
            assert at == f"{event.decoded('dtstart') + alarm.decoded('trigger'):%dT%H:%M}"
            assert {name, number} == {x for x in (name, number) if x in alarm["description"]}


def test_the_calendar_keeps_to_the_standard(visit: Visit) -> None:
    """RFC 5545: CRLF, lines of at most 75 octets, one zone that never changes, a UID once."""
    target = visit.office.folder / "visit.ics"
    assert "" == visit.run("-f", "ics", "-o", str(target)).out
    data = target.read_bytes()
    assert data.endswith(b"END:VCALENDAR\r\n")
    lines = data.split(b"\r\n")
    assert b"\n" not in b"".join(lines)
    assert 75 >= max(map(len, lines))
    calendar = Calendar.from_ical(data)
    assert ("2.0", 1) == (calendar["version"], len(calendar.walk("VEVENT")))
    (zone,) = calendar.walk("VTIMEZONE")
    assert "Asia/Tokyo" == zone["tzid"]
    (standard,) = zone.walk("STANDARD")
    assert timedelta(hours=9) == standard.decoded("tzoffsetto")


def test_no_line_can_be_smuggled_into_the_calendar(visit: Visit) -> None:
    visit.office.set("office", "name", r'"X\r\nATTACH:http://evil.example\nEND:VEVENT"')
    event = visit.event()
    assert "attach" not in event
    assert event["location"].startswith(r"X\u000d\u000aATTACH")


@pytest.mark.files
def test_send_mails_it_and_changes_nothing(visit: Visit) -> None:
    def confirmations() -> list[str]:
        return [name for name in visit.office.named("outbox/") if "-confirmation-" in name]

    visit.office.add_agent("B-1")
    assert 2 == visit.run("--send").status
    assert 4 == visit.run("--send", "--agent", "B-1").status
    document = visit.office.json("confirmation", visit.number, "--send", "-n", *A1)
    assert (True, None) == (document["dry_run"], document["outbox"])
    assert [] == confirmations()
    before = visit.office.bytes()
    document = visit.office.json("confirmation", visit.number, "--send", *A1)
    (first,) = confirmations()
    assert document["outbox"].endswith(f"/{first}")
    assert visit.number in read_mail(document["outbox"]).decode()
    outcome = visit.run("--send", "--office", now="2026-11-24T10:00:01")
    assert (0, visit.show("text")) == (outcome.status, outcome.out)
    _, second = confirmations()
    assert second in outcome.err
    assert before == {k: v for k, v in visit.office.bytes().items() if k not in (first, second)}


@pytest.mark.parametrize("form", ["text", "json"])
def test_text_loads_nothing_of_the_other_forms(visit: Visit, form: str) -> None:
    loaded = load_in(visit.office, "confirmation", visit.number, "-f", form).modules
    assert loaded.isdisjoint({"jinja2", "segno", "icalendar", "email", "smtplib", "zoneinfo"})

"""Every mail as it is worded, in both languages, compared with a file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import get_args

import pytest
from msgspec.structs import replace

import kofucli
from kofucli.base.clock import JST
from kofucli.model import Case, Reservation, Suspension
from kofucli.operations.mail import (
    Addressee,
    AnyNews,
    LinkNews,
    News,
    NewsKind,
    StandingKind,
    StandingNews,
)
from kofucli.output.booking.mail_texts import compose
from kofucli.rules.conduct import Advice
from kofucli.settings.read import parse_settings

GOLDEN = Path(__file__).parent.parent / "golden"
SAMPLE = Path(kofucli.__file__).parent / "sample_config.toml"
RULER = "=" * 72
RESERVATION = Reservation(
    number="Y261125-0001-7",
    agent="S-1",
    date=date(2026, 11, 25),
    start="10:00",
    cases=(
        Case("横支更1", recipient="professional", collect_by=date(2026, 12, 10)),
        Case("横支変2", kind="change"),
    ),
    first_count=2,
    booked_at=datetime(2026, 11, 20, 9, tzinfo=JST),
    closes=datetime(2026, 11, 24, 12, tzinfo=JST),
    rules="1",
)
ENDED = {"ended": "cancelled", "cancelled": "cancelled", "late-cancelled": "late-cancelled"}
UNTIL = date(2027, 2, 25)
TWO = {"no-show": 2, "late-cancel": 2}
ADVICE = {
    "late-cancelled": (
        Advice("S-1", TWO, False, None),
        Advice("S-1", TWO, True, None),
        Advice("S-1", TWO, True, UNTIL, suspended=True),
        Advice("S-1", TWO, False, UNTIL),
    ),
    "revived": (Advice("S-1", TWO, False, None),),
    "undone": (Advice("S-1", TWO, False, None, reinstated=True),),
    "undone-closed": (Advice("S-1", TWO, False, UNTIL),),
    "mark-lifted": (
        Advice("S-1", TWO, False, None),
        Advice("S-1", TWO, False, None, reinstated=True),
    ),
}
BY_HAND = Suspension(date(2026, 11, 25), UNTIL, "無断の不来庁が続いたため", "root")
REASON = "6(4): no-show Y261125-0001-7, no-show Y261126-0003-K"


def every_news() -> Iterator[AnyNews]:
    """Yield news of every kind, of some with each thing that may follow."""
    for kind in get_args(NewsKind):
        status = ENDED.get(kind, "office-closed" if kind == "closed" else "active")
        reservation = replace(RESERVATION, status=status, reason="停電のため")
        for advice in ADVICE.get(kind, (None,)):
            yield News(kind, reservation, advice)
    suspended, reinstated = get_args(StandingKind)
    yield StandingNews(suspended, "S-1", BY_HAND)
    yield StandingNews(suspended, "S-1", replace(BY_HAND, reason=REASON, author="auto"))
    yield StandingNews(reinstated, "S-1")
    made = datetime(2026, 11, 24, 10, tzinfo=JST)
    token = "T" * 43
    link = f"https://pickup.example.jp/verify/{token}"
    yield LinkNews(link, token, made, made.replace(hour=11))


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_mail_is_as_recorded(language: str, request: pytest.FixtureRequest) -> None:
    """What agents read is changed on purpose only; --update-golden writes it anew."""
    settings = parse_settings(SAMPLE.read_text("utf-8"), "")
    official = parse_settings("[office]\nofficial = true\n", "")
    addressee = Addressee("S-1", "山手花子", "s-1@office.example.jp", language, True)
    found = []
    for news in every_news():
        letter = compose(news, addressee, settings)
        assert "非公式" not in compose(news, addressee, official).text
        found.append(f"{RULER}\n{news.kind}\n{letter.subject}\n{RULER}\n{letter.text}")
    path = GOLDEN / f"mails.{language}.txt"
    if request.config.getoption("--update-golden"):
        path.write_text("".join(found), "utf-8")
    assert path.read_text("utf-8") == "".join(found)

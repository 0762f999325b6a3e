"""Days and hours in scenarios, in the tables and in the steps, as people write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scenario.support import play, step

WRITTEN = """
now = "2026-11-24T10:00:00"

[[agent]]
id = "A-1"
valid_until = "令和９年３月３１日"
marks = [{kind = "no-show", date = "R8.10.5", reservation = "r1"}]
suspension = {since = "2026/11/1", until = "令8/11/20"}

[[reservation]]
agent = "A-1"
date = "令和8年11月25日(水)"
hour = "午前１０時～11時"
cases = ["X-1"]
save = "r1"

[[notice]]
date = "２０２６年１１月３０日"
hours = ["10時", "1:00 PM"]
"""


def test_days_and_hours_of_tables_and_steps(tmp_path: Path) -> None:
    show = '{reservation = {date = "2026-11-25", start = "10:00"}}'
    hours = "expect = {exit = 3, codes = ['frame.closed']}"
    steps = [
        step('run = "show {r1}"', f"expect = {{json = {show}}}"),
        step('run = "book 令和8年11月26日 午後１時 --agent A-1 --case X-2"'),
        step('run = "book 2026/11/30 10時 --agent A-1 --case X-3"', hours),
        step('run = "book R8.11.30 13:00-14:00 --agent A-1 --case X-3"', hours),
        step('run = "book 2026-11-30 9 --agent A-1 --case X-3"'),
    ]
    outcome = play(tmp_path, WRITTEN + "".join(steps))
    assert outcome.status == 0, outcome


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("25日(水)", "25日(木)", "wrong weekday"),
        ("11月25日(水)", "11月31日", "does not exist"),
        ("令和8年11月25日(水)", "11/25", "has no year"),
        ("令和8年11月25日(水)", "", "is not a date"),
        ("～11時", "～12時", "is not a frame"),
        ("R8.10.5", "R8.10.5 10:00", "names an hour beside the day"),
        ("10時", "25時", "expected an hour"),
        # A day is one day however it is written.
        (
            "[[notice]]",
            "[[notice]]\ndate = '2026-11-30'\n[[notice]]",
            "there is a notice of that day",
        ),
    ],
)
def test_what_cannot_be_read_gets_the_message_that_files_give(
    tmp_path: Path, before: str, after: str, said: str
) -> None:
    outcome = play(tmp_path, WRITTEN.replace(before, after), "-f", "json")
    assert 5 == outcome.status
    (problem,) = outcome.error["problems"]
    assert said in problem["message"]

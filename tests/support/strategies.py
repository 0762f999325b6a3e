"""What the property tests draw: texts, reservation numbers, command lines; and how many."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from random import Random

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

# The same examples each time, however slow the machine.
settings.register_profile(
    "kofucli",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=80,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("kofucli")

AGENTS = ("A-1", "B-2")
HOURS = ("09:00", "10:00")
_DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc\uff0d\uff70"
_AWKWARD = _DASHES + "ａＡ１yY0 \u3000\t①ⅳßıŉﬁΐａ\u0301ヨﾖﾞガ横"


def sized(quick: int, deep: int) -> pytest.MarkDecorator:
    """Let a test take ``size``, the settings that say how many examples it tries.

    The quick tier tries few. The deep tier tries many, the same ones each time, and then ten times
    as many, which are drawn anew each time.
    """
    anew = settings(max_examples=10 * deep, derandomize=False)
    return pytest.mark.parametrize(
        "size",
        [
            pytest.param(settings(max_examples=quick), id="few"),
            pytest.param(settings(max_examples=deep), id="many", marks=pytest.mark.deep),
            pytest.param(anew, id="anew", marks=pytest.mark.deep),
        ],
    )


dates = st.dates(date(2000, 1, 1), date(2099, 12, 31))
offices = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=4)
sequences = st.one_of(st.integers(1, 20_000), st.integers(1, 999_999_999_999))
choices = st.randoms(use_true_random=True)
"""Evenly distributed choices: drawn one by one they would nearly always be the simplest."""


def number_texts() -> st.SearchStrategy[str]:
    """Draw texts for a number: likely ones, and wild ones."""
    return st.one_of(st.text(), st.text(st.sampled_from(_AWKWARD)), st.text(st.characters()))


def draw_number(choice: Random, agent: str) -> str:
    """Return a case number of few, mostly one that only this agent uses."""
    owner = agent if choice.random() < 0.8 else choice.choice(AGENTS)
    return f"{owner[0]}{choice.randint(1, 6)}"


def draw_changes(choice: Random, agent: str, numbers: Sequence[str]) -> list[str]:
    """Return the arguments of ``amend`` for a reservation with the cases ``numbers``."""
    changes: list[str] = []
    for number in numbers:
        fate = choice.choice(["drop", "replace", "exchange", "keep", "keep"])
        if fate == "drop":
            changes += ["--drop", number]
        elif fate != "keep":
            other = draw_number(choice, agent) if fate == "replace" else choice.choice(numbers)
            changes += ["--replace", f"{number}={other}"]
    for _ in range(choice.choice([0, 0, 1, 1, 2])):
        changes += ["--add", draw_number(choice, agent)]
    return changes or ["--drop", numbers[0]]


def draw_command(choice: Random) -> list[str]:
    """Return a command line that changes something, bookings more often than others."""
    agent = choice.choice(AGENTS)
    number, acting = draw_number(choice, agent), ["--agent", agent]
    day = choice.choice(["2026-11-25", "2026-11-26", "2026-11-27", "2026-11-28"])
    hour = choice.choice(HOURS)
    numbers = [draw_number(choice, agent) for _ in range(choice.randint(1, 3))]
    specs = [part for each in numbers for part in ("--case", each)]
    closing = ["office", "close", day, *choice.choice([[], [hour]]), "--reason", "moving", "-y"]
    reopening = ["office", "reopen", day, *choice.choice([[], ["--restore"]])]
    booking = ["book", f"+{choice.randint(1, 3)}", hour, *specs, *acting]
    changing = ["amend", number, *draw_changes(choice, agent, [number]), *acting]
    cancelling = ["cancel", number, *choice.choice([acting, ["--office"]])]
    return choice.choice([booking] * 6 + [changing] * 2 + [cancelling, closing, reopening])

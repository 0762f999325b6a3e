"""What the property tests draw: texts and reservation numbers; and how many."""

from __future__ import annotations

from datetime import date

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

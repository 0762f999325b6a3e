"""What the ledger's last line tells of all documents, in a few numbers: sums of line numbers.

A document includes a last line, its ``n``. ``live`` names that line for the office and for days to
come. Of all other documents a ledger line has the sums of their ``n``: a document that is missing,
or older than it should be, makes its sum too small. Whoever reads an agent adds up those of its
share, whoever reads a past day adds up the past days. Where a sum does not fit, the ledger itself
tells which document is wrong.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from zlib import crc32

import msgspec

SHARES = 32
"""The agents are divided into so many shares, so that reading one agent looks at few others."""


class Sums(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The sums of a ledger line, as of that line.

    ``before`` is the first day that was not past: a day from it on that ``live`` does not name has
    no document. ``days`` is the sum of all days that ``live`` does not name, purged ones too.
    ``agents`` has a sum for each share of the agents.
    """

    before: date
    days: int
    agents: list[int]


def share_of(name: str) -> int:
    """Return the share to which an agent's document belongs."""
    return crc32(name.encode()) % SHARES


def sum_up(lasts: Mapping[str, int], live: Collection[str], before: date, gone: int) -> Sums:
    """Add up the last lines of all documents; ``gone`` is the sum of the purged days."""
    days, agents = gone, [0] * SHARES
    for name, n in lasts.items():
        if name.startswith("agents/"):
            agents[share_of(name)] += n
        elif name.startswith("days/") and name not in live:
            days += n
    return Sums(before, days, agents)


def go_on(
    sums: Sums,
    ended: Iterable[int],
    puts: Mapping[str, int],
    n: int,
    live: Collection[str],
    before: date,
) -> Sums:
    """Return the sums after line ``n``.

    ``ended`` are the lines of the days that leave ``live``. ``puts`` has the documents that the
    line changes, and the line that each included before.
    """
    days, agents = sums.days + sum(ended), list(sums.agents)
    for name, base in puts.items():
        if name.startswith("agents/"):
            agents[share_of(name)] += n - base
        elif name.startswith("days/") and name not in live:
            days += n - base
    return Sums(before, days, agents)

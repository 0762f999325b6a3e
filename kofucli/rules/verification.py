"""The link that verifies an e-mail address (notice 2)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from kofucli.model import Link
from kofucli.rules.refusal import Verdict, ask


def expiry(sent: datetime, valid_minutes: int) -> datetime:
    """Return the first instant at which a link no longer works (notice 2(1))."""
    return sent + timedelta(minutes=valid_minutes)


def check_link(link: Link | None, now: datetime) -> Iterator[Verdict]:
    """Ask whether a link verifies an address now (notice 2(1)).

    1. It is the one that was sent last and was not used (None where it is not).
    2. ``now`` is before the end of ``[sent, expires)``. A clock that is behind the sender's never
       refuses, as it never does elsewhere.
    """
    yield ask("link.unknown", link is not None, "link")
    if link is not None:
        limit, sent = link.expires, link.sent_at
        yield ask("link.expired", now < limit, "link", limit=limit, sent=sent)

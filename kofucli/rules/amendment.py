"""What a change may do to a reservation (notice 4(3))."""

from __future__ import annotations

from collections.abc import Iterator

from kofucli.model import Reservation
from kofucli.rules.refusal import Verdict, ask


def check_amendment(
    reservation: Reservation, remaining: int, added: int, reading: str
) -> Iterator[Verdict]:
    """Ask whether a change stays within the reservation as first booked (notice 4(3)).

    ``remaining`` counts the active cases afterwards, ``added`` those that are neither kept nor
    corrected.

    1. At least one case remains.
    2. Reading ``listed``: nothing is added, and counts are not asked then.
    3. Reading ``cap``: no more cases than when first booked.
    """
    number = reservation.number
    yield ask("amend.empty", remaining > 0, number, remaining=remaining)
    if reading == "listed":
        yield ask("amend.adds", added == 0, number, limit=0, asked=added, reading=reading)
    else:
        limit = reservation.first_count
        yield ask(
            "amend.exceeds",
            remaining <= limit,
            number,
            limit=limit,
            asked=remaining,
            reading=reading,
        )

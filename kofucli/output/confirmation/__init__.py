"""The confirmation that is shown at the counter (notice 5): Japanese first, English beside it.

``facts`` says what it says; ``text``, ``page`` and ``event`` are its forms, and ``page`` and
``event`` are loaded by who needs them.
"""

from __future__ import annotations

from datetime import datetime

from kofucli.clock import weekday
from kofucli.model import Reservation
from kofucli.output.confirmation.facts import Bearer, find_notices
from kofucli.output.documents import FORMAT, Document, instant, reservation_document
from kofucli.settings import Settings


def confirmation_document(
    reservation: Reservation, bearer: Bearer, settings: Settings, now: datetime
) -> Document:
    """Return the confirmation as a document: R, who bears it, the office, the warnings."""
    office = settings.office
    return {
        "format": FORMAT,
        "now": instant(now),
        "reservation": reservation_document(reservation, now),
        "weekday": weekday(reservation.date),
        "agent": {"id": bearer.id, "name": bearer.name},
        "office": {
            "id": office.id,
            "name": office.name,
            "place": office.place,
            "phone": office.phone,
            "room": office.room,
            "official": office.official,
        },
        "notices": [{"ja": notice.ja, "en": notice.en} for notice in find_notices(settings)],
    }

"""Booking: requests are judged, placed and written; reservations are changed and cancelled.

Three rows of a file, as ``book --from`` takes them:

    row 1  X-1           26 November, 10:00    a Wish: the rules are asked about it as it stands
    row 2  X-2 with=X-1  no frame              an OpenWish tied to X-1: it goes to 10:00 too
    row 3  X-3           no frame              an OpenWish: the planner finds its frame

``bulk`` reads the rows, ``groups`` finds what is booked already and follows the ties, ``judge``
asks the rules, ``placement`` the planner. ``book`` and ``plan`` use these by ``decide``.
"""

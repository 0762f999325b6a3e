"""What the office keeps: records, reservation numbers, national holidays.

    Reservation(
        number="Y261125-0001-7", agent="A-1", date=date(2026, 11, 25), start="10:00",
        cases=(Case("X-1"),), first_count=1, closes=<2026-11-24 12:00>, ...
    )

is one agent's visit in one frame, to collect the result of case X-1. Until ``closes`` it can be
changed; ``status`` tells how it ended.
"""

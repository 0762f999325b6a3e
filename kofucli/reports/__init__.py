"""The reports, as pure functions: records in, rows and totals out.

An active reservation with two cases and a dropped one, and a cancelled one with a case, make two
``reservations`` of their frame, but only ``booked=2``: the cases that take up room are those not
dropped, of reservations that keep their frame (notice 3(2)).
"""

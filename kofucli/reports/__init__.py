"""What the reports count: reservations and records in, rows and totals out.

A reservation counts where ``list --all`` has it; a case counts in it. What is booked are the cases
that take up a frame: those not dropped, of reservations that keep their frame (notice 3(2)).
"""

from __future__ import annotations

"""What the reports count: reservations and records in, rows and totals out.

A reservation counts where ``list --all`` has it; a case counts in it. What is booked are the cases
that take up a frame: those not dropped, of reservations that keep their frame (notice 3(2)).
"""

from __future__ import annotations

from kofucli.reports.changes import Changes, ChangesCounter, stale_from
from kofucli.reports.conduct import AgentConduct, Conduct, ConductLimits, judge_conduct
from kofucli.reports.load import (
    DayLoad,
    Figures,
    FrameLoad,
    Load,
    LoadCounter,
    load_by_day,
    load_of_day,
)
from kofucli.reports.quota import AgentQuota, HeldFrame, Quota, count_quota

__all__ = [
    "AgentConduct",
    "AgentQuota",
    "Changes",
    "ChangesCounter",
    "Conduct",
    "ConductLimits",
    "DayLoad",
    "Figures",
    "FrameLoad",
    "HeldFrame",
    "Load",
    "LoadCounter",
    "Quota",
    "count_quota",
    "judge_conduct",
    "load_by_day",
    "load_of_day",
    "stale_from",
]

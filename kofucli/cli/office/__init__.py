"""The commands under Office in the help.

``kofucli office close 2026-12-01 --reason Flood`` asks first, then closes the day, mails each agent
who has a reservation on it, and shows these reservations. It is the office's alone
(``App.office_actor``).
"""

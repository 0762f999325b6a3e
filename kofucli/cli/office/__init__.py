"""The commands under Office in the help.

``kofucli office close 2026-12-01`` closes a day, mails each agent who has a reservation on it, and
shows these reservations. Only the office may (``App.office_actor``).
"""

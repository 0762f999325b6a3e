"""The rules of the notice, a module for each of its sections. They are pure: no clock, no files.

A rule is a function that is given what it needs to know, and answers with a verdict:

    frame = Frame(date(2026, 11, 26), "10:00")
    verdict = check_cases("A-1", frame, held=8, asked=3, limit=10)
    verdict.holds    # False: eleven cases are too many
    verdict.details  # {"limit": 10, "held": 8, "asked": 3, "agent": "A-1"}

``refusal`` says what a verdict is and how refusals are ordered, ``wording`` puts them into words.
"""

"""Scenarios: a case of the rules as a file that can be run again (docs/scenarios.md).

    now = 2026-11-24T09:00:00

    [[agent]]
    id = "A-1"

    [[step]]
    run = "book +1 10:00 --case X-1 --agent A-1"
    expect = { json = { reservation = { status = "active" } } }

``reading`` checks the tables of such a file, ``stage`` makes its office in an empty folder, ``run``
takes its steps and compares, ``update`` writes what happened into the file. The other way round,
``decision`` and ``history`` describe a real decision or reservation as a ``sketch``: names and
numbers masked, then written as text.
"""

"""Whether a store is whole, and how it is made whole again: functions that take a store.

Nothing is kept that says how a store should be. The ledger is read again from its beginning::

    found = check(store)           # found.problems: Finding("days/2026/2026-11-25.json", 1, …)
    result = repair(store, stamp)  # result.done: Repaired("days/2026/2026-11-25.json", "written")
"""

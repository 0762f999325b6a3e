"""The use cases, a module each: the only place where the rules and the store meet.

A use case that changes something looks like this:

    with changing(store, settings, "office close", stamp) as (transaction, context):
        refuse_if_any(...)                # ask the rules; RefusedError ends the transaction
        transaction.put_office(notice)    # committed, as one ledger line, when the block ends
    return Announced(...)

One that only reads takes a ``Context`` of one state of the store. ``booking`` is what agents do,
``counter`` what happens at the desk, ``agents`` the register.
"""

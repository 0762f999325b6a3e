"""The register of agents: their values, verification, disclosure and erasure.

``register.add_agent`` writes the ``Agent`` that the rules ask about into the ledger, and name,
address and certificate into a personal file apart (terms 5). ``verification.record_link`` and
``redeem`` verify the address. ``personal_data.erase_agent`` removes the personal file; the record
``Agent`` stays, so that visits and reports keep their sense.
"""

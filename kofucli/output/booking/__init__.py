"""What agents read: slots, reservations, rows of a file, status, the confirmation, mails.

The same reservation as text and as CSV::

    reservations_text([reservation], _)
        Number          Visit           Hour    Agent    Status      Cases
        --------------  --------------  ------  -------  --------  -------
        Y261126-0001-R  2026-11-26 Thu  10:00   A-1      active          1

    reservations_sheet([reservation]).rows[0][:7]
        ["Y261126-0001-R", "A-1", "2026-11-26", "10:00", "11:00", "active", "横支更1"]
"""

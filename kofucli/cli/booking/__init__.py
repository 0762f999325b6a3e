"""The commands under Booking in the help: those of agents.

A file has the name of its command; ``show`` has ``list`` too, ``plan`` has ``book --from``.

``kofucli cancel Y261125-0001-7`` calls ``cancel.cancel(app, "Y261125-0001-7")``, which asks the
operation to cancel, mails the agent, and shows the reservation as it is now.
"""

"""The commands under Booking in the help: those of agents.

A file has the name of a command, and others of its subject: ``show`` has ``list`` too, ``slots``
``status``, ``terms`` ``notice`` and ``verify``, ``plan`` ``book --from``; ``amend`` and ``cancel``
are ``changes``.

``kofucli cancel Y261125-0001-7`` calls ``changes.cancel(app, "Y261125-0001-7", ...)``, which asks
the operation to cancel, mails the agent, and shows the reservation as it is now.
"""

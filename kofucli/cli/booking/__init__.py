"""The commands under Booking in the help: those of agents. Each file has the name of its command.

``kofucli cancel Y261125-0001-7`` calls ``cancel.cancel(app, "Y261125-0001-7")``, which asks the
operation to cancel, mails the agent, and shows the reservation as it is now.
"""

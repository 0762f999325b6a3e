"""The command line: parse, call one operation, hand the result to output.

``kofucli book +1 10:00 --case X-1 --agent A-1`` goes through ``main.main``, which loads
``booking/book.py``; its function ``book(app, ...)`` reads the arguments, calls
``kofucli.operations.booking.book`` and shows the result with ``app.show``. Commands stand
by the groups of the help, in three folders and in ``counter``.
"""

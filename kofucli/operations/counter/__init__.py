"""The counter: arrivals, handing over, calls, marks, the end of a day.

A visit at 10:00 is ``active``; ``desk.arrive`` makes it ``arrived``, ``desk.collect`` makes it
``collected``. Each keeps the state before as a ``Step``, so ``undo.undo`` takes back the last one.
A visit still ``active`` when ``day.close_days`` runs becomes a no-show, and ``marks.add_marks``
gives its agent a mark.
"""

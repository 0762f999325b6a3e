"""The confirmation that is shown at the counter (notice 5): Japanese first, English beside it.

``facts`` says what it says, as a document too; ``text``, ``page`` and ``event`` are its forms, and
``page`` and ``event`` are loaded by who needs them.
"""

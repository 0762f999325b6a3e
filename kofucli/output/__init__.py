"""What is shown: text, tables, CSV, JSON, pages and mails. Nothing here decides anything.

A result has up to three functions, named by their form::

    reservation_document(reservation, now)    JSON, with the keys of docs/documents.md
    reservation_text(reservation, now, _)     text in the user's language; ``_`` translates
    reservations_sheet([reservation])         CSV, with the columns of docs/documents.md
"""

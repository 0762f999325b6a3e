"""The store on a PostgreSQL server, for many machines. Nothing outside this package knows that.

Each office has a schema, ``kofu_y``. Its tables hold the same bytes as the files of a store::

    head        one row: the header, a purge's snapshot; whoever changes the office locks it
    ledger      n, the month, the line
    documents   name, n, the document
    personal    agent, name, the values
    mails       name, the mail

docs/operations.md says who may do what there; docs/reliability.md what is promised.
"""

"""The store as files in a folder. Nothing outside this package knows that.

After one booking for 2026-11-25, written in November, the folder holds::

    store.json                    the header
    ledger/2026-11.jsonl          the lines of a month
    days/2026/2026-11-25.json     documents, which can be made again from the ledger
    agents/A-1.json
    office.json
    private/A-1-5b1f….json        personal values, named by their hash
    outbox/                       mails that wait
    .lock                         who changes the store just now
"""

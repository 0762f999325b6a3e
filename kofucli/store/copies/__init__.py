"""Copies of a store, and what is removed from one: functions that take a store.

An archive is a stream of lines (``archive``), and a backup is one in a compressed file::

    made = back_up(store, "/mnt/backups", now)
    with open_archive(made.path) as archive:
        restore_archive("Y", archive, "new-store", stamp)
"""

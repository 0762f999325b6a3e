"""A server whose tables, or whose log, lie on a disk that is full; run as a script.

``python -m tests.store.postgres.small_disk FOLDER tables|log`` in a mount namespace of its own
mounts a small disk, and prints as a JSON document what commands of an office in FOLDER did.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from tests.conftest import OfficeInFolder
from tests.reliability.crash.mounted import filled, mount
from tests.store.support import booking
from tests.support.postgres import running_server

_NEARLY_FILL = """
    SELECT pg_logical_emit_message(false, 'x', repeat('x', 16700000 - file_offset))
    FROM pg_walfile_name_offset(pg_current_wal_insert_lsn())
"""
"""Leaves little of the file that the log is in, so that the next one is needed soon."""


def main(place: Path, kind: str) -> None:
    """Change something until the disk is full; make room, and look what stands."""
    disk = Path("/mnt")  # a server that is not root's gets there
    mount(disk, "-t", "tmpfs", "-o", f"size={'16m' if kind == 'tables' else '128m'}", "tmpfs")
    shutil.chown(disk, "nobody")
    where = str(disk) if kind == "log" else None
    with running_server(where, min_wal_size="32MB", max_wal_size="32MB") as server:
        if kind == "tables":
            server.run(f"CREATE TABLESPACE small LOCATION '{disk}'")
        office = OfficeInFolder(place / "office", server=server)
        database = server.database_of(office.place)
        if kind == "tables":
            server.end_sessions(database)
            server.run(f"ALTER DATABASE {database} SET TABLESPACE small")
        office.add_agent()
        before, done, told = len(office.ledger()), 0, office.run("status")
        with filled(disk):
            if kind == "log":
                server.run(_NEARLY_FILL)
            while told.status == 0 and done < 500:
                phone = f"045-{done:04}"
                told = office.run("agent", "edit", "A-1", "--phone", phone, "-f", "json")
                done += told.status == 0
            reading = office.run("list", "--all").status
        if not server.runs:
            server.start()
        found = {
            "status": told.status,
            "error": told.error,
            "reading": reading,
            "lost": before + done - len(office.ledger()),
            "check": office.run("store", "check").status,
            "next": office.run(*booking()).status,
        }
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])

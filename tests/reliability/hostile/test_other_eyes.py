"""Other users of the same machine: what they can read of a store, and of the command line."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import OfficeInFolder, read_token
from tests.support.needs import posix_only

pytestmark = posix_only

PERSONAL = ("甲府花子", "98-76", "hanako@office.example.jp", "055-000-1111", "甲府取次事務所")
NOBODY = 65534
"""An account that owns nothing; it needs no name."""


def run_open_handed(office: OfficeInFolder, *arguments: str, given: str = "") -> str:
    """Run a command under umask 000, so that only the mode of a new file denies anything."""
    before = os.umask(0)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given.encode())))
            found = office.run(*arguments)
    finally:
        os.umask(before)
    assert found.status == 0, found
    return found.out


@pytest.fixture
def open_office(tmp_path: Path) -> OfficeInFolder:
    """Return an office whose store was made and used under umask 000 throughout."""
    office = OfficeInFolder(tmp_path / "office")
    folder = office.folder
    shutil.rmtree(office.store)
    heading = "id,name,certificate,email,phone,organization,occupation,valid_until\n"
    rows = f"{heading}P-1,{','.join(PERSONAL)},scrivener,2030-03-31\n"
    run_open_handed(office, "init", str(folder))
    run_open_handed(office, "agent", "import", "-", "--accept-terms", "--office", given=rows)
    run_open_handed(office, "verify", "send", "P-1")
    (mail,) = (office.store / "outbox").iterdir()
    run_open_handed(office, "verify", "redeem", "-", given=read_token(str(mail)) + "\n")
    for line in (
        *("book +1 10:00 --case X-1 --agent P-1", "office close +3 --reason 点検 -y"),
        *(f"store backup {folder}/copies --office", f"store export -o {folder}/store.jsonl"),
    ):
        run_open_handed(office, *line.split())
    return office


def test_nobody_reads_the_store(open_office: OfficeInFolder) -> None:
    """Whatever the umask: another account reads no file of a store, a backup or an export."""
    held = [open_office.store, open_office.folder / "copies", open_office.folder / "store.jsonl"]
    paths = [p for one in held for p in (one, *one.rglob("*"))]
    files = [path for path in paths if path.is_file()]
    assert len(files) > 10
    wide = [path for path in paths if path.stat().st_mode & 0o077 and not path.is_symlink()]
    assert wide == []
    if os.geteuid() == 0:  # only the superuser may become somebody else
        public = open_office.folder / "public"
        public.write_text("")
        public.chmod(0o644)
        open_office.folder.chmod(0o755)
        look = 'for file; do cat "$file" >/dev/null 2>&1 && echo "$file"; done; true'
        # From within the folder: those above may be closed to others as well.
        names = [os.path.relpath(path, open_office.folder) for path in (*files, public)]
        seen = subprocess.run(
            ["/bin/sh", "-c", look, "sh", *names],
            user=NOBODY,
            group=NOBODY,
            extra_groups=[],
            capture_output=True,
            encoding="utf-8",
            check=True,
            cwd=open_office.folder,
            env={"PATH": os.defpath},
        )
        assert seen.stdout == "public\n"  # so that looking works at all


def test_no_personal_value_needs_the_command_line(open_office: OfficeInFolder) -> None:
    """Every account sees arguments: an agent is registered, verified and corrected without them.

    Values and tokens are taken from a file or standard input.
    """
    corrected = "id,name,phone\nP-1,乙府太郎,055-999-0000\n"
    run_open_handed(open_office, "agent", "edit", "P-1", "--from", "-", "--office", given=corrected)
    assert "乙府太郎" in run_open_handed(open_office, "agent", "show", "P-1")

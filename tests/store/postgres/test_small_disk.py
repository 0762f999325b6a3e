"""A server on a disk that is really full: nothing acknowledged is lost, and nobody is misled."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.reliability.crash.test_full_disk import require_mounting, run_mounted
from tests.support.needs import linux_only

pytestmark = linux_only


@pytest.mark.parametrize("kind", ["tables", pytest.param("log", marks=pytest.mark.deep)])
def test_a_server_on_a_full_disk(tmp_path: Path, kind: str) -> None:
    """Full tables are exit 6 by name; a full log ends the server, so the reason is another one."""
    require_mounting()
    if os.geteuid() != 0:
        pytest.skip("only root mounts a disk for a server, which must not be root's")
    found = run_mounted("tests.store.postgres.small_disk", tmp_path, kind)
    assert found["check"] == found["next"] == 0, found
    if kind == "tables":
        assert (found["status"], found["error"]["reason"]) == (6, "full"), found
        assert found["reading"] == found["lost"] == 0, found
    else:
        assert found["status"] in (6, 8), found
        assert found["lost"] == 0 or (found["status"], found["lost"]) == (8, -1), found

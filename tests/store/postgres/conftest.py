"""A server for the tests of the store on one, and an office on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import conftest
from tests.conftest import OfficeInFolder
from tests.support.postgres import Server, running_server


@pytest.fixture(scope="session")
def postgres(server: None) -> Iterator[Server]:
    """Return a server: that of ``--postgres``, or another one."""
    if conftest.SERVER is not None:
        yield conftest.SERVER
        return
    with running_server() as found:
        yield found


@pytest.fixture(scope="session")
def founded_there(tmp_path_factory: pytest.TempPathFactory, postgres: Server) -> OfficeInFolder:
    """Return an office on the server with one verified agent, A-1; tests copy it."""
    made = OfficeInFolder(tmp_path_factory.mktemp("office"), server=postgres)
    made.add_agent()
    made.book("+1", "10:00", "X-1")
    return made


@pytest.fixture
def there(
    founded_there: OfficeInFolder, tmp_path: Path, postgres: Server
) -> Iterator[OfficeInFolder]:
    """Return an office of its own on the server: agent A-1 has a visit."""
    made = founded_there.copy(tmp_path / "there")
    yield made
    postgres.drop([postgres.database_of(made.place)])

"""What a view reads of the files of a store."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Container, Iterator
from contextlib import suppress

from kofucli.store import disk, documents
from kofucli.store.documents import PERSONAL_FILE, personal_file
from kofucli.store.files.ledger import Ledger
from kofucli.store.header import Header, Kept, decode_kept, snapshot_file
from kofucli.store.ledger import RawLine, Tail
from kofucli.store.sums import share_of


def personal_files(root: str, agents: Container[str]) -> list[tuple[str, str]]:
    """Return all files with personal values of these agents, older ones too: agent and path.

    Raises OSError.
    """
    found = []
    for name in sorted(os.listdir(os.path.join(root, "private"))):
        if name.rpartition("-")[0] in agents:
            parts = re.fullmatch(PERSONAL_FILE, f"private/{name}".removesuffix(".tmp"))
            if parts is not None:
                found.append((parts["id"], os.path.join(root, f"private/{name}")))
    return found


class FileSource:
    """The files of a store as ``kofucli.store.expected.Source``; used for one view."""

    def __init__(self, root: str, header: Header, ledger: Ledger) -> None:
        self.root = root
        self.header = header
        self.ledger = ledger
        self._years: set[str] = set()
        self._agents: dict[int, list[str]] | None = None

    def names(self, folder: str, after: str = "") -> list[str]:
        """Return the names of the files that lie in a folder as documents."""
        if folder == "agents":
            return self._list(folder, "")
        path = os.path.join(self.root, folder)
        with disk.errors_at(path):
            years = [y for y in os.listdir(path) if re.fullmatch("[0-9]{4}", y) and y >= after[5:9]]
        return [name for year in years for name in self._list(f"days/{year}", after[5:])]

    def _list(self, folder: str, after: str) -> list[str]:
        """Return the names in a folder. A purge removes that of a year at any time."""
        path = os.path.join(self.root, folder)
        ending = f".{self.header.codec}"
        with disk.errors_at(path):
            try:
                if folder.startswith("days/"):
                    self._refuse_linked_year(path)
                files = [f for f in os.listdir(path) if f > after + ending and f.endswith(ending)]
            except FileNotFoundError:
                return []
        kind = folder.partition("/")[0]
        return [f"{kind}/{file[: -len(ending)]}" for file in files]

    def _refuse_linked_year(self, folder: str) -> None:
        """Raise StoreError where the folder of a year is a link; look only once."""
        if folder not in self._years:
            # The folder is missing where no booking was made for that year.
            with disk.errors_at(folder), suppress(FileNotFoundError):
                disk.refuse_link(folder)
            self._years.add(folder)

    def share(self, share: int) -> dict[str, int]:
        """Return the agents' documents of a share, each with its line."""
        if self._agents is None:
            self._agents = defaultdict(list)
            for name in self.names("agents"):
                self._agents[share_of(name)].append(name)
        return {name: self.head(name) for name in self._agents[share]}

    def past(self, before: str) -> dict[str, int]:
        """Return the documents of days before the one with a name, each with its line."""
        return {x: self.head(x) for x in self.names("days") if x < before}

    def head(self, name: str) -> int:
        """Return the line that a document says it includes, 0 where that cannot be read."""
        if not documents.is_name(name):
            return 0
        try:
            with disk.opened(self._path(name), os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)) as file:
                return documents.peek(os.read(file, documents.HEAD), self.header.codec)
        except OSError:
            return 0

    def _path(self, name: str) -> str:
        return os.path.join(self.root, documents.path_of(name, self.header.codec))

    def document(self, name: str) -> bytes | None:
        """Return a document's bytes, None for none."""
        path = self._path(name)
        if name.startswith("days/"):
            self._refuse_linked_year(os.path.dirname(path))
        return disk.read_bytes(path)

    def personal_bytes(self, agent_id: str, name: str) -> bytes | None:
        """Return an agent's personal values, None for none."""
        return disk.read_bytes(os.path.join(self.root, personal_file(agent_id, name)))

    def lines(self) -> Iterator[RawLine]:
        """Yield the ledger's lines as they are kept, oldest first."""
        return self.ledger.lines()

    def kept(self) -> Iterator[Kept]:
        """Yield the documents of a purge's snapshot, none without a purge."""
        if self.header.anchor is not None:
            path = os.path.join(self.root, snapshot_file(self.header.anchor))
            yield from decode_kept(disk.read_bytes(path), path, self.header.anchor)

    def has_moved(self, tail: Tail) -> bool:
        """Tell whether the ledger has another last line by now."""
        return self.ledger.read_tail().line.n != tail.line.n

"""What is read of the files of a store, and what a transaction puts there."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Container, Iterator
from contextlib import suppress

from kofucli.base import LockedError, Phrase, StoreError
from kofucli.base.clock import machine_now
from kofucli.model import Stamp
from kofucli.store import disk, documents
from kofucli.store.disk import Stages
from kofucli.store.documents import PERSONAL_FILE, damaged, personal_file
from kofucli.store.files.ledger import FileTail, Ledger
from kofucli.store.header import (
    Expected,
    Header,
    Kept,
    decode_header,
    decode_kept,
    encode_header,
    snapshot_file,
)
from kofucli.store.ledger import RawLine, Tail, next_line, share_of
from kofucli.store.view import Transaction, View, wrong_line

FOLDERS = ("days", "agents", "private", "ledger", "outbox")
"""The folders that every store has."""


def write_header(root: str, header: Header) -> None:
    """Put ``store.json`` in its place, durably: the old one or the new one. Raises OSError."""
    disk.replace_file(os.path.join(root, "store.json"), encode_header(header))


def read_header(root: str) -> Header:
    """Read ``store.json``. Raises StoreError."""
    path = os.path.join(root, "store.json")
    data = disk.read_bytes(path)
    if data is None:
        raise damaged(path, Phrase("it is missing"))
    return decode_header(data, root)


def personal_files(root: str, agents: Container[str]) -> list[tuple[str, str]]:
    """Return the files of personal values of these agents: agent and path. Raises OSError."""
    found = []
    for name in sorted(os.listdir(os.path.join(root, "private"))):
        if name.rpartition("-")[0] in agents:
            parts = re.fullmatch(PERSONAL_FILE, f"private/{name}".removesuffix(".tmp"))
            if parts is not None:
                found.append((parts["id"], os.path.join(root, f"private/{name}")))
    return found


class FileSource:
    """The files of a store as ``kofucli.store.header.Source``; each view has its own."""

    def __init__(self, root: str, header: Header) -> None:
        self.root = root
        self.use_header(header)
        self._years: set[str] = set()
        self._agents: dict[int, list[str]] | None = None

    def use_header(self, header: Header) -> None:
        """Take a header as what ``store.json`` says now."""
        self.header = header
        self.ledger = Ledger(self.root, header.start)

    def names(self, folder: str, after: str = "") -> list[str]:
        """Return the names of the files that lie in a folder as documents."""
        if folder == "agents":
            return self._list(folder)
        path = os.path.join(self.root, folder)
        with disk.errors_at(path):
            years = [y for y in os.listdir(path) if re.fullmatch("[0-9]{4}", y) and y >= after[5:9]]
        return [name for year in years for name in self._list(f"days/{year}", after[5:])]

    def _list(self, folder: str, after: str = "") -> list[str]:
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


class FileView(View):
    """A view of files; ``tail`` says where the ledger ends."""

    tail: FileTail
    _source: FileSource

    def is_finished(self) -> bool:
        """Tell whether all documents include the last line: then it is durable."""
        line = self.tail.line
        return all(self._source.head(name) >= line.n for name in line.put)

    def refuse_lost_lines(self) -> None:
        """Raise MovedError where any document includes a line that the ledger does not have.

        This reads every document, so only what changes or copies the ledger as a whole asks it.
        A document that is not readable is passed over.
        """
        names = ("office", *self._source.names("agents"), *self._source.names("days"))
        for name in filter(documents.is_name, names):
            data = self._source.document(name)
            with suppress(documents.DocumentError):
                if data is not None:
                    self._refuse_newer(name, documents.included(data, name, self._codec))


class FileTransaction(Transaction, FileView):
    """A view that also takes changes, which ``commit`` makes one line."""

    def __init__(self, source: FileSource, tail: FileTail, known: Expected | None = None) -> None:
        super().__init__(source, tail, known)
        self._root = source.root
        self._folders = {source.root}

    def _personal_files(self) -> dict[str, bytes]:
        """Return the personal values that were put, by their path."""
        return {
            os.path.join(self._root, personal_file(agent_id, name)): data
            for agent_id, (name, data) in self._personal.items()
        }

    def commit(self, op: str, stamp: Stamp, stages: Stages) -> None:
        """Make the changes one durable line, and note in ``committed`` what it put."""
        for path, error in disk.replace_files(self._personal_files(), stages).items():
            self._remove_new_personal()
            raise disk.failure(error, path) from None
        try:
            tail = self.tail
            line = next_line(tail.line, tail.raw, self._changes, op, stamp, machine_now())
            self.tail = self._source.ledger.append(line, tail)
        except (StoreError, LockedError):  # after any other error the line may stand
            self._remove_new_personal()
            raise
        self._note_committed()

    def write_documents(self, stages: Stages) -> Iterator[str]:
        """Write the documents that a commit has changed; yield the paths of those that failed.

        Then remove the personal values that it replaced or erased. Whatever fails, the line stands.
        """
        files = {}
        for name in self._changes.puts:
            path = self._path(name)
            try:
                files[path] = self.make_document(name)
            except Exception:  # the next change writes it
                yield path
        try:
            yield from disk.replace_files(files, stages)
        except Exception:
            yield from files
        erased = self._erased()
        agents, new = self._personal.keys() | erased, self._personal_files()
        with suppress(OSError):  # the next change of the agent, or its erasure, tries again
            for agent_id, path in personal_files(self._root, agents) if agents else ():
                if agent_id in erased or path not in new:
                    disk.remove(path)
            if erased:
                disk.sync_folder(os.path.join(self._root, "private"))

    def _remove_new_personal(self) -> None:
        with suppress(OSError):  # no line names what stays behind
            for path in self._personal_files():
                disk.remove(path + ".tmp")
                disk.remove(path)

    def make_document(self, name: str) -> bytes:
        """Return a document as this transaction's tail leaves it, and make its folder."""
        folder = os.path.dirname(self._path(name))
        if folder not in self._folders:
            disk.make_folder(folder)
            self._folders.add(folder)
        return documents.encode(self.tail.line.n, self.records(name).values(), self._codec)

    def recover(self) -> None:
        """Finish what a killed process began: cut off its unfinished line, or write its documents.

        A complete line may not be durable yet, so it is made durable before its documents.
        """
        with disk.errors_at(self._root):
            tail = self._source.ledger.end_cleanly(self.tail, self.refuse_lost_lines)
            self._begin_at(tail, self.expected)
            behind = [name for name in self.tail.line.put if self._is_behind(name)]
            if behind:
                self._source.ledger.write_again(self.tail)
            for error in disk.replace_files(
                {self._path(x): self.make_document(x) for x in behind}
            ).values():
                raise error

    def _is_behind(self, name: str) -> bool:
        """Tell whether a document lacks what the tail put there. Raises StoreError for damage."""
        path = self._path(name)
        line = self.tail.line
        base = line.base.get(name, 0)
        data = disk.read_bytes(path)
        try:
            n = documents.included(data, name, self._codec) if data is not None else 0
        except documents.DocumentError as error:
            raise damaged(path, error) from None
        if n not in (base, line.n):
            raise damaged(path, wrong_line(n, line.n))
        return n != line.n

"""A transaction on files: what it puts becomes one ledger line, then the documents."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress

from kofucli.base.clock import machine_now
from kofucli.base.errors import LockedError, StoreError
from kofucli.model.records import Stamp
from kofucli.store import Stages, disk, documents
from kofucli.store.documents import damaged, personal_file
from kofucli.store.files.ledger import FileTail
from kofucli.store.files.source import FileSource, personal_files
from kofucli.store.files.view import FileView
from kofucli.store.ledger import next_line
from kofucli.store.transaction import StoredTransaction
from kofucli.store.view import wrong_line


class FileTransaction(StoredTransaction, FileView):
    """A view that also takes changes, which ``commit`` makes one line."""

    def __init__(self, source: FileSource, tail: FileTail) -> None:
        super().__init__(source, tail)
        self._root = source.root
        self._folders = {source.root}

    def _personal_files(self) -> dict[str, bytes]:
        """Return the personal values that were put, by their path."""
        return {
            os.path.join(self._root, personal_file(agent_id, name)): data
            for agent_id, (name, data) in self._personal.items()
        }

    def commit(self, op: str, stamp: Stamp, stages: Stages) -> None:
        """Make the changes one durable line, and note in ``committed`` what it put.

        Raises StoreError, LockedError where nothing was changed, UnknownOutcomeError.
        """
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
        with suppress(OSError):  # the next change of the agent, or its erasure, tries again
            self._remove_old_personal(self._erased())

    def _remove_old_personal(self, erased: set[str]) -> None:
        """Remove personal values that were replaced, and durably all of erased agents."""
        agents, new = self._personal.keys() | erased, self._personal_files()
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
            self._begin_at(self._source.ledger.end_cleanly(self.tail, self.refuse_lost_lines))
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

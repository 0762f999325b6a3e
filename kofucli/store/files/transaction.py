"""A transaction on files: what it puts becomes one ledger line, then the documents."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress

from kofucli.base.clock import machine_now
from kofucli.base.errors import LockedError, StoreError
from kofucli.model.records import Stamp
from kofucli.store import disk, documents
from kofucli.store.documents import damaged, personal_file
from kofucli.store.files.source import personal_files
from kofucli.store.files.view import FileView
from kofucli.store.ledger import next_line
from kofucli.store.transaction import StoredTransaction
from kofucli.store.view import wrong_line


class FileTransaction(StoredTransaction, FileView):
    """A view that also takes changes, which ``commit`` makes one line."""

    @property
    def _root(self) -> str:
        return self._source.root

    def _personal_paths(self) -> Iterator[tuple[str, str, bytes]]:
        """Yield the agent, the path and the bytes of each of the personal values that were put."""
        for agent_id, name, data in self._personal:
            yield agent_id, os.path.join(self._root, personal_file(agent_id, name)), data

    def commit(self, op: str, stamp: Stamp) -> None:
        """Make the changes one durable line, and note in ``committed`` what it put.

        Raises StoreError, LockedError where nothing was changed, UnknownOutcomeError.
        """
        for _, path, data in self._personal_paths():
            try:
                disk.replace_file(path, data)
            except OSError as error:
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

    def write_documents(self) -> Iterator[str]:
        """Write the documents that a commit has changed; yield the paths of those that failed.

        Then remove the personal values that it replaced or erased. Whatever fails, the line stands.
        """
        for name in self._changes.puts:
            path = self._path(name)
            try:
                self.write_document(name)
            except Exception:  # the next change writes it
                yield path
        for agent_id, path, _ in self._personal_paths():
            with suppress(OSError):  # the next change of this agent removes what stays behind
                for other in personal_files(self._root, agent_id):
                    if other != path:
                        disk.remove(other)
        for agent_id in self._erased():
            with suppress(OSError):  # ``erase_personal`` tries again, and says what fails
                self._erase(agent_id)

    def _erase(self, agent_id: str) -> None:
        """Remove all personal values of an agent, durably. Raises OSError."""
        for path in personal_files(self._root, agent_id):
            disk.remove(path)
        disk.sync_folder(os.path.join(self._root, "private"))

    def _remove_new_personal(self) -> None:
        with suppress(OSError):  # no line names what stays behind
            for _, path, _ in self._personal_paths():
                disk.remove(path + ".tmp")
                disk.remove(path)

    def write_document(self, name: str) -> None:
        """Write a document as this transaction's tail leaves it."""
        path = self._path(name)
        folder = os.path.dirname(path)
        if folder != self._root:
            disk.make_folder(folder)
        records = self.records(name).values()
        disk.replace_file(path, documents.encode(self.tail.line.n, records, self._codec))

    def recover(self) -> None:
        """Finish what a killed process began: cut off its unfinished line, or write its documents.

        A complete line may not be durable yet, so it is made durable before its documents.
        """
        with disk.errors_at(self._root):
            self._begin_at(self._source.ledger.end_cleanly(self.tail, self.refuse_lost_lines))
            behind = [name for name in self.tail.line.put if self._is_behind(name)]
            if behind:
                self._source.ledger.write_again(self.tail)
            for name in behind:
                self.write_document(name)

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

"""A transaction on files: what it puts becomes one ledger line, then the documents."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import date

import msgspec

from kofucli.base.clock import machine_now
from kofucli.base.errors import LockedError, StoreError
from kofucli.base.stages import Stages
from kofucli.model.records import Agent, OfficeRecord, Personal, Reservation, Stamp
from kofucli.store import disk, documents
from kofucli.store.documents import damaged, personal_file, personal_name
from kofucli.store.files.expected import MovedError
from kofucli.store.files.ledger import Ledger, Tail
from kofucli.store.files.view import FileView, personal_files, wrong_line
from kofucli.store.header import Header
from kofucli.store.ledger import Changes, next_line


class FileTransaction(FileView):
    """A view that also takes changes, which ``commit`` makes one line.

    A change is visible in the view at once, in memory.
    """

    def __init__(self, root: str, header: Header, ledger: Ledger, tail: Tail) -> None:
        super().__init__(root, header, ledger, tail)
        self._changes = Changes(
            self._read_last_lines,
            gone=0 if header.anchor is None else header.anchor.gone,
        )
        self._folders = {root}
        self._personal: dict[str, tuple[str, bytes]] = {}
        self.committed: list[str] = []

    @property
    def changed(self) -> bool:
        """Whether anything was put; personal values do not count, their agent's record does."""
        return bool(self._changes.puts)

    def forget_days(self, days: Iterable[date]) -> None:
        """Leave days out of ``live`` of the line: a purge removes them."""
        self._changes.forgotten.update(map(documents.day_name, days))

    def _read_last_lines(self) -> dict[str, int]:
        return self._expected.read_last_lines()

    def _put(self, name: str, key: str, record: msgspec.Struct) -> None:
        self.records(name)[key] = record
        self._changes.puts.setdefault(name, {})[key] = record
        self._changes.base[name] = self._included[name]

    def put_reservation(self, reservation: Reservation) -> None:
        """Store a reservation as it is afterwards."""
        self._put(documents.day_name(reservation.date), reservation.number, reservation)

    def put_agent(self, agent: Agent) -> None:
        """Store an agent as it is afterwards."""
        self._put(f"agents/{agent.id}", agent.id, agent)

    def put_office(self, record: OfficeRecord) -> None:
        """Store a record of the office."""
        self._put("office", record.key, record)

    def put_personal(self, agent_id: str, personal: Personal) -> str:
        """Store personal values; return the name that the agent's record gives them."""
        data = msgspec.json.encode(personal)
        name = personal_name(data)
        path = os.path.join(self._root, personal_file(agent_id, name))
        self._personal[agent_id] = path, data
        return name

    def personal(self, agent: Agent) -> Personal:
        """Return an agent's personal values; missing ones are damage, as nobody else writes."""
        try:
            return super().personal(agent)
        except MovedError as moved:
            raise moved.otherwise from None

    def commit(self, op: str, stamp: Stamp, stages: Stages) -> None:
        """Make the changes one durable line, and note in ``committed`` what it put.

        Raises StoreError, LockedError where nothing was changed, UnknownOutcomeError.
        """
        for path, error in disk.replace_files(dict(self._personal.values()), stages).items():
            self._remove_new_personal()
            raise disk.failure(error, path) from None
        try:
            tail = self.tail
            line = next_line(tail.line, tail.raw, self._changes, op, stamp, machine_now())
            self.tail = self._ledger.append(line, tail)
        except (StoreError, LockedError):  # after any other error the line may stand
            self._remove_new_personal()
            raise
        # The user did not ask for the office's records that go along, such as settings.
        puts = self._changes.puts
        asked = [name for name in puts if name != "office"] or puts
        self.committed.extend(key for name in asked for key in puts[name])

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
        erased = {
            record.id
            for records in self._changes.puts.values()
            for record in records.values()
            if isinstance(record, Agent) and record.erased is not None
        }
        with suppress(OSError):  # the next change of the agent, or its erasure, tries again
            self._remove_old_personal(erased)

    def _remove_old_personal(self, erased: set[str]) -> None:
        """Remove personal values that were replaced, and durably all of erased agents."""
        agents = self._personal.keys() | erased
        for agent_id, path in personal_files(self._root, agents) if agents else ():
            if agent_id in erased or path != self._personal[agent_id][0]:
                disk.remove(path)
        if erased:
            disk.sync_folder(os.path.join(self._root, "private"))

    def _remove_new_personal(self) -> None:
        with suppress(OSError):  # no line names what stays behind
            for path, _ in self._personal.values():
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
            self.begin_at(self._ledger.end_cleanly(self.tail, self.refuse_lost_lines))
            behind = [name for name in self.tail.line.put if self._is_behind(name)]
            if behind:
                self._ledger.write_again(self.tail)
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

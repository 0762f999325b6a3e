"""Taking changes: what one transaction puts becomes one ledger line, then its documents."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import date, datetime

import msgspec

from kofucli.base.clock import JST, machine_now
from kofucli.base.errors import LockedError, Phrase, StoreError
from kofucli.model.records import Agent, OfficeRecord, Personal, Reservation, Stamp
from kofucli.store import disk, documents
from kofucli.store.documents import BLANK, Codec, damaged, digest, personal_file, personal_name
from kofucli.store.files.ledger import Ledger, Tail
from kofucli.store.files.view import FileView, MovedError, personal_files
from kofucli.store.ledger import Line, account_name


class FileTransaction(FileView):
    """A view that also takes changes, until they are committed as one line."""

    def __init__(self, root: str, codec: Codec, tail: Tail) -> None:
        super().__init__(root, codec, tail)
        self._puts: dict[str, dict[str, msgspec.Struct]] = {}
        self._personal: list[tuple[str, str, bytes]] = []
        self._removed: set[str] = set()
        self.committed: list[str] = []

    @property
    def changed(self) -> bool:
        """Whether anything was put."""
        return bool(self._puts)

    def forget_days(self, days: Iterable[date]) -> None:
        """Let the line protect these days no longer: a purge removes them."""
        self._removed.update(map(documents.day_name, days))

    def _put(self, name: str, key: str, record: msgspec.Struct) -> None:
        self.records(name)[key] = record
        self._puts.setdefault(name, {})[key] = record

    def put_reservation(self, reservation: Reservation) -> None:
        """Store a reservation as it is afterwards.

        A new day begins at its first number, so it must be new. Of days to come the last line
        tells that; of those that were past when it was written, which only a clock that was set
        back since can book, all lines do.
        """
        name = documents.day_name(reservation.date)
        past = documents.day_name(self.tail.line.at.astimezone(JST).date())
        if name < past and not self.records(name):
            self._refuse_lost(name)
        self._put(name, reservation.number, reservation)

    def put_agent(self, agent: Agent) -> None:
        """Store an agent as it is afterwards."""
        self._put(f"agents/{agent.id}", agent.id, agent)

    def put_office(self, record: OfficeRecord) -> None:
        """Store a record of the office."""
        self._put("office", record.key, record)

    def put_personal(self, agent_id: str, personal: Personal) -> str:
        """Store personal values and return the name by which the agent's record names them."""
        data = msgspec.json.encode(personal)
        name = personal_name(data)
        self._personal.append((agent_id, personal_file(agent_id, name), data))
        return name

    def personal(self, agent: Agent) -> Personal:
        """Return an agent's personal values; under the lock nobody has just replaced them."""
        try:
            return super().personal(agent)
        except MovedError as moved:
            raise moved.otherwise from None

    def commit(self, op: str, stamp: Stamp, ledger: Ledger) -> None:
        """Make the changes one durable line, and note in ``committed`` what it put."""
        for _, file, data in self._personal:
            path = os.path.join(self._root, file)
            try:
                disk.replace_file(path, data)
            except OSError as error:
                self._forget_personal()
                raise disk.failure(error, path) from None
        try:
            self.tail = ledger.append(self._line(op, stamp, machine_now()), self.tail)
        except (StoreError, LockedError):  # nothing was changed; else the line may stand
            self._forget_personal()
            raise
        # Settings that go along are nothing that anybody asked for.
        asked = [name for name in self._puts if name != "office"] or self._puts
        self.committed.extend(key for name in asked for key in self._puts[name])

    def write_documents(self) -> Iterator[str]:
        """Write the documents that a commit has changed.

        Yields the path of each one that could not be written: whatever fails, the line stands.
        """
        for name in self._puts:
            path = os.path.join(self._root, documents.path_of(name, self._codec))
            try:
                self.write_document(name)
            except Exception:  # the next change makes up for it
                yield path
        self._remove_replaced_personal()

    def _remove_replaced_personal(self) -> None:
        """Remove the personal values that new ones have replaced: no more is kept than needed."""
        for agent_id, file, _ in self._personal:
            with suppress(OSError):  # what stays behind goes with the next change
                for other in personal_files(self._root, agent_id):
                    if other != os.path.join(self._root, file):
                        disk.remove(other)

    def _forget_personal(self) -> None:
        with suppress(OSError):  # what stays behind is named by no line
            for _, file, _ in self._personal:
                path = os.path.join(self._root, file)
                disk.remove(path + ".tmp")
                disk.remove(path)

    def _line(self, op: str, stamp: Stamp, clock: datetime) -> Line:
        before = self.tail.line
        n = before.n + 1
        # One clock that is ahead unprotects no day: all four that are known must be past it.
        earliest = min(stamp.now, clock, before.at, before.clock)
        today = documents.day_name(earliest.astimezone(JST).date())
        live = {name: at for name, at in before.live.items() if name == "office" or name >= today}
        live.update(
            (name, n)
            for name in self._puts
            if name == "office" or (name.startswith("days/") and name >= today)
        )
        for name in self._removed & live.keys():
            del live[name]
        days = [
            r.date
            for records in self._puts.values()
            for r in records.values()
            if isinstance(r, Reservation)
        ]
        if before.last_day is not None:
            days.append(before.last_day)
        actor = {"by": stamp.actor.by}
        if stamp.actor.agent is not None:
            actor["agent"] = stamp.actor.agent
        return Line(
            sum=BLANK,
            n=n,
            at=stamp.now,
            clock=clock,
            op=op,
            actor=actor,
            account=account_name(),
            prev=digest(self.tail.raw),
            live=dict(sorted(live.items())),
            put={
                name: [msgspec.Raw(msgspec.json.encode(record)) for record in records.values()]
                for name, records in self._puts.items()
            },
            base={name: self._included[name] for name in self._puts},
            last_day=max(days, default=None),
        )

    def write_document(self, name: str) -> None:
        """Write a document as this transaction's tail leaves it."""
        path = os.path.join(self._root, documents.path_of(name, self._codec))
        folder = os.path.dirname(path)
        if folder != self._root:
            disk.make_folder(folder)
        records = self.records(name).values()
        disk.replace_file(path, documents.encode(self.tail.line.n, records, self._codec))

    def recover(self, ledger: Ledger) -> None:
        """Finish what a killed process began: cut off its unfinished line, or write its documents.

        Its line may be complete and not yet durable, so that is made sure first.
        """
        with disk.errors_at(self._root):
            self.tail = ledger.end_cleanly(self.tail, self.refuse_lost_lines)
            behind = [name for name in self.tail.line.put if self._is_behind(name)]
            if behind:
                ledger.sync(self.tail)
            for name in behind:
                self.write_document(name)

    def _is_behind(self, name: str) -> bool:
        """Tell whether a document of the tail is still as it was before; else it is damaged."""
        path = os.path.join(self._root, documents.path_of(name, self._codec))
        line = self.tail.line
        base = line.base.get(name, 0)
        data = disk.read_bytes(path)
        try:
            n = documents.included(data, name, self._codec) if data is not None else 0
        except documents.DocumentError as error:
            raise damaged(path, Phrase("{detail}", detail=str(error))) from None
        if n not in (base, line.n):
            raise damaged(
                path,
                Phrase("it includes line {n}, the ledger says {expected}", n=n, expected=line.n),
            )
        return n != line.n

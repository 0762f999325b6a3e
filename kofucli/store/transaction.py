"""What a transaction puts, whatever the store is made of; each kind writes it in its own way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

import msgspec

from kofucli.base.errors import Phrase, StoreError
from kofucli.model.records import Agent, Moved, OfficeRecord, Personal, Reservation, Stamp
from kofucli.store import View, documents
from kofucli.store.documents import personal_name
from kofucli.store.expected import Expected, MovedError, Source
from kofucli.store.ledger import Changes, Tail
from kofucli.store.view import StoredView


def refuse_moved(view: View, path: str) -> None:
    """Raise StoreError where a store takes no changes any more: it was moved."""
    found = view.office().get("moved")
    if isinstance(found, Moved) and found.to:
        raise StoreError(
            "moved",
            Phrase(
                "The store {path} was moved to {to}. Nothing was changed: name that one in the "
                "configuration, or with --store.",
                path=path,
                to=found.to,
            ),
        )


class StoredTransaction(StoredView):
    """A view that also takes changes; see ``kofucli.store.Transaction``.

    A change is visible in the view at once, in memory. ``committed`` notes what was committed.
    """

    def __init__(self, source: Source, tail: Tail, known: Expected | None = None) -> None:
        super().__init__(source, tail, known)
        anchor = source.header.anchor
        self._changes = Changes(self._read_last_lines, gone=0 if anchor is None else anchor.gone)
        self._personal: dict[str, tuple[str, bytes]] = {}
        self.committed: list[str] = []

    def _read_last_lines(self) -> dict[str, int]:
        return self.expected.read_last_lines()

    @property
    def changed(self) -> bool:
        """Whether anything was put; personal values do not count, their agent's record does."""
        return bool(self._changes.puts)

    def forget_days(self, days: Iterable[date]) -> None:
        """Leave days out of ``live`` of the line: a purge removes them."""
        self._changes.forgotten.update(map(documents.day_name, days))

    def _put(self, name: str, key: str, record: msgspec.Struct) -> None:
        if not isinstance(record, Moved):
            refuse_moved(self, self._source.root)
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
        self._personal[agent_id] = name, data
        return name

    def personal(self, agent: Agent) -> Personal:
        """Return an agent's personal values; missing ones are damage, as nobody else writes."""
        try:
            return super().personal(agent)
        except MovedError as moved:
            raise moved.otherwise from None

    def clock_warnings(self, stamp: Stamp) -> Iterator[Phrase]:
        """Yield that a stamp is earlier than the last line."""
        last = self.tail.line.at
        if stamp.now < last:
            yield Phrase(
                "The clock of this command ({now}) is earlier than that of the last change "
                "({last}).",
                now=stamp.now,
                last=last,
            )

    def _note_committed(self) -> None:
        # The user did not ask for the office's records that go along, such as settings.
        puts = self._changes.puts
        asked = [name for name in puts if name != "office"] or puts
        self.committed.extend(key for name in asked for key in puts[name])

    def _erased(self) -> set[str]:
        """Return the ids of the agents that were erased."""
        return {
            record.id
            for records in self._changes.puts.values()
            for record in records.values()
            if isinstance(record, Agent) and record.erased is not None
        }

"""A view of a store, whatever that is made of: its documents as of one line; what is put there."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import cast

import msgspec

from kofucli.base import Phrase, StoreError
from kofucli.base.clock import check_clock
from kofucli.model import Agent, Moved, OfficeRecord, Personal, Reservation, Stamp
from kofucli.store import documents
from kofucli.store.documents import damaged, personal_file, personal_name
from kofucli.store.header import Expected, MovedError, Source
from kofucli.store.ledger import Changes, Tail, lost_lines

_SPAN = 62
"""For spans up to so many days the names of documents are computed; longer ones are listed."""
_ONE_DAY = timedelta(days=1)

Records = dict[str, msgspec.Struct]


class View:
    """The store after the line ``tail``, as its ``source`` has it; used only where it was given.

    A writer appends a line only when all lines before are in the documents. So at most the tail is
    missing in a document, and then the view completes the document in memory.

    A method may also raise MovedError, which ``Store.read`` catches to begin again: so ``work``
    lets errors pass that it does not know. Mappings are read, never changed.
    """

    def __init__(self, source: Source, tail: Tail, known: Expected | None = None) -> None:
        self._source = source
        self._codec = source.header.codec
        self._begin_at(tail, known)

    def _begin_at(self, tail: Tail, known: Expected | None) -> None:
        """Take a tail as the last line; of documents nothing has been read yet."""
        self.tail = tail
        is_known = known is not None and known.tail.raw == tail.raw
        self.expected = known if known and is_known else Expected(self._source, tail)
        self._loaded: dict[str, Records] = {}
        self._included: dict[str, int] = {}
        self._has_looked_ahead = False

    @property
    def n(self) -> int:
        """The number of the last line."""
        return self.tail.line.n

    @property
    def clock(self) -> datetime:
        """What the machine's clock said when the last line was written."""
        return self.tail.line.clock

    def check_clock(self, now: datetime) -> None:
        """Raise WrongUsageError where the machine's clock, which shows ``now``, cannot be right."""
        check_clock(now, self.clock)

    def _path(self, name: str) -> str:
        return os.path.join(self._source.root, documents.path_of(name, self._codec))

    def records(self, name: str) -> Records:
        """Return the records of a document by key, {} for none. Raises StoreError, MovedError."""
        if name not in self._loaded:
            self._loaded[name] = self._load(name)
        return self._loaded[name]

    def _load(self, name: str) -> Records:
        kind = documents.kind_of(name)
        path = self._path(name)
        if name.startswith("days/"):
            self._look_ahead()
        data = None if self.expected.is_purged(name) else self._source.document(name)
        n, records = 0, cast("Records", {})
        if data is not None:
            try:
                loaded = documents.decode(data, name, self._codec)
            except documents.DocumentError as error:
                raise damaged(path, error) from None
            if not documents.are_own(name, loaded.records):
                raise damaged(path, Phrase("it has records of another document"))
            n = loaded.n
            records = {getattr(record, kind.key): record for record in loaded.records}
        line = self.tail.line
        self._refuse_newer(name, n)
        if n < line.n and name in line.put:
            if n != line.base.get(name, 0):
                raise damaged(path, wrong_line(n, line.base.get(name, 0)))
            for raw in line.put[name]:
                try:
                    record = cast("msgspec.Struct", msgspec.json.decode(raw, type=kind.record))
                except (ValueError, RecursionError) as error:
                    raise damaged(self.tail.path, error) from None
                records[getattr(record, kind.key)] = record
            n = line.n
        expected = self.expected.line_of(name)
        if n != expected:
            missing = Phrase("it is missing")
            raise damaged(path, missing if data is None else wrong_line(n, expected))
        self._included[name] = n
        return records

    def _refuse_newer(self, name: str, n: int) -> None:
        """Raise MovedError where a document includes line ``n``, and the ledger has no such one."""
        last = self.tail.line
        if n > last.n or (n == last.n and name not in last.put):
            raise MovedError(damaged(self._path(name), lost_lines(n, last.n)))

    def _look_ahead(self) -> None:
        """Raise where a day after ``last_day`` of the tail has a document; look only once.

        Such a day has one only where lines were lost, or somebody put it there. No command would
        read it, since the tail does not name the day. Raises MovedError where it is newer than this
        view, else StoreError.
        """
        if self._has_looked_ahead:
            return
        self._has_looked_ahead = True
        last = self.tail.line.last_day
        listed = self._source.names("days", "" if last is None else documents.day_name(last))
        for name in filter(documents.is_name, listed):
            self.records(name)
            raise damaged(self._path(name), Phrase("the ledger does not know this file"))

    def day(self, day: date) -> Mapping[str, Reservation]:
        """Return the reservations of a day by number, in the order they were made; {} for none."""
        return cast("Mapping[str, Reservation]", self.records(documents.day_name(day)))

    def days(self, since: date | None, until: date | None = None) -> Iterator[date]:
        """Yield the days that may hold reservations, in order, both ends included.

        None is the first day that has any, or the last one. Each day that has any is among them.
        """
        self._look_ahead()
        last = self.tail.line.last_day
        end = last if until is None or (last is not None and last < until) else until
        if last is None or end is None:
            return
        if since is not None and (end - since).days <= _SPAN:
            while since <= end:
                yield since
                since += _ONE_DAY
            return
        for day in self._find_days():
            if (since is None or day >= since) and day <= end:
                yield day

    def each_day(
        self, since: date | None, until: date | None = None
    ) -> Iterator[tuple[date, tuple[Reservation, ...]]]:
        """Yield what ``days`` yields with the reservations of each; no day stays in memory.

        The latest day comes first, as it changes most.
        """
        for day in reversed(list(self.days(since, until))):
            name = documents.day_name(day)
            kept = name in self._loaded
            yield day, tuple(self.day(day).values())
            if not kept:
                del self._loaded[name]

    def _find_days(self) -> list[date]:
        """Return the days that have a document, or should have one, in order."""
        line = self.tail.line
        names = {name for name in (*line.put, *line.live) if name.startswith("days/")}
        names.update(filter(documents.is_name, self._source.names("days")))
        names.update(self.expected.past_days())
        return sorted(date.fromisoformat(name[5:]) for name in names)

    def agent(self, agent_id: str) -> Agent | None:
        """Return an agent's record, None where none was ever put; an erased one has a record."""
        return cast("Agent | None", self.records(f"agents/{agent_id}").get(agent_id))

    def agents(self) -> Iterator[Agent]:
        """Yield all agents by id, erased ones too."""
        listed = filter(documents.is_name, self._source.names("agents"))
        for name in sorted({*listed, *self.expected.agents()}):
            found = self.agent(name.partition("/")[2])
            if found is not None:
                yield found

    def personal(self, agent: Agent) -> Personal:
        """Return an agent's personal values; all are empty where they were erased.

        Raises StoreError where they are lost, or are not those that the record names.
        """
        if agent.erased is not None:
            return Personal(salt="", name="", certificate="", email="")
        path = os.path.join(self._source.root, personal_file(agent.id, agent.personal))
        data = self._source.personal_bytes(agent.id, agent.personal)
        if data is None:
            # Another process may have replaced them since the agent's record was read.
            raise MovedError(damaged(path, _lost(agent)))
        if personal_name(data) != agent.personal:
            raise damaged(path, _lost(agent))
        try:
            return msgspec.json.decode(data, type=Personal)
        except (ValueError, RecursionError) as error:
            raise damaged(path, error) from None

    def office(self) -> Mapping[str, OfficeRecord]:
        """Return the office's records by key: days, maintenance, recorded settings, …"""
        return cast("Mapping[str, OfficeRecord]", self.records("office"))


def _lost(agent: Agent) -> Phrase:
    return Phrase(
        "the personal values of agent {id} are lost; enter them again with 'kofucli agent edit "
        "{id}' (--name, --certificate, --email), or erase it with 'kofucli agent erase {id}'",
        id=agent.id,
    )


def wrong_line(n: int, expected: int) -> Phrase:
    """Return that a document includes line ``n``, not the one that the ledger names."""
    return Phrase("it includes line {n}, the ledger says {expected}", n=n, expected=expected)


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


class Transaction(View):
    """A view that also takes changes: all of them become one ledger line, or none does.

    The view shows what was put at once. A record takes the place of the one with its key; a new one
    comes last. ``committed`` notes what was committed.
    """

    def __init__(self, source: Source, tail: Tail, known: Expected | None = None) -> None:
        super().__init__(source, tail, known)
        self._personal: dict[str, tuple[str, bytes]] = {}
        self.committed: list[str] = []

    def _begin_at(self, tail: Tail, known: Expected | None) -> None:
        super()._begin_at(tail, known)
        anchor = self._source.header.anchor
        gone = 0 if anchor is None else anchor.gone
        self._changes = Changes(self.expected.read_last_lines, gone=gone)

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
        """Store a reservation as it is afterwards; its number never changes its day."""
        self._put(documents.day_name(reservation.date), reservation.number, reservation)

    def put_agent(self, agent: Agent) -> None:
        """Store an agent as it is afterwards.

        Of one that is erased the personal values go after the commit, under the lock.
        """
        self._put(f"agents/{agent.id}", agent.id, agent)

    def put_office(self, record: OfficeRecord) -> None:
        """Store a record of the office."""
        self._put("office", record.key, record)

    def put_personal(self, agent_id: str, personal: Personal) -> str:
        """Store personal values; return the name that the agent's record gives them.

        They are durable before the line. After the commit the agent's older ones go, else these.
        """
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

"""Reading a file store: documents as of one ledger line, without a lock."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date, timedelta
from typing import cast

import msgspec

from kofucli.base.errors import Phrase, StoreError
from kofucli.model.records import Agent, OfficeRecord, Personal, Reservation
from kofucli.store import disk, documents
from kofucli.store.documents import PERSONAL_FILE, Codec, damaged, personal_file, personal_name
from kofucli.store.files.ledger import Tail, is_named

_SPAN = 62
"""Days up to which the names of documents are computed; a longer span is listed."""
_YEAR = re.compile(r"[0-9]{4}")
_ONE_DAY = timedelta(days=1)

Records = dict[str, msgspec.Struct]


class MovedError(Exception):
    """A document is newer than the tail that was read: read again from the new tail.

    ``otherwise`` is what to raise where the tail has not moved: then it is damage.
    """

    def __init__(self, otherwise: StoreError) -> None:
        super().__init__(otherwise)
        self.otherwise = otherwise


def personal_files(root: str, agent_id: str) -> list[str]:
    """Return the paths of all files with an agent's personal values, older ones too.

    Raises OSError.
    """
    found = []
    for name in sorted(os.listdir(os.path.join(root, "private"))):
        if name.startswith(f"{agent_id}-"):
            its = PERSONAL_FILE.fullmatch(f"private/{name}".removesuffix(".tmp"))
            if its is not None and its["id"] == agent_id:
                found.append(os.path.join(root, f"private/{name}"))
    return found


class FileView:
    """The store as of the line ``tail``, which it includes.

    Every line before the tail is in the documents, since a writer appends only then; what the tail
    itself puts there is completed in memory where the documents do not have it yet.
    """

    def __init__(self, root: str, codec: Codec, tail: Tail) -> None:
        self._root = root
        self._codec = codec
        self.tail = tail
        self._loaded: dict[str, Records] = {}
        self._included: dict[str, int] = {}
        self._years: set[str] = set()
        self._has_looked_ahead = False

    def records(self, name: str) -> Records:
        """Return the records of a document by key; empty where there is no such document.

        Raises StoreError where it is damaged, MovedError where it is newer than this view.
        """
        if name not in self._loaded:
            self._loaded[name] = self._load(name)
        return self._loaded[name]

    def _load(self, name: str) -> Records:
        kind = documents.kind_of(name)
        path = os.path.join(self._root, documents.path_of(name, self._codec))
        if name.startswith("days/"):
            self._refuse_linked_year(os.path.dirname(path))
            self._look_ahead()
        data = disk.read_bytes(path)
        n, records = 0, cast("Records", {})
        if data is not None:
            try:
                loaded = documents.decode(data, name, self._codec)
            except documents.DocumentError as error:
                raise damaged(path, Phrase("{detail}", detail=str(error))) from None
            n = loaded.n
            records = {getattr(record, kind.key): record for record in loaded.records}
        line = self.tail.line
        self._refuse_newer(name, n)
        if n < line.n and name in line.put:
            if n != line.base.get(name, 0):
                raise damaged(path, _wrong_line(n, line.base.get(name, 0)))
            for raw in line.put[name]:
                record = self._decode(raw, kind)
                records[getattr(record, kind.key)] = record
            n = line.n
        expected = line.live.get(name, n)
        if n != expected:
            raise damaged(path, _wrong_line(n, expected))
        self._included[name] = n
        return records

    def _refuse_newer(self, name: str, n: int) -> None:
        """Raise MovedError where a document includes line ``n``, which the ledger has not."""
        last = self.tail.line
        if n < last.n or (n == last.n and name in last.put):
            return
        what = Phrase("it includes line {n}, which does not name it: lines are lost", n=n)
        if n > last.n:
            what = Phrase(
                "it includes line {n}, the ledger ends with {last}: lines are lost",
                n=n,
                last=last.n,
            )
        path = os.path.join(self._root, documents.path_of(name, self._codec))
        raise MovedError(damaged(path, what))

    def refuse_lost_lines(self) -> None:
        """Raise MovedError where any document at all includes a line that the ledger has not.

        Reads every document: for what changes or copies the ledger as a whole. One that is not
        readable says nothing here.
        """
        for name in ("office", *self._list_names("agents"), *self._list_days()):
            if not documents.is_name(name):
                continue
            data = disk.read_bytes(os.path.join(self._root, documents.path_of(name, self._codec)))
            with suppress(documents.DocumentError):
                if data is not None:
                    self._refuse_newer(name, documents.included(data, name, self._codec))

    def _look_ahead(self) -> None:
        """Look once whether there are days after the last one that the tail knows of.

        There are none, unless lines were lost, or somebody put a document there: the tail knows
        nothing of the day then, and nobody would ask for it. Raises MovedError for a document that
        is newer than this view, else StoreError.
        """
        if self._has_looked_ahead:
            return
        self._has_looked_ahead = True
        last = self.tail.line.last_day
        for name in self._list_days(after="" if last is None else last.isoformat()):
            if documents.is_name(name):
                self.records(name)
                path = os.path.join(self._root, documents.path_of(name, self._codec))
                raise damaged(path, Phrase("the ledger does not know this file"))

    def _list_days(self, after: str = "") -> list[str]:
        """Return the names of the days' documents that lie there, of those after a day."""
        folder = os.path.join(self._root, "days")
        with disk.errors_at(folder):
            years = [y for y in os.listdir(folder) if _YEAR.fullmatch(y) and y >= after[:4]]
        return [name for y in years for name in self._list_names(f"days/{y}", after)]

    def _list_names(self, folder: str, after: str = "") -> list[str]:
        """Return as what documents the files in a folder are named; some may have no such name.

        A purge may remove the folder of a year at any time.
        """
        path = os.path.join(self._root, folder)
        ending = f".{self._codec}"
        with disk.errors_at(path):
            try:
                if folder.startswith("days/"):
                    self._refuse_linked_year(path)
                files = [f for f in os.listdir(path) if f > after + ending and f.endswith(ending)]
            except FileNotFoundError:
                return []
        kind = folder.partition("/")[0]
        return [f"{kind}/{file.removesuffix(ending)}" for file in files]

    def _refuse_linked_year(self, folder: str) -> None:
        if folder not in self._years:
            # The folder is missing where no booking was made for that year.
            with disk.errors_at(folder), suppress(FileNotFoundError):
                disk.refuse_link(folder)
            self._years.add(folder)

    def _decode(self, raw: msgspec.Raw, kind: documents.Kind) -> msgspec.Struct:
        try:
            return cast("msgspec.Struct", msgspec.json.decode(raw, type=kind.record))
        except (ValueError, RecursionError) as error:
            raise damaged(self.tail.path, Phrase("{detail}", detail=str(error))) from None

    def day(self, day: date) -> Mapping[str, Reservation]:
        """Return the reservations of a day by number, in the order they were made."""
        return cast("Mapping[str, Reservation]", self.records(documents.day_name(day)))

    def days(self, since: date | None, until: date | None = None) -> Iterator[date]:
        """Yield the days that may hold reservations, in order, both ends included."""
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
        """Yield days and their reservations, the latest day first, and keep none: for many days.

        What changes most is read right after the tail, so that a writer meanwhile hardly ever
        makes the reader begin again.
        """
        for day in reversed(list(self.days(since, until))):
            name = documents.day_name(day)
            kept = name in self._loaded
            yield day, tuple(self.day(day).values())
            if not kept:
                del self._loaded[name]

    def _find_days(self) -> list[date]:
        """Return the days that have a document, or should have by the tail, in order."""
        line = self.tail.line
        names = {name for name in (*line.put, *line.live) if name.startswith("days/")}
        names.update(self._list_days())
        try:
            return sorted(date.fromisoformat(name[5:]) for name in names)
        except ValueError as error:
            folder = os.path.join(self._root, "days")
            raise damaged(folder, Phrase("{detail}", detail=str(error))) from None

    def agent(self, agent_id: str) -> Agent | None:
        """Return an agent's record, None where there is none."""
        name = f"agents/{agent_id}"
        found = cast("Agent | None", self.records(name).get(agent_id))
        # Values alone are what a killed registration leaves.
        if found is None and self._included[name] == 0:
            with disk.errors_at(self._root):
                if personal_files(self._root, agent_id):
                    self._refuse_lost(name)
        return found

    def _refuse_lost(self, name: str) -> None:
        """Raise MovedError where a line has put a document that is not there. Reads every line."""
        with disk.errors_at(self._root):
            if is_named(os.path.join(self._root, "ledger"), name):
                path = os.path.join(self._root, documents.path_of(name, self._codec))
                raise MovedError(damaged(path, Phrase("it is missing")))

    def agents(self) -> Iterator[Agent]:
        """Yield all agents by id."""
        folder = os.path.join(self._root, "agents")
        with disk.errors_at(folder):
            names = {n.rpartition(".")[0] for n in os.listdir(folder) if not n.endswith(".tmp")}
        names.update(n.partition("/")[2] for n in self.tail.line.put if n.startswith("agents/"))
        for name in sorted(names):
            try:
                found = self.agent(name)
            except documents.DocumentError:
                raise damaged(
                    folder, Phrase("'{name}' is no document of this store", name=name)
                ) from None
            if found is not None:
                yield found

    def personal(self, agent: Agent) -> Personal:
        """Return an agent's personal values; all of them empty where they were erased."""
        if agent.erased is not None:
            return Personal(salt="", name="", certificate="", email="")
        path = os.path.join(self._root, personal_file(agent.id, agent.personal))
        data = disk.read_bytes(path)
        if data is None:
            # Another process may have replaced the values just now.
            raise MovedError(damaged(path, _lost(agent)))
        if personal_name(data) != agent.personal:
            raise damaged(path, _lost(agent))
        try:
            return msgspec.json.decode(data, type=Personal)
        except (ValueError, RecursionError) as error:
            raise damaged(path, Phrase("{detail}", detail=str(error))) from None

    def office(self) -> Mapping[str, OfficeRecord]:
        """Return the office's records by key."""
        return cast("Mapping[str, OfficeRecord]", self.records("office"))


def _lost(agent: Agent) -> Phrase:
    return Phrase(
        "the personal values of agent {id} are lost; enter them again with 'kofucli agent edit "
        "{id}' (--name, --certificate, --email), or erase it with 'kofucli agent erase {id}'",
        id=agent.id,
    )


def _wrong_line(n: int, expected: int) -> Phrase:
    return Phrase("it includes line {n}, the ledger says {expected}", n=n, expected=expected)

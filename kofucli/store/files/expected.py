"""What the documents of a store must include, as its ledger knows.

The ledger's last line names the office and the days to come; of all other documents it has sums
(``kofucli.store.sums``). The beginning of each document says which line it includes. Where these
lines do not make the sum, or an earlier program wrote the last line, all lines are read: then it is
known which document is wrong, and all others are still answered from.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import takewhile

import msgspec

from kofucli.base.errors import Phrase, StoreError
from kofucli.store import disk, documents
from kofucli.store.documents import damaged
from kofucli.store.files.ledger import Ledger, Tail
from kofucli.store.header import Header, Kept, decode_kept, last_lines, snapshot_file
from kofucli.store.ledger import decode_lines
from kofucli.store.sums import SHARES, share_of

_YEAR = re.compile(r"[0-9]{4}")


class MovedError(Exception):
    """A document is newer than the tail that was read: a writer came between.

    Read again from the new tail. Where the tail is still the same, the document is damaged, and
    ``otherwise`` is what to raise.
    """

    def __init__(self, otherwise: StoreError) -> None:
        super().__init__(otherwise)
        self.otherwise = otherwise


class Listing:
    """The names of the files that lie in a store's folder as documents; check them before use."""

    def __init__(self, root: str, header: Header) -> None:
        self._root = root
        self._ending = f".{header.codec}"
        self._years: set[str] = set()

    def agents(self) -> list[str]:
        """Return the names of the agents' documents."""
        return self._list("agents")

    def days(self, after: str = "") -> list[str]:
        """Return the names of the documents of days that come after ``after``, in ISO form."""
        folder = os.path.join(self._root, "days")
        with disk.errors_at(folder):
            years = [y for y in os.listdir(folder) if _YEAR.fullmatch(y) and y >= after[:4]]
        return [name for year in years for name in self._list(f"days/{year}", after)]

    def _list(self, folder: str, after: str = "") -> list[str]:
        """Return the names in a folder. A purge removes that of a year at any time."""
        path = os.path.join(self._root, folder)
        ending = self._ending
        with disk.errors_at(path):
            try:
                if folder.startswith("days/"):
                    self.refuse_linked_year(path)
                files = [f for f in os.listdir(path) if f > after + ending and f.endswith(ending)]
            except FileNotFoundError:
                return []
        kind = folder.partition("/")[0]
        length = len(ending)
        return [f"{kind}/{file[:-length]}" for file in files]

    def refuse_linked_year(self, folder: str) -> None:
        """Raise StoreError where the folder of a year is a link; look only once."""
        if folder not in self._years:
            # The folder is missing where no booking was made for that year.
            with disk.errors_at(folder), suppress(FileNotFoundError):
                disk.refuse_link(folder)
            self._years.add(folder)


class Expected:
    """Which line each document includes after the line ``tail``.

    What it finds out it keeps: as a view, it is of one state of the store.
    """

    def __init__(
        self, root: str, header: Header, ledger: Ledger, tail: Tail, listing: Listing
    ) -> None:
        self._root = root
        self._header = header
        self._ledger = ledger
        self._tail = tail
        self._listing = listing
        self._days: dict[str, int] | None = None
        self._names: dict[int, set[str]] | None = None
        self._shares: dict[int, dict[str, int]] = {}
        self._lasts: dict[str, int] | None = None

    def line_of(self, name: str) -> int:
        """Return the last line that a document includes, 0 where there is none.

        Raises StoreError, MovedError.
        """
        line = self._tail.line
        if name in line.live:
            return line.live[name]
        if name.startswith("agents/"):
            return self._share(share_of(name)).get(name, 0)
        if line.sums is msgspec.UNSET:
            return self.read_last_lines().get(name, 0)
        is_past = name < documents.day_name(line.sums.before)  # the office is after all days
        return self._past_days().get(name, 0) if is_past else 0

    def agents(self) -> set[str]:
        """Return the names of all agents' documents."""
        return {name for share in range(SHARES) for name in self._share(share)}

    def is_finished(self) -> bool:
        """Tell whether all documents include the last line: then it is durable."""
        line = self._tail.line
        return all(self._read_head(name) >= line.n for name in line.put)

    def past_days(self) -> set[str]:
        """Return the names of the documents of days that the last line does not name."""
        return set(self._past_days())

    def is_purged(self, name: str) -> bool:
        """Tell whether a document is one that a purge under way removes."""
        anchor = self._header.anchor
        return (
            anchor is not None
            and anchor.unfinished
            and "days/" < name < documents.day_name(anchor.before)
            and self.line_of(name) == 0
        )

    def read_last_lines(self) -> dict[str, int]:
        """Return the last line of each document, from the ledger. Raises StoreError."""
        if self._lasts is None:
            lines = decode_lines(self._ledger.lines())
            until = takewhile(lambda line: line.n <= self._tail.line.n, lines)
            kept: Iterable[Kept] = ()
            if self._header.anchor is not None:
                path = os.path.join(self._root, snapshot_file(self._header.anchor))
                kept = decode_kept(disk.read_bytes(path), path, self._header.anchor)
            self._lasts = last_lines(kept, until)
        return self._lasts

    def _past_days(self) -> dict[str, int]:
        if self._days is None:
            line, anchor = self._tail.line, self._header.anchor
            total = None
            if line.sums is not msgspec.UNSET:
                total = line.sums.days - (0 if anchor is None else anchor.gone)
            first = "" if line.sums is msgspec.UNSET else documents.day_name(line.sums.before)
            names = {name for name in (*self._listing.days(), *line.put) if "days/" < name < first}
            self._days = self._read(names - line.live.keys(), "days/", total)
        return self._days

    def _share(self, share: int) -> dict[str, int]:
        if share not in self._shares:
            sums = self._tail.line.sums
            total = None if sums is msgspec.UNSET else sums.agents[share]
            if self._names is None:
                self._names = defaultdict(set)
                for name in (*self._listing.agents(), *self._tail.line.put):
                    self._names[share_of(name)].add(name)
            found = self._read(self._names[share], "agents/", total)
            self._shares[share] = {x: n for x, n in found.items() if share_of(x) == share}
        return self._shares[share]

    def _read(self, names: Iterable[str], folder: str, total: int | None) -> dict[str, int]:
        """Return the documents of a folder with the lines that they must include.

        Reads the beginnings of documents with the ``names``; where these lines do not make the
        ``total``, the ledger.
        """
        if total is not None:
            own = (name for name in names if name.startswith(folder) and documents.is_name(name))
            found = dict(self._read_heads(own))
            if sum(found.values()) == total:
                return found
            self._refuse_new_tail()
        lasts = self.read_last_lines()
        live = self._tail.line.live
        return {x: n for x, n in lasts.items() if x.startswith(folder) and x not in live}

    def _read_heads(self, names: Iterable[str]) -> Iterator[tuple[str, int]]:
        """Yield documents, and the line that each includes."""
        line = self._tail.line
        for name in names:
            n = self._read_head(name)
            # Readers complete a document that lacks only the last line.
            yield name, line.n if name in line.put and n == line.base.get(name, 0) else n

    def _read_head(self, name: str) -> int:
        """Return the line that a document includes, 0 where that cannot be read."""
        path = os.path.join(self._root, documents.path_of(name, self._header.codec))
        try:
            with disk.opened(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)) as descriptor:
                head = os.read(descriptor, documents.HEAD)
        except OSError:
            return 0
        return documents.peek(head, self._header.codec)

    def _refuse_new_tail(self) -> None:
        """Raise MovedError where a writer came between."""
        if self._ledger.read_tail().line.n != self._tail.line.n:
            raise MovedError(damaged(self._root, Phrase("it differs from the ledger")))

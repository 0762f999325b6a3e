"""A view and a transaction of the tables: what a transaction puts is written in one round trip."""

from __future__ import annotations

import os
from datetime import date, datetime

import msgspec

from kofucli.base.clock import machine_now
from kofucli.model.numbers import NUMBER, sequence_of
from kofucli.model.records import Sequences, Stamp
from kofucli.store import documents
from kofucli.store.documents import seal
from kofucli.store.ledger import Tail, next_line, share_of
from kofucli.store.postgres.session import Session
from kofucli.store.view import StoredTransaction, StoredView

PUT_LINE = "INSERT INTO {s}.ledger (office, n, month, line) VALUES (%s, %s, %s, %s)"
PUT_DOCUMENT = (
    "INSERT INTO {s}.documents (office, name, share, n, content) VALUES (%s, %s, %s, %s, %s) "
    "ON CONFLICT (office, name) DO UPDATE SET n = EXCLUDED.n, content = EXCLUDED.content, "
    "share = EXCLUDED.share"
)
PUT_PERSONAL = (
    "INSERT INTO {s}.personal (office, agent, name, content) VALUES (%s, %s, %s, %s) "
    "ON CONFLICT (office, agent, name) DO NOTHING"
)
_DROP_PERSONAL = "DELETE FROM {s}.personal WHERE office = %s AND agent = %s AND name <> %s"


def share_in(name: str) -> int | None:
    """Return the share of an agent's document, None for any other one."""
    return share_of(name) if name.startswith("agents/") else None


class PostgresView(StoredView):
    """A view of the tables."""

    _source: Session

    def check_clock(self, now: datetime) -> None:
        """Raise WrongUsageError where the machine's clock cannot be right."""
        super().check_clock(now)
        self._source.refuse_skew()


class PostgresTransaction(StoredTransaction, PostgresView):
    """A view that also takes changes."""

    def highest_sequence(self) -> int:
        """Return the highest sequence of the days to come, on which new numbers are given."""
        known = self.office().get("sequences")
        days = (name[5:] for name in self.tail.line.live if name.startswith("days/"))
        keys = (key for day in days for key in self.day(date.fromisoformat(day)))
        given = (sequence_of(key) for key in keys if NUMBER.fullmatch(key))
        return max((known.floor if isinstance(known, Sequences) else 0, *given))

    def commit(self, op: str, stamp: Stamp) -> Tail:
        """Write the line, its documents and personal values; return the line."""
        tail, store = self.tail, self._source
        line = next_line(tail.line, tail.raw, self._changes, op, stamp, machine_now())
        raw = seal(msgspec.json.encode(line))
        path = max(os.path.join(store.root, f"ledger/{line.at:%Y-%m}.jsonl"), tail.path)
        month = os.path.basename(path).partition(".")[0]
        batch: list[tuple[str, tuple[object, ...]]] = [
            (PUT_LINE, (store.office, line.n, month, raw))
        ]
        for name in self._changes.puts:
            content = documents.encode(line.n, self.records(name).values(), "json")
            values = store.office, name, share_in(name), line.n, content
            batch.append((PUT_DOCUMENT, values))
        for agent_id, (name, data) in self._personal.items():
            batch.append((PUT_PERSONAL, (store.office, agent_id, name, data)))
            batch.append((_DROP_PERSONAL, (store.office, agent_id, name)))
        batch += [(_DROP_PERSONAL, (store.office, agent_id, "")) for agent_id in self._erased()]
        store.execute_all(batch)
        self._note_committed()
        return Tail(line, raw, path)

"""The write-ahead journal: no order leaves before its intent is durable here (specification 12.4, faults F01 to F13).

Events form a hash chain. One transaction holds an event, its decision, intents, orders and execution, so a crash
leaves either all of it or nothing. SQLite runs with WAL and full synchronisation.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from sqlalchemy import Connection, Table, func, insert, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import StaticPool

from qts_core.adapters.db import journal_tables as t
from qts_core.adapters.db.engine import IMMEDIATE, connect_engine, lock_table, reader, shown_url, translated
from qts_core.adapters.db.journal_rows import (
    AnyRow,
    decision_of,
    decision_row,
    epoch_of,
    epoch_row,
    event_of,
    execution_row,
    intent_row,
    order_row,
)
from qts_core.adapters.db.stores import JOURNAL
from qts_core.adapters.db.versions import prepare, stored_version
from qts_core.market.errors import DataCorruptionError, DataNotFoundError
from qts_core.market.ids import digest
from qts_core.market.time import to_micros
from qts_core.ports.journal import EpochRecord, JournalEntry, StoredDecision, StoredEvent

__all__ = ["Journal"]

GENESIS: Final = "0" * 64


def _link(previous: str, sequence: int, epoch: int, kind: str, handled_at: int, body: str, outcome: str) -> str:
    return digest("\x1f".join((previous, str(sequence), str(epoch), kind, str(handled_at), body, outcome)))


def _outcome(decision: str, intents: Sequence[str]) -> str:
    """Return the digest of what followed from an event; empty when nothing did."""
    return digest("\x1f".join((decision, *sorted(intents)))) if decision or intents else ""


class Journal:
    """One writer's journal; open it once per process.

    Parameters
    ----------
    source : Path or str
        The SQLite file, or a database URL.
    create : bool
        Whether one that is not there is made.

    Raises
    ------
    DataNotFoundError
        If there is none and `create` is false.
    DataCorruptionError
        If it is damaged.
    DataConnectionError
        If it cannot be reached.
    ConfigurationError
        If it is of another version of QTS.
    """

    def __init__(self, source: Path | str, *, create: bool = True) -> None:
        if isinstance(source, Path) and not create and not source.exists():
            raise _missing(str(source))
        url = f"sqlite:///{source}" if isinstance(source, Path) else source
        self.where = str(source) if isinstance(source, Path) else shown_url(source)
        self._engine = connect_engine(url, schema=JOURNAL.schema, poolclass=StaticPool)
        try:
            self._connection = self._open(create=create)
            newest = select(t.events.c.sequence, t.events.c.record_hash).order_by(t.events.c.sequence.desc()).limit(1)
            last = self._all(newest)
        except DataCorruptionError as error:
            self._engine.dispose()
            raise _damaged(self.where, str(error.found)) from error
        except BaseException:
            self._engine.dispose()
            raise
        self._sequence = int(last[0].sequence) if last else 0
        self._hash = str(last[0].record_hash) if last else GENESIS

    def _open(self, *, create: bool) -> Connection:
        if not create:
            with reader(self._engine) as connection:
                if stored_version(connection, JOURNAL) is None:
                    raise _missing(self.where)
        prepare(self._engine, JOURNAL)
        return self._engine.connect()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
        self._engine.dispose()

    @property
    def next_sequence(self) -> int:
        """Number that the next event gets, from 1."""
        return self._sequence + 1

    # --- lease and epochs -----------------------------------------------------------------------------------------

    def claim_lease(self, owner: str, now: datetime) -> int:
        """Become the only writer and return the new epoch; every older epoch is fenced from now on."""
        with self._write():
            lock_table(self._connection, t.lease)
            epoch = 1 + int(self._connection.execute(select(func.coalesce(func.max(t.lease.c.epoch), 0))).scalar_one())
            self._connection.execute(insert(t.lease).values(epoch=epoch, owner=owner, claimed_at=to_micros(now)))
        return epoch

    def lease_epoch(self) -> int:
        """Return the newest lease epoch, 0 before the first."""
        rows = self._all(select(func.coalesce(func.max(t.lease.c.epoch), 0)))
        return int(rows[0][0])

    def begin_epoch(self, record: EpochRecord) -> None:
        """Store a state to rebuild from; its digest becomes an event, so the chain covers it."""
        row = epoch_row(record)
        with self._write():
            self._connection.execute(insert(t.epochs).values(**row))
            self._add_event("epoch", record.number, record.started_at, digest(row))

    def epochs(self) -> Sequence[EpochRecord]:
        """Return every epoch, oldest first."""
        rows = self._all(select(t.epochs).order_by(t.epochs.c.number))
        return [epoch_of(row) for row in rows]

    def last_epoch(self) -> EpochRecord | None:
        """Return the newest epoch, or None in a fresh journal."""
        rows = self._all(select(t.epochs).order_by(t.epochs.c.number.desc()).limit(1))
        return epoch_of(rows[0]) if rows else None

    # --- writing --------------------------------------------------------------------------------------------------

    def append(self, entries: Sequence[JournalEntry], *, epoch: int, lease_epoch: int) -> None:
        """Make `entries` durable, in order, in one transaction."""
        if not entries:
            return
        with self._write():
            for entry in entries:
                outcome = _outcome(entry.decision.body if entry.decision else "", [i.body for i in entry.intents])
                sequence = self._add_event(entry.kind, epoch, entry.handled_at, entry.body, outcome)
                if entry.decision is not None:
                    self._put(t.decisions, [decision_row(entry.decision, sequence)])
                self._put(t.intents, [intent_row(intent, sequence, lease_epoch) for intent in entry.intents])
            rows = {order.client_order_id: order_row(order) for entry in entries for order in entry.orders}
            self._put(t.orders, list(rows.values()), replace=True)
            self._put(t.executions, [execution_row(e.execution) for e in entries if e.execution is not None])

    def record_send(self, client_order_id: str, sent_at: datetime, lease_epoch: int, outcome: str) -> None:
        """Note that the order was posted under `lease_epoch` and what came of it."""
        row = {"client_order_id": client_order_id, "sent_at": to_micros(sent_at), "lease_epoch": lease_epoch}
        with self._write():
            self._connection.execute(insert(t.sends).values(**row, outcome=outcome))

    def note(self, at: datetime, kind: str, body: Mapping[str, object]) -> None:
        """Add a remark for people: a mode change, an alert, a reconciliation, a report."""
        text = json.dumps(body, sort_keys=True, default=str)
        with self._write():
            self._connection.execute(insert(t.notes).values(at=to_micros(at), kind=kind, body=text))

    @contextmanager
    def _write(self) -> Iterator[None]:
        """Open a transaction that writes; after a failed one the chain goes on from what is stored."""
        before = self._sequence, self._hash
        try:
            with self._transaction(is_writer=True):
                yield
        except BaseException:
            self._sequence, self._hash = before
            raise

    @contextmanager
    def _transaction(self, *, is_writer: bool) -> Iterator[None]:
        try:
            with self._connection.execution_options(**{IMMEDIATE: is_writer}).begin():
                yield
        except SQLAlchemyError as error:
            raise translated(error, self._engine.url) from error

    def _add_event(self, kind: str, epoch: int, handled_at: datetime, body: str, outcome: str = "") -> int:
        sequence, moment = self._sequence + 1, to_micros(handled_at)
        record_hash = _link(self._hash, sequence, epoch, kind, moment, body, outcome)
        row = {"sequence": sequence, "epoch": epoch, "kind": kind, "handled_at": moment, "body": body}
        self._connection.execute(insert(t.events).values(**row, record_hash=record_hash))
        self._sequence, self._hash = sequence, record_hash
        return sequence

    def _put(self, table: Table, rows: list[dict[str, object]], *, replace: bool = False) -> None:
        """Insert rows, leaving those whose key is there; with `replace`, the newer row wins."""
        if not rows:
            return
        # Both dialects word it the same, but SQLAlchemy keeps it in each of them.
        on_sqlite = self._engine.dialect.name == "sqlite"
        statement = sqlite.insert(table) if on_sqlite else postgresql.insert(table)
        if replace:
            newer = {c.name: statement.excluded[c.name] for c in table.columns if not c.primary_key}
            statement = statement.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=newer)
        else:
            statement = statement.on_conflict_do_nothing()
        self._connection.execute(statement, rows)

    # --- reading --------------------------------------------------------------------------------------------------

    def _all(self, query: Any) -> Sequence[AnyRow]:  # Select is generic in the row type of each query
        with self._transaction(is_writer=False):
            return self._connection.execute(query).all()

    def events(self, first_sequence: int, before: int | None = None) -> Iterator[StoredEvent]:
        """Yield the events from `first_sequence` on, `before` excluded."""
        query = select(t.events).where(t.events.c.sequence >= first_sequence).order_by(t.events.c.sequence)
        if before is not None:
            query = query.where(t.events.c.sequence < before)
        for row in self._all(query):
            yield event_of(row)

    def decision(self, decision_id: str) -> StoredDecision | None:
        """Return a decision, or None."""
        rows = self._all(select(t.decisions).where(t.decisions.c.decision_id == decision_id))
        return decision_of(rows[0]) if rows else None

    def decisions(self, *, since: datetime | None = None) -> tuple[StoredDecision, ...]:
        """Return the decisions of bars from `since` on, oldest first."""
        query = select(t.decisions).order_by(t.decisions.c.ts_event)
        if since is not None:
            query = query.where(t.decisions.c.ts_event >= to_micros(since))
        return tuple(decision_of(row) for row in self._all(query))

    def rows(self, table: str, **equals: object) -> list[dict[str, object]]:
        """Return the rows of `table` whose columns equal `equals`, oldest first, for screens and tests."""
        source = t.metadata.tables[table]
        query = select(source).order_by(*_oldest_first(source, self._engine.dialect.name))
        for name, value in equals.items():
            query = query.where(source.c[name] == value)
        return [dict(row._mapping) for row in self._all(query)]

    def verify(self) -> int:
        """Check the whole chain, with every epoch, decision and intent; return the number of links.

        Raises
        ------
        DataCorruptionError
            At the first link that does not fit.
        """
        previous, count = GENESIS, 0
        epochs = {row.number: row for row in self._all(select(t.epochs))}
        decided = {row.sequence: row.body for row in self._all(select(t.decisions))}
        intended: dict[int, list[str]] = {}
        for row in self._all(select(t.intents)):
            intended.setdefault(row.sequence, []).append(row.body)
        for row in self._all(select(t.events).order_by(t.events.c.sequence)):
            outcome = _outcome(decided.get(row.sequence, ""), intended.get(row.sequence, []))
            expected = _link(previous, count + 1, row.epoch, row.kind, row.handled_at, row.body, outcome)
            if row.sequence != count + 1 or row.record_hash != expected:
                raise _damaged(self.where, f"event {row.sequence} does not follow from event {count}")
            if row.kind == "epoch" and digest(dict(epochs[row.epoch]._mapping)) != row.body:
                raise _damaged(self.where, f"epoch {row.epoch} was changed after it was written")
            previous, count = row.record_hash, count + 1
        return count


def _damaged(where: str, detail: str) -> DataCorruptionError:
    return DataCorruptionError(
        "QTS-LIVE-002", "the journal is damaged", where=where, found=detail, expected="an unbroken chain",
        fix="keep the file for inspection, move it away, and start again: positions are adopted from the broker",
    )  # fmt: skip


def _missing(where: str) -> DataNotFoundError:
    return DataNotFoundError(
        "QTS-DATA-001", "there is no journal", where=where, expected="a journal of the daemon",
        fix="run `live-daemon run` first, or name another file with --journal",
    )  # fmt: skip


def _oldest_first(table: Table, dialect: str) -> tuple[Any, ...]:  # columns, or SQLite's own row number
    if dialect == "sqlite":
        return (text("rowid"),)
    times = [
        table.c[name] for name in ("id", "sequence", "number", "epoch", "ts_event", "updated_at") if name in table.c
    ]
    return (*times[:1], *table.primary_key.columns)

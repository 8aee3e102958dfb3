"""The write-ahead journal: no order leaves before its intent is durable here (specification 12.4, faults F01 to F13).

Events form a hash chain. One transaction holds an event, its decision, intents, orders and execution, so a crash
leaves either all of it or nothing. SQLite runs with WAL and full synchronisation.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from sqlalchemy import Connection, Row, Table, create_engine, event, func, insert, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import StaticPool

from qts_core.adapters.db import journal_tables as t
from qts_core.market.errors import DataCorruptionError, DataNotFoundError
from qts_core.market.ids import digest
from qts_core.market.money import plain
from qts_core.market.orders import Execution
from qts_core.market.time import from_micros, to_micros
from qts_core.ports.journal import EpochRecord, Intent, JournalEntry, OrderRow, StoredDecision, StoredEvent

__all__ = ["Journal"]

GENESIS: Final = "0" * 64
PRAGMAS: Final = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=2000")


def _pragmas(connection: Any, _record: object) -> None:  # a raw driver connection, whatever the driver
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _link(previous: str, sequence: int, epoch: int, kind: str, handled_at: int, body: str, outcome: str) -> str:
    return digest("\x1f".join((previous, str(sequence), str(epoch), kind, str(handled_at), body, outcome)))


def _outcome(decision: str, intents: Sequence[str]) -> str:
    """Return the digest of what followed from an event; empty when nothing did."""
    return digest("\x1f".join((decision, *sorted(intents)))) if decision or intents else ""


class Journal:
    """One writer's journal; open it once per process.

    Parameters
    ----------
    path : Path
        The SQLite file; made if `create`.
    """

    def __init__(self, path: Path, *, create: bool = True) -> None:
        if not create and not path.exists():
            raise DataNotFoundError(
                "QTS-DATA-001", "there is no journal", where=str(path), expected="a journal of the daemon",
                fix="run `live-daemon run` first, or name another file with --journal",
            )  # fmt: skip
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._engine = create_engine(f"sqlite:///{path}", poolclass=StaticPool)
        event.listen(self._engine, "connect", _pragmas)
        try:
            t.metadata.create_all(self._engine)
            self._connection: Connection = self._engine.connect()
            with self._connection.begin():
                last = self._connection.execute(
                    select(t.events.c.sequence, t.events.c.record_hash).order_by(t.events.c.sequence.desc()).limit(1)
                ).first()
        except DatabaseError as error:
            raise _damaged(path, str(error.orig)) from error
        self._sequence = int(last.sequence) if last else 0
        self._hash = str(last.record_hash) if last else GENESIS

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
        with self._connection.begin():
            epoch = 1 + int(self._connection.execute(select(func.coalesce(func.max(t.lease.c.epoch), 0))).scalar_one())
            self._connection.execute(insert(t.lease).values(epoch=epoch, owner=owner, claimed_at=to_micros(now)))
        return epoch

    def lease_epoch(self) -> int:
        """Return the newest lease epoch, 0 before the first."""
        with self._connection.begin():
            return int(self._connection.execute(select(func.coalesce(func.max(t.lease.c.epoch), 0))).scalar_one())

    def begin_epoch(self, record: EpochRecord) -> None:
        """Store a state to rebuild from; its digest becomes an event, so the chain covers it."""
        row = {name: getattr(record, name) for name in EpochRecord.__slots__}
        row |= {"started_at": to_micros(record.started_at), "symbols": json.dumps(record.symbols)}
        with self._connection.begin():
            self._connection.execute(insert(t.epochs).values(**row))
            self._add_event("epoch", record.number, record.started_at, digest(row))

    def epochs(self) -> Sequence[EpochRecord]:
        """Return every epoch, oldest first."""
        rows = self._all(select(t.epochs).order_by(t.epochs.c.number))
        return [_epoch(row) for row in rows]

    def last_epoch(self) -> EpochRecord | None:
        """Return the newest epoch, or None in a fresh journal."""
        rows = self._all(select(t.epochs).order_by(t.epochs.c.number.desc()).limit(1))
        return _epoch(rows[0]) if rows else None

    # --- writing --------------------------------------------------------------------------------------------------

    def append(self, entries: Sequence[JournalEntry], *, epoch: int, lease_epoch: int) -> None:
        """Make `entries` durable, in order, in one transaction."""
        if not entries:
            return
        with self._connection.begin():
            for entry in entries:
                outcome = _outcome(entry.decision.body if entry.decision else "", [i.body for i in entry.intents])
                sequence = self._add_event(entry.kind, epoch, entry.handled_at, entry.body, outcome)
                if entry.decision is not None:
                    self._put(t.decisions, [_decision_row(entry.decision, sequence)])
                self._put(t.intents, [_intent_row(intent, sequence, lease_epoch) for intent in entry.intents])
            rows = {order.client_order_id: _order_row(order) for entry in entries for order in entry.orders}
            self._put(t.orders, list(rows.values()), replace=True)
            self._put(t.executions, [_execution_row(e.execution) for e in entries if e.execution is not None])

    def record_send(self, client_order_id: str, sent_at: datetime, lease_epoch: int, outcome: str) -> None:
        """Note that the order was posted under `lease_epoch` and what came of it."""
        row = {"client_order_id": client_order_id, "sent_at": to_micros(sent_at), "lease_epoch": lease_epoch}
        with self._connection.begin():
            self._connection.execute(insert(t.sends).values(**row, outcome=outcome))

    def note(self, at: datetime, kind: str, body: Mapping[str, object]) -> None:
        """Add a remark for people: a mode change, an alert, a reconciliation, a report."""
        text = json.dumps(body, sort_keys=True, default=str)
        with self._connection.begin():
            self._connection.execute(insert(t.notes).values(at=to_micros(at), kind=kind, body=text))

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
        statement = sqlite.insert(table)
        if replace:
            newer = {c.name: statement.excluded[c.name] for c in table.columns if not c.primary_key}
            statement = statement.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=newer)
        else:
            statement = statement.on_conflict_do_nothing()
        self._connection.execute(statement, rows)

    # --- reading --------------------------------------------------------------------------------------------------

    def _all(self, query: Any) -> Sequence[Row[Any]]:  # Select is generic in the row type of each query
        with self._connection.begin():
            return self._connection.execute(query).all()

    def events(self, first_sequence: int, before: int | None = None) -> Iterator[StoredEvent]:
        """Yield the events from `first_sequence` on, `before` excluded."""
        query = select(t.events).where(t.events.c.sequence >= first_sequence).order_by(t.events.c.sequence)
        if before is not None:
            query = query.where(t.events.c.sequence < before)
        for row in self._all(query):
            yield StoredEvent(
                row.sequence, row.epoch, row.kind, from_micros(row.handled_at), row.body, row.record_hash
            )  # fmt: skip

    def decision(self, decision_id: str) -> StoredDecision | None:
        """Return a decision, or None."""
        rows = self._all(select(t.decisions).where(t.decisions.c.decision_id == decision_id))
        return _decision(rows[0]) if rows else None

    def decisions(self, *, since: datetime | None = None) -> tuple[StoredDecision, ...]:
        """Return the decisions of bars from `since` on, oldest first."""
        query = select(t.decisions).order_by(t.decisions.c.ts_event)
        if since is not None:
            query = query.where(t.decisions.c.ts_event >= to_micros(since))
        return tuple(_decision(row) for row in self._all(query))

    def rows(self, table: str, **equals: object) -> list[dict[str, object]]:
        """Return the rows of `table` whose columns equal `equals`, oldest first, for screens and tests."""
        source = t.metadata.tables[table]
        query = select(source)
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
                raise _damaged(self.path, f"event {row.sequence} does not follow from event {count}")
            if row.kind == "epoch" and digest(dict(epochs[row.epoch]._mapping)) != row.body:
                raise _damaged(self.path, f"epoch {row.epoch} was changed after it was written")
            previous, count = row.record_hash, count + 1
        return count


def _damaged(path: Path, detail: str) -> DataCorruptionError:
    return DataCorruptionError(
        "QTS-LIVE-002", "the journal is damaged", where=str(path), found=detail, expected="an unbroken chain",
        fix="keep the file for inspection, move it away, and start again: positions are adopted from the broker",
    )  # fmt: skip


def _decision_row(decision: StoredDecision, sequence: int) -> dict[str, object]:
    return {
        "decision_id": decision.decision_id, "sequence": sequence, "ts_event": to_micros(decision.ts_event),
        "digest": decision.digest, "body": decision.body,
    }  # fmt: skip


def _intent_row(intent: Intent, sequence: int, lease_epoch: int) -> dict[str, object]:
    return {
        "client_order_id": intent.client_order_id, "decision_id": intent.decision_id, "sequence": sequence,
        "symbol": intent.symbol, "created_at": to_micros(intent.created_at), "lease_epoch": lease_epoch,
        "reduces_risk": int(intent.reduces_risk), "body": intent.body,
    }  # fmt: skip


def _order_row(order: OrderRow) -> dict[str, object]:
    return {
        "client_order_id": order.client_order_id, "symbol": order.symbol, "status": order.status,
        "broker_order_id": order.broker_order_id, "filled_quantity": order.filled_quantity,
        "updated_at": to_micros(order.updated_at), "reason": order.reason,
    }  # fmt: skip


def _execution_row(execution: Execution) -> dict[str, object]:
    return {
        "execution_id": execution.execution_id, "client_order_id": execution.client_order_id,
        "symbol": execution.symbol, "side": execution.side.value, "quantity": plain(execution.quantity),
        "price": plain(execution.price), "commission": plain(execution.commission),
        "ts_event": to_micros(execution.ts_event),
    }  # fmt: skip


def _decision(row: Row[Any]) -> StoredDecision:
    return StoredDecision(row.decision_id, from_micros(row.ts_event), row.digest, row.body)


def _epoch(row: Row[Any]) -> EpochRecord:
    values = dict(row._mapping)
    values |= {"started_at": from_micros(row.started_at), "symbols": tuple(json.loads(row.symbols))}
    return EpochRecord(**values)

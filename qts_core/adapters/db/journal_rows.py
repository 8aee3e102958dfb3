"""Between the journal's records and rows of its tables: times as int64 microseconds, amounts as exact text."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Row

from qts_core.market.money import plain
from qts_core.market.orders import Execution
from qts_core.market.time import from_micros, to_micros
from qts_core.ports.journal import EpochRecord, Intent, OrderRow, StoredDecision, StoredEvent

__all__ = [
    "AnyRow",
    "decision_of",
    "decision_row",
    "epoch_of",
    "epoch_row",
    "event_of",
    "execution_row",
    "intent_row",
    "order_row",
]

AnyRow = Row[Any]
"""A row of a table; SQLAlchemy's Core tables carry no column types."""


def decision_row(decision: StoredDecision, sequence: int) -> dict[str, object]:
    """Return the row of a decision made at event `sequence`."""
    return {
        "decision_id": decision.decision_id, "sequence": sequence, "ts_event": to_micros(decision.ts_event),
        "digest": decision.digest, "body": decision.body,
    }  # fmt: skip


def intent_row(intent: Intent, sequence: int, lease_epoch: int) -> dict[str, object]:
    """Return the row of an intent that followed from event `sequence`."""
    return {
        "client_order_id": intent.client_order_id, "decision_id": intent.decision_id, "sequence": sequence,
        "symbol": intent.symbol, "created_at": to_micros(intent.created_at), "lease_epoch": lease_epoch,
        "reduces_risk": int(intent.reduces_risk), "body": intent.body,
    }  # fmt: skip


def order_row(order: OrderRow) -> dict[str, object]:
    """Return the row of an order as it stands."""
    return {
        "client_order_id": order.client_order_id, "symbol": order.symbol, "status": order.status,
        "broker_order_id": order.broker_order_id, "filled_quantity": order.filled_quantity,
        "updated_at": to_micros(order.updated_at), "reason": order.reason,
    }  # fmt: skip


def execution_row(execution: Execution) -> dict[str, object]:
    """Return the row of an execution."""
    return {
        "execution_id": execution.execution_id, "client_order_id": execution.client_order_id,
        "symbol": execution.symbol, "side": execution.side.value, "quantity": plain(execution.quantity),
        "price": plain(execution.price), "commission": plain(execution.commission),
        "ts_event": to_micros(execution.ts_event),
    }  # fmt: skip


def epoch_row(record: EpochRecord) -> dict[str, object]:
    """Return the row of an epoch."""
    row = {name: getattr(record, name) for name in EpochRecord.__slots__}
    return row | {"started_at": to_micros(record.started_at), "symbols": json.dumps(record.symbols)}


def decision_of(row: AnyRow) -> StoredDecision:
    """Return the decision of a row."""
    return StoredDecision(row.decision_id, from_micros(row.ts_event), row.digest, row.body)


def event_of(row: AnyRow) -> StoredEvent:
    """Return the event of a row."""
    return StoredEvent(row.sequence, row.epoch, row.kind, from_micros(row.handled_at), row.body, row.record_hash)


def epoch_of(row: AnyRow) -> EpochRecord:
    """Return the epoch of a row."""
    values = dict(row._mapping)
    values |= {"started_at": from_micros(row.started_at), "symbols": tuple(json.loads(row.symbols))}
    return EpochRecord(**values)

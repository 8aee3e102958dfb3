"""Rows of the daemon's write-ahead journal: what was decided, intended, sent and learnt (specification 12.4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from qts_core.market.orders import Execution

__all__ = [
    "EpochRecord",
    "Intent",
    "JournalEntry",
    "JournalReader",
    "OrderRow",
    "StoredDecision",
    "StoredEvent",
]


@dataclass(frozen=True, slots=True)
class StoredDecision:
    """One decision as canonical JSON with its digest."""

    decision_id: str
    ts_event: datetime
    digest: str
    body: str


@dataclass(frozen=True, slots=True)
class Intent:
    """An order that is about to be sent; durable before any byte of it leaves."""

    client_order_id: str
    decision_id: str
    symbol: str
    created_at: datetime
    reduces_risk: bool
    body: str
    """The submit command as JSON."""


@dataclass(frozen=True, slots=True)
class OrderRow:
    """The order as it stands after the event: a projection of the fold, for people and for `explain`."""

    client_order_id: str
    symbol: str
    status: str
    broker_order_id: str
    filled_quantity: str
    updated_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One event that the core handled, with everything that followed from it; committed as one transaction."""

    kind: str
    handled_at: datetime
    body: str
    decision: StoredDecision | None = None
    intents: tuple[Intent, ...] = ()
    orders: tuple[OrderRow, ...] = ()
    execution: Execution | None = None


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as it stands in the chain."""

    sequence: int
    epoch: int
    kind: str
    handled_at: datetime
    body: str
    record_hash: str


@dataclass(frozen=True, slots=True)
class EpochRecord:
    """Everything that a core is rebuilt from: state at a start or a model swap, settings, model and hashes.

    `number` is the lease epoch with the swap counted behind it; `first_sequence` is the first event after it.
    """

    number: int
    lease_epoch: int
    first_sequence: int
    started_at: datetime
    account: str
    strategy: str
    cash: str
    symbols: tuple[str, ...]
    model_path: str
    model_id: str
    hashes: str
    """Hashes as JSON."""
    settings: str
    """Core settings and instruments as JSON."""
    snapshot: str
    """Core and predictor as JSON."""


class JournalReader(Protocol):
    """What replay needs of a journal."""

    def epochs(self) -> Sequence[EpochRecord]:
        """Return every epoch, oldest first."""
        ...

    def events(self, first_sequence: int, before: int | None = None) -> Iterator[StoredEvent]:
        """Yield the events from `first_sequence` on, `before` excluded."""
        ...

    def decision(self, decision_id: str) -> StoredDecision | None:
        """Return a decision, or None."""
        ...

    def verify(self) -> int:
        """Check the whole chain and return how many links it has.

        Raises
        ------
        DataCorruptionError
            At the first link that does not fit.
        """
        ...

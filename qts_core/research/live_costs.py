"""What live orders cost: the daemon's journal as trades that transaction cost analysis measures (specification 12.3).

The market is known by bars. An order's arrival price is the last close that the daemon knew when it sent the order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol, cast

import numpy as np

from qts_core.analytics.tca import MarketWindow, ParentTrade
from qts_core.market.bars import BarSlice
from qts_core.market.events import BarsClosed, SubmitOrder
from qts_core.market.orders import Execution, OrderRequest, OrderSide
from qts_core.market.time import from_micros, trading_day
from qts_core.ports.journal import StoredEvent
from qts_core.trading.event_codec import decode_command, decode_event

__all__ = ["JournalTables", "live_trades"]

Row = dict[str, object]
WORKED = "a"
"""Purpose of the children of one parent in their ids; the number of the child stands behind a point."""
SINGLE, WORKED_ORDER = "single order", "worked order"
LONGEST = timedelta(days=60)
"""Before the newest order: older sessions say little of what trading costs today."""


class JournalTables(Protocol):
    """What is read of the daemon's journal."""

    def rows(self, table: str, **equals: object) -> list[Row]:
        """Return the rows of a table, oldest first."""
        ...

    def events(self, first_sequence: int, before: int | None = None) -> Iterator[StoredEvent]:
        """Yield the events from `first_sequence` on."""
        ...


@dataclass(frozen=True, slots=True)
class _Child:
    request: OrderRequest
    created_at: datetime
    sent_at: datetime
    done_at: datetime
    fills: tuple[Execution, ...]


def live_trades(journal: JournalTables) -> tuple[ParentTrade, ...]:
    """Return the orders that left in the last sixty days, children of one parent together, in the order of their time.

    What was never sent is left out, and an order for whose symbol no bar was known.
    """
    children = _children(journal)
    if not children:
        return ()
    since = max(child.created_at for child in children) - LONGEST
    bars = _bars(journal, since - timedelta(days=5))
    groups: dict[str, list[_Child]] = defaultdict(list)
    for child in children:
        if child.created_at >= since:
            groups[_parent_of(child.request.client_order_id)].append(child)
    found = (_trade(name, group, bars) for name, group in groups.items())
    return tuple(sorted((t for t in found if t is not None), key=lambda t: (t.decided_at, t.parent_id)))


def _children(journal: JournalTables) -> list[_Child]:
    sent: dict[str, int] = {}
    for row in journal.rows("sends"):
        sent.setdefault(str(row["client_order_id"]), _micros(row, "sent_at"))
    fills: dict[str, list[Execution]] = defaultdict(list)
    for row in journal.rows("executions"):
        fills[str(row["client_order_id"])].append(_execution(row))
    changed = {str(row["client_order_id"]): _micros(row, "updated_at") for row in journal.rows("orders")}
    found = []
    for row in journal.rows("intents"):
        name = str(row["client_order_id"])
        command = decode_command(str(row["body"]))
        if name in sent and isinstance(command, SubmitOrder):
            last = max(changed.get(name, 0), sent[name])
            found.append(
                _Child(
                    command.request, from_micros(_micros(row, "created_at")), from_micros(sent[name]),
                    from_micros(last), tuple(fills[name]),
                )
            )  # fmt: skip
    return found


def _execution(row: Row) -> Execution:
    return Execution(
        str(row["execution_id"]), str(row["client_order_id"]), str(row["symbol"]), OrderSide(str(row["side"])),
        Decimal(str(row["quantity"])), Decimal(str(row["price"])), from_micros(_micros(row, "ts_event")),
        Decimal(str(row["commission"])),
    )  # fmt: skip


def _bars(journal: JournalTables, since: datetime) -> list[BarSlice]:
    """Return the bars that the daemon heard from `since` on, each once, by time."""
    heard: dict[datetime, BarSlice] = {}
    for stored in journal.events(1):
        if stored.kind == BarsClosed.__name__ and stored.handled_at >= since:
            bars = cast(BarsClosed, decode_event(stored.body)).bars
            heard[bars.ts_event] = bars
    return [heard[moment] for moment in sorted(heard)]


def _trade(name: str, children: Sequence[_Child], bars: Sequence[BarSlice]) -> ParentTrade | None:
    request = children[0].request
    decided, arrived = min(c.created_at for c in children), min(c.sent_at for c in children)
    ended = max(max(c.done_at, *(f.ts_event for f in c.fills)) if c.fills else c.done_at for c in children)
    prices = [_close(bars, request.symbol, moment) for moment in (decided, arrived, ended)]
    fills = tuple(fill for child in children for fill in child.fills)
    filled = sum((fill.quantity for fill in fills), Decimal(0))
    asked = sum((child.request.quantity or Decimal(0) for child in children), Decimal(0))
    quantity = max(asked, filled)
    if None in prices or quantity <= 0:
        return None
    decision, arrival, end = cast(list[Decimal], prices)
    window = [b for b in bars if b.ts_known > arrived and b.ts_event <= ended and request.symbol in b.symbols]
    day = trading_day(decided)
    closing = [b for b in bars if trading_day(b.ts_event) == day and b.slot == b.slots - 1]
    return ParentTrade(
        parent_id=name, symbol=request.symbol, side=request.side,
        algorithm=SINGLE if name == request.client_order_id else WORKED_ORDER, quantity=quantity,
        decided_at=decided, arrived_at=arrived, ended_at=ended,
        decision_price=decision, arrival_price=arrival, end_price=end, executions=fills,
        market=MarketWindow.of(window, request.symbol),
        close_price=_close(closing, request.symbol, closing[-1].ts_known) if closing else None,
    )  # fmt: skip


def _close(bars: Sequence[BarSlice], symbol: str, moment: datetime) -> Decimal | None:
    """Return the last close of `symbol` that was known at `moment`."""
    for one in reversed(bars):
        if one.ts_known <= moment and symbol in one.symbols:
            price = one.close[one.symbols.index(symbol)]
            if np.isfinite(price):
                return Decimal(repr(float(price)))
    return None


def _parent_of(client_order_id: str) -> str:
    """Return what the children of one parent have in common; an order of its own is its own parent."""
    slot, _, _ = client_order_id.rpartition("-")
    leg, _, _ = slot.rpartition(".")
    return leg if leg.rpartition("-")[2].startswith(WORKED) else client_order_id


def _micros(row: Row, name: str) -> int:
    return int(str(row[name]))

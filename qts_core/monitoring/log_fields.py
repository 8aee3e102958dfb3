"""Names of the daemon's log events and the fields each carries: one event per fact, values in fields (13.2)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["LOG_EVENTS"]

LOG_EVENTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "daemon.started": ("mode", "account", "lease_epoch", "model_id", "evaluator", "seconds"),
        "daemon.stopped": ("reason",),
        "mode.changed": ("before", "after", "reason"),
        "epoch.begun": ("epoch", "first_sequence", "model_id"),
        "journal.folded": ("events", "decisions"),
        "bar.closed": ("ts_event", "symbols", "is_catch_up"),
        "bar.revised": ("symbol", "ts_event", "ts_known", "open", "high", "low", "close", "volume"),
        "decision.made": ("decision_id", "orders", "equity", "seconds"),
        "order.sent": ("client_order_id", "outcome", "seconds"),
        "order.refused": ("client_order_id", "reason"),
        "order.unknown": ("client_order_id", "reason"),
        "order.resolved": ("client_order_id", "status"),
        "fill.booked": ("client_order_id", "symbol", "side", "quantity", "price"),
        "stream.changed": ("stream", "is_connected", "detail"),
        "stream.unreadable": ("stream", "frame"),
        "stream.backfilled": ("minutes",),
        "reconciled": ("updates", "differences"),
        "model.swapped": ("model_id", "evaluator"),
        "model.refused": ("reason",),
        "shadow.loaded": ("alias", "model_id", "version"),
        "shadow.failed": ("alias", "version", "reason"),
        "shadow.stopped": ("alias", "reason"),
        "alert": ("severity", "title", "detail"),
        "kill.state": ("trigger", "reason", "positions", "orders", "equity"),
        "request.taken": ("verb", "reason", "by"),
        "session.closed": ("session", "equity", "orders", "fills"),
    }
)

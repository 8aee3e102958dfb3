"""Every metric of QTS, declared once; the registry and the reference page derive from here (specification 13.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

__all__ = ["METRICS", "MetricKind", "MetricSpec", "metrics_page"]

LATENCY_BUCKETS = (0.0001, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)


class MetricKind(StrEnum):
    """Prometheus kinds in use."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class MetricSpec:
    """One metric: ``qts_<thing>_<unit>``."""

    name: str
    kind: MetricKind
    unit: str
    doc: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


def _counter(name: str, doc: str, *labels: str) -> MetricSpec:
    return MetricSpec(name, MetricKind.COUNTER, "count", doc, labels)


def _gauge(name: str, unit: str, doc: str, *labels: str) -> MetricSpec:
    return MetricSpec(name, MetricKind.GAUGE, unit, doc, labels)


def _seconds(name: str, doc: str, *labels: str) -> MetricSpec:
    return MetricSpec(name, MetricKind.HISTOGRAM, "seconds", doc, labels, LATENCY_BUCKETS)


_SPECS = (
    _gauge("qts_equity_dollars", "USD", "Equity of the account, from the book at the last marks."),
    _gauge("qts_cash_dollars", "USD", "Booked cash."),
    _gauge("qts_day_pnl_dollars", "USD", "Equity less equity at the session's start."),
    _gauge("qts_drawdown_ratio", "ratio", "Fall of equity from its peak, 0.05 = 5 %."),
    _gauge("qts_gross_exposure_ratio", "ratio", "Sum of absolute positions over equity."),
    _gauge("qts_net_exposure_ratio", "ratio", "Signed sum of positions over equity."),
    _gauge("qts_position_shares", "shares", "Signed position.", "symbol"),
    _gauge("qts_positions_count", "count", "Symbols held."),
    _gauge("qts_open_orders_count", "count", "Orders that may still fill, unknown ones included."),
    _gauge("qts_unknown_orders_count", "count", "Orders whose outcome nobody can say yet."),
    _gauge("qts_mode_state", "0 or 1", "1 for the mode the daemon is in.", "mode"),
    _gauge("qts_stream_up_state", "0 or 1", "1 while the stream is connected.", "stream"),
    _gauge("qts_stream_age_seconds", "seconds", "Real seconds since the stream last brought data.", "stream"),
    _gauge("qts_loop_lag_seconds", "seconds", "How late the event loop's last heartbeat was."),
    _gauge("qts_lease_epoch_count", "count", "Epoch of the single-writer lease."),
    _counter("qts_decisions_total", "Decisions made."),
    _counter("qts_orders_total", "Orders by what came of sending them.", "outcome"),
    _counter("qts_fills_total", "Executions booked.", "side"),
    _counter("qts_gate_refusals_total", "Orders that the wire gate held back.", "rule"),
    _counter("qts_reconciliations_total", "Comparisons of the book with the broker.", "result"),
    _counter("qts_unreadable_messages_total", "Stream messages that could not be read.", "stream"),
    _counter("qts_stream_connects_total", "Connections made.", "stream"),
    _counter("qts_bars_total", "15-minute bars closed."),
    _counter("qts_late_minutes_total", "Minute bars that came after their bar had closed."),
    _counter("qts_alerts_total", "Alerts raised.", "severity"),
    _counter("qts_model_swaps_total", "Models swapped or refused.", "result"),
    _counter("qts_hot_bars_total", "Bars handed to Redis for other readers, by what came of it.", "result"),
    _seconds("qts_decision_seconds", "Closed bar to commands: features, prediction, decision."),
    _seconds("qts_journal_seconds", "One journal transaction."),
    _seconds("qts_submit_seconds", "One order posted, until the broker's answer."),
    _seconds("qts_gate_seconds", "One pass of the wire gate."),
    _seconds("qts_bar_to_order_seconds", "Closed bar to the first order on the wire."),
)

METRICS: Mapping[str, MetricSpec] = MappingProxyType({spec.name: spec for spec in _SPECS})


def metrics_page() -> str:
    """Return docs/reference/metrics.md."""
    lines = [
        "# Metrics",
        "",
        "Served by the daemon on `/metrics`. Derived from `qts_core/monitoring/metrics.py`; a test keeps it current.",
        "",
        "| Metric | Kind | Unit | Labels | What it tells |",
        "|---|---|---|---|---|",
    ]
    for spec in METRICS.values():
        labels = ", ".join(f"`{label}`" for label in spec.labels) or "–"
        lines.append(f"| `{spec.name}` | {spec.kind.value} | {spec.unit} | {labels} | {spec.doc} |")
    return "\n".join(lines) + "\n"

"""What the operator may see, as plain values: one snapshot for the page, the API and ``live-daemon status`` (13.4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from live_daemon.day import TradingDay
from live_daemon.desk import Desk
from live_daemon.loop import TradingLoop
from live_daemon.modes import Mode, ModeMachine
from live_daemon.watchdog import Watchdog
from qts_core.adapters.alpaca.streams import StreamState
from qts_core.adapters.prometheus import Metrics
from qts_core.market.orders import OrderStatus
from qts_core.monitoring.health import HealthCheck, HealthReport
from qts_core.ports.clock import Clock
from qts_core.trading.decision import Decision
from qts_core.trading.settings import CoreSettings

__all__ = ["StatusBoard"]

SHOWN_VERDICTS = 12


@dataclass(slots=True)
class StatusBoard:
    """Reads the parts of a running daemon; changes nothing."""

    desk: Desk
    loop: TradingLoop
    modes: ModeMachine
    watchdog: Watchdog
    clock: Clock
    metrics: Metrics
    trading_mode: str
    settings: CoreSettings
    started_monotonic: float
    model_origin: str
    ready_seconds: float = 0.0
    model_refusal: str = ""
    shadows: Callable[[], list[dict[str, object]]] = list

    @property
    def day(self) -> TradingDay:
        """The day under way."""
        return self.loop.day

    def status(self) -> dict[str, object]:
        """Return the whole snapshot as JSON-able values."""
        core, session = self.desk.core, self.day.session
        return {
            "mode": self.modes.mode.value,
            "reason": self.modes.reason,
            "trading_mode": self.trading_mode,
            "account": core.account,
            "clock": self.clock.now().isoformat(),
            "speed": self.clock.speed,
            "session": session.date.isoformat() if session else None,
            "session_open": session.open.isoformat() if session else None,
            "session_close": session.close.isoformat() if session else None,
            "next_bar": self.day.next_close.isoformat() if self.day.next_close else None,
            "equity": round(core.equity, 2),
            "cash": str(core.book.cash),
            "day_pnl": round(core.equity - self.day.start_equity, 2),
            "risk_mode": core.mode.value,
            "positions": self._positions(),
            "open_orders": [self._order(o) for o in core.open_orders()],
            "limits": self._limits(),
            "decision": self._decision(self.desk.last_decision),
            "model": {"id": core.predictor.model_id, "origin": self.model_origin, "refused": self.model_refusal},
            "shadows": self.shadows(),
            "streams": [self._stream(s.state) for s in (self.loop.bars, self.loop.trades)],
            "reconciled_at": self.loop.reconciler.last_at.isoformat() if self.loop.reconciler.last_at else None,
            "alerts": [
                {"at": at.isoformat(), "severity": a.severity.value, "title": a.title, "detail": a.detail}
                for at, a in list(self.desk.alerts)[-10:][::-1]
            ],
            "uptime_seconds": round(self.clock.monotonic() - self.started_monotonic, 1),
            "ready_seconds": round(self.ready_seconds, 3),
            "lease_epoch": self.desk.lease_epoch,
        }

    def health(self) -> HealthReport:
        """Return what must hold for the daemon to be healthy."""
        streams = [self.loop.bars.state, self.loop.trades.state]
        trading = self.modes.mode in (Mode.TRADING, Mode.RECONCILING, Mode.STARTING)
        return HealthReport(
            [
                HealthCheck("mode", trading, f"{self.modes.mode.value} {self.modes.reason}".strip()),
                HealthCheck("event_loop", self.watchdog.is_healthy, f"lag {self.watchdog.lag_seconds:.3f} s"),
                *(HealthCheck(f"{s.name}_stream", s.is_connected, s.detail) for s in streams),
            ]
        )

    def render_metrics(self) -> bytes:
        """Refresh the gauges and return the text that Prometheus scrapes."""
        core, put = self.desk.core, self.metrics.set
        equity = core.equity
        values = {p["symbol"]: float(str(p["value"])) for p in self._positions()}
        put("qts_equity_dollars", equity)
        put("qts_cash_dollars", float(core.book.cash))
        put("qts_day_pnl_dollars", equity - self.day.start_equity)
        put("qts_drawdown_ratio", self.desk.last_decision.drawdown if self.desk.last_decision else 0.0)
        put("qts_gross_exposure_ratio", sum(map(abs, values.values())) / equity if equity > 0 else 0.0)
        put("qts_net_exposure_ratio", sum(values.values()) / equity if equity > 0 else 0.0)
        put("qts_positions_count", len(values))
        open_orders = core.open_orders()
        put("qts_open_orders_count", len(open_orders))
        put("qts_unknown_orders_count", sum(o.status is OrderStatus.UNKNOWN for o in open_orders))
        put("qts_lease_epoch_count", self.desk.lease_epoch)
        for mode in Mode:
            put("qts_mode_state", float(mode is self.modes.mode), mode=mode.value)
        for symbol, position in core.book.positions().items():
            put("qts_position_shares", float(position.quantity), symbol=symbol)
        for state in (self.loop.bars.state, self.loop.trades.state):
            put("qts_stream_up_state", float(state.is_connected), stream=state.name)
            put("qts_stream_age_seconds", self._age(state), stream=state.name)
        return self.metrics.render()

    # --- parts ----------------------------------------------------------------------------------------------------

    def _positions(self) -> list[dict[str, object]]:
        core = self.desk.core
        marks, equity = core.marks, core.equity
        decision = self.desk.last_decision
        targets = dict(zip(decision.symbols, decision.target_weight, strict=True)) if decision else {}
        rows = []
        for symbol, position in sorted(core.book.positions().items()):
            if position.quantity == 0:
                continue
            mark = marks.get(symbol, float(position.average_price))
            value = float(position.quantity) * mark
            gain = value - float(position.quantity * position.average_price)
            rows.append(
                {
                    "symbol": symbol, "quantity": str(position.quantity), "average_price": str(position.average_price),
                    "mark": mark, "value": round(value, 2), "weight": value / equity if equity > 0 else 0.0,
                    "unrealised": round(gain, 2),
                    "target_weight": float(targets[symbol]) if np.isfinite(targets.get(symbol, np.nan)) else None,
                }
            )  # fmt: skip
        return rows

    def _limits(self) -> list[dict[str, object]]:
        limits, losses = self.settings.limits, self.settings.losses
        decision, rows = self.desk.last_decision, self._positions()
        weights = [float(str(row["weight"])) for row in rows]
        used: Mapping[str, tuple[float, float]] = {
            "largest position": (max(map(abs, weights), default=0.0), limits.max_position_ratio),
            "gross exposure": (sum(map(abs, weights)), limits.max_gross_ratio),
            "net exposure": (abs(sum(weights)), limits.max_net_ratio),
            "positions": (float(len(rows)), float(limits.max_positions)),
            "daily loss": (decision.daily_loss if decision else 0.0, losses.daily_limit),
            "drawdown": (
                decision.drawdown if decision else 0.0,
                max((v.threshold for v in losses.levels), default=1.0),
            ),
        }
        return [{"name": name, "value": value, "limit": limit} for name, (value, limit) in used.items()]

    @staticmethod
    def _order(order: object) -> dict[str, object]:
        names = ("client_order_id", "symbol", "status", "remaining", "filled_quantity", "reason")
        return {name: str(getattr(order, name)) for name in names}

    @staticmethod
    def _decision(decision: Decision | None) -> dict[str, object] | None:
        if decision is None:
            return None
        refused = [v for v in decision.verdicts if not v.is_allowed]
        return {
            "id": decision.decision_id, "ts_known": decision.ts_known.isoformat(), "model_id": decision.model_id,
            "risk_mode": decision.mode.value, "digest": decision.digest(), "steps": _steps(decision),
            "orders": [
                {"symbol": o.request.symbol, "side": o.request.side.value, "quantity": str(o.request.quantity),
                 "purpose": o.purpose, "reason": o.reason, "client_order_id": o.request.client_order_id}
                for o in decision.orders
            ],
            "verdicts": [{"name": v.name, "symbol": v.symbol, "reason": v.reason} for v in refused[:SHOWN_VERDICTS]],
        }  # fmt: skip

    def _stream(self, state: StreamState) -> dict[str, object]:
        return {
            "name": state.name, "is_connected": state.is_connected, "messages": state.messages,
            "age_seconds": round(self._age(state), 1), "detail": state.detail,
        }  # fmt: skip

    def _age(self, state: StreamState) -> float:
        return max(self.clock.monotonic() - state.last_data_monotonic, 0.0) if state.last_data_monotonic else 0.0


def _steps(decision: Decision) -> dict[str, int]:
    """Count what each step of the decision left over: symbols, predictions, signals, sizes, targets, orders."""
    held = (np.nan_to_num(values) != 0 for values in (decision.combined, decision.size, decision.target_weight))
    signals, sized, targets = (int(np.count_nonzero(mask)) for mask in held)
    return {
        "symbols": len(decision.symbols), "predicted": int(np.isfinite(decision.score).sum()), "signals": signals,
        "sized": sized, "targets": targets, "orders": len(decision.orders),
    }  # fmt: skip

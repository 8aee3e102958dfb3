"""What a backtest's account tells the report: holdings, profit by symbol and by strategy, executions, firings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Protocol

import numpy as np

from qts_core.market.events import Alert
from qts_core.market.orders import OrderSide
from qts_core.market.panel import Floats
from qts_core.market.time import NEW_YORK
from qts_core.report.evidence import Executions, Firing, Holdings

__all__ = [
    "Filled",
    "Ledger",
    "executions_of",
    "firings_of",
    "holdings_of",
    "profit_by_ledger",
    "profit_by_symbol",
]

STOPS = frozenset({"kill switch", "kill latch released", "loss limit"})
"""Titles of the alerts that the core sends when it stops or is let go on."""


class Filled(Protocol):
    """What the report reads of an execution; ``qts_core.backtest.FillRecord`` is one."""

    @property
    def ts_event(self) -> datetime: ...
    @property
    def symbol(self) -> str: ...
    @property
    def side(self) -> OrderSide: ...
    @property
    def quantity(self) -> Decimal: ...
    @property
    def price(self) -> Decimal: ...
    @property
    def reference_price(self) -> Decimal: ...
    @property
    def commission(self) -> Decimal: ...


class Ledger(Protocol):
    """What the report reads of a strategy's part of the account; ``qts_core.backtest.SubLedger`` is one."""

    @property
    def model_id(self) -> str: ...
    @property
    def initial_cash(self) -> Decimal: ...
    @property
    def equity(self) -> Floats: ...


def holdings_of(symbols: tuple[str, ...], quantity: Floats, closes: Floats, equity: Floats) -> Holdings:
    """Return what was held as ratios of equity, from shares [T, N] and closes [T, N]; a missing close repeats."""
    value = np.where(quantity == 0.0, 0.0, quantity * _filled(closes))
    weights: Floats = np.divide(value, equity[:, None], out=np.zeros_like(value), where=equity[:, None] > 0)
    return Holdings(symbols, np.nan_to_num(weights))


def profit_by_symbol(
    symbols: tuple[str, ...], fills: Sequence[Filled], quantity: Floats, closes: Floats
) -> dict[str, float]:
    """Return net profit by symbol, USD: money out of its trades less fees, and what is still held at the last close.

    Dividends and borrow are the account's, not in it; a split keeps its value.
    """
    profit: dict[str, float] = defaultdict(float)
    for fill in fills:
        profit[fill.symbol] -= fill.side.sign * float(fill.quantity * fill.price) + float(fill.commission)
    if len(quantity):
        held = quantity[-1]
        worth = np.where(held == 0.0, 0.0, held * _filled(closes)[-1])
        for symbol, value in zip(symbols, np.nan_to_num(worth).tolist(), strict=True):
            if value:
                profit[symbol] += value
    return dict(profit)


def profit_by_ledger(ledgers: Mapping[str, Ledger]) -> dict[str, dict[str, float]]:
    """Return net profit by strategy and by model, USD."""
    by_strategy: dict[str, float] = {}
    by_model: dict[str, float] = defaultdict(float)
    for name, ledger in ledgers.items():
        made = float(ledger.equity[-1]) - float(ledger.initial_cash) if len(ledger.equity) else 0.0
        by_strategy[name] = made
        by_model[ledger.model_id or "no model"] += made
    return {"model": dict(by_model), "strategy": by_strategy} if ledgers else {}


def executions_of(fills: Sequence[Filled]) -> Executions | None:
    """Return what executions cost against their reference price; None without any."""
    if not fills:
        return None
    moments = [fill.ts_event.astimezone(NEW_YORK) for fill in fills]
    table = np.array(
        [
            (
                float(f.quantity * f.reference_price),
                f.side.sign * float(f.quantity * (f.price - f.reference_price)) + float(f.commission),
            )
            for f in fills
        ]
    )
    return Executions(np.array([m.hour + m.minute / 60 for m in moments]), table[:, 0], table[:, 1])


def firings_of(alerts: Sequence[Alert]) -> tuple[Firing, ...]:
    """Return the alerts that tell of a stop of trading."""
    return tuple(Firing(alert.title, alert.severity.value, alert.detail) for alert in alerts if alert.title in STOPS)


def _filled(closes: Floats) -> Floats:
    """Repeat the last known close where one is missing."""
    rows = np.where(np.isnan(closes), 0, np.arange(len(closes))[:, None])
    last = np.maximum.accumulate(rows, axis=0)
    filled: Floats = np.take_along_axis(closes, last, axis=0)
    return filled

"""The vectorised backtest: target weights to an equity curve in one compiled pass, to the cent (specification 11.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType

import numpy as np
import polars as pl

from qts_core.backtest.actions import actions_by_row
from qts_core.backtest.weights_kernel import UNITS, Costs, Ledger, run_weights
from qts_core.exchange import FillSettings
from qts_core.market.membership import Flags
from qts_core.market.panel import Floats, Panel
from qts_core.market.timeline import Timeline

__all__ = ["VectorisedResult", "run_vectorised_backtest"]

LARGEST_PRICE = 92_000.0
"""USD; beyond, a price times a million no longer fits 64 bits."""


@dataclass(frozen=True, slots=True, eq=False)
class VectorisedResult:
    """One run, as of each bar's close.

    Attributes
    ----------
    equity, cash : float64 [T]
        USD after costs.
    quantity : int64 [T, N]
        Signed shares.
    costs : mapping of str to float64 [T]
        USD per bar: ``spread``, ``slippage``, ``commission``.
    turnover : float64 [T]
        Traded value over equity.
    """

    timeline: Timeline
    symbols: tuple[str, ...]
    equity: Floats
    cash: Floats
    quantity: np.ndarray[tuple[int, int], np.dtype[np.int64]]
    costs: Mapping[str, Floats]
    turnover: Floats

    @property
    def equity_gross(self) -> Floats:
        """Equity with the costs so far added back, USD [T]."""
        gross: Floats = self.equity + np.cumsum(np.sum(list(self.costs.values()), axis=0))
        return gross


def run_vectorised_backtest(
    panel: Panel,
    weights: Floats,
    *,
    fills: FillSettings,
    cash: Decimal = Decimal(100_000),
    actions: pl.DataFrame | None = None,
    members: Flags | None = None,
) -> VectorisedResult:
    """Trade target weights over history: what the event engine does with them when no limit binds.

    Parameters
    ----------
    panel : Panel
        Bars, T rows of N symbols.
    weights : float64 [T, N]
        Wanted share of equity, decided at each bar's close from what was known then; NaN = leave as it is.
    fills : FillSettings
        Spread, slippage, fees; market orders in whole shares.
    cash : Decimal
        USD at the start.
    actions : DataFrame, optional
        Splits and dividends, ``ACTION_SCHEMA``.
    members : bool [T, N], optional
        Where each symbol belongs to the universe; elsewhere its weight is zero, whatever `weights` say.

    Raises
    ------
    ValueError
        If shapes differ, a price is over 92,000 USD, a cost has more digits than a hundredth of a basis point,
        borrowing would cost, or a split leaves part of a share. The event engine does these.
    """
    if weights.shape != panel["close"].shape:
        raise ValueError(f"weights are {weights.shape}, expected {panel['close'].shape}")
    if members is not None:
        weights = np.where(members, weights, 0.0)
    if fills.short_borrow_bps_per_year and bool((weights < 0.0).any()):
        raise ValueError("short positions that cost borrow fees: use the event engine")
    opens = panel["open"]
    if bool((opens > LARGEST_PRICE).any()):
        raise ValueError(f"a price exceeds {LARGEST_PRICE:,.0f} USD: use the event engine")
    units = np.where(np.isnan(opens), -1.0, np.rint(opens * UNITS)).astype(np.int64)
    bars, breadth = weights.shape
    whole = [np.zeros(bars, dtype=np.int64) for _ in range(4)]
    ledger = Ledger(
        whole[0],
        np.zeros((bars, breadth), dtype=np.int64),
        np.zeros(bars),
        whole[1],
        whole[2],
        whole[3],
        np.zeros(bars),
    )
    line = panel.timeline
    last = line.slot == line.slots - 1
    start = _integer(cash * UNITS, "cash")
    table = _action_table(actions, panel, fills)
    stopped = run_weights(
        units, panel["close"], np.ascontiguousarray(weights), last, table, start, _costs(fills), ledger
    )
    if stopped >= 0:
        raise ValueError("a split leaves part of a share: use the event engine")
    costs = {"spread": ledger.spread / UNITS, "slippage": ledger.slippage / UNITS, "commission": ledger.fees / UNITS}
    with np.errstate(divide="ignore", invalid="ignore"):
        turnover = np.where(ledger.equity > 0.0, ledger.traded / ledger.equity, 0.0)
    return VectorisedResult(
        line, panel.symbols, ledger.equity, ledger.cash / UNITS, ledger.quantity, MappingProxyType(costs), turnover
    )


def _costs(fills: FillSettings) -> Costs:
    per_bps = 100
    return Costs(
        half_spread=_integer(fills.half_spread_bps * per_bps, "half_spread_bps"),
        taking=_integer((fills.half_spread_bps + fills.slippage_bps) * per_bps, "slippage_bps"),
        commission=_integer(fills.commission_bps * per_bps, "commission_bps"),
        sec=_integer(fills.sec_fee_per_million * 100, "sec_fee_per_million"),
        taf=_integer(fills.taf_per_share * UNITS, "taf_per_share"),
        taf_cap=_integer(fills.taf_cap * 100, "taf_cap"),
    )


def _integer(value: Decimal, name: str) -> int:
    if value != value.to_integral_value():
        raise ValueError(f"{name} has more digits than the vectorised engine keeps: use the event engine")
    return int(value)


def _action_table(
    actions: pl.DataFrame | None, panel: Panel, fills: FillSettings
) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    column = {symbol: i for i, symbol in enumerate(panel.symbols)}
    lines: list[tuple[int, int, int, int]] = []
    for row, event in sorted(actions_by_row(actions, panel).items()):
        for dividend in event.dividends if fills.is_dividend_paid else ():
            lines.append((row, column[dividend.symbol], _integer(dividend.cash_per_share * UNITS, "a dividend"), 0))
        for split in event.splits:
            new, old = (Fraction(split.new_shares) / Fraction(split.old_shares)).as_integer_ratio()
            lines.append((row, column[split.symbol], new, old))
    return np.array(lines, dtype=np.int64).reshape(-1, 4)

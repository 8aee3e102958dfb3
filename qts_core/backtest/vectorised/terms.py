"""What the compiled loop is told of market, costs and corporate actions; what it cannot do to the cent it refuses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import numpy as np
import polars as pl
from numpy.typing import NDArray

from qts_core.backtest.actions import actions_by_row
from qts_core.backtest.vectorised.loop import Actions, Bars, Terms
from qts_core.backtest.vectorised.money import UNITS, Costs
from qts_core.backtest.vectorised.state import (
    BUYING_POWER,
    FRACTIONAL_SHORT,
    MARGIN_CALL,
    NO_SHORTING,
    TOO_LARGE,
)
from qts_core.exchange import FillSettings
from qts_core.exchange.broker import BrokerTerms
from qts_core.exchange.liquidity import Liquidity
from qts_core.market.calendar import xnys
from qts_core.market.errors import ConfigurationError
from qts_core.market.panel import Panel
from qts_core.market.time import from_micros, trading_day

__all__ = ["actions_of", "bars_of", "not_covered", "stopped", "terms_of"]

LARGEST_PRICE = 92_000.0
"""USD; beyond, a price times a million no longer fits 64 bits."""

LARGEST_DIVIDEND = 90.0
"""USD a share, where parts of a share are held."""

REASONS = {
    TOO_LARGE: "an amount beyond 40 billion USD",
    FRACTIONAL_SHORT: "a short position with part of a share",
    BUYING_POWER: "orders beyond the buying power, of which the broker refuses some",
    MARGIN_CALL: "a margin call",
    NO_SHORTING: "a short sale below 2,000 USD of equity, which the broker refuses",
}


def not_covered(found: str, *, where: str = "") -> ConfigurationError:
    """Return the error that names what the vectorised engine leaves to the event engine."""
    return ConfigurationError(
        "QTS-EXEC-040", "the vectorised engine does not cover this to the cent", where=where, found=found,
        fix="use the event engine",
    )  # fmt: skip


def stopped(panel: Panel, row: int, why: int) -> ConfigurationError:
    """Return the error of a run that could not go on at `row`."""
    return not_covered(REASONS[why], where=f"bar {from_micros(int(panel.timeline.ts_event[row])).isoformat()}")


def bars_of(panel: Panel, fills: FillSettings) -> Bars:
    """Return the market as the loop reads it.

    Raises
    ------
    ConfigurationError
        If a price does not fit.
    """
    opens = np.ascontiguousarray(panel["open"])
    if bool((opens > LARGEST_PRICE).any()):
        raise not_covered(f"a price beyond {LARGEST_PRICE:,.0f} USD")
    line = panel.timeline
    is_last = line.slot == line.slots - 1
    return Bars(opens, np.ascontiguousarray(panel["close"]), is_last, _nights(panel, is_last, fills.broker))


def _nights(panel: Panel, is_last: NDArray[np.bool_], broker: BrokerTerms) -> NDArray[np.int64]:
    nights = np.ones(len(panel), dtype=np.int64)
    if not (broker.interest_bps_per_year or broker.is_borrow_nightly):
        return nights
    calendar = xnys()
    for row in np.flatnonzero(is_last).tolist():
        now = from_micros(int(panel.timeline.ts_known[row]))
        nights[row] = (calendar.next_after(now).date - trading_day(now)) // timedelta(days=1)
    return nights


def terms_of(fills: FillSettings, cash: Decimal, symbols: Sequence[str], fractional: bool | NDArray[np.bool_]) -> Terms:
    """Return costs, cash and order rules as integers.

    Raises
    ------
    ConfigurationError
        If something else than fixed ratios and fees decides about fills, or a number has more digits than are kept.
    """
    _refuse_models(fills)
    broker, per_bps = fills.broker, 100
    costs = Costs(
        half_spread=_integer(fills.half_spread_bps * per_bps, "half_spread_bps"),
        taking=_integer((fills.half_spread_bps + fills.slippage_bps) * per_bps, "slippage_bps"),
        commission=_integer(fills.commission_bps * per_bps, "commission_bps"),
        sec=_integer(fills.sec_fee_per_million * 100, "sec_fee_per_million"),
        taf=_integer(fills.taf_per_share * UNITS, "taf_per_share"),
        taf_cap=_integer(fills.taf_cap * 100, "taf_cap"),
        cat=_integer(fills.cat_per_share * UNITS, "cat_per_share"),
    )
    usual = fills.short_borrow_bps_per_year
    borrow = [_integer(broker.borrow_bps.get(s, usual) * per_bps, "borrow_bps") for s in symbols]
    return Terms(
        np.array(costs, dtype=np.int64),
        _integer(cash * UNITS, "cash"),
        np.array(borrow, dtype=np.int64),
        _integer(broker.interest_bps_per_year * per_bps, "interest_bps_per_year"),
        np.broadcast_to(np.asarray(fractional, dtype=np.bool_), (len(symbols),)).copy(),
    )


def _refuse_models(fills: FillSettings) -> None:
    if not fills.is_fixed:
        raise not_covered("a model of slippage, spread or latency")
    if fills.liquidity != Liquidity():
        raise not_covered("limits of liquidity")
    kept, usual = fills.broker, BrokerTerms()
    carrying = replace(
        usual, interest_bps_per_year=kept.interest_bps_per_year, borrow_bps=kept.borrow_bps,
        is_borrow_nightly=kept.is_borrow_nightly,
    )  # fmt: skip
    if kept != carrying:
        raise not_covered("margin terms of single symbols")


def _integer(value: Decimal, name: str) -> int:
    if value != value.to_integral_value():
        raise not_covered(f"{name} with more digits than are kept")
    return int(value)


def actions_of(actions: pl.DataFrame | None, panel: Panel, fills: FillSettings, *, has_parts: bool) -> Actions:
    """Return splits and dividends by row.

    Raises
    ------
    ConfigurationError
        If an amount has more digits than are kept, or does not fit.
    """
    column = {symbol: i for i, symbol in enumerate(panel.symbols)}
    lines: list[tuple[int, int, int, int]] = []
    ratios: list[float] = []
    by_row = sorted(actions_by_row(actions, panel).items())
    has_parts = has_parts or any(event.splits for _, event in by_row)
    for row, event in by_row:
        for dividend in event.dividends if fills.is_dividend_paid else ():
            if has_parts and dividend.cash_per_share > LARGEST_DIVIDEND:
                raise not_covered(f"a dividend beyond {LARGEST_DIVIDEND:,.0f} USD on parts of a share")
            lines.append((row, column[dividend.symbol], _integer(dividend.cash_per_share * UNITS, "a dividend"), 0))
            ratios.append(1.0)
        for split in event.splits:
            new, old = (Fraction(split.new_shares) / Fraction(split.old_shares)).as_integer_ratio()
            if max(new, old) > 10**9:
                raise not_covered("a split with more digits than are kept")
            lines.append((row, column[split.symbol], new, old))
            ratios.append(float(split.old_shares) / float(split.new_shares))
    return Actions(np.array(lines, dtype=np.int64).reshape(-1, 4), np.array(ratios, dtype=np.float64))

"""Impact of a run's orders, against the square-root law written out order by order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import cast

import numpy as np
import pandas as pd
import pytest

from qts_core.analytics.returns import DailyCurve
from qts_core.market.calendar import xnys
from qts_core.market.panel import Floats, Panel
from qts_core.market.time import from_micros
from qts_core.market.timeline import Timeline
from qts_core.research.capacity_of_run import WINDOW, run_capacity, session_impact
from qts_core.research.model_backtest import ModelBacktest

FIRST, LAST = date(2024, 1, 2), date(2024, 2, 29)
SYMBOLS = ("A", "B")
CASH = 50_000.0


@dataclass(frozen=True)
class Fill:
    symbol: str
    ts_event: datetime
    quantity: Decimal
    price: Decimal


@dataclass(frozen=True)
class Result:
    initial_cash: float
    fills: tuple[Fill, ...]


@dataclass(frozen=True)
class Run:
    """As much of a backtest as its capacity reads."""

    panel: Panel | None
    result: Result
    curve: DailyCurve
    returns: Floats


def market() -> Panel:
    rng = np.random.default_rng(3)
    line = Timeline.between(xnys(), FIRST, LAST)
    close = 50.0 * np.exp(np.cumsum(rng.normal(0, 0.003, (len(line), 2)), axis=0))
    volume = rng.integers(1_000, 9_000, close.shape).astype(np.float64)
    fields = dict.fromkeys(("open", "high", "low", "close"), close)
    return Panel(line, SYMBOLS, {**fields, "volume": volume, "factor": np.ones_like(close)})


def run(panel: Panel | None, *rows: int) -> ModelBacktest:
    bars = market()
    line = bars.timeline
    fills = tuple(
        Fill(SYMBOLS[i % 2], from_micros(int(line.ts_event[row])), Decimal(100 + row), Decimal("51.25"))
        for i, row in enumerate(rows)
    )
    equity = CASH * np.exp(np.cumsum(np.random.default_rng(5).normal(2e-5, 4e-4, len(line))))
    curve = DailyCurve.of(line, equity, initial=CASH)
    return cast(ModelBacktest, Run(panel, Result(CASH, fills), curve, curve.returns))


def by_hand(bars: Panel, tested: ModelBacktest) -> list[float]:
    """Return the impact of each session with pandas: deviation of the twenty closes before, value of the day."""
    line = bars.timeline
    closes = pd.DataFrame(bars["close"], columns=SYMBOLS).groupby(line.session).last()
    deviation = closes.pct_change().rolling(WINDOW).std().shift(1)
    usual = float(np.nanmedian(deviation.to_numpy()))
    value = pd.DataFrame(bars["close"] * bars["volume"], columns=SYMBOLS).groupby(line.session).sum()
    before = dict(zip(value.index, [CASH, *tested.curve.equity[:-1]], strict=True))
    total = dict.fromkeys(value.index, 0.0)
    for fill in tested.result.fills:
        row = int(np.searchsorted(line.ts_event, fill.ts_event.timestamp() * 1e6))
        day = line.session[row]
        part = float(fill.quantity * fill.price) / before[day]
        known = deviation.loc[day, fill.symbol]
        spread = usual if np.isnan(known) else float(known)
        total[day] += spread * part * (part / float(value.loc[day, fill.symbol])) ** 0.5
    return list(total.values())


def test_the_impact_of_a_session_is_the_square_root_law_order_by_order() -> None:
    bars = market()
    rows = (3, 4, 30, 700, 701, 702, 900)
    tested = run(bars, *rows)
    found = session_impact(tested, bars)
    # The median stands in for sessions before the window is full: the sums agree wherever it is known.
    expected = by_hand(bars, tested)
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    assert (found > 0).sum() == len({int(bars.timeline.session[row]) for row in rows})


def test_half_of_the_sharpe_ratio_is_left_where_capacity_says() -> None:
    bars = market()
    tested = run(bars, *range(560, 1000, 7))
    found = run_capacity(tested)
    assert found is not None
    left = tested.returns - session_impact(tested, bars) * np.sqrt(found.half)
    sharpe = left.mean() / left.std(ddof=1) * np.sqrt(252)
    assert sharpe == pytest.approx(found.small / 2, rel=1e-6)
    assert found.n == len(tested.returns)


def test_without_bars_or_orders_nothing_is_said() -> None:
    assert run_capacity(run(None, 3)) is None
    assert run_capacity(run(market())) is None

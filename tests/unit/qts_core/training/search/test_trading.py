"""The fast model of trading: costs by hand, nothing beyond its rows, and near what the event backtest makes of it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from qts_core.alphas.ml import MlAlphaSettings
from qts_core.analytics.returns import DailyCurve
from qts_core.backtest import run_event_backtest
from qts_core.exchange import FillSettings, fill_settings
from qts_core.market.instruments import Instrument
from qts_core.market.panel import Panel
from qts_core.market.time import from_micros
from qts_core.portfolio.settings import PortfolioSettings
from qts_core.trading.predictors import StoredPredictor
from qts_core.trading.settings import CoreSettings
from qts_core.training.folds import RowRange
from qts_core.training.search.trading import NetReturns, TradingTape
from tests.support.search_bench import market

PORTFOLIO = PortfolioSettings(max_positions=6)
FREE = FillSettings(
    half_spread_bps=Decimal(0), slippage_bps=Decimal(0), sec_fee_per_million=Decimal(0), taf_per_share=Decimal(0)
)


def tape_of(panel: Panel, fills: FillSettings) -> TradingTape:
    return TradingTape.of(panel, MlAlphaSettings(), PORTFOLIO, fills)


def test_costs_are_the_traded_value_times_half_spread_slippage_and_commission() -> None:
    panel, feature = market(sessions=40, signal=0.3)
    rows = (RowRange(300, 900),)
    fills = replace(FREE, half_spread_bps=Decimal("2.5"), slippage_bps=Decimal("3.75"))
    free, dear = tape_of(panel, FREE).trade(feature, rows), tape_of(panel, fills).trade(feature, rows)
    assert free.trades == dear.trades > 5
    paid = np.log1p(free.values).sum() - np.log1p(dear.values).sum()
    assert paid == pytest.approx(6.25e-4 * dear.traded.sum(), rel=0.02)


def test_prices_and_scores_beyond_the_rows_change_nothing() -> None:
    panel, feature = market(sessions=40, signal=0.3)
    stop = 700
    fields = {name: values.copy() for name, values in panel.fields.items()}
    for name in ("open", "high", "low", "close"):
        fields[name][stop:] *= 3.0
    later = feature.copy()
    later[stop:] = -feature[stop:]
    other = Panel(panel.timeline, panel.symbols, fields)
    one = tape_of(panel, FREE).trade(feature, (RowRange(300, stop),))
    two = tape_of(other, FREE).trade(later, (RowRange(300, stop),))
    np.testing.assert_array_equal(one.values, two.values)


def test_without_scores_nothing_is_traded_and_nothing_earned() -> None:
    panel, feature = market(sessions=30)
    net = tape_of(panel, FREE).trade(np.full(feature.shape, np.nan), (RowRange(300, 700),))
    assert net.trades == 0
    assert not net.values.any()


def test_parts_are_joined_by_day() -> None:
    part = NetReturns(np.array([3, 4], dtype=np.int32), np.array([0.1, 0.2]), np.ones(2), 1)
    other = NetReturns(np.array([1, 3], dtype=np.int32), np.array([0.3, 0.4]), np.ones(2), 2)
    joined = NetReturns.joined((part, other))
    assert joined.days.tolist() == [1, 3, 4]
    assert joined.values == pytest.approx([0.3, 0.5, 0.2])
    assert joined.trades == 3


def test_its_sessions_are_those_of_the_event_backtest_but_for_execution() -> None:
    panel, feature = market(sessions=60, signal=0.15)
    fills = fill_settings("pessimistic")
    start, stop = 20 * 26, 55 * 26
    fast = tape_of(panel, fills).trade(feature, (RowRange(start, stop),))
    result = run_event_backtest(
        panel, StoredPredictor(panel.timeline, panel.symbols, feature),
        CoreSettings(portfolio=PORTFOLIO), instruments=[Instrument(symbol) for symbol in panel.symbols], fills=fills,
        cash=Decimal(1_000_000), first_decision=from_micros(int(panel.timeline.ts_event[start])),
    )  # fmt: skip
    curve = DailyCurve.of(result.timeline, result.equity, initial=result.initial_cash)
    place = {int(day): i for i, day in enumerate(curve.days)}
    slow = np.array([curve.returns[place[int(day)]] for day in fast.days[:-1]])
    assert np.corrcoef(slow, fast.values[:-1])[0, 1] > 0.9
    assert np.sum(slow) == pytest.approx(np.sum(fast.values[:-1]), rel=0.35)

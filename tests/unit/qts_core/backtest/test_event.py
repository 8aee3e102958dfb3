"""The event backtest against a ledger kept by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from qts_core.backtest import BacktestResult, run_event_backtest
from qts_core.data.actions.table import actions_frame
from qts_core.data.building.synthesis import synthesise_minutes
from qts_core.exchange import FillSettings, fill_settings
from qts_core.market.panel import Floats, Panel
from qts_core.market.time import from_micros
from qts_core.trading.predictors import StoredPredictor
from qts_core.trading.settings import CoreSettings
from tests.support.decision_market import QUICK, WEIGHTS, instruments, panel, scores

D = Decimal
FREE = replace(fill_settings("optimistic"), half_spread_bps=D(0), slippage_bps=D(0), sec_fee_per_million=D(0),
               taf_per_share=D(0))  # fmt: skip


def run(
    bars: Panel, values: Floats, core: CoreSettings = WEIGHTS, fills: FillSettings = FREE, **more: object
) -> BacktestResult:
    return run_event_backtest(
        bars, StoredPredictor(bars.timeline, bars.symbols, values), core, instruments=instruments(len(bars.symbols)),
        fills=fills, **more,  # type: ignore[arg-type]
    )  # fmt: skip


def constant_price(price: float = 50.0, breadth: int = 1) -> Panel:
    bars = panel(breadth=breadth)
    for name in ("open", "high", "low", "close"):
        bars[name][:] = price
    return bars


def test_an_order_of_one_bar_fills_at_the_next_bar_s_open() -> None:
    bars = panel(breadth=1)
    values = np.full((len(bars), 1), np.nan)
    values[3] = 0.5
    result = run(bars, values)
    (fill,) = result.fills
    assert fill.ts_event == from_micros(int(bars.timeline.ts_event[4]))
    assert fill.price == D(repr(float(bars["open"][4, 0])))
    shares = int(50_000 / bars["close"][3, 0])
    assert fill.quantity == shares
    assert (result.quantity[:4] == 0).all()
    assert (result.quantity[4:] == shares).all()
    expected = 100_000 + shares * (bars["close"][-1, 0] - bars["open"][4, 0])
    assert result.equity[-1] == pytest.approx(expected, abs=1e-6)


def test_costs_are_what_equity_lost_against_a_market_that_did_not_move() -> None:
    bars = constant_price()
    values = np.full((len(bars), 1), np.nan)
    values[2], values[10] = 0.5, 0.0
    result = run(bars, values, fills=fill_settings("realistic"))
    # 1,000 shares at 50.00: 2.5 bps = 0.0125 each way, so 12.50 and 12.50; selling 49,987.50 also costs the SEC
    # 20.60 per million = 1.03 (1.0297 rounded up) and the TAF 1,000 * 0.000195 = 0.20 (0.195 rounded up).
    assert result.final_cash == D("100000") - D("25.00") - D("1.03") - D("0.20")
    assert float(result.costs["spread"].sum()) == pytest.approx(10.0)
    assert float(result.costs["slippage"].sum()) == pytest.approx(15.0)
    assert float(result.costs["commission"].sum()) == pytest.approx(1.23)
    assert result.equity_gross[-1] == pytest.approx(100_000.0, abs=1e-6)
    assert result.turnover.sum() == pytest.approx(1.0, rel=1e-3)
    (trip,) = result.trades
    assert (trip.side, trip.quantity, trip.bars_held) == ("long", D(1000), 8)
    assert trip.pnl == D("-26.23")
    assert trip.cost == D("26.23")


def test_a_split_and_a_dividend_over_night_leave_wealth_as_it_was_plus_the_cash() -> None:
    bars = constant_price(60.0)
    second = bars.timeline.slot == 0
    day = np.flatnonzero(second)[1]
    for name in ("open", "high", "low", "close"):
        bars[name][day:] = 20.0
    bars["factor"][day:] = 3.0
    values = np.full((len(bars), 1), np.nan)
    values[0] = 0.6
    values[day + 5] = 0.0
    day_of = {"symbol": "AA", "ex_date": date(2024, 3, 5)}
    actions = actions_frame(
        [
            {**day_of, "kind": "split", "new_shares": 3.0, "old_shares": 1.0},
            {**day_of, "kind": "dividend", "cash_per_share": 0.25},
        ]
    )
    result = run(bars, values, actions=actions)
    assert result.quantity[day - 1, 0] == 1000
    assert result.quantity[day, 0] == 3000
    assert result.final_cash == D("100250.00")
    (trip,) = result.trades
    assert trip.pnl == D(250)


def test_what_is_held_when_borrowing_costs_is_charged_each_session_and_the_books_agree() -> None:
    bars = constant_price()
    values = np.full((len(bars), 1), np.nan)
    values[0] = -0.5
    result = run(bars, values, fills=replace(FREE, short_borrow_bps_per_year=D(360)))
    # 1,000 shares short at 50: 50,000 * 3.6 % / 360 = 5.00 a session, five sessions
    assert result.costs["borrow"].sum() == pytest.approx(25.0)
    assert result.final_cash == D(150_000) - D(25)


def test_filling_on_minutes_gives_the_same_run_as_filling_on_bars() -> None:
    bars = panel(breadth=3, last=date(2024, 3, 5))
    values = scores(bars)
    one = run(bars, values, QUICK, fill_settings("realistic"))
    other = run(bars, values, QUICK, fill_settings("realistic"), minutes=synthesise_minutes(bars))
    assert one.fills
    assert one.decisions_digest == other.decisions_digest
    assert one.equity.tolist() == other.equity.tolist()


def test_warm_up_rows_decide_nothing_and_are_not_in_the_result() -> None:
    bars = panel(breadth=3)
    start = from_micros(int(bars.timeline.ts_event[52]))
    result = run(bars, scores(bars), QUICK, first_decision=start, keep_decisions=True)
    assert len(result.timeline) == result.decision_count == len(bars) - 52
    assert result.decisions[0].ts_event == start
    assert all(f.ts_event > start for f in result.fills)


def test_the_same_run_twice_is_the_same_bit_for_bit() -> None:
    bars = panel(breadth=4, missing=0.05)
    runs = [run(bars, scores(bars), QUICK, fill_settings("pessimistic")) for _ in range(2)]
    assert runs[0].decisions_digest == runs[1].decisions_digest
    assert runs[0].equity.tobytes() == runs[1].equity.tobytes()


def test_the_benchmark_holds_equal_parts_from_the_first_close() -> None:
    bars = panel(breadth=2)
    result = run(bars, np.full((len(bars), 2), np.nan))
    growth = bars["close"][-1] / bars["close"][0]
    assert result.benchmark[-1] == pytest.approx(100_000 * growth.mean())
    assert result.equity.tolist() == [100_000.0] * len(bars)
    assert result.summary()["trades"] == 0


def test_a_panel_of_other_symbols_than_the_predictor_s_is_refused() -> None:
    bars, other = panel(breadth=2), panel(breadth=3)
    with pytest.raises(ValueError, match="symbols"):
        run_event_backtest(
            bars, StoredPredictor(other.timeline, other.symbols, scores(other)), WEIGHTS,
            instruments=instruments(3), fills=FREE,
        )  # fmt: skip

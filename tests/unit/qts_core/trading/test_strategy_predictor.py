"""A user's strategy: what it sees, what it may ask for, and that live and replay say the same."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from qts_core.backtest import BacktestResult, run_event_backtest
from qts_core.exchange import fill_settings
from qts_core.market.bars import BarSlice
from qts_core.market.orders import OrderSide, OrderType
from qts_core.market.panel import Panel
from qts_core.trading.core import TradingCore
from qts_core.trading.decision import Hashes
from qts_core.trading.event_codec import decode_event
from qts_core.trading.replay import EpochSnapshot, replay
from qts_core.trading.strategy import OrderWish, Strategy, View, Wanted
from qts_core.trading.strategy_predictor import StrategyPredictor
from tests.support.decision_market import WEIGHTS, instruments, panel
from tests.support.strategies import Crossover, Said, buy
from tests.support.tape import recorded


def run(strategy: Strategy, bars: Panel, settings: object = WEIGHTS) -> BacktestResult:
    return run_event_backtest(
        bars, StrategyPredictor(strategy, bars.symbols), settings, instruments=instruments(len(bars.symbols)),  # type: ignore[arg-type]
        fills=fill_settings("realistic"), strategy=strategy.name, keep_decisions=True,
    )  # fmt: skip


def test_weights_are_held_from_the_next_open() -> None:
    bars = panel(breadth=2)
    result = run(Said(lambda b, v: {"AB": 0.5} if b.slot == 3 else None), bars)
    assert result.fills[0].symbol == "AB"
    assert result.fills[0].quantity == int(50_000 / bars["close"][3, 1])
    assert result.fills[0].strategy == "said"
    assert result.fills[0].model_id.startswith("said:")
    assert result.ledgers["said"].cash == result.final_cash


def test_orders_go_out_as_they_are_asked_for() -> None:
    bars = panel(breadth=2)
    low = Decimal(repr(float(np.floor(np.nanmin(bars["low"][5:26, 0])) + 1)))

    def say(b: BarSlice, v: View) -> Wanted:
        limit = OrderWish("AA", Decimal(10), OrderType.LIMIT, limit_price=low)
        return [buy("AB", -7), limit] if b.ts_event == first else None

    first = next(BarSlice.each(bars)).ts_event
    result = run(Said(say), bars)
    assert (result.fills[0].symbol, result.fills[0].side) == ("AB", OrderSide.SELL)
    assert result.fills[0].quantity == 7
    assert all(fill.price <= low for fill in result.fills if fill.symbol == "AA")
    assert [o.request.type for o in result.decisions[0].orders] == ["market", "limit"]


def test_limits_stand_between_a_wish_and_an_order() -> None:
    bars = panel(breadth=1)
    tight = replace(WEIGHTS, limits=replace(WEIGHTS.limits, max_position_ratio=0.1))
    result = run(Said(lambda b, v: [buy("AA", 500)]), bars, tight)
    assert not result.fills
    assert result.verdict_counts["limit.position"] == len(bars) - result.sessions


def test_the_view_is_the_ledger_and_cannot_be_changed() -> None:
    bars = panel(breadth=2)
    seen: list[tuple[float, float, float]] = []

    def say(b: BarSlice, v: View) -> Wanted:
        seen.append((v.equity, v.quantity[0], v.cash))
        with pytest.raises(ValueError, match="read-only"):
            v.quantity[0] = 1.0
        return {"AA": 0.3}

    result = run(Said(say), bars)
    np.testing.assert_array_equal([equity for equity, *_ in seen], result.equity)
    np.testing.assert_array_equal([shares for _, shares, _ in seen], result.quantity[:, 0])
    np.testing.assert_array_equal([cash for *_, cash in seen], result.cash)


def test_only_closed_higher_bars_are_seen() -> None:
    bars = panel(breadth=1)

    def say(b: BarSlice, v: View) -> Wanted:
        for timeframe in ("60min", "1d"):
            assert all(bar.ts_known <= b.ts_known for bar in v.higher(timeframe))
        assert len(v.higher("1d")) == (b.ts_event.date() - start).days + (b.slot == 25)
        return None

    start = next(BarSlice.each(bars)).ts_event.date()
    assert not run(Said(say, timeframes=("60min", "1d")), bars).alerts


@pytest.mark.parametrize(
    ("answer", "words"),
    [(np.zeros(5), "weights of shape"), ({"ZZZ": 0.1}, "symbol ZZZ"), ([buy("ZZZ", 1)], "OrderWish"), (["x"], "'x'")],
)
def test_an_answer_that_cannot_be_used_is_an_alert_and_no_order(answer: Wanted, words: str) -> None:
    bars = panel(breadth=2).rows(slice(0, 3))
    result = run(Said(lambda b, v: answer), bars)
    assert len(result.alerts) == 3
    assert words in result.alerts[0].detail
    assert "EXEC-031" in result.alerts[0].detail
    assert not result.fills


def test_a_strategy_that_fails_is_an_alert_and_keeps_what_is_held() -> None:
    bars = panel(breadth=1)

    def say(b: BarSlice, v: View) -> Wanted:
        if v.quantity[0]:
            raise ZeroDivisionError("oh no")
        return {"AA": 0.5}

    result = run(Said(say), bars)
    assert "EXEC-030" in result.alerts[0].detail
    assert "oh no" in result.alerts[0].detail
    assert result.quantity[-1, 0] > 0
    assert len(result.fills) == 1


def test_replay_from_any_snapshot_gives_the_same_decisions() -> None:
    bars = panel(breadth=3)
    tape = recorded(lambda: run(Crossover(), bars))
    start = len(tape.events) // 2

    def factory() -> TradingCore:
        return TradingCore(
            WEIGHTS, instruments(3), StrategyPredictor(Crossover(), bars.symbols), account="backtest",
            strategy="crossover", hashes=Hashes(), cash=Decimal(100_000),
        )  # fmt: skip

    epoch = EpochSnapshot.from_json(tape.snapshots[start])
    again = list(replay(factory, epoch, [decode_event(event) for event in tape.events[start:]]))
    assert any(d.orders for d in again)
    assert [d.digest() for d in again] == [d.digest() for d in tape.decisions[-len(again) :]]


def test_the_source_names_the_model() -> None:
    one, other = StrategyPredictor(Crossover(), ("AA",)), StrategyPredictor(Said(lambda b, v: None), ("AA",))
    assert one.model_id.startswith("crossover:")
    assert one.model_id == StrategyPredictor(Crossover(), ("AA",)).model_id
    assert one.model_id.split(":")[1] != other.model_id.split(":")[1]

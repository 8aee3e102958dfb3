"""Steps that configuration switches on: off they change nothing, on they do what they say and survive a restart."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from qts_core.alphas.settings import AlphaKind, AlphaSettings, StageSettings
from qts_core.backtest import BacktestResult, run_event_backtest
from qts_core.config.settings import Settings
from qts_core.exchange import fill_settings
from qts_core.market.panel import Panel
from qts_core.orders.book import FLAT, Position
from qts_core.portfolio.optimisation.settings import Method, OptimiserSettings
from qts_core.portfolio.rebalancing.settings import RebalanceSettings, Trigger
from qts_core.portfolio.sizing.base import SizerMethod, SizerSettings
from qts_core.risk import kill
from qts_core.risk.kill import KillAction, KillPolicy
from qts_core.risk.monitor_settings import MonitorSettings
from qts_core.trading.closed_trades import ClosedTrades
from qts_core.trading.core import TradingCore
from qts_core.trading.decision import Decision, Hashes
from qts_core.trading.event_codec import decode_event
from qts_core.trading.extra_stages import Choices
from qts_core.trading.predictors import StoredPredictor
from qts_core.trading.replay import EpochSnapshot, replay
from qts_core.trading.settings import CoreSettings, core_settings
from tests.support.decision_market import NO_LADDER, QUICK, WEIGHTS, instruments, panel, scores
from tests.support.tape import recorded

ALL = Choices(
    sizer=SizerSettings(method=SizerMethod.KELLY, minimum_trades=2, lookback_trades=10),
    is_atr=True,
    optimiser=OptimiserSettings(method=Method.RISK_PARITY, minimum_sessions=2),
    rebalance=RebalanceSettings(trigger=Trigger.TIME, every_sessions=1),
    monitor=MonitorSettings(var_limit=0.05, is_correlation_enforced=True, history_sessions=3),
    has_trade_stops=True,
    max_daily_turnover=0.6,
)
ONE_BY_ONE = [
    replace(Choices(), **{name: getattr(ALL, name)})
    for name in ("sizer", "is_atr", "optimiser", "rebalance", "monitor", "has_trade_stops", "max_daily_turnover")
]


def chosen(choices: Choices) -> CoreSettings:
    return replace(QUICK, choices=choices)


def run(bars: Panel, settings: CoreSettings, seed: int = 2) -> BacktestResult:
    predictor = StoredPredictor(bars.timeline, bars.symbols, scores(bars, seed=seed))
    return run_event_backtest(
        bars, predictor, settings, instruments=instruments(len(bars.symbols)), fills=fill_settings("realistic"),
        keep_decisions=True,
    )  # fmt: skip


def test_the_shipped_configuration_switches_nothing_on() -> None:
    assert core_settings(Settings()).choices == Choices()
    assert Choices().is_default


def test_configuration_switches_them_on_by_name() -> None:
    made = core_settings(
        Settings().evolve({
            "risk.position_sizing.method": "kelly", "risk.position_sizing.volatility_source": "atr",
            "risk.portfolio.optimization_method": "risk_parity", "risk.rebalancing.trigger": "time",
            "risk.portfolio.max_daily_turnover": 0.5, "risk.risk_limits.is_trade_stopped": True,
            "risk.pre_trade.is_correlation_enforced": True,
        })
    ).choices  # fmt: skip
    assert made.sizer is not None
    assert made.sizer.method is SizerMethod.KELLY
    assert made.optimiser is not None
    assert made.optimiser.method is Method.RISK_PARITY
    assert made.rebalance is not None
    assert made.monitor is not None
    assert made.is_atr
    assert made.has_trade_stops
    assert made.max_daily_turnover == 0.5
    assert made.kill is None


@pytest.mark.parametrize("choices", [*ONE_BY_ONE, ALL])
def test_a_restart_in_the_middle_gives_the_same_decisions(choices: Choices) -> None:
    bars = panel(breadth=5, seed=4, last=date(2024, 3, 6))
    tape = recorded(lambda: run(bars, chosen(choices)))
    start = len(tape.events) * 2 // 3

    epoch = EpochSnapshot.from_json(tape.snapshots[start])
    again = list(replay(lambda: run_core(bars, choices), epoch, [decode_event(event) for event in tape.events[start:]]))
    assert any(decision.orders for decision in tape.decisions)
    assert [d.digest() for d in again] == [d.digest() for d in tape.decisions[-len(again) :]]


def run_core(bars: Panel, choices: Choices) -> TradingCore:
    return TradingCore(
        chosen(choices), instruments(len(bars.symbols)), StoredPredictor(bars.timeline, bars.symbols, scores(bars)),
        account="backtest", strategy="ml", hashes=Hashes(), cash=Decimal(100_000),
    )  # fmt: skip


def test_an_optimiser_without_history_falls_back_visibly() -> None:
    bars = panel(breadth=5)
    unknown = chosen(Choices(optimiser=OptimiserSettings(method=Method.RISK_PARITY, minimum_sessions=200)))
    result = run(bars, unknown)
    names = {verdict.name for decision in result.decisions for verdict in decision.verdicts}
    assert "optimise.fallback" in names
    assert result.fills


def test_a_day_s_turnover_is_never_exceeded_by_increases() -> None:
    bars = panel(breadth=6)
    free, tight = run(bars, QUICK), run(bars, chosen(Choices(max_daily_turnover=0.05)))
    assert tight.verdict_counts["limit.turnover"] > 0
    assert tight.turnover.sum() < free.turnover.sum()


def test_a_position_that_loses_too_much_is_closed_and_rests() -> None:
    bars = panel(breadth=1)
    for name in ("open", "high", "low", "close"):
        bars[name][60:] *= 0.5
    settings = replace(WEIGHTS, choices=Choices(has_trade_stops=True), losses=replace(NO_LADDER, trade_limit=0.05))
    predictor = StoredPredictor(bars.timeline, bars.symbols, np.full((len(bars), 1), 0.3))
    result = run_event_backtest(
        bars, predictor, settings, instruments=instruments(1), fills=fill_settings("realistic"), keep_decisions=True
    )
    # 30 % of equity lost half: 15 % of equity at bar 60, sold at the open of 61; 26 bars of rest, bought at 88's open.
    assert result.verdict_counts["loss.trade"] == 1
    held = result.quantity[:, 0] > 0
    assert held[2:61].all()
    assert not held[61:88].any()
    assert held[88:].all()


def test_the_kill_table_says_what_a_loss_does() -> None:
    bars = panel(breadth=3, volatility=0.02)
    losses = replace(QUICK.losses, daily_limit=0.0005, daily_kill_limit=0.001)
    halt = KillPolicy({kill.Trigger.DAILY_LOSS_BREACH: (KillAction.HALT_TRADING, KillAction.SEND_CRITICAL_ALERT)})
    usual, halted = (
        run(bars, replace(QUICK, losses=losses, choices=choices)) for choices in (Choices(), Choices(kill=halt))
    )
    assert not usual.final_positions
    assert {d.mode.value for d in usual.decisions} >= {"normal", "flatten"}
    assert "flatten" not in {d.mode.value for d in halted.decisions}
    assert halted.decisions[-1].mode.value == "halted"
    assert halted.final_positions
    assert any(alert.title == "kill switch" for alert in halted.alerts)


def test_a_trip_s_return_is_its_profit_after_costs_over_what_was_in_it() -> None:
    d = Decimal
    trades = ClosedTrades()
    held = Position(d(10), d(1000), d(0), d(0), d(1))
    more = Position(d(20), d(2100), d(0), d(0), d(2))
    gone = Position(d(0), d(0), d(200), d(5), d(5))
    assert trades.update("AA", FLAT, held) is None
    again = ClosedTrades()
    again.restore(trades.snapshot())
    assert again.update("AA", held, more) is None
    # 200 realised, 5 of dividends, 5 of fees; 2,100 at most.
    assert again.update("AA", more, gone) == pytest.approx(200 / 2100)
    assert again.update("AA", gone, gone) is None


def test_expected_returns_and_units_are_finite_where_known() -> None:
    result = run(panel(breadth=5, seed=9), chosen(ALL))
    assert all(np.isfinite(d.target_weight).all() for d in result.decisions)


def test_several_alphas_are_one_signal_with_its_weights_in_the_record() -> None:
    bars = panel(breadth=5, seed=4)
    both = (AlphaSettings(), AlphaSettings(AlphaKind.Z_SCORE_REVERSION, horizon_bars=13, lookback_bars=26))
    settings = replace(QUICK, alphas=StageSettings(alphas=both))
    tape = recorded(lambda: run(bars, settings))
    last = tape.decisions[-1]
    assert dict(last.alpha_weights) == {"ml": 0.5, "z_score_reversion": 0.5}
    assert Decision.from_json(last.to_json()).digest() == last.digest()
    assert replace(last, alpha_weights=()).digest() != last.digest()
    alone = run(bars, QUICK).decisions[-1]
    assert "alpha_weights" not in alone.to_json()
    assert not np.array_equal(alone.strength, last.strength, equal_nan=True)
    start = len(tape.events) // 2

    def again() -> TradingCore:
        return TradingCore(
            settings, instruments(5), StoredPredictor(bars.timeline, bars.symbols, scores(bars)), account="backtest",
            strategy="ml", hashes=Hashes(), cash=Decimal(100_000),
        )  # fmt: skip

    epoch = EpochSnapshot.from_json(tape.snapshots[start])
    made = list(replay(again, epoch, [decode_event(event) for event in tape.events[start:]]))
    assert [d.digest() for d in made] == [d.digest() for d in tape.decisions[-len(made) :]]

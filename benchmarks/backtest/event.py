"""The event engine on the benchmark's bars: the usual decision path, and the crossover as a user's strategy."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from decimal import Decimal

import numpy as np

from benchmarks.backtest.market import CASH, FAST, SLOW, costs, predictions, shares_of
from benchmarks.backtest.timing import Timed, best_of
from qts_core.backtest import BacktestResult, run_event_backtest
from qts_core.exchange import fill_settings
from qts_core.market.bars import BarSlice
from qts_core.market.instruments import Instrument
from qts_core.market.panel import Floats, Panel
from qts_core.risk.settings import LimitSettings, LossSettings
from qts_core.trading.predictors import StoredPredictor
from qts_core.trading.settings import Construction, CoreSettings
from qts_core.trading.strategy import OrderWish, Strategy, View, Wanted
from qts_core.trading.strategy_predictor import StrategyPredictor

__all__ = ["crossover", "decision_path"]

SECTORS = 11
WIDE = LimitSettings(
    max_position_ratio=9.0, max_gross_ratio=9.0, max_net_ratio=9.0, max_sector_ratio=9.0, max_positions=999
)
NO_LADDER = LossSettings(daily_limit=9.0, weekly_limit=9.0, monthly_limit=9.0, daily_kill_limit=9.0, levels=())
"""Limits are checked at every bar, and none of them binds: the other programs have none."""


class Crossover(Strategy):
    """Long a fixed number of shares while the short average of closes is above the long one."""

    name = "crossover"

    def __init__(self, shares: Floats) -> None:
        self.shares = [Decimal(int(each)) for each in shares]
        self.seen: deque[Floats] = deque(maxlen=SLOW)
        self.quick, self.calm = np.zeros(len(shares)), np.zeros(len(shares))

    def on_bar(self, bars: BarSlice, view: View) -> Wanted:
        """Order what differs from the direction."""
        # In whole cents, so that two averages that are equal are equal here too.
        cents = np.rint(bars.close * 100.0)
        if len(self.seen) == SLOW:
            self.calm -= self.seen[0]
        if len(self.seen) >= FAST:
            self.quick -= self.seen[-FAST]
        self.seen.append(cents)
        self.quick += cents
        self.calm += cents
        if len(self.seen) < SLOW:
            return None
        changed = (self.quick / FAST > self.calm / SLOW) != (view.quantity + view.on_order > 0.0)
        return [
            OrderWish(view.symbols[i], -self.shares[i] if view.quantity[i] > 0.0 else self.shares[i])
            for i in np.flatnonzero(changed)
        ]


def instruments(panel: Panel) -> list[Instrument]:
    """Return the symbols in sectors."""
    return [Instrument(s, sector=f"Sector {i % SECTORS}") for i, s in enumerate(panel.symbols)]


def summed_up(result: BacktestResult) -> tuple[float, int]:
    """Return final equity and number of fills."""
    return float(result.equity[-1]), len(result.fills)


def crossover(panel: Panel, times: int = 1) -> Timed:
    """Run the crossover by the costs of the comparison."""
    settings = replace(CoreSettings(), construction=Construction.WEIGHTS, limits=WIDE, losses=NO_LADDER)

    def run(bars: Panel = panel) -> tuple[float, int]:
        predictor = StrategyPredictor(Crossover(shares_of(panel)), panel.symbols)
        return summed_up(
            run_event_backtest(
                bars, predictor, settings, instruments=instruments(panel), fills=costs(), cash=Decimal(CASH)
            )
        )

    run(panel.rows(slice(0, 2 * SLOW)))
    return best_of(run, times)


def decision_path(panel: Panel, times: int = 1) -> Timed:
    """Run the shipped path on random scores: selection, sizing, limits, orders, ledger, journal of decisions."""
    scores = predictions(panel)

    def run(bars: Panel = panel) -> tuple[float, int]:
        predictor = StoredPredictor(panel.timeline, panel.symbols, scores)
        return summed_up(
            run_event_backtest(
                bars, predictor, CoreSettings(), instruments=instruments(panel), fills=fill_settings("realistic")
            )
        )

    run(panel.rows(slice(0, 2 * SLOW)))
    return best_of(run, times)

"""Everything beyond single figures in one call: distributions, intervals, other histories, regimes, crises, capacity.

The report draws what stands here (specification 11.3). Seeded: the same input gives the same analysis.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qts_core.analytics.benchmark import BenchmarkComparison, compare
from qts_core.analytics.capacity import Capacity, capacity
from qts_core.analytics.cost_sweep import CostSweep, cost_sweep
from qts_core.analytics.drawdown_distribution import DrawdownDistribution
from qts_core.analytics.monte_carlo import MonteCarlo, resample_returns, resample_trades, shuffle_trades
from qts_core.analytics.regimes import RegimeLine, regimes
from qts_core.analytics.regression import Regression, regress
from qts_core.analytics.returns import DailyCurve
from qts_core.analytics.sharpe_difference import SharpeDifference, sharpe_difference
from qts_core.analytics.sharpe_intervals import SharpeIntervals, sharpe_intervals
from qts_core.analytics.sign_test import SignTest, sign_test
from qts_core.analytics.significance import TTest, t_test
from qts_core.analytics.spread import Spread
from qts_core.analytics.stress import StressLine, stress
from qts_core.analytics.tails import TailRisk, tail_risk
from qts_core.analytics.trade_distribution import TradeDistribution
from qts_core.market.panel import Floats

__all__ = ["Analysis", "AnalysisInput", "BenchmarkLine", "analyse"]


@dataclass(frozen=True, slots=True, eq=False)
class AnalysisInput:
    """What is analysed.

    Attributes
    ----------
    net : DailyCurve
        Equity at session closes after costs, D sessions.
    costs : float64 [D]
        Costs of each session over the equity before it, ratio (``Performance.session_costs``).
    trade_pnl, trade_bars : float64 [n], int64 [n]
        Round trips in the order of closing: profit net of costs, USD, and holding time, bars.
    benchmarks : mapping of str to float64 [D]
        Returns by name; the first also stands beside crises.
    market : float64 [D], optional
        Returns of the market that define regimes; the first benchmark by default.
    impact : float64 [D], optional
        ``impact_ratio`` of each session's orders, for the capacity.
    """

    net: DailyCurve
    costs: Floats
    trade_pnl: Floats
    trade_bars: NDArray[np.int64]
    benchmarks: Mapping[str, Floats] = field(default_factory=dict)
    market: Floats | None = None
    impact: Floats | None = None


@dataclass(frozen=True, slots=True)
class BenchmarkLine:
    """The strategy against one benchmark."""

    comparison: BenchmarkComparison
    regression: Regression
    sharpe: SharpeDifference


@dataclass(frozen=True, slots=True)
class Analysis:
    """What was found; each part states its n.

    Attributes
    ----------
    returns : Spread
        Of sessions, ratios.
    histories : MonteCarlo or None
        As many sessions drawn anew in blocks; with the probability of each drawdown.
    reordered, redrawn : MonteCarlo or None
        The trades in other orders, and drawn anew; None without trades.
    capacity : Capacity or None
        None where the impact of orders is not known.
    """

    returns: Spread
    drawdowns: DrawdownDistribution
    trades: TradeDistribution
    benchmarks: Mapping[str, BenchmarkLine]
    mean: TTest
    signs: SignTest
    sharpe: SharpeIntervals
    histories: MonteCarlo | None
    reordered: MonteCarlo | None
    redrawn: MonteCarlo | None
    regimes: tuple[RegimeLine, ...]
    stress: tuple[StressLine, ...]
    tails: TailRisk
    costs: CostSweep
    capacity: Capacity | None


def analyse(given: AnalysisInput, *, draws: int = 1000, seed: int = 7) -> Analysis:
    """Analyse a strategy's net returns and trades.

    Parameters
    ----------
    draws : int
        Resampled series of each simulation.
    seed : int
        Of all of them; each has a stream of its own, so that one more analysis changes none of the others.
    """
    returns = given.net.returns
    streams = [np.random.default_rng([seed, place]) for place in range(6)]
    first = next(iter(given.benchmarks.values()), None)
    market = first if given.market is None else given.market
    has_trades = len(given.trade_pnl) > 0
    return Analysis(
        returns=Spread.of(returns),
        drawdowns=DrawdownDistribution.of(np.r_[given.net.initial, given.net.equity]),
        trades=TradeDistribution.of(given.trade_pnl, given.trade_bars),
        benchmarks={
            name: BenchmarkLine(
                compare(returns, other), regress(returns, other), sharpe_difference(returns, other, streams[0])
            )
            for name, other in given.benchmarks.items()
        },
        mean=t_test(returns),
        signs=sign_test(returns, streams[1]),
        sharpe=sharpe_intervals(returns, streams[2], draws=draws),
        histories=resample_returns(returns, streams[3], draws=draws),
        reordered=shuffle_trades(given.trade_pnl, given.net.initial, streams[4], draws=draws) if has_trades else None,
        redrawn=resample_trades(given.trade_pnl, given.net.initial, streams[5], draws=draws) if has_trades else None,
        regimes=() if market is None else regimes(returns, market),
        stress=stress(given.net, first),
        tails=tail_risk(returns),
        costs=cost_sweep(returns, given.costs),
        capacity=None if given.impact is None else capacity(returns, given.impact),
    )

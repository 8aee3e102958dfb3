"""Measure everything that is defined, each value with the number of observations behind it (specification 11.3)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from qts_core.analytics import distribution, drawdown, ratios, returns, significance, tails
from qts_core.analytics.benchmark import BenchmarkComparison, compare
from qts_core.analytics.cost_sweep import break_even_multiple
from qts_core.analytics.definitions import METRICS, Family, MetricDefinition
from qts_core.analytics.drawdown_distribution import DrawdownDistribution
from qts_core.analytics.regression import regress
from qts_core.analytics.returns import DailyCurve
from qts_core.analytics.sharpe_intervals import robust_error
from qts_core.analytics.sign_test import sign_test
from qts_core.analytics.significance import SharpeEstimate
from qts_core.analytics.trades import TradeStatistics
from qts_core.market.panel import Floats
from qts_core.market.timeline import SESSIONS_PER_YEAR

__all__ = ["Measure", "Performance", "measure"]

SEED: Final = 7


@dataclass(frozen=True, slots=True)
class Measure:
    """One metric's value and the `n` observations (sessions, bars or trades) it was measured on."""

    definition: MetricDefinition
    value: float
    n: int
    counted: str


@dataclass(frozen=True, slots=True, eq=False)
class Performance:
    """What the metrics are measured on.

    Attributes
    ----------
    net, gross : DailyCurve
        Equity at session closes after and before costs.
    benchmark : DailyCurve or None
        Over the same sessions.
    bar_equity : float64 [T]
        Net equity at every bar, USD.
    gross_exposure, net_exposure, positions : float64 [T]
        Ratio of equity, ratio of equity, count.
    trade_pnl, trade_bars : float64 [n], int64 [n]
        Round trips in the order of closing: profit net of costs, USD, and holding time, bars.
    costs, traded_notional : float
        USD over the whole run.
    trials : int
        Trials in the ledger, for the deflated Sharpe ratio.
    trial_variance : float or None
        Variance of the trials' Sharpe ratios per session.
    """

    net: DailyCurve
    gross: DailyCurve
    benchmark: DailyCurve | None
    bar_equity: Floats
    gross_exposure: Floats
    net_exposure: Floats
    positions: Floats
    trade_pnl: Floats
    trade_bars: NDArray[np.int64]
    costs: float
    traded_notional: float
    trials: int = 1
    trial_variance: float | None = None

    @property
    def session_costs(self) -> Floats:
        """Costs of each session over the equity before it, ratio [D]."""
        paid = np.diff(self.gross.equity - self.net.equity, prepend=self.gross.initial - self.net.initial)
        costs: Floats = paid / np.r_[self.net.initial, self.net.equity[:-1]]
        return costs


def measure(performance: Performance) -> Mapping[str, Measure]:
    """Measure every metric of ``METRICS``, in its order; NaN where the data define none."""
    values: dict[str, tuple[float, int, str]] = {}
    for part in _PARTS:
        values.update(part(performance))
    return {name: Measure(definition, *values[name]) for name, definition in METRICS.items()}


_DRAWDOWNS: Final = (
    *(name for name, definition in METRICS.items() if definition.family is Family.DRAWDOWN),
    "burke_ratio",
    "sterling_ratio",
    "martin_ratio",
    "pain_ratio",
)
_Values = dict[str, tuple[float, int, str]]


def _counted(values: Mapping[str, float], n: int, counted: str) -> _Values:
    return {name: (float(value), n, counted) for name, value in values.items()}


def _returns(p: Performance) -> _Values:
    r = p.net.returns
    n = len(r)
    return _counted(
        {
            "total_return": returns.total_return(r) if n else math.nan,
            "annualised_return": returns.annualised_return(r),
            "annualised_volatility": returns.annualised_volatility(r),
            "best_session": float(np.max(r)) if n else math.nan,
            "worst_session": float(np.min(r)) if n else math.nan,
            "positive_sessions": float(np.mean(r > 0)) if n else math.nan,
            "sharpe_ratio": ratios.sharpe_ratio(r),
            "gross_sharpe_ratio": ratios.sharpe_ratio(p.gross.returns),
            "sortino_ratio": ratios.sortino_ratio(r),
            "calmar_ratio": ratios.calmar_ratio(r),
            "omega_ratio": ratios.omega_ratio(r),
            "skewness": distribution.skewness(r),
            "kurtosis": distribution.kurtosis(r),
            "value_at_risk": distribution.value_at_risk(r),
            "expected_shortfall": distribution.expected_shortfall(r),
            "tail_ratio": distribution.tail_ratio(r),
            "value_at_risk_99": distribution.value_at_risk(r, confidence=0.99),
            "expected_shortfall_99": distribution.expected_shortfall(r, confidence=0.99),
            "cornish_fisher_var": tails.cornish_fisher_var(r),
            "tail_index": tails.hill(-r).index,
        },
        n,
        "sessions",
    )


def _significance(p: Performance) -> _Values:
    r = p.net.returns
    estimate = SharpeEstimate.of(r)
    interval = significance.sharpe_interval(estimate)
    test = significance.t_test(r)
    robust = float(ndtri(0.975)) * robust_error(r)
    root = math.sqrt(SESSIONS_PER_YEAR)
    return _counted(
        {
            "sharpe_low": interval.low * root,
            "sharpe_high": interval.high * root,
            "sharpe_robust_low": (estimate.sharpe - robust) * root,
            "sharpe_robust_high": (estimate.sharpe + robust) * root,
            "probabilistic_sharpe": significance.probabilistic_sharpe_ratio(estimate),
            "deflated_sharpe": significance.deflated_sharpe_ratio(estimate, trials=p.trials, variance=p.trial_variance),
            "minimum_track_record": significance.minimum_track_record_length(estimate),
            "t_statistic": test.statistic,
            "p_value": test.p_value,
            "sign_test_p": sign_test(r, np.random.default_rng(SEED)).p_value,
        },
        len(r),
        "sessions",
    )


def _drawdowns(p: Performance) -> _Values:
    equity = np.r_[p.net.initial, p.net.equity]
    spread = DrawdownDistribution.of(equity)
    episodes = spread.episodes
    annual = returns.annualised_return(p.net.returns)
    last = len(equity) - 1
    if not last:
        return _counted(dict.fromkeys(_DRAWDOWNS, math.nan), 0, "sessions")
    ulcer, pain = drawdown.ulcer_index(equity), drawdown.pain_index(equity)
    daily = {
        "average_drawdown": drawdown.average_drawdown(equity),
        "median_drawdown": spread.depth.median if episodes else 0.0,
        "deep_drawdown": spread.depth.quantiles[0.95] if episodes else 0.0,
        "average_drawdown_duration": spread.duration.mean if episodes else 0.0,
        "average_recovery": spread.recovery.mean if spread.recovery.n else 0.0,
        "longest_drawdown": int(spread.duration.highest) if episodes else 0,
        "longest_recovery": max((d.recovery for d in episodes if d.recovery is not None), default=0),
        "time_under_water": float(np.mean(drawdown.drawdown_curve(equity)[1:] < 0)),
        "ulcer_index": ulcer,
        "pain_index": pain,
        "martin_ratio": annual / ulcer if ulcer > 0 else math.nan,
        "pain_ratio": annual / pain if pain > 0 else math.nan,
        "burke_ratio": drawdown.burke_ratio(equity, annual),
        "sterling_ratio": drawdown.sterling_ratio(equity, annual),
    }
    deepest = drawdown.max_drawdown(np.r_[p.net.initial, p.bar_equity])
    return _counted(daily, last, "sessions") | _counted({"max_drawdown": deepest}, len(p.bar_equity), "bars")


def _trades(p: Performance) -> _Values:
    s = TradeStatistics.of(p.trade_pnl, p.trade_bars)
    sessions = len(p.net)
    every = {
        "trades": s.n,
        "win_rate": s.win_rate,
        "payoff_ratio": s.payoff_ratio,
        "profit_factor": s.profit_factor,
        "expectancy": s.expectancy,
        "trade_duration": s.duration,
        "median_trade_duration": float(np.median(p.trade_bars)) if s.n else math.nan,
        "longest_winning_streak": s.winning_streaks.longest,
        "longest_losing_streak": s.losing_streaks.longest,
        "average_winning_streak": s.winning_streaks.average,
        "average_losing_streak": s.losing_streaks.average,
        "trades_per_session": s.n / sessions if sessions else math.nan,
    }
    won = {"average_win": s.average_win, "winning_duration": s.winning_duration}
    lost = {"average_loss": s.average_loss, "losing_duration": s.losing_duration}
    return _counted(every, s.n, "trades") | _counted(won, s.wins, "wins") | _counted(lost, s.losses, "losses")


def _benchmark(p: Performance) -> _Values:
    nan = math.nan
    c = (
        BenchmarkComparison(0, nan, nan, nan, nan, nan, nan, nan)
        if p.benchmark is None
        else compare(p.net.returns, p.benchmark.returns)
    )
    return _counted(
        {
            "alpha": c.alpha,
            "alpha_t": math.nan if p.benchmark is None else regress(p.net.returns, p.benchmark.returns).alpha_t,
            "beta": c.beta,
            "r_squared": c.r_squared,
            "tracking_error": c.tracking_error,
            "active_return": c.active_return,
            "information_ratio": c.information_ratio,
            "treynor_ratio": c.treynor_ratio,
        },
        c.n,
        "sessions",
    )


def _costs(p: Performance) -> _Values:
    bars = len(p.bar_equity)
    sessions = len(p.net)
    equity = float(np.mean(p.bar_equity)) if bars else math.nan
    yearly = SESSIONS_PER_YEAR / sessions / equity if sessions and equity > 0 else math.nan
    money = {
        "total_costs": p.costs,
        "cost_per_turnover": p.costs / p.traded_notional * 10_000 if p.traded_notional > 0 else math.nan,
        "annual_turnover": p.traded_notional * yearly,
        "cost_drag": p.costs * yearly,
        "break_even_costs": break_even_multiple(p.net.returns, p.session_costs),
    }
    exposure = {
        "average_gross_exposure": _mean(p.gross_exposure),
        "average_net_exposure": _mean(p.net_exposure),
        "time_in_market": _mean((p.positions > 0).astype(np.float64)),
        "average_positions": _mean(p.positions),
    }
    return _counted(money, sessions, "sessions") | _counted(exposure, bars, "bars")


def _mean(values: Floats) -> float:
    return float(np.mean(values)) if len(values) else math.nan


_PARTS: Final[tuple[Callable[[Performance], _Values], ...]] = (
    _returns,
    _significance,
    _drawdowns,
    _trades,
    _benchmark,
    _costs,
)

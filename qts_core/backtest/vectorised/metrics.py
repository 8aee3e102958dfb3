"""What an equity curve earned and risked, compiled: the metrics of every combination of a sweep (specification 11.3).

Each is the metric of the same name in :mod:`qts_core.analytics`, to the last digits of a float.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qts_core.backtest.vectorised.loop import Ledger
from qts_core.features.kernels.jit import kernel
from qts_core.features.kernels.sums import pairwise_sum
from qts_core.market.panel import Floats
from qts_core.market.timeline import SESSIONS_PER_YEAR, Timeline

__all__ = ["METRIC_NAMES", "measure_ledger", "session_ends"]

METRIC_NAMES = (
    "final_equity", "total_return", "annualised_return", "annualised_volatility", "sharpe_ratio", "sortino_ratio",
    "calmar_ratio", "max_drawdown", "average_gross_exposure", "time_in_market", "total_costs", "traded_value", "fills",
)  # fmt: skip
"""Columns of :func:`measure_ledger`; money in USD, ratios per year or of equity."""


def session_ends(timeline: Timeline) -> NDArray[np.int64]:
    """Return the last row of each session, int64 [D]."""
    return np.flatnonzero(np.r_[np.diff(timeline.session) != 0, True]) if len(timeline) else np.zeros(0, dtype=np.int64)


@kernel
def drawdown_from(initial: float, equity: Floats) -> float:
    """Return the deepest fall from a peak, ratio of the peak."""
    peak, deepest = initial, 0.0
    for now in equity:
        peak = max(peak, now)
        deepest = max(deepest, (peak - now) / peak)
    return deepest


@kernel
def measure_ledger(ledger: Ledger, initial: float, ends: NDArray[np.int64], out: Floats) -> None:
    """Write the metrics of a run into `out`, float64 [13]; NaN where the curve defines none.

    Parameters
    ----------
    initial : float
        Equity at the start, USD.
    ends : int64 [D]
        Last row of each session.
    """
    out[:] = np.nan
    bars, sessions = len(ledger.equity), len(ends)
    out[10] = ledger.costs.sum()
    out[11] = pairwise_sum(ledger.traded)
    out[12] = ledger.fills.sum()
    if not sessions:
        out[0] = initial
        return
    out[0] = ledger.equity[-1]
    out[7] = drawdown_from(initial, ledger.equity)
    exposed, held = np.zeros(bars), 0
    for row in range(bars):
        held += ledger.gross[row] > 0.0
        if ledger.equity[row] > 0.0:
            exposed[row] = ledger.gross[row] / ledger.equity[row]
    out[8] = pairwise_sum(exposed) / bars
    out[9] = held / bars
    returns = np.empty(sessions)
    curve = np.empty(sessions)
    before, growth = initial, 1.0
    for i in range(sessions):
        now = ledger.equity[ends[i]]
        returns[i] = now / before - 1.0
        before = now
        growth *= 1.0 + returns[i]
        curve[i] = growth
    out[1] = growth - 1.0
    out[2] = growth ** (SESSIONS_PER_YEAR / sessions) - 1.0 if growth > 0.0 else -1.0
    ratios_of(returns, curve, out)


@kernel
def ratios_of(returns: Floats, curve: Floats, out: Floats) -> None:
    """Write what follows from the sessions' returns [D] and their compound growth [D]."""
    count = len(returns)
    year = np.sqrt(float(SESSIONS_PER_YEAR))
    mean = pairwise_sum(returns) / count
    spread = returns.max() - returns.min()
    largest = np.abs(returns).max()
    if count >= 2:
        deviation = np.sqrt(pairwise_sum((returns - mean) ** 2) / (count - 1))
        out[3] = deviation * year
        if spread > max(1e-14 * largest, 1e-100):
            out[4] = mean / deviation * year
    shortfall = np.sqrt(pairwise_sum(np.minimum(returns, 0.0) ** 2) / count)
    if shortfall > 0.0:
        out[5] = mean / shortfall * year
    deepest = drawdown_from(1.0, curve)
    if deepest > 0.0:
        out[6] = out[2] / deepest

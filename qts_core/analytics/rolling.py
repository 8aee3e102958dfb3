"""Measures over a moving window of sessions (specification 11.3)."""

from __future__ import annotations

import math

import numpy as np

from qts_core.market.panel import Floats
from qts_core.market.timeline import SESSIONS_PER_YEAR

__all__ = ["rolling_beta", "rolling_sharpe", "rolling_volatility"]


def rolling_volatility(returns: Floats, *, window: int, periods_per_year: int = SESSIONS_PER_YEAR) -> Floats:
    """Return the annualised sample deviation of the last `window` returns, ratio [n]; NaN during warm-up.

    Raises
    ------
    ValueError
        If `window` is below 2.
    """
    deviation: Floats = _windows(returns, window).std(axis=1, ddof=1) * math.sqrt(periods_per_year)
    return deviation


def rolling_sharpe(returns: Floats, *, window: int, periods_per_year: int = SESSIONS_PER_YEAR) -> Floats:
    """Return the annualised Sharpe ratio of the last `window` returns [n]; NaN during warm-up and without deviation."""
    windows = _windows(returns, window)
    deviation = windows.std(axis=1, ddof=1)
    flat = ~(deviation > 1e-14 * np.abs(windows).max(axis=1))
    return np.where(flat, np.nan, windows.mean(axis=1) / np.where(flat, 1.0, deviation)) * math.sqrt(periods_per_year)


def rolling_beta(returns: Floats, benchmark: Floats, *, window: int) -> Floats:
    """Return the slope of `returns` on `benchmark` over the last `window` of both [n].

    NaN during warm-up and where the benchmark does not move.

    Raises
    ------
    ValueError
        If the lengths differ or `window` is below 2.
    """
    if len(returns) != len(benchmark):
        raise ValueError(f"{len(returns)} returns but {len(benchmark)} of the benchmark")
    own, other = _windows(returns, window), _windows(benchmark, window)
    centred = other - other.mean(axis=1, keepdims=True)
    spread = (centred**2).sum(axis=1)
    flat = ~(spread > window * 1e-28 * np.abs(other).max(axis=1) ** 2)
    return np.where(flat, np.nan, (own * centred).sum(axis=1) / np.where(flat, 1.0, spread))


def _windows(values: Floats, window: int) -> Floats:
    """Return the last `window` values at each place, [n, window], NaN before there are as many."""
    if window < 2:
        raise ValueError(f"a window needs at least 2 values, found {window}")
    padded = np.concatenate([np.full(window - 1, np.nan), values])
    return np.lib.stride_tricks.sliding_window_view(padded, window)

"""Measures over a moving window of sessions (specification 11.3)."""

from __future__ import annotations

import math

import numpy as np

from qts_core.market.panel import Floats
from qts_core.market.timeline import SESSIONS_PER_YEAR

__all__ = ["rolling_sharpe", "rolling_volatility"]


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


def _windows(values: Floats, window: int) -> Floats:
    """Return the last `window` values at each place, [n, window], NaN before there are as many."""
    if window < 2:
        raise ValueError(f"a window needs at least 2 values, found {window}")
    padded = np.concatenate([np.full(window - 1, np.nan), values])
    return np.lib.stride_tricks.sliding_window_view(padded, window)

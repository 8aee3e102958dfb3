"""How long the blocks of a bootstrap must be for returns that hang together in time (specification 11.4)."""

from __future__ import annotations

import math

import numpy as np

from qts_core.analytics.returns import is_constant
from qts_core.market.panel import Floats

__all__ = ["block_length"]


def block_length(values: Floats) -> float:
    """Return the mean block length that the stationary bootstrap of a series should use.

    Parameters
    ----------
    values : float64 [n]

    Returns
    -------
    float
        At least 1, at most ``min(3 sqrt(n), n / 3)``; 1 for a series too short or too plain to say.

    References
    ----------
    Politis and White (2004), "Automatic Block-Length Selection for the Dependent Bootstrap", Econometric Reviews
    23(1), 53-70, with the correction of Patton, Politis and White (2009), Econometric Reviews 28(4), 372-375.
    """
    n = len(values)
    if n < 10 or is_constant(values):
        return 1.0
    most = max(1.0, min(math.ceil(3 * math.sqrt(n)), n / 3))
    quiet = max(5, math.ceil(math.sqrt(math.log10(n))))
    lags = min(n - 1, math.ceil(math.sqrt(n)) + quiet)
    covariance = _covariances(values, lags)
    bandwidth = min(2 * _last_lag(covariance / covariance[0], n, quiet), lags)
    if bandwidth == 0:
        return 1.0
    lag = np.arange(1, bandwidth + 1)
    # The flat-top window: 1 to half the bandwidth, then down to 0.
    window = np.minimum(1.0, 2.0 * (1.0 - lag / bandwidth))
    slope = 2.0 * float(np.sum(window * lag * covariance[lag]))
    level = float(covariance[0] + 2.0 * np.sum(window * covariance[lag]))
    if level == 0.0:
        return most
    return float(min(most, max(1.0, ((slope / level) ** 2 * n) ** (1 / 3))))


def _covariances(values: Floats, lags: int) -> Floats:
    centred = values - values.mean()
    n = len(values)
    later = np.lib.stride_tricks.sliding_window_view(np.concatenate([centred, np.zeros(lags)]), n)
    covariances: Floats = later @ centred / n
    return covariances


def _last_lag(correlation: Floats, n: int, quiet: int) -> int:
    """Return the lag after which `quiet` correlations in a row are no more than noise."""
    loud = np.abs(correlation[1:]) >= 2.0 * math.sqrt(math.log10(n) / n)
    if not loud.any():
        return 0
    for lag in range(len(loud) - quiet + 1):
        if not loud[lag : lag + quiet].any():
            return lag
    return int(np.flatnonzero(loud)[-1]) + 1

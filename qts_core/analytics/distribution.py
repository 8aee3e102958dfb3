"""The shape of returns: moments, quantile losses and tails (specification 11.3)."""

from __future__ import annotations

import math

import numpy as np

from qts_core.market.panel import Floats

__all__ = ["expected_shortfall", "kurtosis", "skewness", "tail_ratio", "value_at_risk"]


def skewness(returns: Floats) -> float:
    """Return the third standardised moment of returns [n], population form; NaN below two different values."""
    return _standardised_moment(returns, 3)


def kurtosis(returns: Floats) -> float:
    """Return the fourth standardised moment of returns [n], population form: 3 for a normal variable."""
    return _standardised_moment(returns, 4)


def value_at_risk(returns: Floats, *, confidence: float = 0.95) -> float:
    """Return the historical value at risk as a positive loss ratio: minus the quantile at 1 - `confidence`.

    Notes
    -----
    The quantile interpolates linearly between order statistics (Hyndman and Fan, type 7).
    """
    return -float(np.quantile(returns, 1 - confidence)) if len(returns) else math.nan


def expected_shortfall(returns: Floats, *, confidence: float = 0.95) -> float:
    """Return the mean loss at or beyond the value at risk, as a positive ratio.

    References
    ----------
    Acerbi and Tasche (2002), Journal of Banking & Finance 26(7), 1487-1503.
    """
    if not len(returns):
        return math.nan
    threshold = np.quantile(returns, 1 - confidence)
    return -float(np.mean(returns[returns <= threshold]))


def tail_ratio(returns: Floats) -> float:
    """Return the 95 % quantile over the absolute 5 % quantile: above 1 when gains reach further than losses."""
    if not len(returns):
        return math.nan
    low, high = np.quantile(returns, [0.05, 0.95])
    return float(high / abs(low)) if low != 0 else math.nan


def _standardised_moment(returns: Floats, order: int) -> float:
    if len(returns) < 2:
        return math.nan
    centred = returns - np.mean(returns)
    deviation = float(np.sqrt(np.mean(centred**2)))
    # Rounding leaves a constant series with a deviation of about one unit in the last place.
    if deviation <= 1e-14 * float(np.max(np.abs(returns))):
        return math.nan
    return float(np.mean((centred / deviation) ** order))

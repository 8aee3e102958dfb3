"""Intervals of a Sharpe ratio under four sets of assumptions, and whether two ratios differ (specification 11.3)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from qts_core.analytics.bootstrap import bootstrap_interval
from qts_core.analytics.overfitting import block_length
from qts_core.analytics.ratios import sharpe_ratio
from qts_core.analytics.regression import hac_covariance, newey_west_lags
from qts_core.analytics.returns import is_constant
from qts_core.analytics.significance import Interval, SharpeEstimate, sharpe_interval
from qts_core.market.panel import Floats
from qts_core.market.timeline import SESSIONS_PER_YEAR

__all__ = ["SharpeIntervals", "annualisation_factor", "lo_error", "robust_error", "sharpe_intervals"]


@dataclass(frozen=True, slots=True)
class SharpeIntervals:
    """A Sharpe ratio over `n` sessions with intervals, all annualised.

    Attributes
    ----------
    n : int
    sharpe : float
        Annualised by the root of 252.
    autocorrelated_sharpe : float
        Annualised with the autocorrelation of the sessions taken in (Lo 2002): what a year shows.
    normal : Interval
        Independent normal returns (Lo 2002, equation 9).
    moments : Interval
        Independent, skewed and fat-tailed returns (Mertens 2002).
    robust : Interval
        Dependent returns of any shape (Lo 2002, section on GMM; Newey-West).
    resampled : Interval
        Stationary bootstrap, percentiles.
    mean_block : float
        Sessions kept together by the bootstrap (Politis and White 2004).
    """

    n: int
    sharpe: float
    autocorrelated_sharpe: float
    normal: Interval
    moments: Interval
    robust: Interval
    resampled: Interval
    mean_block: float


def lo_error(sharpe: float, n: int) -> float:
    """Return the standard error of a Sharpe ratio of independent normal returns, per observation.

    References
    ----------
    Lo (2002), "The Statistics of Sharpe Ratios", Financial Analysts Journal 58(4), 36-52, equation 9.
    """
    return math.sqrt((1 + 0.5 * sharpe * sharpe) / n) if n else math.nan


def robust_error(returns: Floats, *, lags: int | None = None) -> float:
    """Return the standard error of the Sharpe ratio of returns [n] of any shape and dependence, per observation.

    Notes
    -----
    The delta method on (mean, variance) with the Newey-West covariance of their moments.

    References
    ----------
    Lo (2002), equations 16 to 19 and appendix.
    """
    n = len(returns)
    if n < 3 or is_constant(returns):
        return math.nan
    mean, variance = float(returns.mean()), float(returns.var())
    centred = returns - mean
    moments = np.column_stack([centred, centred**2 - variance])
    covariance = hac_covariance(moments, newey_west_lags(n) if lags is None else lags)
    gradient = np.array([1 / math.sqrt(variance), -mean / (2 * variance**1.5)])
    return math.sqrt(max(float(gradient @ covariance @ gradient), 0.0) / n)


def annualisation_factor(autocorrelation: Floats, periods: int) -> float:
    """Return by what a Sharpe ratio per period is multiplied for `periods` of them together.

    Parameters
    ----------
    autocorrelation : float64 [K]
        At lags 1 to K; further ones count as zero. Without any the factor is the root of `periods`.

    References
    ----------
    Lo (2002), equation 20.
    """
    lags = np.arange(1, min(len(autocorrelation), periods - 1) + 1)
    total = periods + 2 * float(np.sum((periods - lags) * autocorrelation[: len(lags)]))
    return periods / math.sqrt(total) if total > 0 else math.nan


def sharpe_intervals(
    returns: Floats,
    generator: np.random.Generator,
    *,
    confidence: float = 0.95,
    draws: int = 1000,
    periods_per_year: int = SESSIONS_PER_YEAR,
) -> SharpeIntervals:
    """Return the Sharpe ratio of returns [n] per session with its intervals."""
    n = len(returns)
    estimate = SharpeEstimate.of(returns)
    root = math.sqrt(periods_per_year)
    block = block_length(returns) if n > 3 and not is_constant(returns) else 1.0
    moments = sharpe_interval(estimate, confidence=confidence)
    factor = annualisation_factor(_autocorrelation(returns, newey_west_lags(n)), periods_per_year)
    return SharpeIntervals(
        n=n,
        sharpe=estimate.sharpe * root,
        autocorrelated_sharpe=estimate.sharpe * factor,
        normal=_around(estimate.sharpe, lo_error(estimate.sharpe, n), confidence, root),
        moments=Interval(moments.low * root, moments.high * root, confidence),
        robust=_around(estimate.sharpe, robust_error(returns), confidence, root),
        resampled=bootstrap_interval(
            returns, sharpe_ratio, generator, mean_block=block, draws=draws, confidence=confidence
        ),
        mean_block=block,
    )


def _around(centre: float, error: float, confidence: float, root: float) -> Interval:
    margin = float(ndtri(0.5 + confidence / 2)) * error
    return Interval((centre - margin) * root, (centre + margin) * root, confidence)


def _autocorrelation(returns: Floats, lags: int) -> Floats:
    n = len(returns)
    if n < 3 or is_constant(returns):
        return np.array([], dtype=np.float64)
    centred = returns - returns.mean()
    variance = float(centred @ centred)
    return np.array([float(centred[k:] @ centred[:-k]) / variance for k in range(1, lags + 1)], dtype=np.float64)

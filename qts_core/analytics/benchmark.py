"""Against a benchmark: alpha, beta, tracking error, information ratio (specification 11.3)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from qts_core.analytics.returns import annualised_return, is_constant
from qts_core.market.panel import Floats
from qts_core.market.timeline import SESSIONS_PER_YEAR

__all__ = ["BenchmarkComparison", "compare"]


@dataclass(frozen=True, slots=True)
class BenchmarkComparison:
    """A strategy against its benchmark over `n` common periods.

    Attributes
    ----------
    alpha : float
        Jensen's alpha, annualised ratio (arithmetic).
    beta, r_squared : float
        Slope and fit of the regression of strategy on benchmark returns.
    tracking_error : float
        Standard deviation of the active return, annualised ratio.
    active_return : float
        Annualised return less that of the benchmark, ratio.
    information_ratio : float
        Mean active return over its standard deviation, annualised.
    treynor_ratio : float
        Annualised mean excess return over beta, ratio.
    """

    n: int
    alpha: float
    beta: float
    r_squared: float
    tracking_error: float
    active_return: float
    information_ratio: float
    treynor_ratio: float


def compare(
    returns: Floats, benchmark: Floats, *, risk_free: float = 0.0, periods_per_year: int = SESSIONS_PER_YEAR
) -> BenchmarkComparison:
    """Compare returns [n] with benchmark returns [n] of the same periods.

    Parameters
    ----------
    returns, benchmark : float64 [n]
        Simple returns per period, ratio.
    risk_free : float, default 0
        Risk-free return per period, ratio.
    periods_per_year : int, default 252

    Raises
    ------
    ValueError
        If the lengths differ.

    References
    ----------
    Jensen (1968), Journal of Finance 23(2), 389-416. Treynor (1965), Harvard Business Review 43(1), 63-75.
    """
    n = len(returns)
    if n != len(benchmark):
        raise ValueError(f"{n} returns but {len(benchmark)} of the benchmark")
    nan = math.nan
    if n < 2:
        return BenchmarkComparison(n, nan, nan, nan, nan, nan, nan, nan)
    active = returns - benchmark
    spread = nan if is_constant(active) else float(np.std(active, ddof=1))
    root = math.sqrt(periods_per_year)
    beta = alpha = fit = treynor = nan
    if not is_constant(benchmark):
        covariance = np.cov(returns, benchmark, ddof=1)
        beta = float(covariance[0, 1] / covariance[1, 1])
        excess = float(np.mean(returns)) - risk_free
        alpha = (excess - beta * (float(np.mean(benchmark)) - risk_free)) * periods_per_year
        treynor = excess * periods_per_year / beta if beta != 0 else nan
        fit = nan if is_constant(returns) else float(covariance[0, 1] ** 2 / (covariance[0, 0] * covariance[1, 1]))
    return BenchmarkComparison(
        n=n,
        alpha=alpha,
        beta=beta,
        r_squared=fit,
        tracking_error=spread * root,
        active_return=annualised_return(returns, periods_per_year=periods_per_year)
        - annualised_return(benchmark, periods_per_year=periods_per_year),
        information_ratio=float(np.mean(active)) / spread * root,
        treynor_ratio=treynor,
    )

"""Alpha and beta with honest errors: least squares with Newey-West covariance (specification 11.3)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from qts_core.analytics.returns import is_constant
from qts_core.market.panel import Floats
from qts_core.market.timeline import SESSIONS_PER_YEAR

__all__ = ["Regression", "hac_covariance", "newey_west_lags", "regress"]


@dataclass(frozen=True, slots=True)
class Regression:
    """Returns explained by a benchmark's over `n` sessions.

    Attributes
    ----------
    alpha, alpha_error : float
        Annualised ratio (arithmetic), and its standard error.
    beta, beta_error : float
    alpha_t, alpha_p : float
        Statistic and two-sided p-value of "no alpha", normal approximation.
    r_squared : float
    lags : int
        Of the covariance.
    """

    n: int
    alpha: float
    alpha_error: float
    beta: float
    beta_error: float
    alpha_t: float
    alpha_p: float
    r_squared: float
    lags: int


def newey_west_lags(n: int) -> int:
    """Return ``floor(4 (n / 100)^(2/9))`` lags, at most n - 1.

    References
    ----------
    Newey and West (1994), Review of Economic Studies 61(4), 631-653.
    """
    return max(0, min(int(4 * (n / 100) ** (2 / 9)), n - 1))


def hac_covariance(moments: Floats, lags: int) -> Floats:
    """Return the long-run covariance of moments [n, k] that have mean zero, float64 [k, k], Bartlett weights.

    References
    ----------
    Newey and West (1987), Econometrica 55(3), 703-708.
    """
    n = len(moments)
    total = moments.T @ moments / n
    for lag in range(1, min(lags, n - 1) + 1):
        shared = moments[lag:].T @ moments[:-lag] / n
        total += (1 - lag / (lags + 1)) * (shared + shared.T)
    return np.asarray(total, dtype=np.float64)


def regress(
    returns: Floats, benchmark: Floats, *, lags: int | None = None, periods_per_year: int = SESSIONS_PER_YEAR
) -> Regression:
    """Regress returns [n] on those of a benchmark [n] with a constant; everything is NaN below three sessions.

    Raises
    ------
    ValueError
        If the lengths differ.
    """
    n = len(returns)
    if n != len(benchmark):
        raise ValueError(f"{n} returns but {len(benchmark)} of the benchmark")
    used = newey_west_lags(n) if lags is None else lags
    if n < 3 or is_constant(benchmark):
        nan = math.nan
        return Regression(n, nan, nan, nan, nan, nan, nan, nan, used)
    design = np.column_stack([np.ones(n), benchmark])
    inverse = np.linalg.inv(design.T @ design)
    alpha, beta = (inverse @ (design.T @ returns)).tolist()
    residual = returns - design @ np.array([alpha, beta])
    covariance = inverse @ (n * hac_covariance(design * residual[:, None], used)) @ inverse
    errors = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    t = alpha / float(errors[0]) if errors[0] > 0 else math.nan
    spread = float(np.sum((returns - returns.mean()) ** 2))
    return Regression(
        n=n,
        alpha=alpha * periods_per_year,
        alpha_error=float(errors[0]) * periods_per_year,
        beta=beta,
        beta_error=float(errors[1]),
        alpha_t=t,
        alpha_p=float(2 * ndtr(-abs(t))),
        r_squared=1 - float(residual @ residual) / spread if spread > 0 else math.nan,
        lags=used,
    )

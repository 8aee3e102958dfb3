"""How far a Sharpe ratio can be believed: interval, PSR, deflated Sharpe, minimum track record (specification 11.3)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import ndtr, ndtri, stdtr

from qts_core.analytics.distribution import kurtosis, skewness
from qts_core.analytics.returns import is_constant
from qts_core.market.panel import Floats

__all__ = [
    "Interval",
    "SharpeEstimate",
    "TTest",
    "deflated_sharpe_ratio",
    "expected_maximum_sharpe",
    "minimum_track_record_length",
    "probabilistic_sharpe_ratio",
    "sharpe_interval",
    "sharpe_standard_error",
    "t_test",
    "wilson_interval",
]

EULER_MASCHERONI: Final = 0.5772156649015329


@dataclass(frozen=True, slots=True)
class Interval:
    """A two-sided confidence interval; `confidence` is a ratio such as 0.95."""

    low: float
    high: float
    confidence: float


@dataclass(frozen=True, slots=True)
class SharpeEstimate:
    """A Sharpe ratio with what is needed to judge it.

    Attributes
    ----------
    sharpe : float
        Mean over standard deviation of the returns, per observation, **not annualised**.
    n : int
        Number of observations.
    skewness, kurtosis : float
        Of the returns; the kurtosis of a normal variable is 3.
    """

    sharpe: float
    n: int
    skewness: float = 0.0
    kurtosis: float = 3.0

    @classmethod
    def of(cls, returns: Floats) -> SharpeEstimate:
        """Estimate from returns per observation [n]; everything is NaN below two different values."""
        n = len(returns)
        if n < 2 or is_constant(returns):
            return cls(math.nan, n, math.nan, math.nan)
        return cls(
            float(np.mean(returns) / np.std(returns, ddof=1)), n, float(skewness(returns)), float(kurtosis(returns))
        )

    def annualised(self, periods_per_year: int) -> float:
        """Return the ratio times the root of `periods_per_year` (252 for daily observations)."""
        return self.sharpe * math.sqrt(periods_per_year)


def sharpe_standard_error(estimate: SharpeEstimate) -> float:
    """Return the standard error of a Sharpe ratio of skewed, fat-tailed returns, per observation.

    Returns
    -------
    float
        ``sqrt((1 - skewness SR + (kurtosis - 1) / 4 SR²) / (n - 1))``; NaN below two observations.

    References
    ----------
    Mertens (2002), "Comments on variance of the IID estimator in Lo (2002)".
    Bailey and López de Prado (2012), "The Sharpe Ratio Efficient Frontier", Journal of Risk 15(2), equation 8.
    """
    spread = _spread(estimate)
    return math.sqrt(spread / (estimate.n - 1)) if estimate.n > 1 and spread >= 0 else math.nan


def sharpe_interval(estimate: SharpeEstimate, *, confidence: float = 0.95) -> Interval:
    """Return the two-sided confidence interval of a Sharpe ratio, per observation (normal approximation)."""
    margin = float(ndtri(0.5 + confidence / 2)) * sharpe_standard_error(estimate)
    return Interval(estimate.sharpe - margin, estimate.sharpe + margin, confidence)


def probabilistic_sharpe_ratio(estimate: SharpeEstimate, *, benchmark: float = 0.0) -> float:
    """Return the probability that the true Sharpe ratio exceeds `benchmark`.

    Parameters
    ----------
    estimate : SharpeEstimate
        Of the strategy, per observation.
    benchmark : float, default 0
        Sharpe ratio to beat, per observation.

    Returns
    -------
    float
        A probability in [0, 1]; NaN when the estimate is undefined, so that a gate denies it.

    References
    ----------
    Bailey and López de Prado (2012), "The Sharpe Ratio Efficient Frontier", Journal of Risk 15(2), equation 9.
    """
    error = sharpe_standard_error(estimate)
    return float(ndtr((estimate.sharpe - benchmark) / error)) if error > 0 else math.nan


def expected_maximum_sharpe(*, trials: int, variance: float) -> float:
    """Return the Sharpe ratio that the best of `trials` worthless strategies is expected to show.

    Parameters
    ----------
    trials : int
        Number of independent trials, kept and thrown away.
    variance : float
        Variance of the Sharpe ratio across the trials; the result is in the same unit of time.

    Raises
    ------
    ValueError
        If `trials` is below 1 or `variance` is negative.

    References
    ----------
    Bailey and López de Prado (2014), "The Deflated Sharpe Ratio", Journal of Portfolio Management 40(5), equation 1.
    """
    if trials < 1 or variance < 0:
        raise ValueError(f"needs trials >= 1 and variance >= 0, found {trials} and {variance}")
    if trials == 1:
        return 0.0
    upper = (1 - EULER_MASCHERONI) * float(ndtri(1 - 1 / trials))
    tail = EULER_MASCHERONI * float(ndtri(1 - 1 / (trials * math.e)))
    return math.sqrt(variance) * (upper + tail)


def deflated_sharpe_ratio(estimate: SharpeEstimate, *, trials: int, variance: float | None = None) -> float:
    """Return the probability that the Sharpe ratio is real, given how many trials it was chosen from.

    Parameters
    ----------
    estimate : SharpeEstimate
        Of the chosen strategy, per observation.
    trials : int
        Number of independent trials in the ledger.
    variance : float, optional
        Variance of the trials' Sharpe ratios, per observation. Without it the sampling variance of a worthless
        strategy, ``1 / (n - 1)``, stands in: the least that trials on the same sample would spread by chance.

    Returns
    -------
    float
        The probabilistic Sharpe ratio against :func:`expected_maximum_sharpe`; NaN when undefined.

    References
    ----------
    Bailey and López de Prado (2014), "The Deflated Sharpe Ratio", Journal of Portfolio Management 40(5), equation 2.
    """
    if estimate.n < 2:
        return math.nan
    spread = 1 / (estimate.n - 1) if variance is None else variance
    return probabilistic_sharpe_ratio(estimate, benchmark=expected_maximum_sharpe(trials=trials, variance=spread))


def minimum_track_record_length(estimate: SharpeEstimate, *, benchmark: float = 0.0, confidence: float = 0.95) -> float:
    """Return how many observations are needed to say that the true Sharpe ratio exceeds `benchmark`.

    Returns
    -------
    float
        Number of observations at the estimate's frequency; infinite when the estimate is not above `benchmark`,
        NaN when it is undefined.

    References
    ----------
    Bailey and López de Prado (2012), "The Sharpe Ratio Efficient Frontier", Journal of Risk 15(2), equation 11.
    """
    if math.isnan(estimate.sharpe):
        return math.nan
    if estimate.sharpe <= benchmark:
        return math.inf
    return 1 + _spread(estimate) * (float(ndtri(confidence)) / (estimate.sharpe - benchmark)) ** 2


@dataclass(frozen=True, slots=True)
class TTest:
    """Student's t statistic of a mean against zero, with its two-sided p-value and the number of observations."""

    statistic: float
    p_value: float
    n: int


def t_test(returns: Floats) -> TTest:
    """Test whether the mean of returns [n] differs from zero (two-sided, n - 1 degrees of freedom)."""
    n = len(returns)
    if n < 2 or is_constant(returns):
        return TTest(math.nan, math.nan, n)
    statistic = float(np.mean(returns) / np.std(returns, ddof=1) * math.sqrt(n))
    return TTest(statistic, float(2 * stdtr(n - 1, -abs(statistic))), n)


def wilson_interval(successes: int, n: int, *, confidence: float = 0.95) -> Interval:
    """Return the confidence interval of a proportion, such as the win rate.

    References
    ----------
    Wilson (1927), Journal of the American Statistical Association 22(158), 209-212.
    """
    if n == 0:
        return Interval(math.nan, math.nan, confidence)
    z = float(ndtri(0.5 + confidence / 2))
    rate = successes / n
    centre = (rate + z * z / (2 * n)) / (1 + z * z / n)
    margin = z / (1 + z * z / n) * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    return Interval(centre - margin, centre + margin, confidence)


def _spread(estimate: SharpeEstimate) -> float:
    """Return n - 1 times the variance of the estimate."""
    ratio = estimate.sharpe
    return 1 - estimate.skewness * ratio + (estimate.kurtosis - 1) / 4 * ratio * ratio

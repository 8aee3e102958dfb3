"""How bad the worst is: value at risk three ways, expected shortfall, and the weight of the tails (11.3)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import ndtri

from qts_core.analytics.distribution import expected_shortfall, kurtosis, skewness, value_at_risk
from qts_core.analytics.returns import is_constant
from qts_core.market.panel import Floats

__all__ = [
    "CONFIDENCES",
    "TailIndex",
    "TailLine",
    "TailRisk",
    "cornish_fisher_var",
    "hill",
    "normal_shortfall",
    "normal_var",
    "tail_risk",
]

CONFIDENCES: Final = (0.90, 0.95, 0.99)
TAIL_SHARE: Final = 0.1
FEWEST_IN_TAIL: Final = 10


@dataclass(frozen=True, slots=True)
class TailLine:
    """Loss that one session exceeds with probability 1 - `confidence`; positive ratios.

    Attributes
    ----------
    historical, normal, cornish_fisher : float
        By the sample's quantile, by a normal with its mean and deviation, and that corrected by skewness and kurtosis.
    shortfall, normal_shortfall : float
        Mean loss at or beyond it, historical and normal.
    beyond : int
        Sessions at or beyond the historical one.
    """

    confidence: float
    historical: float
    normal: float
    cornish_fisher: float
    shortfall: float
    normal_shortfall: float
    beyond: int


@dataclass(frozen=True, slots=True)
class TailIndex:
    """Exponent of a power-law tail by Hill's estimator on the `k` largest of `n` values; 3 is common, 2 is wild.

    Attributes
    ----------
    index, error : float
        And its standard error; NaN below ten values in the tail.
    """

    n: int
    k: int
    index: float
    error: float


@dataclass(frozen=True, slots=True)
class TailRisk:
    """Tail risk of `n` sessions: a line for each confidence, and both tails' indices."""

    n: int
    lines: tuple[TailLine, ...]
    losses: TailIndex
    gains: TailIndex


def tail_risk(returns: Floats) -> TailRisk:
    """Measure the tails of returns [n] per session."""
    lines = []
    for confidence in CONFIDENCES:
        historical = value_at_risk(returns, confidence=confidence)
        lines.append(
            TailLine(
                confidence,
                historical,
                normal_var(returns, confidence=confidence),
                cornish_fisher_var(returns, confidence=confidence),
                expected_shortfall(returns, confidence=confidence),
                normal_shortfall(returns, confidence=confidence),
                int((-returns >= historical).sum()) if len(returns) else 0,
            )
        )
    return TailRisk(len(returns), tuple(lines), hill(-returns), hill(returns))


def normal_var(returns: Floats, *, confidence: float = 0.95) -> float:
    """Return ``-(mean + z s)`` with the normal quantile z at 1 - `confidence`; NaN below two values."""
    if len(returns) < 2:
        return math.nan
    return -float(returns.mean() + float(ndtri(1 - confidence)) * returns.std(ddof=1))


def normal_shortfall(returns: Floats, *, confidence: float = 0.95) -> float:
    """Return ``-mean + s φ(z) / (1 - confidence)``; NaN below two values."""
    if len(returns) < 2:
        return math.nan
    z = float(ndtri(1 - confidence))
    density = math.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
    return float(-returns.mean() + returns.std(ddof=1) * density / (1 - confidence))


def cornish_fisher_var(returns: Floats, *, confidence: float = 0.95) -> float:
    """Return the value at risk with the quantile corrected by skewness S and excess kurtosis K.

    ``z + (z² - 1) S / 6 + (z³ - 3 z) K / 24 - (2 z³ - 5 z) S² / 36``

    References
    ----------
    Favre and Galeano (2002), "Mean-Modified Value-at-Risk Optimization with Hedge Funds", Journal of Alternative
    Investments 5(2), 21-25. Zangari (1996), RiskMetrics Monitor, second quarter.
    """
    if len(returns) < 2 or is_constant(returns):
        return math.nan
    z = float(ndtri(1 - confidence))
    skew, excess = skewness(returns), kurtosis(returns) - 3
    bent = z + (z**2 - 1) * skew / 6 + (z**3 - 3 * z) * excess / 24 - (2 * z**3 - 5 * z) * skew**2 / 36
    return -float(returns.mean() + bent * returns.std(ddof=1))


def hill(values: Floats, *, k: int | None = None) -> TailIndex:
    """Estimate the tail index of the positive tail of values [n].

    Parameters
    ----------
    k : int, optional
        Values in the tail; a tenth of n by default.

    References
    ----------
    Hill (1975), Annals of Statistics 3(5), 1163-1174.
    """
    n = len(values)
    ordered = np.sort(values)[::-1]
    wanted = int(n * TAIL_SHARE) if k is None else k
    used = min(wanted, int((ordered > 0).sum()) - 1)
    if used < FEWEST_IN_TAIL:
        return TailIndex(n, max(used, 0), math.nan, math.nan)
    mean = float(np.mean(np.log(ordered[:used] / ordered[used])))
    index = 1 / mean if mean > 0 else math.inf
    return TailIndex(n, used, index, index / math.sqrt(used))

"""How much may be lost: value at risk and expected shortfall by four methods, for one day from bars (10.3).

Losses are positive ratios of equity. A historical loss says what has happened, a parametric one what a shape of the
distribution says, a simulated one what happens when bars are drawn again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from qts_core.analytics.distribution import expected_shortfall, kurtosis, skewness, value_at_risk
from qts_core.market.panel import Floats

__all__ = [
    "Moments",
    "TailLoss",
    "cornish_fisher",
    "historical",
    "moments",
    "normal",
    "over_horizon",
    "simulated_blocks",
    "simulated_normal",
]

UNKNOWN_LOSS = math.nan
FURTHEST = 4.0
"""Normal deviations beyond which nobody asks: one day in 30,000."""


@dataclass(frozen=True, slots=True)
class TailLoss:
    """Loss that is exceeded with probability 1 - confidence, and the mean of the losses beyond it.

    Attributes
    ----------
    var, cvar : float
        Positive ratios of equity; `cvar` is never the smaller. NaN = unknown.
    """

    var: float
    cvar: float


@dataclass(frozen=True, slots=True)
class Moments:
    """Mean, standard deviation, skewness and excess kurtosis of returns."""

    mean: float
    deviation: float
    skew: float = 0.0
    excess: float = 0.0

    @property
    def is_expandable(self) -> bool:
        """Whether Cornish and Fisher's quantile rises up to `FURTHEST` deviations to either side (Maillard 2012).

        Its slope is a parabola in the normal quantile: it must be positive at both ends and at its lowest between.
        """
        square = self.excess / 8.0 - self.skew**2 / 6.0
        line = self.skew / 3.0
        level = 1.0 - self.excess / 8.0 + 5.0 * self.skew**2 / 36.0
        lowest = -line / (2.0 * square) if square > 0.0 else FURTHEST
        places = (-FURTHEST, FURTHEST, min(max(lowest, -FURTHEST), FURTHEST))
        return all(level + line * z + square * z * z > 0.0 for z in places)


def historical(returns: Floats, *, confidence: float = 0.95) -> TailLoss:
    """Return the loss at the empirical quantile, and the mean at or beyond it.

    Parameters
    ----------
    returns : float64 [T]
        Of the horizon asked about, each its own day; NaN is left out.
    confidence : float
        0.95 or 0.99, say.
    """
    known = returns[~np.isnan(returns)]
    if not len(known):
        return TailLoss(UNKNOWN_LOSS, UNKNOWN_LOSS)
    return TailLoss(value_at_risk(known, confidence=confidence), expected_shortfall(known, confidence=confidence))


def normal(given: Moments, *, confidence: float = 0.95) -> TailLoss:
    """Return the loss of a normal variable: ``z s - m`` and ``s phi(z) / (1 - c) - m``.

    References
    ----------
    McNeil, Frey and Embrechts, *Quantitative Risk Management* (2015), examples 2.11 and 2.14.
    """
    z = float(ndtri(1.0 - confidence))
    shortfall = _density(z) / (1.0 - confidence)
    return TailLoss(-(given.mean + given.deviation * z), given.deviation * shortfall - given.mean)


def cornish_fisher(given: Moments, *, confidence: float = 0.95) -> TailLoss:
    """Return the loss when skewness and fat tails bend the normal quantile; NaN where they bend it too far.

    Notes
    -----
    The quantile is a cubic of the normal one, so the mean beyond it follows from the moments of a normal variable cut
    off at z: E[u] = -phi/a, E[u^2] = 1 - z phi/a, E[u^3] = -(z^2 + 2) phi/a with a = 1 - c.

    References
    ----------
    Cornish and Fisher (1938), Revue de l'Institut International de Statistique 5(4), 307-320. The domain: Maillard
    (2012), "A User's Guide to the Cornish Fisher Expansion".
    """
    if not given.is_expandable:
        return TailLoss(UNKNOWN_LOSS, UNKNOWN_LOSS)
    tail = 1.0 - confidence
    z = float(ndtri(tail))
    hill = _density(z) / tail
    bent = _bent(z, z * z, z**3, given)
    beyond = _bent(-hill, 1.0 - z * hill, -(z * z + 2.0) * hill, given)
    return TailLoss(-(given.mean + given.deviation * bent), -(given.mean + given.deviation * beyond))


def moments(returns: Floats) -> Moments:
    """Return the moments of returns [T], NaN left out; the deviation with T - 1, the others in population form."""
    known = returns[~np.isnan(returns)]
    if len(known) < 2:
        return Moments(math.nan, math.nan, math.nan, math.nan)
    return Moments(float(np.mean(known)), float(np.std(known, ddof=1)), skewness(known), kurtosis(known) - 3.0)


def over_horizon(returns: Floats, bars: int, *, lags: int = 5) -> Moments:
    """Return the moments of the return over `bars` bars, one day being 26, from those of single bars.

    The root of time holds only without autocorrelation. The variance is that of Newey and West, which counts the
    covariances of the first `lags` lags and cannot be negative; skewness falls with the root of `bars`, excess
    kurtosis with `bars`, as for independent bars.

    Parameters
    ----------
    returns : float64 [T]
        Of consecutive bars, the gap overnight being one of them.
    lags : int
        0 = the root of time.

    References
    ----------
    Newey and West (1987), Econometrica 55(3), 703-708. Lo (2002), Financial Analysts Journal 58(4), 36-52.
    """
    known = returns[~np.isnan(returns)]
    single = moments(known)
    centred = known - single.mean
    count = len(known)
    variance = single.deviation**2
    for lag in range(1, min(lags, count - 1) + 1):
        share = 1.0 - lag / (lags + 1.0)
        variance += 2.0 * share * float(centred[lag:] @ centred[:-lag]) / (count - 1)
    return Moments(
        single.mean * bars, math.sqrt(max(variance, 0.0) * bars), single.skew / math.sqrt(bars), single.excess / bars
    )


def simulated_normal(
    weight: Floats, mean: Floats, covariance: Floats, generator: np.random.Generator, *, confidence: float = 0.95,
    draws: int = 10_000, degrees_of_freedom: float | None = None,
) -> TailLoss:  # fmt: skip
    """Return the loss of `weight` over many drawn outcomes of its symbols.

    Parameters
    ----------
    weight, mean : float64 [N]
        Ratios of equity, and expected returns over the horizon.
    covariance : float64 [N, N]
        Over the horizon.
    generator : Generator
        The only randomness; the same one in the same state gives the same bits.
    degrees_of_freedom : float, optional
        Above 2: a multivariate Student t of the same covariance, in which everything falls together more often.
    """
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    outcome = generator.standard_normal((draws, len(weight))) @ (root.T @ weight)
    if degrees_of_freedom is not None:
        if not degrees_of_freedom > 2.0:
            raise ValueError(f"degrees_of_freedom is {degrees_of_freedom}, expected more than 2")
        mix = generator.chisquare(degrees_of_freedom, draws) / (degrees_of_freedom - 2.0)
        outcome /= np.sqrt(mix)
    return historical(outcome + float(weight @ mean), confidence=confidence)


def simulated_blocks(
    returns: Floats, bars: int, generator: np.random.Generator, *, confidence: float = 0.95, draws: int = 10_000,
    block: int = 13,
) -> TailLoss:  # fmt: skip
    """Return the loss over `bars` bars when blocks of past bars are drawn again and summed.

    No distribution is assumed; within a block, volatility stays together as it was.

    Parameters
    ----------
    returns : float64 [T]
        Of single bars, ratios of equity; NaN is left out.
    block : int
        Consecutive bars that are drawn together.

    References
    ----------
    Künsch (1989), Annals of Statistics 17(3), 1217-1241.
    """
    known = returns[~np.isnan(returns)]
    if len(known) < block:
        return TailLoss(UNKNOWN_LOSS, UNKNOWN_LOSS)
    blocks = -(-bars // block)
    starts = generator.integers(0, len(known) - block + 1, (draws, blocks))
    places = (starts[:, :, None] + np.arange(block)).reshape(draws, -1)[:, :bars]
    return historical(known[places].sum(axis=1), confidence=confidence)


def _bent(first: float, second: float, third: float, given: Moments) -> float:
    """Return Cornish and Fisher's cubic for the powers of a normal quantile, or for their means over a tail."""
    return (
        first
        + (second - 1.0) * given.skew / 6.0
        + (third - 3.0 * first) * given.excess / 24.0
        - (2.0 * third - 5.0 * first) * given.skew**2 / 36.0
    )


def _density(z: float) -> float:
    return math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)

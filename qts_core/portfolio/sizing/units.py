"""How much of each: equal risk within a band, scaled down to a volatility target, left alone while near (9.2, 9.3)."""

from __future__ import annotations

import numpy as np

from qts_core.features.kernels.jit import kernel
from qts_core.features.kernels.sums import pairwise_sum
from qts_core.market.panel import Floats
from qts_core.portfolio.settings import PortfolioSettings

__all__ = ["leave_alone", "portfolio_volatility", "size", "unit_weights"]

TILT_LIMIT = 2.0
"""A quiet symbol gets at most twice the usual weight, a wild one at least half: volatility estimates are noisy."""


def unit_weights(volatility: Floats, settings: PortfolioSettings) -> Floats:
    """Return the weight that each symbol gets when held: the same share of risk for each, whatever the others do.

    Because one symbol's weight does not depend on how many others are held, an entry or exit trades one symbol only.

    Parameters
    ----------
    volatility : float64 [N]
        Annualised, ratio.

    Returns
    -------
    float64 [N]
        Ratios of equity, at most `max_position_ratio`; NaN for a symbol without a volatility.
    """
    known = ~np.isnan(volatility)
    ordered = np.sort(volatility[known])
    if not len(ordered):
        return np.full(len(volatility), np.nan)
    # The median's own bits, at a fifth of the cost of asking numpy for it.
    usual = float(ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2.0
    tilt = np.clip(usual / volatility, 1.0 / TILT_LIMIT, TILT_LIMIT)
    unit = settings.gross_target / settings.max_positions
    weight = np.minimum(unit * (np.ones(len(tilt)) if settings.is_equal_weight else tilt), settings.max_position_ratio)
    return np.where(known, weight, np.nan)


@kernel
def portfolio_volatility(weight: Floats, volatility: Floats, correlation: float) -> float:
    """Return the annual volatility of `weight` if every pair of symbols is correlated by `correlation`."""
    risk = np.zeros(len(weight))
    for i in range(len(weight)):
        if weight[i] != 0.0:
            risk[i] = weight[i] * volatility[i]
    own, common = pairwise_sum(np.square(risk)), pairwise_sum(risk)
    return float(np.sqrt((1.0 - correlation) * own + correlation * common * common))


@kernel
def _scaled(
    direction: Floats, units: Floats, volatility: Floats, correlation: float, target_volatility: float
) -> Floats:
    weight = np.zeros(len(direction))
    for i in range(len(direction)):
        if direction[i] != 0.0 and not np.isnan(units[i]):
            weight[i] = direction[i] * units[i]
    expected = portfolio_volatility(weight, volatility, correlation)
    return weight * (target_volatility / expected) if expected > target_volatility else weight


def size(direction: Floats, units: Floats, volatility: Floats, settings: PortfolioSettings) -> Floats:
    """Return signed weights, scaled down together where the book would be more volatile than the target.

    Parameters
    ----------
    direction : float64 [N]
        -1, 0 or 1; a symbol without a unit gets nothing.
    units, volatility : float64 [N]
        Of :func:`unit_weights`, and annualised.
    """
    return _scaled(direction, units, volatility, settings.correlation, settings.target_volatility)


def leave_alone(target: Floats, current: Floats, settings: PortfolioSettings) -> Floats:
    """Return `target`, but `current` where a held position is near enough: the 5/25 rule.

    Opening (current = 0) and closing (target = 0) always pass; so does a target on the other side.

    References
    ----------
    Swedroe and Balaban, "Investment Mistakes Even Smart Investors Make" (2012), mistake 74: rebalance at 5 points of
    the whole or 25 % of the position, whichever is less.
    """
    return _near_or_target(target, current, settings.rebalance_threshold, settings.rebalance_drift_ratio)


@kernel
def _near_or_target(target: Floats, current: Floats, threshold: float, drift_ratio: float) -> Floats:
    near = target.copy()
    for i in range(len(target)):
        band = min(threshold, drift_ratio * abs(target[i]))
        if abs(target[i] - current[i]) <= band and target[i] * current[i] > 0.0:
            near[i] = current[i]
    return near

"""Weights from scores, in closed form, and their constraints (specification 9.2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from qts_core.alphas.combining.settings import CombinerSettings, Weighting
from qts_core.alphas.scoring import Scorecard
from qts_core.market.panel import Floats

__all__ = ["constrained", "merits", "tightened"]

LARGEST_EXPONENT = 50.0
"""Of exponential weights, so that they stay finite."""


def merits(card: Scorecard, settings: CombinerSettings) -> Floats:
    """Return what each alpha's weight is proportional to, float64 [K], none negative; NaN = too few scores."""
    figure, count = MERITS[settings.weighting](card, settings)
    usable = (count >= settings.minimum_scores) & np.isfinite(figure)
    return np.where(usable, np.maximum(figure, 0.0), np.nan)


def constrained(merit: Floats, previous: Floats | None, settings: CombinerSettings) -> Floats:
    """Return weights [K] in proportion to `merit` as far as the constraints allow.

    An unknown merit counts as the mean of the known ones; without any positive merit all weights are equal. Each step
    goes a part of the way to weights that satisfy the steps before it, and the constraints are convex: bounds first,
    then towards equal weights until the concentration is allowed, then towards the previous weights until the turnover
    is.

    Parameters
    ----------
    merit : float64 [K]
        None negative; NaN = unknown.
    previous : float64 [K], optional
        Weights now, which satisfy the constraints; None = free to move.
    """
    known = merit[~np.isnan(merit)]
    filled = np.where(np.isnan(merit), known.mean() if len(known) else 1.0, merit)
    if not filled.sum() > 0.0:
        filled = np.ones(len(merit))
    return tightened(_capped(filled, settings.total, settings.max_weight), previous, settings)


def tightened(weights: Floats, previous: Floats | None, settings: CombinerSettings) -> Floats:
    """Return `weights` [K], which keep their bounds, with as much of concentration and turnover as is allowed."""
    weights = _spread(weights, settings.total, settings.max_concentration)
    return weights if previous is None else _towards(weights, previous, settings.max_turnover)


def _capped(merit: Floats, total: float, cap: float) -> Floats:
    """Return weights in proportion to merit; what a cap leaves over goes to the others in the same proportion."""
    weights = np.zeros(len(merit))
    is_free = np.ones(len(merit), dtype=np.bool_)
    while is_free.any():
        left = total - float(weights[~is_free].sum())
        shares = merit[is_free] if merit[is_free].sum() > 0.0 else np.ones(int(is_free.sum()))
        weights[is_free] = left * shares / shares.sum()
        too_large = is_free & (weights > cap)
        if not too_large.any():
            break
        weights[too_large] = cap
        is_free &= ~too_large
    return weights


def _spread(weights: Floats, total: float, most: float) -> Floats:
    """Return weights mixed with equal ones until the sum of squared shares is at most `most`."""
    count = len(weights)
    shares = weights / total
    excess = float(((shares - 1.0 / count) ** 2).sum())
    allowed = max(most - 1.0 / count, 0.0)
    if excess <= allowed:
        return weights
    return np.asarray(total * (1.0 / count + np.sqrt(allowed / excess) * (shares - 1.0 / count)))


def _towards(weights: Floats, previous: Floats, most: float) -> Floats:
    """Return the weights on the way from `previous` to `weights` that change by `most` at most in sum."""
    change = weights - previous
    turnover = float(np.abs(change).sum())
    return weights if turnover <= most else previous + change * (most / turnover)


def _ratio(card: Scorecard) -> Floats:
    return np.asarray(card.gain / np.where(card.deviation > 0.0, card.deviation, np.nan))


def _performance(card: Scorecard, settings: CombinerSettings) -> tuple[Floats, Floats]:
    exponent = settings.learning_rate * _ratio(card) * np.sqrt(card.gains)
    return np.exp(np.clip(exponent, -LARGEST_EXPONENT, LARGEST_EXPONENT)), card.gains


Merit = Callable[[Scorecard, CombinerSettings], tuple[Floats, Floats]]

MERITS: Mapping[Weighting, Merit] = MappingProxyType(
    {
        Weighting.EQUAL: lambda card, _: (np.ones(len(card.ic)), np.full(len(card.ic), np.inf)),
        Weighting.IC: lambda card, _: (card.ic, card.count),
        Weighting.SHARPE: lambda card, _: (_ratio(card), card.gains),
        Weighting.INVERSE_VOLATILITY: lambda card, _: (
            1.0 / np.where(card.deviation > 0.0, card.deviation, np.nan), card.gains
        ),
        Weighting.PERFORMANCE: _performance,
        # What it falls back to: the ratio of each by itself.
        Weighting.MAXIMUM_SHARPE: lambda card, _: (_ratio(card), card.gains),
    }
)  # fmt: skip
"""The figure of each weighting and how many scores are in it, [K] each."""

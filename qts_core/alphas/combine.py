"""Combine the signals of several alphas into one (specification 9.2)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qts_core.alphas.signal import Signals

__all__ = ["COMBINED", "combine"]

COMBINED = "combined"
"""Source of the signals of several alphas together."""


def combine(signals: Sequence[Signals], weights: Sequence[float] | None = None) -> Signals:
    """Return the weighted mean of `signals`, symbol by symbol, over the alphas that have an opinion.

    Parameters
    ----------
    signals : sequence of Signals
        At least one.
    weights : sequence of float, optional
        One positive weight per alpha; equal by default.

    Returns
    -------
    Signals
        No opinion where no alpha has one; expired where all are. Their horizon is the longest.
    """
    if len(signals) == 1:
        return signals[0]
    strength = np.stack([s.strength for s in signals])
    confidence = np.stack([s.confidence for s in signals])
    column = np.asarray(weights if weights is not None else np.ones(len(signals)), dtype=np.float64)[:, None]
    share = np.where(np.isnan(strength), 0.0, column)
    total = share.sum(axis=0)
    divisor = np.where(total > 0.0, total, np.nan)
    return Signals(
        np.where(np.isnan(strength), 0.0, strength * column).sum(axis=0) / divisor,
        np.where(np.isnan(strength), 0.0, confidence * column).sum(axis=0) / divisor,
        np.logical_and.reduce([s.is_expired for s in signals]),
        max(s.horizon_bars for s in signals),
        COMBINED,
    )

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
        One weight per alpha, none negative; equal by default.

    Returns
    -------
    Signals
        No opinion where no alpha that counts has one; expired where all of them are; the longest of their horizons.
    """
    if len(signals) == 1:
        return signals[0]
    strength = np.stack([s.strength for s in signals])
    confidence = np.stack([s.confidence for s in signals])
    column = np.asarray(weights if weights is not None else np.ones(len(signals)), dtype=np.float64)[:, None]
    share = np.where(np.isnan(strength), 0.0, column)
    total = share.sum(axis=0)
    divisor = np.where(total > 0.0, total, np.nan)
    # Who does not count keeps no holding alive.
    counted = [s for s, weight in zip(signals, column[:, 0], strict=True) if weight > 0.0] or list(signals)
    return Signals(
        np.where(np.isnan(strength), 0.0, strength * column).sum(axis=0) / divisor,
        np.where(np.isnan(strength), 0.0, confidence * column).sum(axis=0) / divisor,
        np.logical_and.reduce([s.is_expired for s in counted]),
        max(s.horizon_bars for s in counted),
        COMBINED,
    )

"""Errors of predicted values and their linear correlation with what came (specification 7.3)."""

from __future__ import annotations

import numpy as np

from qts_core.market.panel import Floats

__all__ = ["value_measures"]

FEWEST_SYMBOLS = 3


def value_measures(predicted: Floats, happened: Floats) -> dict[str, float]:
    """Return ``mse``, ``mae``, ``r2`` and ``ic``.

    Parameters
    ----------
    predicted, happened : float64 [T, N]
        Only places that have both count.

    Returns
    -------
    dict
        ``r2`` compares with predicting the mean of what came (``r_squared`` of an Evaluation compares with zero).
        ``ic`` is Pearson's correlation across symbols, averaged over the bars that have three. NaN where undefined.
    """
    both = np.isfinite(predicted) & np.isfinite(happened)
    if not both.any():
        return dict.fromkeys(("mse", "mae", "r2", "ic"), float("nan"))
    told, came = predicted[both], happened[both]
    error = came - told
    spread = float(((came - came.mean()) ** 2).sum())
    return {
        "mse": float((error**2).mean()),
        "mae": float(np.abs(error).mean()),
        "r2": 1.0 - float((error**2).sum()) / spread if spread > 0 else float("nan"),
        "ic": _mean_correlation(np.where(both, predicted, 0.0), np.where(both, happened, 0.0), both.astype(np.float64)),
    }


def _mean_correlation(left: Floats, right: Floats, both: Floats) -> float:
    count = np.maximum(both.sum(axis=1, keepdims=True), 1.0)
    left = (left - left.sum(axis=1, keepdims=True) / count) * both
    right = (right - right.sum(axis=1, keepdims=True) / count) * both
    scale = np.sqrt((left**2).sum(axis=1) * (right**2).sum(axis=1))
    is_defined = (both.sum(axis=1) >= FEWEST_SYMBOLS) & (scale > 0)
    found = (left * right).sum(axis=1)[is_defined] / scale[is_defined]
    return float(found.mean()) if len(found) else float("nan")

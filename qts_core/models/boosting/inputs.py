"""Features as XGBoost and CatBoost read them: single precision, the same rounding in training and live."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qts_core.market.panel import Floats

__all__ = ["single_precision", "within_single_precision"]

LARGEST = float(np.finfo(np.float32).max)
BLOCK_ROWS = 65_536


def single_precision(features: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return the features as float32 [R, F], each rounded to the nearest; beyond its range the largest; NaN stays."""
    return np.ascontiguousarray(np.clip(features, -LARGEST, LARGEST), dtype=np.float32)


def within_single_precision(features: NDArray[np.floating]) -> NDArray[np.floating] | Floats:
    """Return the features themselves where all fit into single precision, else a copy cut to its range.

    The library rounds them as :func:`single_precision` does; a second copy of a training set would double its memory.
    """
    for start in range(0, len(features), BLOCK_ROWS):
        block = features[start : start + BLOCK_ROWS]
        if np.fmax.reduce(block, axis=None) > LARGEST or np.fmin.reduce(block, axis=None) < -LARGEST:
            return np.asarray(np.clip(features, -LARGEST, LARGEST))
    return features

"""Random streams of the synthetic market: one per purpose, so that no part disturbs another.

Arrays are drawn row by row, so a longer span only adds rows: the past does not depend on where the market ends.
"""

from __future__ import annotations

import zlib

import numpy as np
from scipy.signal import lfilter

from qts_core.market.panel import Floats

__all__ = ["autoregression", "stream"]


def stream(seed: int, purpose: str) -> np.random.Generator:
    """Return the generator of one purpose, such as ``"sector returns"``."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, zlib.crc32(purpose.encode())])))


def autoregression(noise: Floats, memory: float) -> Floats:
    """Turn standard normal rows into a stationary AR(1) of unit variance along the first axis.

    Parameters
    ----------
    noise : float64 [T, ...]
        Independent standard normal values.
    memory : float
        Correlation of one row with the next, in [0, 1).

    Returns
    -------
    float64 [T, ...]
        ``x[t] = memory x[t-1] + sqrt(1 - memory²) noise[t]``, started in its stationary distribution.
    """
    scale = np.sqrt(1.0 - memory * memory)
    driven = noise * scale
    driven[:1] = noise[:1]
    result: Floats = lfilter([1.0], [1.0, -memory], driven, axis=0)
    return result

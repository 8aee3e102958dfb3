"""Is the mean return luck? Every sign could as well have been the other one (specification 11.3)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from qts_core.market.panel import Floats

__all__ = ["SignTest", "sign_test"]

EXACT = 12
"""Up to so many blocks every combination of signs is tried."""


@dataclass(frozen=True, slots=True)
class SignTest:
    """Mean return against the same returns under random signs.

    Attributes
    ----------
    n : int
        Sessions.
    mean : float
        Ratio a session.
    p_value : float
        One-sided: share of sign combinations with at least this mean.
    draws : int
        Combinations that were tried.
    is_exact : bool
        Whether these are all.
    """

    n: int
    mean: float
    p_value: float
    draws: int
    is_exact: bool


def sign_test(returns: Floats, generator: np.random.Generator, *, block: int = 1, draws: int = 2000) -> SignTest:
    """Test whether returns [n] have a mean above zero, if they were symmetric about zero otherwise.

    Parameters
    ----------
    block : int, default 1
        Sessions that keep a common sign, for returns that hang together in time.

    References
    ----------
    Fisher (1935), "The Design of Experiments", section 21. Good (2005), "Permutation, Parametric and Bootstrap Tests",
    section 3.2.
    """
    n = len(returns)
    if not n:
        return SignTest(0, math.nan, math.nan, 0, is_exact=False)
    sums = np.add.reduceat(returns, np.arange(0, n, block))
    count = len(sums)
    observed = float(sums.sum())
    # Sums of the same numbers in another order may differ in the last place.
    reach = observed - 1e-12 * float(np.abs(sums).sum())
    if count <= EXACT:
        signs = 1.0 - 2.0 * ((np.arange(2**count)[:, None] >> np.arange(count)) & 1)
        hits = int((signs @ sums >= reach).sum())
        return SignTest(n, observed / n, hits / 2**count, 2**count, is_exact=True)
    signs = 1.0 - 2.0 * generator.integers(0, 2, size=(draws, count))
    hits = int((signs @ sums >= reach).sum())
    return SignTest(n, observed / n, (1 + hits) / (draws + 1), draws, is_exact=False)

"""Drawn markets of a given breadth: returns with common and own parts."""

from __future__ import annotations

import numpy as np

from qts_core.market.panel import Floats


def drawn_returns(breadth: int, length: int = 252, seed: int = 7) -> Floats:
    """Return daily returns [T, N], volatilities from 8 to 40 % a year, two common factors."""
    rng = np.random.default_rng(seed)
    loads = rng.uniform(0.2, 1.2, (2, breadth)) * np.array([[1.0], [0.4]])
    own = rng.standard_normal((length, breadth)) * rng.uniform(0.5, 2.0, breadth)
    return np.asarray(0.007 * (rng.standard_normal((length, 2)) @ loads + own))


def drawn_covariance(breadth: int, seed: int = 7) -> Floats:
    """Return an annual covariance [N, N] of such returns, positive definite."""
    return np.asarray(np.cov(drawn_returns(breadth, 5 * breadth + 100, seed).T).reshape(breadth, breadth) * 252)

"""Covariance of returns: sample, shrunk, repaired, and rolling over sessions (specification 10.2)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from qts_core.market.arrays import from_list, to_list
from qts_core.market.panel import Floats
from qts_core.market.timeline import SESSIONS_PER_YEAR

__all__ = ["RollingCovariance", "ledoit_wolf", "repaired", "sample_covariance"]

SMALLEST_EIGENVALUE = 1e-8
"""Ratio to the mean eigenvalue below which a direction counts as without risk, which no estimate can know."""


def sample_covariance(returns: Floats) -> Floats:
    """Return the covariance [N, N] of `returns` [T, N], divided by T - 1.

    A missing return (NaN) is left out of the pairs it belongs to; with missing ones the result is repaired to be
    positive definite. A column with fewer than two returns is NaN.
    """
    known = np.isfinite(returns)
    if known.all():
        deviation = returns - returns.mean(axis=0)
        return np.asarray(deviation.T @ deviation / max(len(returns) - 1, 1))
    deviation = _deviations(returns, known)
    count = known.T.astype(np.float64) @ known.astype(np.float64)
    usable = known.sum(axis=0) >= 2
    covariance = deviation.T @ deviation / np.maximum(count - 1.0, 1.0)
    result = np.full_like(covariance, np.nan)
    result[np.ix_(usable, usable)] = repaired(covariance[np.ix_(usable, usable)])
    return result


def ledoit_wolf(returns: Floats) -> tuple[Floats, float]:
    """Return the covariance [N, N] of `returns` [T, N] shrunk towards a multiple of the identity, and by how much.

    Missing returns count as the mean. The covariance is divided by T, as in the paper.

    References
    ----------
    Ledoit and Wolf (2004), "A well-conditioned estimator for large-dimensional covariance matrices", Journal of
    Multivariate Analysis 88(2), 365-411, lemmas 3.2 to 3.4.
    """
    deviation = _deviations(returns, np.isfinite(returns))
    length, breadth = deviation.shape
    sample = deviation.T @ deviation / length
    mean = float(np.trace(sample)) / breadth
    distance = float(np.square(sample).sum()) / breadth - mean * mean
    square = np.square(deviation)
    noise = (float((square.T @ square).sum()) / length - float(np.square(sample).sum())) / (breadth * length)
    shrinkage = 1.0 if distance <= 0.0 else min(max(noise, 0.0), distance) / distance
    return (1.0 - shrinkage) * sample + shrinkage * mean * np.eye(breadth), shrinkage


def repaired(covariance: Floats) -> Floats:
    """Return `covariance` made symmetric and positive definite, unchanged in what it was already.

    Negative and vanishing eigenvalues are raised to a hundred-millionth of the mean one, so that an optimiser sees no
    portfolio without risk.
    """
    symmetric = np.asarray((covariance + covariance.T) / 2.0)
    values, vectors = np.linalg.eigh(symmetric)
    floor = SMALLEST_EIGENVALUE * max(float(values.mean()), np.finfo(np.float64).tiny)
    if float(values.min()) >= floor:
        return symmetric
    raised = (vectors * np.maximum(values, floor)) @ vectors.T
    return np.asarray((raised + raised.T) / 2.0)


class RollingCovariance:
    """Covariance of the daily returns of the last sessions, a fold; annualised.

    Parameters
    ----------
    sessions : int
        Returns in the window; 60 is the specification's.
    breadth : int
        N symbols.
    minimum_sessions : int
        Returns that a symbol needs before it has a covariance.
    is_shrunk : bool
        Whether Ledoit and Wolf's shrinkage is used; with fewer returns than symbols the sample's cannot be inverted.
    """

    def __init__(self, sessions: int, breadth: int, *, minimum_sessions: int = 20, is_shrunk: bool = True) -> None:
        self.sessions = sessions
        self.minimum_sessions = min(minimum_sessions, sessions)
        self.is_shrunk = is_shrunk
        self._returns: Floats = np.full((sessions, breadth), np.nan)
        self._close: Floats = np.full(breadth, np.nan)

    def update(self, linked_close: Floats) -> None:
        """Take a session's chain-linked closes [N], NaN = none."""
        self._returns[:-1] = self._returns[1:]
        self._returns[-1] = linked_close / self._close - 1.0
        self._close = np.where(np.isnan(linked_close), self._close, linked_close)

    @property
    def returns(self) -> Floats:
        """Daily returns [sessions, N], oldest first, NaN = not known; the scenarios of a CVaR."""
        return self._returns.copy()

    def estimate(self) -> Floats:
        """Return the covariance [N, N] a year, ratio²; NaN rows and columns for symbols known too short or still."""
        known = np.isfinite(self._returns)
        usable = (known.sum(axis=0) >= self.minimum_sessions) & (
            np.abs(_deviations(self._returns, known)).max(axis=0) > 0.0
        )
        breadth = len(usable)
        result = np.full((breadth, breadth), np.nan)
        if not usable.any():
            return result
        rows = self._returns[known[:, usable].any(axis=1)][:, usable]
        covariance = ledoit_wolf(rows)[0] if self.is_shrunk else sample_covariance(rows)
        result[np.ix_(usable, usable)] = covariance * SESSIONS_PER_YEAR
        return result

    def snapshot(self) -> dict[str, object]:
        """Return the state, exact, as JSON values."""
        return {"close": to_list(self._close), "returns": to_list(self._returns.ravel())}

    def restore(self, state: Mapping[str, object]) -> None:
        """Take up the state of :meth:`snapshot`; of another window, what both share."""
        self._close = from_list(state["close"])
        rows = from_list(state["returns"]).reshape(-1, len(self._close))[-self.sessions :]
        self._returns[:] = np.nan
        self._returns[self.sessions - len(rows) :] = rows


def _deviations(returns: Floats, known: NDArray[np.bool_]) -> Floats:
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, returns, 0.0).sum(axis=0) / count
    return np.where(known, returns - mean, 0.0)

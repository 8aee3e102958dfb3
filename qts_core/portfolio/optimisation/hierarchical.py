"""Hierarchical risk parity: cluster by correlation, split risk from the top down (specification 10.2)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qts_core.market.panel import Floats
from qts_core.portfolio.optimisation.allocation import Infeasible

__all__ = ["hierarchical_risk_parity"]


def hierarchical_risk_parity(covariance: Floats, correlation: Floats | None = None) -> Floats:
    """Return long-only weights [N] that sum to one.

    Assets are ordered by single linkage of the distance sqrt((1 - correlation) / 2); the order is halved again and
    again, each half getting the other's share of variance. No return is estimated and no matrix inverted.

    Parameters
    ----------
    covariance : float64 [N, N]
    correlation : float64 [N, N], optional
        For the order; that of `covariance` by default. Estimated pair by pair over gaps, it is another one.

    Raises
    ------
    Infeasible
        If a variance is not a positive number.

    References
    ----------
    López de Prado (2016), "Building Diversified Portfolios that Outperform Out of Sample", Journal of Portfolio
    Management 42(4), 59-69. The linkage is of the columns of the distance matrix, not of the distances themselves, in
    the paper's snippet 1; the common implementations take the distances, and so does this one.
    """
    from scipy.cluster.hierarchy import leaves_list, linkage  # 0.3 s, and only this method needs it
    from scipy.spatial.distance import squareform

    variance = np.diagonal(covariance)
    if not (variance > 0.0).all():
        raise Infeasible("a variance is not positive")
    if len(covariance) == 1:
        return np.ones(1)
    scale = np.sqrt(variance)
    alike = covariance / np.outer(scale, scale) if correlation is None else correlation
    distance = np.sqrt((1.0 - np.clip(alike, -1.0, 1.0)) / 2.0)
    np.fill_diagonal(distance, 0.0)
    order = leaves_list(linkage(squareform(distance, checks=False), method="single"))
    weights = np.ones(len(covariance))
    parts = [order]
    while parts:
        part = parts.pop()
        if len(part) == 1:
            continue
        left, right = part[: len(part) // 2], part[len(part) // 2 :]
        left_variance, right_variance = _cluster_variance(covariance, left), _cluster_variance(covariance, right)
        share = 1.0 - left_variance / (left_variance + right_variance)
        weights[left] *= share
        weights[right] *= 1.0 - share
        parts += [left, right]
    return weights


def _cluster_variance(covariance: Floats, members: NDArray[np.int32]) -> float:
    inner = covariance[np.ix_(members, members)]
    weights = 1.0 / np.diagonal(inner)
    weights = weights / weights.sum()
    return float(weights @ inner @ weights)

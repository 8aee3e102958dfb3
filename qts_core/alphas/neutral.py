"""Signals without what they owe to the market, sectors, factors or beta: residuals of a regression (9.2)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.linalg import qr

from qts_core.market.panel import Floats

__all__ = ["neutralised", "sector_columns"]

SMALLEST_PIVOT = 1e-10
"""Ratio to the largest below which a column of exposures repeats the others."""


def neutralised(values: Floats, exposures: Floats) -> Floats:
    """Return `values` [N] minus their least-squares fit on `exposures` [N, F]: the sum of products with each is zero.

    The fit is a projection on an orthonormal base of the exposures (QR with column pivoting; columns that repeat others
    are dropped), done twice so that what rounding leaves of the first goes too.

    Parameters
    ----------
    values : float64 [N]
        NaN = none.
    exposures : float64 [N, F]
        A symbol with a NaN exposure cannot be neutralised: it loses its value.

    Returns
    -------
    float64 [N]
        NaN where the value or an exposure is; zero everywhere when there are no more values than exposures.
    """
    known = ~np.isnan(values) & ~np.isnan(exposures).any(axis=1)
    found = np.full(len(values), np.nan)
    if not known.any():
        return found
    base = _base(exposures[known])
    residual = values[known]
    for _ in range(2):
        residual = residual - base @ (base.T @ residual)
    found[known] = residual if base.shape[1] < len(residual) else 0.0
    return found


def sector_columns(sectors: Sequence[str]) -> Floats:
    """Return one column of zeros and ones for each sector, float64 [N, S], in alphabetical order."""
    names = sorted(set(sectors))
    return np.array([[float(sector == name) for name in names] for sector in sectors])


def _base(exposures: Floats) -> Floats:
    """Return an orthonormal base [N, R] of the columns of `exposures`."""
    size = np.sqrt((exposures**2).sum(axis=0))
    used = exposures[:, size > 0.0] / size[size > 0.0]
    if not used.shape[1]:
        return np.zeros((len(exposures), 0))
    q, r, _ = qr(used, mode="economic", pivoting=True)
    pivots = np.abs(np.diagonal(r))
    return np.asarray(q[:, : int(np.count_nonzero(pivots > SMALLEST_PIVOT * pivots[0]))])

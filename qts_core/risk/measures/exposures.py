"""What the book is exposed to: sectors, the market, and factors (specification 10.3)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qts_core.market.panel import Floats
from qts_core.risk.limits import Sectors

__all__ = ["FACTORS", "FactorLoadings", "SectorExposure", "betas", "factor_exposure", "loadings_of",
           "sector_exposure"]  # fmt: skip

FACTORS = ("beta", "momentum", "reversal", "volatility", "size")
"""Names of the columns of :func:`loadings_of`."""


@dataclass(frozen=True, slots=True)
class SectorExposure:
    """One sector's net and gross weight, ratios of equity, and what is left under its cap."""

    name: str
    net: float
    gross: float
    room: float


@dataclass(frozen=True, slots=True, eq=False)
class FactorLoadings:
    """How each of N symbols stands on K factors, float64 [N, K], standardised but for beta."""

    names: tuple[str, ...]
    values: Floats


def sector_exposure(weight: Floats, sectors: Sectors) -> tuple[SectorExposure, ...]:
    """Return each sector's exposure, by name."""
    held = np.nan_to_num(weight)
    gross = sectors.gross(held)
    net = np.bincount(sectors.index, weights=held, minlength=len(sectors.names))
    return tuple(
        SectorExposure(name, float(net[i]), float(gross[i]), float(sectors.caps[i] - gross[i]))
        for i, name in enumerate(sectors.names)
    )


def betas(returns: Floats, market: Floats, *, minimum: int = 52) -> Floats:
    """Return the least-squares slope of each symbol's return on the market's, float64 [N].

    Parameters
    ----------
    returns : float64 [T, N]
        NaN = unknown; a symbol's slope is over the bars that it has.
    market : float64 [T]
    minimum : int
        Common returns needed; with fewer the beta is NaN.
    """
    known = ~np.isnan(returns) & ~np.isnan(market)[:, None]
    count = known.sum(axis=0)
    usable = np.maximum(count, 1)
    x = np.where(known, market[:, None], 0.0)
    y = np.where(known, returns, 0.0)
    x = np.where(known, x - x.sum(axis=0) / usable, 0.0)
    y = np.where(known, y - y.sum(axis=0) / usable, 0.0)
    spread = (x * x).sum(axis=0)
    beta: Floats = np.divide((x * y).sum(axis=0), spread, out=np.full(len(count), np.nan), where=spread > 0.0)
    return np.where(count >= minimum, beta, np.nan)


def loadings_of(sessions: Floats, market: Floats, dollar_volume: Floats, *, month: int = 21) -> FactorLoadings:
    """Return how symbols stand on market, momentum, reversal, volatility and size.

    Parameters
    ----------
    sessions : float64 [T, N]
        Returns of consecutive sessions, oldest first.
    market : float64 [T]
        The market's.
    dollar_volume : float64 [N]
        USD of a usual bar: stands for size, of which bars say nothing.
    month : int
        Sessions of the reversal; the momentum is of all sessions before them.

    Notes
    -----
    Each but beta is standardised over the symbols, so an exposure of 0.5 is half a standard deviation of the universe
    times the whole equity. Momentum skips the last month: Jegadeesh and Titman (1993), Journal of Finance 48(1).
    """
    known = np.nan_to_num(sessions)
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.log(np.where(dollar_volume > 0.0, dollar_volume, np.nan))
    columns = (
        betas(sessions, market, minimum=month),
        _standardised(known[:-month].sum(axis=0) if len(known) > month else np.full(known.shape[1], np.nan)),
        _standardised(known[-month:].sum(axis=0)),
        _standardised(np.sqrt(np.square(known).mean(axis=0)) if len(known) else np.full(known.shape[1], np.nan)),
        _standardised(size),
    )
    return FactorLoadings(FACTORS, np.column_stack(columns))


def factor_exposure(weight: Floats, loadings: FactorLoadings) -> dict[str, float]:
    """Return the book's exposure to each factor: weights times loadings; an unknown loading counts as none."""
    exposure = np.nan_to_num(weight) @ np.nan_to_num(loadings.values)
    return dict(zip(loadings.names, exposure.tolist(), strict=True))


def _standardised(values: Floats) -> Floats:
    known = values[~np.isnan(values)]
    spread = float(np.std(known)) if len(known) else 0.0
    # Equal values differ by rounding only; that is no standing.
    if spread <= 1e-14 * float(np.max(np.abs(known), initial=0.0)):
        return np.where(np.isnan(values), np.nan, 0.0)
    standing: Floats = (values - float(np.mean(known))) / spread
    return standing

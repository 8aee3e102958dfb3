"""Everything that is known of risk at one moment, for reports, metrics and the daemon's page (specification 10.3)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum

from qts_core.risk.measures.concentration import Concentration
from qts_core.risk.measures.drawdown import DrawdownState
from qts_core.risk.measures.exposures import SectorExposure
from qts_core.risk.measures.liquidity import Liquidity
from qts_core.risk.measures.market_state import Trend, VolatilityRegime
from qts_core.risk.measures.value_at_risk import TailLoss

__all__ = ["MarketState", "RiskMeasures", "TailLosses"]


@dataclass(frozen=True, slots=True)
class TailLosses:
    """One-day losses of the present book at one confidence, by method; ratios of equity, NaN = unknown."""

    historical: TailLoss
    normal: TailLoss
    cornish_fisher: TailLoss
    simulated: TailLoss


@dataclass(frozen=True, slots=True)
class MarketState:
    """What bars say of the market.

    Attributes
    ----------
    trend : Trend
        Over the last month of sessions.
    volatility_points : float
        Annual volatility in points, as the VIX is quoted.
    regime : VolatilityRegime
    correlation_distance, correlation_shift : float
        Of the last week's correlations from the usual ones.
    tail_index, tail_excess : float
        Hill's index of the market's losses, and their mean beyond 99 % over a normal variable's.
    absorption, absorption_shift : float
        Part of the variance in the first fifth of the eigenvectors, and how many deviations it has moved.
    """

    trend: Trend
    volatility_points: float
    regime: VolatilityRegime
    correlation_distance: float
    correlation_shift: float
    tail_index: float
    tail_excess: float
    absorption: float
    absorption_shift: float


@dataclass(frozen=True, slots=True)
class RiskMeasures:
    """Risk of book and market; ratios of equity unless said otherwise.

    Attributes
    ----------
    tails : mapping of str to TailLosses
        At ``"95"`` and ``"99"``.
    drawdown : DrawdownState
    concentration : Concentration
    gross, net, delta : float
        Sum of |weight| and of weights; a share's delta is 1, so the book's is its net weight.
    beta : float
        Of the book on the market.
    factors : mapping of str to float
        Weights times loadings.
    sectors : tuple of SectorExposure
    largest_cluster : float
        Gross weight of the cluster of correlated symbols that has most.
    clusters : tuple of tuple of str
        Clusters of more than one symbol.
    liquidity : Liquidity
    market : MarketState
    """

    tails: Mapping[str, TailLosses]
    drawdown: DrawdownState
    concentration: Concentration
    gross: float
    net: float
    delta: float
    beta: float
    factors: Mapping[str, float]
    sectors: tuple[SectorExposure, ...]
    largest_cluster: float
    clusters: tuple[tuple[str, ...], ...]
    liquidity: Liquidity
    market: MarketState

    def to_json(self) -> dict[str, object]:
        """Return nested JSON values; what is unknown or infinite is null."""
        plain = _plain(asdict(self))
        assert isinstance(plain, dict)
        return plain


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, StrEnum):
        return value.value
    return None if isinstance(value, float) and not math.isfinite(value) else value

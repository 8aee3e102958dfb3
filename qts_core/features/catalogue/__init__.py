"""The default catalogue: every feature QTS ships, one module per family (specification 6.1-6.4)."""

from __future__ import annotations

from functools import lru_cache

from qts_core.features.catalogue import (
    calendar,
    cross_sectional,
    distribution,
    higher_timeframe,
    microstructure,
    momentum,
    returns,
    trend,
    volatility,
    volume,
)
from qts_core.features.spec import Catalogue

__all__ = ["default_catalogue"]

FAMILIES = (
    trend, momentum, volatility, volume, returns, distribution, microstructure, cross_sectional, calendar,
    higher_timeframe,
)  # fmt: skip


@lru_cache(maxsize=1)
def default_catalogue() -> Catalogue:
    """Return all features in the order of their groups."""
    return Catalogue([spec for family in FAMILIES for spec in family.FEATURES])

"""The catalogues that QTS ships: the default one, a module per family, and Alpha158 (specification 6.1-6.4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib import import_module
from types import MappingProxyType

from qts_core.features.spec import GROUPS, Catalogue, FeatureSpec, unknown

__all__ = ["CATALOGUES", "alpha158_catalogue", "catalogue_named", "default_catalogue", "shipped_catalogue"]

FAMILIES = (
    "trend", "momentum", "volatility", "volume", "averages", "trend_strength", "ichimoku", "oscillators", "bands",
    "ranges", "volume_flow", "candles", "pivots", "channels", "swings", "chart_patterns", "timeframes",
    "combinations", "regimes", "returns", "distribution", "performance", "excess", "tails", "dependence", "reversion",
    "regression", "breaks", "microstructure", "cross_sectional", "calendar", "higher_timeframe", "spreads", "flow",
    "session_activity", "calendar_events", "relative", "universe_rank", "intermarket", "factors", "network",
)  # fmt: skip


@lru_cache(maxsize=1)
def default_catalogue() -> Catalogue:
    """Return all features in the order of their groups."""
    modules = [import_module(f"{__name__}.{family}") for family in FAMILIES]
    specs: list[FeatureSpec] = [spec for module in modules for spec in module.FEATURES]
    place = {group: number for number, group in enumerate(GROUPS)}
    return Catalogue(sorted(specs, key=lambda spec: place[spec.group]))


@lru_cache(maxsize=1)
def alpha158_catalogue() -> Catalogue:
    """Return the 158 features of qlib's Alpha158 under its names, in its order."""
    from qts_core.features.catalogue import alpha158

    return Catalogue(alpha158.FEATURES)


CATALOGUES: Mapping[str, Callable[[], Catalogue]] = MappingProxyType(
    {"default": default_catalogue, "alpha158": alpha158_catalogue}
)
"""The catalogues by name."""


@lru_cache(maxsize=1)
def shipped_catalogue() -> Catalogue:
    """Return the features of all catalogues, the default one's first: what a name or a group is looked up in."""
    return Catalogue([spec for catalogue in CATALOGUES.values() for spec in catalogue()])


def catalogue_named(name: str) -> Catalogue:
    """Return one of the catalogues.

    Raises
    ------
    InvalidConfigError
        QTS-FEAT-001 if there is none of that name.
    """
    if name not in CATALOGUES:
        raise unknown("catalogue of features", name, CATALOGUES)
    return CATALOGUES[name]()

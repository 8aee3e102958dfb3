"""The default catalogue: every feature QTS ships, one module per family (specification 6.1-6.4)."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module

from qts_core.features.spec import GROUPS, Catalogue, FeatureSpec

__all__ = ["default_catalogue"]

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

"""Which features are computed (specification 6.5)."""

from __future__ import annotations

from qts_core.config.section import Section

__all__ = ["CORE_GROUPS", "FeaturesSettings"]

CORE_GROUPS = (
    "technical_trend",
    "technical_momentum",
    "technical_volatility",
    "technical_volume",
    "statistical_returns",
    "statistical_distribution",
    "microstructure",
    "cross_sectional",
    "calendar",
    "higher_timeframe",
)
"""What is computed unless more is asked for: enough to start with, quick to compute."""


class FeaturesSettings(Section):
    """config/features.yaml."""

    groups: tuple[str, ...] = CORE_GROUPS
    """Groups of the catalogue to compute; `qts features list` shows them. `all` is every feature that reads no auxiliary symbol; groups that do (`cross_relative`, `cross_intermarket`, `statistical_excess`) are named beside it."""  # noqa: E501  # the page of settings is made of this line
    exclude: tuple[str, ...] = ()
    """Names or patterns (`volume_*`) to leave out."""

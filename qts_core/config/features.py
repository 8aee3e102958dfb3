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
    """Groups to compute; `qts features list` shows them. `all` is the whole default catalogue, `alpha158` the 158 features of qlib beside it. Features that read an auxiliary symbol (`cross_relative`, `cross_intermarket`, `statistical_excess`) are switched off, visibly, while the lake has no bars of it."""  # noqa: E501  # the page of settings is made of this line
    exclude: tuple[str, ...] = ()
    """Names or patterns (`volume_*`) to leave out."""
    own: tuple[str, ...] = ()
    """Files of your own features: paths that end in `.py`, from the folder of the settings files, or importable modules. All that they declare is computed. They are Python and run with your rights wherever features are computed (docs/concepts/own-features.md)."""  # noqa: E501  # the page of settings is made of this line

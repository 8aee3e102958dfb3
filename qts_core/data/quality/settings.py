"""Tolerances of the data rules (specification 5.1)."""

from __future__ import annotations

from dataclasses import dataclass

from qts_core.data.quality.rules import MAX_PRICE_RATIO

__all__ = ["QualitySettings"]


@dataclass(frozen=True, slots=True)
class QualitySettings:
    """Tolerances; the defaults are the specification's, or were measured on real files (docs/concepts/quality.md).

    Attributes
    ----------
    max_gap_bars : int
        Most bars of the session calendar that may be missing in a row (specification 5.1).
    min_coverage_ratio : float
        Least share of the bars between a symbol's first and last (specification 5.1).
    max_disordered_ratio, max_off_grid_ratio : float
        Share of bars that may break low <= open, close <= high, or lie off the grid, before the file is refused.
    min_in_session_ratio : float
        Below it a wrong time zone is suspected.
    max_price_ratio : float
        Largest step that is believed without a split.
    outlier_sigmas, outlier_window_bars : float, int
        A move beyond this many causal robust sigmas over this many earlier bars is flagged.
    stale_bars : int
        A bar repeated more often than this is stale.
    max_source_difference_ratio : float
        Two sources may differ this much in a close.
    feed_switch_ratio : float
        A lasting overnight shift of traded value by this factor, of most symbols at once, is a change of feed;
        of one symbol alone it takes twice as much.
    huge_dividend_ratio : float
        A cash dividend of this share of the price is doubted.
    """

    max_gap_bars: int = 5
    min_coverage_ratio: float = 0.95
    max_disordered_ratio: float = 0.01
    max_off_grid_ratio: float = 0.0
    min_in_session_ratio: float = 0.95
    max_price_ratio: float = MAX_PRICE_RATIO
    outlier_sigmas: float = 5.0
    outlier_window_bars: int = 260
    stale_bars: int = 5
    max_source_difference_ratio: float = 0.005
    feed_switch_ratio: float = 4.0
    huge_dividend_ratio: float = 0.25

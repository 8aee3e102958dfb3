"""Settings of portfolio construction (specification 15.4)."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["PortfolioSettings"]


@dataclass(frozen=True, slots=True)
class PortfolioSettings:
    """How signals become target weights; weights are ratios of equity.

    Attributes
    ----------
    entry_threshold, exit_threshold : float
        |strength| from which a position is opened, and strength in its own direction below which it is closed. The
        gap between them is what keeps a position while its signal only wavers.
    confidence_threshold : float
        Confidence below which nothing is opened.
    max_positions : int
        Positions at most; half of them on each side unless `is_long_only`.
    gross_target : float
        Sum of |weight| with all positions taken; below the gross limit, so that drift does not reach it.
    max_position_ratio, min_position_ratio : float
        Largest weight, and the smallest worth opening.
    target_volatility : float
        Annual volatility of the book at most, ratio.
    correlation : float
        Pairwise correlation assumed in that estimate.
    volatility_bars : int
        Window of the volatility estimate, bars.
    rebalance_threshold, rebalance_drift_ratio : float
        A held weight is left alone until it is off its target by this much of equity, or by this share of the
        target, whichever is smaller.
    is_equal_weight : bool
        Whether every position gets the same weight, whatever its volatility.
    is_long_only : bool
        Whether shorts are forbidden.
    """

    entry_threshold: float = 0.4
    exit_threshold: float = 0.0
    confidence_threshold: float = 0.0
    max_positions: int = 20
    gross_target: float = 0.9
    max_position_ratio: float = 0.10
    min_position_ratio: float = 0.01
    target_volatility: float = 0.15
    correlation: float = 0.3
    volatility_bars: int = 260
    rebalance_threshold: float = 0.05
    rebalance_drift_ratio: float = 0.25
    is_equal_weight: bool = False
    is_long_only: bool = False

    @property
    def slots_per_side(self) -> int:
        """Positions at most on one side."""
        return self.max_positions if self.is_long_only else max(1, self.max_positions // 2)

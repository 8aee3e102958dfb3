"""Settings of rebalancing (specification 10.2, 15.4)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["RebalanceSettings", "Trigger"]


class Trigger(StrEnum):
    """What lets held weights be changed."""

    DRIFT = "drift"
    TIME = "time"
    SIGNAL = "signal"
    HYBRID = "hybrid"


@dataclass(frozen=True, slots=True)
class RebalanceSettings:
    """When held weights are changed; opening and closing always pass.

    Attributes
    ----------
    trigger : Trigger
        Drift: when off target by the band. Time: all, every so many sessions. Signal: all, when a direction changed.
        Hybrid: any of the three.
    drift_threshold, drift_ratio : float
        The band: this much of equity, or this share of the target, whichever is smaller.
    every_sessions : int
        Of the time trigger: 1 = daily, 5 = weekly.
    gradual_ratio : float
        Share of the way to the target that is traded at once; 1 = all of it.
    cost_bps : float
        Cost of a trade one way; with it, a change is traded only where its gain is worth more. 0 = not looked at.
    benefit_multiple : float
        How many times its cost a change must gain.
    risk_aversion : float
        In the gain: what a squared deviation from the target costs.
    holding_sessions : float
        How long a change is expected to last.
    """

    trigger: Trigger = Trigger.DRIFT
    drift_threshold: float = 0.05
    drift_ratio: float = 0.25
    every_sessions: int = 5
    gradual_ratio: float = 1.0
    cost_bps: float = 0.0
    benefit_multiple: float = 1.0
    risk_aversion: float = 2.5
    holding_sessions: float = 5.0

    def __post_init__(self) -> None:
        """Check what no other place checks."""
        if not (0.0 < self.gradual_ratio <= 1.0 and self.every_sessions >= 1 and math.isfinite(self.cost_bps)):
            raise ValueError("gradual_ratio is above 0 and at most 1, every_sessions at least 1, cost_bps a number")

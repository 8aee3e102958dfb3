"""When held weights are brought to their targets (specification 10.2)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from qts_core.config.section import OpenFraction, Section

__all__ = ["RebalancingSettings"]


class RebalancingSettings(Section):
    """Opening and closing always pass; these say when what is held is corrected."""

    trigger: Literal["drift", "time", "signal", "hybrid"] = "drift"
    """`drift`: what is off by `portfolio.rebalance_threshold`; `time`: all, every so many sessions; `signal`: all, when a direction changed; `hybrid`: any of them."""  # noqa: E501  # the page of settings is made of this line
    every_sessions: Annotated[int, Field(ge=1, le=252)] = 5
    """Sessions between two rebalancings by time: 1 = daily, 5 = weekly."""
    gradual_ratio: OpenFraction = 1.0
    """Share of the way to a target that is traded at a bar; 1 = all."""
    cost_bps: Annotated[float, Field(ge=0, le=500)] = 0.0
    """Cost of a trade one way, basis points; a correction must gain more than it costs. 0 = not looked at."""
    benefit_multiple: Annotated[float, Field(gt=0, le=100)] = 1.0
    """How many times its cost a correction must gain."""
    holding_sessions: Annotated[float, Field(gt=0, le=2520)] = 5.0
    """How long a correction is expected to last, sessions."""

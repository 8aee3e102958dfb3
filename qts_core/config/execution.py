"""How large orders are worked over time (specification 12.3)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from qts_core.config.section import Fraction, OpenFraction, Section

__all__ = ["ExecutionSettings", "RoutingSection"]

Minutes = Annotated[int, Field(ge=1, le=390)]
Offset = Annotated[float, Field(ge=-500, le=500)]


class RoutingSection(Section):
    """When `algorithm: adaptive` takes which algorithm."""

    small_volume_pct: OpenFraction = 0.001
    """Share of a day's volume up to which an order is small and goes out whole, fraction."""
    urgent_from: Fraction = 0.5
    """Urgency from which a small order crosses the spread at once; below, it rests at the last price."""
    calm_spread_bps: Annotated[float, Field(gt=0, le=1000)] = 20.0
    """A wider spread makes a small order rest unless its urgency is 1, basis points."""
    spread_bps: Annotated[float, Field(gt=0, le=500)] = 2.0
    """Spread that costs are reckoned with before the order, basis points."""
    saving_bps: Annotated[float, Field(ge=0, le=100)] = 0.5
    """What a less simple algorithm must save to be taken, basis points."""
    patient_offset_bps: Offset = 0.0
    """Where the limit of a small, patient order rests: on the paying side of the last price, basis points."""


class ExecutionSettings(Section):
    """Execution algorithms; `none` sends every order whole."""

    algorithm: Literal["none", "twap", "vwap", "shortfall", "adaptive"] = "none"
    """How orders are worked; `adaptive` chooses for each by size, urgency and cost and says why."""
    duration_minutes: Minutes = 60
    """Longest window of an order; it ends with the session in any case."""
    interval_minutes: Minutes = 5
    """Longest time between two slices."""
    urgency: Fraction = 0.5
    """0 waits, 1 hurries: how far fills may fall behind the plan, and how averse to risk the shortfall plan is."""
    jitter_pct: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Largest delay of a slice, share of the interval; it follows from the order's id."""
    max_participation_pct: OpenFraction | None = 0.1
    """Largest share of the market's volume, even for the rest at the window's end; `null` = no cap."""
    limit_offset_bps: Offset | None = None
    """Slices are limits this far on the paying side of the last price (negative = passive); `null` = market orders."""
    is_completed: bool = True
    """Whether what is left when the window ends is sent at once."""
    grace_intervals: Annotated[int, Field(ge=0, le=12)] = 1
    """Intervals after the window in which the rest may still trade."""
    max_rejects: Annotated[int, Field(ge=1, le=100)] = 3
    """Refusals in a row that end the order."""
    risk_aversion: Annotated[float, Field(ge=0, le=1)] = 1e-6
    """Almgren and Chriss's lambda at urgency a half, per USD."""
    is_volume_adaptive: bool = True
    """Whether VWAP follows today's volume, or the past sessions' profile alone."""
    profile_sessions: Annotated[int, Field(ge=5, le=250)] = 20
    """Past sessions whose volume makes the profile."""
    inside_bar: Literal["straight", "low_first", "high_first"] = "straight"
    """Path assumed within a bar where a backtest's slices are finer than its bars."""
    routing: RoutingSection = RoutingSection()
    """When `adaptive` takes which algorithm."""

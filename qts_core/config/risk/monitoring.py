"""What is watched of risk, and what a wild market changes (specification 10.3)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from qts_core.config.section import Fraction, OpenFraction, Section

__all__ = ["RiskMonitoring", "VolatilityLimits"]

Points = Annotated[float, Field(gt=0, le=500)]


class VolatilityLimits(Section):
    """Less exposure when the market is wild. Volatility is measured from bars, in points as the VIX is."""

    enabled: bool = False
    """Whether they hold; off, volatility is measured and reported only."""
    threshold: Points = 30.0
    """Points from which sizes shrink."""
    severe: Points = 60.0
    """Points at which sizes are at `floor`; between the two they follow a straight line."""
    floor: OpenFraction = 0.25
    """Share of the usual size that is always left."""
    high_cash: Fraction = 0.25
    """Share of equity that stays in cash while volatility is in the highest fifth of its past."""
    extreme_cash: Fraction = 0.5
    """The same in the highest twentieth."""
    leverage_volatility: Annotated[float, Field(gt=0, le=2)] | None = None
    """Annual volatility of the book at which gross exposure may be 1: above it the cap falls in proportion. None = no such cap."""  # noqa: E501  # the page of settings is made of this line
    min_leverage: OpenFraction = 0.25
    """Gross exposure that is always allowed by it."""
    rise_per_session: OpenFraction = 0.1
    """By how much size and cap rise from one session to the next when the market calms down; they fall at once."""


class RiskMonitoring(Section):
    """What is watched."""

    history_sessions: Annotated[int, Field(ge=5, le=260)] = 20
    """Sessions of bars from which value at risk and correlations are estimated."""
    review_sessions: Annotated[int, Field(ge=1, le=63)] = 5
    """Sessions between two estimates of what moves together."""
    correlation_threshold: Annotated[float, Field(gt=0, lt=1)] = 0.7
    """|rho| above which two symbols belong to one cluster."""
    participation: OpenFraction = 0.1
    """Share of a bar's volume at which positions could be closed."""
    is_var_enforced: bool = False
    """Whether `risk_limits.var_95_limit` allows reducing only; off, it is measured and reported only."""

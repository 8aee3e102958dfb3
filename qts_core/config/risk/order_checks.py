"""Checks of orders at work and of finished ones, and what a person has set aside (specification 10.3, 10.4)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field, field_validator

from qts_core.config.section import Section

__all__ = ["OrderCheckSettings", "OverrideSettings"]

Bps = Annotated[float, Field(gt=0, le=10_000)]
Seconds = Annotated[float, Field(gt=0, le=86_400)]


class OrderCheckSettings(Section):
    """Orders at work and finished ones."""

    is_enabled: bool = False
    """Whether they are looked at, at each bar."""
    max_slippage_bps: Bps = 50.0
    """Mean fill price beyond the price at the decision from which the rest is cancelled, basis points."""
    partial_after_minutes: Annotated[float, Field(gt=0, le=10_000)] = 15.0
    """Age from which a partly filled order is told of."""
    stuck_after_seconds: Seconds = 30.0
    """Time without the broker's answer from which an order is told of."""
    lost_after_seconds: Seconds = 300.0
    """The same, as a warning."""
    max_shortfall_bps: Bps = 30.0
    """Cost of a finished order against the price at the decision that is remarkable, basis points."""
    max_over_estimate_bps: Bps = 15.0
    """Cost beyond `estimate_bps` that is remarkable."""
    estimate_bps: Annotated[float, Field(ge=0, le=10_000)] = 5.0
    """Cost that an order is expected to have, basis points."""


class OverrideSettings(Section):
    """A limit that a person sets aside for a while; losses, kill latch, restricted symbols and buying power stay."""

    limit: Annotated[str, Field(pattern=r"^[a-z]+\.[a-z_]+$")]
    """Name of the verdict, such as `limit.sector`."""
    symbol: str = "*"
    """What it is for; `*` = every symbol and the portfolio."""
    who: str
    """The person."""
    why: str
    """The reason."""
    given: datetime
    """From when on."""
    until: datetime
    """Until when, not included."""
    bound: float
    """Value up to which it reaches, in the limit's own unit."""

    @field_validator("given", "until", mode="before")
    @classmethod
    def _moment(cls, value: object) -> object:
        """Read a moment as YAML and JSON write it; a bare one belongs to no zone."""
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        if isinstance(moment, datetime):
            if moment.tzinfo is None:
                raise ValueError("needs a zone, such as 2024-03-04T14:30:00Z")
            return moment.astimezone(UTC)
        return moment

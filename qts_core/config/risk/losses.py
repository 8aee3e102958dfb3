"""Losses that stop trading and the drawdown ladder (specification 10.3, 15.4); fractions: 0.02 is 2 %."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from qts_core.config.section import Fraction, OpenFraction, Section

__all__ = ["DrawdownActions", "DrawdownLevel", "RiskLimits"]

Loss = Annotated[float, Field(gt=0, le=0.5)]


class RiskLimits(Section):
    """Losses that stop trading, as positive fractions of equity."""

    daily_loss_limit: Annotated[float, Field(gt=0, le=0.2)] = 0.02
    """Loss since the day's open."""
    weekly_loss_limit: Loss = 0.05
    """Loss since the week's open."""
    monthly_loss_limit: Loss = 0.10
    """Loss since the month's open."""
    per_trade_loss_limit: Loss = 0.01
    """Open loss of one position, fraction of equity, from which it is closed where `is_trade_stopped` says so."""
    is_trade_stopped: bool = False
    """Whether a position is closed at its own loss limit."""
    max_drawdown: Loss = 0.15
    """Loss from the highest equity."""
    var_95_limit: Loss = 0.03
    """One-day value at risk at 95 %."""


class DrawdownLevel(Section):
    """One rung of the ladder."""

    threshold: Loss
    """Drawdown from which it holds, fraction of the highest equity."""
    action: Literal["reduce_size", "flatten_all"]
    """What is done."""
    reduction: Fraction = 0.0
    """Share by which sizes shrink, for `reduce_size`."""
    notification: Literal["info", "warning", "critical"] = "warning"
    """How loud the alert is."""


class DrawdownActions(Section):
    """The ladder."""

    levels: tuple[DrawdownLevel, ...] = (
        DrawdownLevel(threshold=0.05, action="reduce_size", reduction=0.25),
        DrawdownLevel(threshold=0.10, action="reduce_size", reduction=0.50),
        DrawdownLevel(threshold=0.15, action="flatten_all", notification="critical"),
    )
    """Rungs, from the smallest threshold up."""
    scale_in_per_session: OpenFraction = 1.0
    """By how much the share of the usual size may rise from one session to the next; 1 = at once."""

"""Sizing, limits, drawdown ladder and kill switch (specification 15.4); limits are fractions: 0.02 is 2 %."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from qts_core.config.section import Fraction, OpenFraction, Section

__all__ = [
    "DrawdownActions",
    "DrawdownLevel",
    "KillSwitchSettings",
    "PortfolioSettings",
    "PositionSizing",
    "RiskLimits",
    "RiskSettings",
]

Loss = Annotated[float, Field(gt=0, le=0.5)]


class PositionSizing(Section):
    """How large a position is."""

    method: Literal["volatility_based", "equal_weight"] = "volatility_based"
    """Sizing method."""
    target_volatility: Annotated[float, Field(gt=0, le=1)] = 0.15
    """Annualised volatility aimed at, fraction of equity."""
    max_position_pct: OpenFraction = 0.10
    """Largest position, fraction of equity."""
    min_position_pct: Fraction = 0.01
    """Smallest position worth opening, fraction of equity."""
    kelly_fraction: OpenFraction = 0.25
    """Share of full Kelly, for the Kelly method."""


class PortfolioSettings(Section):
    """What the whole portfolio may be."""

    max_positions: Annotated[int, Field(ge=1, le=1000)] = 20
    """Largest number of positions."""
    max_sector_exposure: OpenFraction = 0.30
    """Largest gross exposure to one sector, fraction of equity."""
    max_correlated_exposure: OpenFraction = 0.40
    """Largest gross exposure to one cluster of correlated symbols, fraction of equity."""
    rebalance_threshold: Fraction = 0.05
    """A held weight stays until it is off its target by this fraction of equity, or by a quarter of the target."""
    optimization_method: Literal["risk_parity", "none"] = "risk_parity"
    """How weights are spread over the chosen positions."""
    max_gross_exposure: Annotated[float, Field(gt=0, le=4)] = 1.0
    """Largest sum of absolute weights, fraction of equity."""
    max_net_exposure: Annotated[float, Field(ge=0, le=4)] = 0.20
    """Largest absolute sum of weights, fraction of equity."""
    is_long_only: bool = False
    """Whether short positions are forbidden."""


class RiskLimits(Section):
    """Losses that stop trading, as positive fractions of equity."""

    daily_loss_limit: Annotated[float, Field(gt=0, le=0.2)] = 0.02
    """Loss since the day's open."""
    weekly_loss_limit: Loss = 0.05
    """Loss since the week's open."""
    monthly_loss_limit: Loss = 0.10
    """Loss since the month's open."""
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


Trigger = Literal[
    "max_drawdown_breach",
    "rapid_pnl_decline",
    "daily_loss_breach",
    "system_error",
    "data_feed_failure",
    "broker_disconnection",
    "manual",
]
Action = Literal[
    "cancel_all_orders", "flatten_positions", "halt_trading", "send_critical_alert", "log_state", "shut_down"
]


class KillSwitchSettings(Section):
    """When everything stops, and how. Latched until a person resets it."""

    enabled: bool = True
    """Whether triggers fire; `live-daemon kill` works in any case."""
    triggers: tuple[Trigger, ...] = (
        "max_drawdown_breach",
        "daily_loss_breach",
        "system_error",
        "data_feed_failure",
        "broker_disconnection",
    )
    """What fires it."""
    actions: tuple[Action, ...] = ("cancel_all_orders", "flatten_positions", "halt_trading", "send_critical_alert")
    """What it does, in this order."""


class RiskSettings(Section):
    """config/risk.yaml."""

    position_sizing: PositionSizing = PositionSizing()
    """Size of one position."""
    portfolio: PortfolioSettings = PortfolioSettings()
    """Limits of the portfolio."""
    risk_limits: RiskLimits = RiskLimits()
    """Loss limits."""
    drawdown_actions: DrawdownActions = DrawdownActions()
    """Drawdown ladder."""
    kill_switch: KillSwitchSettings = KillSwitchSettings()
    """Kill switch."""

"""Sizing, limits, drawdown ladder and kill switch (specification 15.4); limits are fractions: 0.02 is 2 %."""

from __future__ import annotations

from qts_core.config.risk.kill import KillSwitchSettings
from qts_core.config.risk.losses import DrawdownActions, DrawdownLevel, RiskLimits
from qts_core.config.risk.portfolio import PortfolioSettings
from qts_core.config.risk.sizing import PositionSizing
from qts_core.config.section import Section

__all__ = [
    "DrawdownActions",
    "DrawdownLevel",
    "KillSwitchSettings",
    "PortfolioSettings",
    "PositionSizing",
    "RiskLimits",
    "RiskSettings",
]


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

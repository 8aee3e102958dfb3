"""Sizing, limits, drawdown ladder and kill switch (specification 15.4); limits are fractions: 0.02 is 2 %."""

from __future__ import annotations

from qts_core.config.risk.kill import KillSwitchSettings
from qts_core.config.risk.live import LIVE_PLACES, LiveProfile
from qts_core.config.risk.losses import DrawdownActions, DrawdownLevel, RiskLimits
from qts_core.config.risk.monitoring import RiskMonitoring, VolatilityLimits
from qts_core.config.risk.optimisation import OptimisationSettings
from qts_core.config.risk.order_checks import OrderCheckSettings, OverrideSettings
from qts_core.config.risk.portfolio import PortfolioSettings
from qts_core.config.risk.pre_trade import PreTradeSettings
from qts_core.config.risk.rebalancing import RebalancingSettings
from qts_core.config.risk.sizing import PositionSizing
from qts_core.config.section import Section

__all__ = [
    "DrawdownActions",
    "DrawdownLevel",
    "KillSwitchSettings",
    "LiveProfile",
    "OptimisationSettings",
    "OrderCheckSettings",
    "OverrideSettings",
    "PortfolioSettings",
    "PositionSizing",
    "PreTradeSettings",
    "RebalancingSettings",
    "RiskLimits",
    "RiskMonitoring",
    "RiskSettings",
    "VolatilityLimits",
]


class RiskSettings(Section):
    """config/risk.yaml."""

    position_sizing: PositionSizing = PositionSizing()
    """Size of one position."""
    portfolio: PortfolioSettings = PortfolioSettings()
    """Limits of the portfolio."""
    optimisation: OptimisationSettings = OptimisationSettings()
    """How an optimiser spreads weights."""
    rebalancing: RebalancingSettings = RebalancingSettings()
    """When held weights are corrected."""
    risk_limits: RiskLimits = RiskLimits()
    """Loss limits."""
    drawdown_actions: DrawdownActions = DrawdownActions()
    """Drawdown ladder."""
    kill_switch: KillSwitchSettings = KillSwitchSettings()
    """Kill switch."""
    pre_trade: PreTradeSettings = PreTradeSettings()
    """Checks of an order."""
    order_checks: OrderCheckSettings = OrderCheckSettings()
    """Orders at work and finished ones."""
    overrides: tuple[OverrideSettings, ...] = ()
    """Limits that a person has set aside."""
    monitoring: RiskMonitoring = RiskMonitoring()
    """What is watched."""
    volatility_limits: VolatilityLimits = VolatilityLimits()
    """What a wild market changes."""
    live: LiveProfile = LiveProfile()
    """What is stricter in live mode."""

    def in_mode(self, mode: str) -> RiskSettings:
        """Return the settings that hold in `mode`: in ``live`` with the stricter profile put in."""
        if mode != "live":
            return self
        changes: dict[str, dict[str, object]] = {}
        for name, section in LIVE_PLACES.items():
            stricter = getattr(self.live, name)
            if stricter is not None:
                changes.setdefault(section, {})[name] = min(stricter, getattr(getattr(self, section), name))
        if self.live.is_correlation_enforced:
            changes.setdefault("pre_trade", {})["is_correlation_enforced"] = True
        if self.live.is_var_enforced:
            changes.setdefault("monitoring", {})["is_var_enforced"] = True
        if self.live.is_volatility_limited:
            changes.setdefault("volatility_limits", {})["enabled"] = True
        sections = {name: getattr(self, name).model_copy(update=values) for name, values in changes.items()}
        return self.model_copy(update=sections)

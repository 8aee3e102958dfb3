"""What is stricter when real money trades (specification 10.3 against 15.4; X-03)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from qts_core.config.section import OpenFraction, Section

__all__ = ["LIVE_PLACES", "LiveProfile"]

Loss = Annotated[float, Field(gt=0, le=0.5)]


class LiveProfile(Section):
    """Limits of live mode; the smaller of each and the one that it is for holds. None = that one."""

    max_position_pct: OpenFraction | None = None
    """For `position_sizing.max_position_pct`."""
    max_positions: Annotated[int, Field(ge=1, le=1000)] | None = None
    """For `portfolio.max_positions`."""
    max_sector_exposure: OpenFraction | None = 0.25
    """For `portfolio.max_sector_exposure`."""
    max_correlated_exposure: OpenFraction | None = 0.30
    """For `portfolio.max_correlated_exposure`."""
    daily_loss_limit: Loss | None = None
    """For `risk_limits.daily_loss_limit`."""
    weekly_loss_limit: Loss | None = None
    """For `risk_limits.weekly_loss_limit`."""
    monthly_loss_limit: Loss | None = None
    """For `risk_limits.monthly_loss_limit`."""
    per_trade_loss_limit: Loss | None = None
    """For `risk_limits.per_trade_loss_limit`."""
    scale_in_per_session: OpenFraction | None = 0.1
    """For `drawdown_actions.scale_in_per_session`."""
    is_correlation_enforced: bool = True
    """Whether the cap on correlated exposure holds, whatever `pre_trade` says."""
    is_var_enforced: bool = True
    """Whether the value at risk restricts, whatever `monitoring` says."""
    is_volatility_limited: bool = True
    """Whether the volatility limits hold, whatever they say."""


LIVE_PLACES = {
    "max_position_pct": "position_sizing",
    "max_positions": "portfolio",
    "max_sector_exposure": "portfolio",
    "max_correlated_exposure": "portfolio",
    "daily_loss_limit": "risk_limits",
    "weekly_loss_limit": "risk_limits",
    "monthly_loss_limit": "risk_limits",
    "per_trade_loss_limit": "risk_limits",
    "scale_in_per_session": "drawdown_actions",
}
"""In which section the setting of the same name stands."""

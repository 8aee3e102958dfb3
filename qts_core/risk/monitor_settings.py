"""Settings of the risk monitor and of the limits, made from the configuration (specification 15.4)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from qts_core.config.risk import RiskSettings
from qts_core.market.instruments import Instrument
from qts_core.risk.measures.clusters import CORRELATED
from qts_core.risk.settings import LimitSettings, LossSettings
from qts_core.risk.volatility_brake import BrakeSettings

__all__ = ["MonitorSettings", "checked_limits", "monitor_settings", "stricter_losses"]


@dataclass(frozen=True, slots=True)
class MonitorSettings:
    """What is watched; the defaults restrict nothing.

    Attributes
    ----------
    history_sessions, bars_per_session : int
        Sessions of bars kept, and bars in one.
    year_sessions : int
        Session returns kept, for factors, direction, regimes and the historical value at risk.
    review_sessions : int
        Sessions between two estimates of clusters and of how much hangs together.
    correlation_threshold : float
        |rho| above which two symbols belong together.
    is_correlation_enforced : bool
        Whether clusters are handed to the limits.
    var_limit : float
        One-day value at risk at 95 %, ratio of equity, over which risk is only reduced; infinite = none.
    rapid_decline_limit, rapid_decline_bars : float, int
        Loss within so many bars that fires the kill switch; infinite = never.
    participation : float
        Share of the volume at which positions could be closed.
    brake : BrakeSettings
    """

    history_sessions: int = 20
    bars_per_session: int = 26
    year_sessions: int = 252
    review_sessions: int = 5
    correlation_threshold: float = CORRELATED
    is_correlation_enforced: bool = False
    var_limit: float = math.inf
    rapid_decline_limit: float = math.inf
    rapid_decline_bars: int = 4
    participation: float = 0.1
    brake: BrakeSettings = field(default_factory=BrakeSettings)

    @property
    def history_bars(self) -> int:
        """Bars kept."""
        return self.history_sessions * self.bars_per_session


def monitor_settings(risk: RiskSettings) -> MonitorSettings:
    """Return what `risk`, already in its mode, says of the monitor."""
    watched, kill, wild = risk.monitoring, risk.kill_switch, risk.volatility_limits
    is_rapid = kill.enabled and "rapid_pnl_decline" in kill.triggers
    brake = BrakeSettings(
        threshold=wild.threshold, severe=wild.severe, floor=wild.floor, high_cash=wild.high_cash,
        extreme_cash=wild.extreme_cash,
        target_volatility=math.inf if wild.leverage_volatility is None else wild.leverage_volatility,
        min_leverage=wild.min_leverage, max_leverage=risk.portfolio.max_gross_exposure,
        rise_per_session=wild.rise_per_session,
    )  # fmt: skip
    return MonitorSettings(
        history_sessions=watched.history_sessions,
        review_sessions=watched.review_sessions,
        correlation_threshold=watched.correlation_threshold,
        is_correlation_enforced=risk.pre_trade.is_correlation_enforced,
        var_limit=risk.risk_limits.var_95_limit if watched.is_var_enforced else math.inf,
        rapid_decline_limit=kill.rapid_decline_limit if is_rapid else math.inf,
        rapid_decline_bars=kill.rapid_decline_bars,
        participation=watched.participation,
        brake=brake if wild.enabled else BrakeSettings(),
    )


def checked_limits(limits: LimitSettings, risk: RiskSettings, instruments: Sequence[Instrument]) -> LimitSettings:
    """Return `limits` with the checks of an order added: correlation, concentration, hours, what is restricted."""
    checks = risk.pre_trade
    banned = {item.symbol for item in instruments if not item.is_tradable}
    return replace(
        limits,
        max_correlated_ratio=risk.portfolio.max_correlated_exposure if checks.is_correlation_enforced else math.inf,
        max_concentration=math.inf if checks.max_concentration is None else checks.max_concentration,
        restricted=frozenset(checks.restricted_symbols) | banned,
        buying_power_reserve_ratio=checks.buying_power_reserve,
        quiet_open_bars=checks.quiet_open_bars,
        quiet_close_bars=checks.quiet_close_bars,
    )


def stricter_losses(losses: LossSettings, risk: RiskSettings) -> LossSettings:
    """Return `losses` with the loss of one trade and the way back from a drawdown added."""
    return replace(
        losses,
        trade_limit=risk.risk_limits.per_trade_loss_limit,
        scale_in_per_session=risk.drawdown_actions.scale_in_per_session,
    )

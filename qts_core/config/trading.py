"""How the daemon trades: mode, thresholds, orders, timing (specification 12, 15.1)."""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import Field, field_validator

from qts_core.config.alphas import AlphasSettings
from qts_core.config.execution import ExecutionSettings
from qts_core.config.section import ClockTime, Fraction, OpenFraction, Port, Section
from qts_core.config.shadows import ShadowSettings
from qts_core.config.strategies import StrategyEntry

__all__ = ["DaemonSettings", "OrderSettings", "SignalSettings", "TradingMode", "TradingSettings"]

TradingMode = Literal["dry", "paper", "live"]
ROUNDING = 1e-9
Seconds = Annotated[float, Field(gt=0, le=86400)]


class OrderSettings(Section):
    """What orders look like."""

    type: Literal["market", "limit"] = "market"
    """Order type of rebalancing orders."""
    time_in_force: Literal["day", "ioc"] = "day"
    """How long an order works."""
    limit_offset_bps: Annotated[float, Field(ge=0, le=500)] = 5.0
    """How far a limit may be on the paying side of the last price, basis points."""
    is_fractional: bool = False
    """Whether fractions of a share are ordered."""
    price_collar_pct: OpenFraction = 0.05
    """An order further than this from the last price is refused, fraction."""
    max_messages_per_minute: Annotated[int, Field(ge=1, le=10000)] = 150
    """Orders and cancels per minute; must leave room below the broker's rate limit."""


class SignalSettings(Section):
    """How a model's scores become signals."""

    exit_threshold: Annotated[float, Field(ge=-1, le=1)] = 0.0
    """Strength in its own direction below which a position is closed, -1 to 1; below `signal_threshold`."""
    smoothing_bars: Annotated[int, Field(ge=0, le=1000)] = 13
    """Half-life of the scores' moving average, bars; 0 switches it off."""
    spread_bars: Annotated[int, Field(ge=1, le=10000)] = 260
    """Half-life of the spread by which scores are divided, bars."""
    expiry_bars: Annotated[int, Field(ge=1, le=10000)] = 26
    """Bars that a signal stands without a new one."""
    is_cross_sectional: bool = True
    """Whether scores are taken relative to the mean of all symbols."""


class DaemonSettings(Section):
    """Timing of the process; none of it changes a decision."""

    reconcile_open_seconds: Seconds = 10.0
    """Seconds between reconciliations while orders are open."""
    reconcile_idle_seconds: Seconds = 60.0
    """Seconds between reconciliations otherwise."""
    model_poll_seconds: Seconds = 30.0
    """Seconds between looks at the alias `champion` and those of the shadows."""
    feed_stale_seconds: Seconds = 120.0
    """Age of the newest bar in the session from which no risk is added."""
    bar_grace_seconds: Annotated[float, Field(ge=0, le=60)] = 2.0
    """Wait for late minute bars after a bar's end."""
    request_timeout_seconds: Seconds = 5.0
    """Hard limit of a request to the broker."""
    lease_seconds: Seconds = 15.0
    """Life of the single-writer lease."""


class TradingSettings(Section):
    """config/trading.yaml."""

    mode: TradingMode = "paper"
    """`dry` sends nothing, `paper` trades play money, `live` trades real money."""
    strategy: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,15}$")] = "ml"
    """Name of the strategy; part of every order id."""
    live_account: str | None = None
    """Account number that live mode must find at the broker."""
    signal_threshold: Fraction = 0.4
    """Absolute strength, 0 to 1, from which a position is opened; strength is the standardised score over three."""
    confidence_threshold: Fraction = 0.0
    """Smallest confidence worth trading, 0 to 1."""
    trading_start_time: ClockTime = "09:30"
    """No order leaves before, in `timezone`."""
    trading_end_time: ClockTime = "16:00"
    """No order leaves from then on, in `timezone`."""
    timezone: str = "America/New_York"
    """Zone of the two times."""
    dashboard_host: str = "127.0.0.1"
    """Address of the page and metrics."""
    dashboard_port: Port = 8000
    """Port of the page and metrics."""
    signals: SignalSettings = SignalSettings()
    """How scores become signals."""
    alphas: AlphasSettings = AlphasSettings()
    """Which alphas trade beside the model's and how they are combined."""
    orders: OrderSettings = OrderSettings()
    """What orders look like."""
    execution: ExecutionSettings = ExecutionSettings()
    """How large orders are worked over time."""
    daemon: DaemonSettings = DaemonSettings()
    """Timing of the process."""
    strategies: tuple[StrategyEntry, ...] = ()
    """Strategies of one's own that `qts backtest` runs in one account."""
    shadows: ShadowSettings = ShadowSettings()
    """Models that predict beside the champion and never trade."""

    @field_validator("strategies")
    @classmethod
    def _whole(cls, value: tuple[StrategyEntry, ...]) -> tuple[StrategyEntry, ...]:
        if sum(entry.share for entry in value) > 1.0 + ROUNDING:
            raise ValueError("the shares of all strategies are more than 1")
        return value

    @field_validator("timezone")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("not a time zone such as America/New_York")
        return value

"""Settings of the decision path in one frozen value, made from the configuration files (specification 15)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from qts_core.alphas.from_settings import stage_settings
from qts_core.alphas.ml import MlAlphaSettings
from qts_core.alphas.settings import StageSettings
from qts_core.config.risk import KillSwitchSettings, RiskSettings
from qts_core.config.settings import Settings
from qts_core.config.universe import OTHER_SECTOR
from qts_core.market.orders import OrderType, TimeInForce
from qts_core.orders.algorithms.from_settings import algorithm_settings
from qts_core.orders.algorithms.maker import AlgorithmChoice, AlgorithmSettings
from qts_core.portfolio.from_settings import optimiser_settings, rebalance_settings, sizer_settings
from qts_core.portfolio.optimisation.settings import Method
from qts_core.portfolio.rebalancing.settings import RebalanceSettings
from qts_core.portfolio.settings import PortfolioSettings
from qts_core.portfolio.sizing.base import SizerMethod
from qts_core.risk.kill import KillPolicy
from qts_core.risk.monitor_settings import MonitorSettings, checked_limits, monitor_settings, stricter_losses
from qts_core.risk.order_checks import order_checks, standing_overrides
from qts_core.risk.settings import DrawdownLevel, LimitSettings, LossSettings
from qts_core.trading.extra_stages import Choices

__all__ = ["Construction", "CoreSettings", "OrderRules", "core_settings"]

GROSS_HEADROOM_RATIO = 0.1
"""Share of the gross limit that sizing leaves unused, so that drift rarely reaches the limit."""

DAILY_KILL_MULTIPLE = 2.0
"""The hard daily loss, at which everything is closed, in soft ones, at which risk is only reduced (X-05)."""


class Construction(StrEnum):
    """How scores become target weights."""

    SIGNALS = "signals"
    """Scores are expected returns: alpha, selection, sizing."""
    WEIGHTS = "weights"
    """Scores are target weights already; limits and order rules still hold."""


@dataclass(frozen=True, slots=True)
class OrderRules:
    """What orders look like.

    Attributes
    ----------
    type : OrderType
        Market or limit.
    time_in_force : TimeInForce
    limit_offset_bps : float
        How far a limit is on the paying side of the last close.
    is_fractional : bool
        Whether fractions of a share are ordered; never for shorts.
    """

    type: OrderType = OrderType.MARKET
    time_in_force: TimeInForce = TimeInForce.DAY
    limit_offset_bps: Decimal = Decimal(5)
    is_fractional: bool = False


@dataclass(frozen=True, slots=True)
class CoreSettings:
    """Everything that the core may be told; the defaults are those of the shipped configuration."""

    alpha: MlAlphaSettings = field(default_factory=MlAlphaSettings)
    alphas: StageSettings = field(default_factory=StageSettings)
    portfolio: PortfolioSettings = field(default_factory=PortfolioSettings)
    limits: LimitSettings = field(default_factory=LimitSettings)
    losses: LossSettings = field(default_factory=LossSettings)
    orders: OrderRules = field(default_factory=OrderRules)
    construction: Construction = Construction.SIGNALS
    choices: Choices = field(default_factory=Choices)
    execution: AlgorithmSettings | None = None
    """How orders are worked over time; None = they go out whole."""


def core_settings(settings: Settings) -> CoreSettings:
    """Return what `settings` say of the decision path, in their mode: live trading may have stricter limits."""
    settings = settings.model_copy(update={"risk": settings.risk.in_mode(settings.trading.mode)})
    members = settings.universe.instruments(item.symbol for item in settings.universe.symbols)
    return CoreSettings(
        alpha=_alpha(settings),
        alphas=stage_settings(settings.trading.alphas),
        portfolio=_portfolio(settings),
        limits=checked_limits(_limits(settings), settings.risk, members),
        losses=stricter_losses(_losses(settings), settings.risk),
        choices=_choices(settings.risk),
        execution=_execution(settings),
        orders=OrderRules(
            type=OrderType(settings.trading.orders.type),
            time_in_force=TimeInForce(settings.trading.orders.time_in_force),
            limit_offset_bps=Decimal(repr(settings.trading.orders.limit_offset_bps)),
            is_fractional=settings.trading.orders.is_fractional,
        ),
    )


def _alpha(settings: Settings) -> MlAlphaSettings:
    signals = settings.trading.signals
    return MlAlphaSettings(
        smoothing_bars=signals.smoothing_bars,
        spread_bars=signals.spread_bars,
        expiry_bars=signals.expiry_bars,
        is_cross_sectional=signals.is_cross_sectional,
    )


def _portfolio(settings: Settings) -> PortfolioSettings:
    sizing, portfolio = settings.risk.position_sizing, settings.risk.portfolio
    return PortfolioSettings(
        entry_threshold=settings.trading.signal_threshold,
        exit_threshold=settings.trading.signals.exit_threshold,
        confidence_threshold=settings.trading.confidence_threshold,
        max_positions=portfolio.max_positions,
        gross_target=portfolio.max_gross_exposure * (1.0 - GROSS_HEADROOM_RATIO),
        max_position_ratio=sizing.max_position_pct,
        min_position_ratio=sizing.min_position_pct,
        target_volatility=sizing.target_volatility,
        volatility_bars=sizing.volatility_lookback_bars,
        is_equal_weight=sizing.method == "equal_weight",
        rebalance_threshold=portfolio.rebalance_threshold,
        is_long_only=portfolio.is_long_only,
    )


def _limits(settings: Settings) -> LimitSettings:
    portfolio = settings.risk.portfolio
    gross = portfolio.max_gross_exposure
    sectors = sorted({item.sector for item in settings.universe.symbols})
    return LimitSettings(
        max_position_ratio=settings.risk.position_sizing.max_position_pct,
        max_gross_ratio=gross,
        max_net_ratio=gross if portfolio.is_long_only else min(gross, portfolio.max_net_exposure),
        max_sector_ratio=portfolio.max_sector_exposure,
        max_positions=portfolio.max_positions,
        other_sector_ratio=settings.universe.sector_limit(OTHER_SECTOR, math.inf),
        sector_ratios=MappingProxyType(
            {name: settings.universe.sector_limit(name, portfolio.max_sector_exposure) for name in sectors}
        ),
    )


def _losses(settings: Settings) -> LossSettings:
    limits, kill = settings.risk.risk_limits, settings.risk.kill_switch
    hard = kill.enabled and "daily_loss_breach" in kill.triggers
    return LossSettings(
        daily_limit=limits.daily_loss_limit,
        weekly_limit=limits.weekly_loss_limit,
        monthly_limit=limits.monthly_loss_limit,
        daily_kill_limit=DAILY_KILL_MULTIPLE * limits.daily_loss_limit if hard else math.inf,
        levels=tuple(
            DrawdownLevel(level.threshold, 1.0 if level.action == "flatten_all" else level.reduction)
            for level in settings.risk.drawdown_actions.levels
        ),
        is_kill_enabled=kill.enabled,
    )


def _execution(settings: Settings) -> AlgorithmSettings | None:
    chosen = algorithm_settings(settings.trading.execution)
    return None if chosen.choice is AlgorithmChoice.NONE else chosen


def _choices(risk: RiskSettings) -> Choices:
    """Return what is switched on beside the default steps."""
    sizer, rebalance, monitor = sizer_settings(risk), rebalance_settings(risk), monitor_settings(risk)
    optimiser, policy = optimiser_settings(risk), KillPolicy.of(risk.kill_switch)
    is_plain_size = sizer.method in (SizerMethod.VOLATILITY_BASED, SizerMethod.EQUAL_WEIGHT)
    is_plain_band = rebalance == RebalanceSettings(drift_threshold=rebalance.drift_threshold)
    # The table is asked where it is not the shipped one, and where something fires that only it knows.
    is_plain_kill = policy == KillPolicy.of(KillSwitchSettings()) and monitor.rapid_decline_limit == math.inf
    turnover, sizing = risk.portfolio.max_daily_turnover, risk.position_sizing
    return Choices(
        sizer=None if is_plain_size and not sizer.regime_scales and not sizer.is_correlation_adjusted else sizer,
        is_atr=sizing.volatility_source == "atr",
        optimiser=None if optimiser.method is Method.NONE else optimiser,
        rebalance=None if is_plain_band else rebalance,
        monitor=None if monitor == MonitorSettings() else monitor,
        has_trade_stops=risk.risk_limits.is_trade_stopped,
        max_daily_turnover=math.inf if turnover is None else turnover,
        kill=None if is_plain_kill else policy,
        max_position_usd=math.inf if sizing.max_position_usd is None else sizing.max_position_usd,
        soft_start=sizing.soft_start,
        soft_floor=sizing.soft_floor if sizing.soft_start < 1.0 else 0.0,
        has_buying_power=risk.pre_trade.is_buying_power_checked,
        overrides=standing_overrides(risk.overrides),
        checks=order_checks(risk.order_checks),
    )

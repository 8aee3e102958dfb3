"""Settings of sizing, optimisation and rebalancing, from config/risk.yaml (specification 15.4)."""

from __future__ import annotations

from types import MappingProxyType

from qts_core.config.risk import RiskSettings
from qts_core.portfolio.optimisation.settings import Method, OptimiserSettings, UncertaintySet
from qts_core.portfolio.rebalancing.settings import RebalanceSettings, Trigger
from qts_core.portfolio.sizing.base import SizerMethod, SizerSettings

__all__ = ["optimiser_settings", "rebalance_settings", "sizer_settings"]


def sizer_settings(risk: RiskSettings) -> SizerSettings:
    """Return how large a position is."""
    sizing = risk.position_sizing
    return SizerSettings(
        method=SizerMethod(sizing.method),
        risk_fraction=sizing.risk_fraction,
        trade_loss_limit=risk.risk_limits.per_trade_loss_limit,
        stop_loss_ratio=sizing.stop_loss_pct,
        kelly_fraction=sizing.kelly_fraction,
        lookback_trades=sizing.lookback_trades,
        minimum_trades=sizing.minimum_trades,
        smoothing_trades=sizing.smoothing_trades,
        starting_ratio=sizing.starting_pct,
        target_volatility=sizing.target_volatility,
        base_ratio=sizing.base_pct,
        max_leverage=sizing.max_leverage,
        regime_scales=MappingProxyType(dict(sizing.regime_scales)),
        is_correlation_adjusted=sizing.is_correlation_adjusted,
        drawdown_limit=sizing.drawdown_limit,
    )


def optimiser_settings(risk: RiskSettings) -> OptimiserSettings:
    """Return how the chosen positions share the capital."""
    chosen, portfolio = risk.optimisation, risk.portfolio
    return OptimiserSettings(
        method=Method(portfolio.optimization_method),
        solver=chosen.solver,
        covariance_sessions=chosen.covariance_sessions,
        minimum_sessions=chosen.minimum_sessions,
        is_shrunk=chosen.is_shrunk,
        max_position_ratio=risk.position_sizing.max_position_pct,
        max_sector_ratio=portfolio.max_sector_exposure,
        l2=chosen.l2_penalty,
        turnover_penalty=chosen.turnover_penalty,
        cost_bps=chosen.cost_bps,
        holding_sessions=chosen.holding_sessions,
        max_turnover=chosen.max_turnover,
        target_return=chosen.target_return,
        target_volatility=chosen.target_volatility,
        risk_aversion=chosen.risk_aversion,
        tau=chosen.tau,
        view_confidence=chosen.view_confidence,
        uncertainty=UncertaintySet(chosen.uncertainty),
        uncertainty_size=chosen.uncertainty_size,
        cvar_level=chosen.cvar_level,
        cvar_limit=chosen.cvar_limit,
    )


def rebalance_settings(risk: RiskSettings) -> RebalanceSettings:
    """Return when held weights are changed."""
    chosen = risk.rebalancing
    return RebalanceSettings(
        trigger=Trigger(chosen.trigger),
        drift_threshold=risk.portfolio.rebalance_threshold,
        every_sessions=chosen.every_sessions,
        gradual_ratio=chosen.gradual_ratio,
        cost_bps=chosen.cost_bps,
        benefit_multiple=chosen.benefit_multiple,
        risk_aversion=risk.optimisation.risk_aversion,
        holding_sessions=chosen.holding_sessions,
    )

"""Every sizing method by its name (specification 10.1)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from qts_core.market.arrays import from_list, to_list
from qts_core.market.panel import Floats
from qts_core.portfolio.settings import PortfolioSettings
from qts_core.portfolio.sizing.base import Sizer, SizerMethod, SizerSettings, SizingInputs
from qts_core.portfolio.sizing.fixed_fractional import effective_risk, fixed_fractional_ratio
from qts_core.portfolio.sizing.kelly import smoothed_kelly
from qts_core.portfolio.sizing.optimal_f import monte_carlo_f
from qts_core.portfolio.sizing.units import unit_weights
from qts_core.portfolio.sizing.volatility_target import correlation_scale, under_leverage, volatility_ratio

__all__ = ["make_sizer"]

SMOOTHING_SPANS = 5.0
"""Half-lives of estimates that are kept: what is older weighs less than 3 %."""


def make_sizer(settings: SizerSettings, portfolio: PortfolioSettings) -> Sizer:
    """Return the sizer that `settings` name."""
    if settings.method in (SizerMethod.KELLY, SizerMethod.OPTIMAL_F):
        return _TradeSizer(settings, portfolio)
    return _PlainSizer(settings, portfolio)


class _Scaled:
    """Regime, correlation and leverage, the same for every method but those of the shipped configuration."""

    def __init__(self, settings: SizerSettings, portfolio: PortfolioSettings) -> None:
        self.settings = settings
        self.portfolio = portfolio

    def _bounded(self, units: Floats, inputs: SizingInputs) -> Floats:
        settings, count = self.settings, self.portfolio.max_positions
        scale = 1.0 if inputs.regime is None else settings.regime_scales.get(inputs.regime, 1.0)
        if settings.is_correlation_adjusted and inputs.mean_correlation is not None:
            scale *= correlation_scale(inputs.mean_correlation, count)
        capped = np.minimum(units * scale, self.portfolio.max_position_ratio)
        return under_leverage(capped, count, min(settings.max_leverage, self.portfolio.gross_target))


class _PlainSizer(_Scaled):
    """Methods that learn nothing from trades."""

    def observe_trade(self, trade_return: float) -> None:
        """Do nothing."""

    def units(self, inputs: SizingInputs) -> Floats:
        """Return the weight [N] that each symbol gets when held."""
        settings, volatility = self.settings, inputs.volatility
        if settings.method is SizerMethod.VOLATILITY_TARGET:
            return self._bounded(volatility_ratio(volatility, settings.target_volatility, settings.base_ratio), inputs)
        if settings.method is SizerMethod.FIXED_FRACTIONAL:
            risk = effective_risk(settings.risk_fraction, settings.trade_loss_limit)
            ratio = fixed_fractional_ratio(risk, settings.stop_loss_ratio, self.portfolio.max_position_ratio)
            return self._bounded(np.where(np.isnan(volatility), np.nan, ratio), inputs)
        units = unit_weights(volatility, self.portfolio)
        # As shipped, nothing is scaled: not even a rounding may differ.
        return self._bounded(units, inputs) if self._is_scaled(inputs) else units

    def _is_scaled(self, inputs: SizingInputs) -> bool:
        settings = self.settings
        is_regime = inputs.regime is not None and settings.regime_scales.get(inputs.regime, 1.0) != 1.0
        return is_regime or (settings.is_correlation_adjusted and inputs.mean_correlation is not None)

    def snapshot(self) -> dict[str, object]:
        """Return no state."""
        return {}

    def restore(self, state: Mapping[str, object]) -> None:
        """Take up no state."""


class _TradeSizer(_Scaled):
    """Kelly and optimal f: every symbol gets the same share, learned from the last closed trades."""

    def __init__(self, settings: SizerSettings, portfolio: PortfolioSettings) -> None:
        super().__init__(settings, portfolio)
        self._trades: Floats = np.zeros(0)
        self._kept = settings.lookback_trades + int(np.ceil(SMOOTHING_SPANS * settings.smoothing_trades))

    def observe_trade(self, trade_return: float) -> None:
        """Take a closed round trip; one without a number is not a trade."""
        if np.isfinite(trade_return):
            self._trades = np.append(self._trades, trade_return)[-self._kept :]

    def units(self, inputs: SizingInputs) -> Floats:
        """Return the same weight for every symbol with a volatility."""
        return self._bounded(np.where(np.isnan(inputs.volatility), np.nan, self._share()), inputs)

    def _share(self) -> float:
        settings, trades = self.settings, self._trades
        if len(trades) < settings.minimum_trades:
            return settings.starting_ratio
        if settings.method is SizerMethod.KELLY:
            full = smoothed_kelly(trades, settings.lookback_trades, settings.smoothing_trades, settings.minimum_trades)
            return full * settings.kelly_fraction
        recent = trades[-settings.lookback_trades :]
        share = monte_carlo_f(
            recent, np.random.default_rng(settings.seed), paths=settings.paths, confidence=settings.confidence,
            drawdown_limit=settings.drawdown_limit,
        )  # fmt: skip
        # f is what the worst trade costs; divided by how much of its notional that trade lost, it is a weight.
        worst = -float(recent.min())
        return share / worst if worst > 0.0 else 0.0

    def snapshot(self) -> dict[str, object]:
        """Return the trades, exact, as JSON values."""
        return {"trades": to_list(self._trades)}

    def restore(self, state: Mapping[str, object]) -> None:
        """Take up the state of :meth:`snapshot`."""
        self._trades = from_list(state["trades"])[-self._kept :]

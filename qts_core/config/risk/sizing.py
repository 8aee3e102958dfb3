"""How large a position is (specification 10.1, 15.4); fractions: 0.02 is 2 %."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from qts_core.config.section import Fraction, OpenFraction, Section

__all__ = ["PositionSizing"]


class PositionSizing(Section):
    """How large a position is."""

    method: Literal[
        "volatility_based", "equal_weight", "volatility_target", "fixed_fractional", "kelly", "optimal_f"
    ] = "volatility_based"
    """Sizing method. `volatility_based`: the same share of risk each, by inverse volatility within a band."""
    target_volatility: Annotated[float, Field(gt=0, le=1)] = 0.15
    """Annualised volatility aimed at, fraction of equity."""
    max_position_pct: OpenFraction = 0.10
    """Largest position, fraction of equity."""
    min_position_pct: Fraction = 0.01
    """Smallest position worth opening, fraction of equity."""
    kelly_fraction: OpenFraction = 0.25
    """Share of full Kelly, for the Kelly method."""
    volatility_source: Literal["std", "atr"] = "std"
    """What volatility is estimated from: returns of closes, or the average true range, converted."""
    volatility_lookback_bars: Annotated[int, Field(ge=5, le=20_000)] = 260
    """Window of that estimate, bars; 260 = ten sessions."""
    base_pct: OpenFraction = 0.05
    """`volatility_target`: weight of a symbol as volatile as the target, fraction of equity."""
    max_leverage: Annotated[float, Field(gt=0, le=4)] = 1.0
    """Largest sum of weights that sizing asks for, fraction of equity; `portfolio.max_gross_exposure` holds as well."""
    regime_scales: dict[str, Annotated[float, Field(ge=0, le=2)]] = Field(default_factory=dict)
    """Factor of sizes by name of the market's regime; 1 for one that is not named."""
    is_correlation_adjusted: bool = False
    """Whether sizes shrink as symbols move together."""
    risk_fraction: Annotated[float, Field(gt=0, le=0.05)] = 0.01
    """`fixed_fractional`: equity lost when a stop is hit; never more than `risk_limits.per_trade_loss_limit`."""
    stop_loss_pct: Annotated[float, Field(gt=0, le=0.5)] = 0.02
    """`fixed_fractional`: distance of the stop, fraction of the entry price."""
    lookback_trades: Annotated[int, Field(ge=10, le=10_000)] = 100
    """`kelly`, `optimal_f`: closed trades that are looked at."""
    minimum_trades: Annotated[int, Field(ge=2, le=10_000)] = 30
    """`kelly`, `optimal_f`: closed trades before which `starting_pct` holds."""
    starting_pct: OpenFraction = 0.01
    """`kelly`, `optimal_f`: weight until enough trades are known, fraction of equity."""
    smoothing_trades: Annotated[float, Field(ge=0, le=1000)] = 10.0
    """`kelly`: half-life of its smoothing, trades; 0 = none."""
    drawdown_limit: Annotated[float, Field(gt=0, lt=1)] = 0.15
    """`optimal_f`: fall from the highest equity that 95 % of the drawn histories must not exceed."""
    max_position_usd: Annotated[float, Field(gt=0, le=1e12)] | None = None
    """Largest value of one position, USD, beside its share of equity; `null` = none."""
    soft_start: OpenFraction = 1.0
    """Share of the limits on gross exposure and the day's loss from which additions shrink, before the limit cuts them; 1 = not felt before."""  # noqa: E501  # the page of settings is made of this line
    soft_floor: Fraction = 0.0
    """What is left of an addition at the limit itself, fraction."""

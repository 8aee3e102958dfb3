"""What every sizing method is asked and answers (specification 10.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

from qts_core.market.panel import Floats

__all__ = ["Sizer", "SizerMethod", "SizerSettings", "SizingInputs"]


class SizerMethod(StrEnum):
    """How large a position is."""

    VOLATILITY_BASED = "volatility_based"
    EQUAL_WEIGHT = "equal_weight"
    VOLATILITY_TARGET = "volatility_target"
    FIXED_FRACTIONAL = "fixed_fractional"
    KELLY = "kelly"
    OPTIMAL_F = "optimal_f"


@dataclass(frozen=True, slots=True, eq=False)
class SizingInputs:
    """What is known when sizes are made, once a session.

    Attributes
    ----------
    volatility : float64 [N]
        Annual, ratio; NaN = not known. Of returns, or of the average true range by :class:`RollingAtr`.
    regime : str or None
        Name of the market's present regime; None = not known.
    mean_correlation : float or None
        Of the pairs of symbols; None = not known.
    """

    volatility: Floats
    regime: str | None = None
    mean_correlation: float | None = None


class Sizer(Protocol):
    """A method of sizing; a fold over closed trades where it learns from them."""

    def observe_trade(self, trade_return: float) -> None:
        """Take a closed round trip: its profit after costs, ratio of its notional.

        Trades heard as they close are out of sample for every size made after them.
        """
        ...

    def units(self, inputs: SizingInputs) -> Floats:
        """Return the weight [N] that each symbol gets when held, ratio of equity; NaN where it is not known."""
        ...

    def snapshot(self) -> dict[str, object]:
        """Return the state, exact, as JSON values."""
        ...

    def restore(self, state: Mapping[str, object]) -> None:
        """Take up the state of :meth:`snapshot`."""
        ...


@dataclass(frozen=True, slots=True)
class SizerSettings:
    """How large a position is, by method; fractions of equity unless said otherwise.

    Attributes
    ----------
    method : SizerMethod
    risk_fraction, trade_loss_limit : float
        Fixed fractional: equity lost when a stop is hit; the effective risk is the smaller of the two (X-17).
    stop_loss_ratio : float
        Fixed fractional: distance of the stop, ratio of the entry price.
    kelly_fraction : float
        Share of full Kelly.
    lookback_trades, minimum_trades : int
        Closed trades that Kelly and optimal f look at, and those they wait for: until then `starting_ratio` holds.
    smoothing_trades : float
        Half-life of Kelly's smoothing, trades; 0 = none.
    starting_ratio : float
        Size before enough trades are known.
    target_volatility, base_ratio, max_leverage : float
        Volatility target: annual volatility aimed at, weight of a symbol that has just that, and largest sum of
        weights of all positions at once.
    regime_scales : mapping of str to float
        Factor of sizes in each regime; 1 for one not named.
    is_correlation_adjusted : bool
        Whether sizes shrink as symbols move together.
    paths, confidence : int, float
        Optimal f: drawn histories, and the share of them that must not lose more than `drawdown_limit`.
    drawdown_limit : float
        Optimal f: largest fall from the highest equity that the drawn histories may show.
    seed : int
        Optimal f: of its draws.
    """

    method: SizerMethod = SizerMethod.VOLATILITY_BASED
    risk_fraction: float = 0.01
    trade_loss_limit: float = 0.01
    stop_loss_ratio: float = 0.02
    kelly_fraction: float = 0.25
    lookback_trades: int = 100
    minimum_trades: int = 30
    smoothing_trades: float = 10.0
    starting_ratio: float = 0.01
    target_volatility: float = 0.15
    base_ratio: float = 0.05
    max_leverage: float = 1.0
    regime_scales: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    is_correlation_adjusted: bool = False
    paths: int = 500
    confidence: float = 0.95
    drawdown_limit: float = 0.15
    seed: int = 0

"""How alphas are weighed (specification 9.2)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from qts_core.market.errors import ConfigurationError

__all__ = ["CombinerSettings", "Weighting"]


class Weighting(StrEnum):
    """What an alpha's weight is made of; figures are those of past signals whose horizon is over."""

    EQUAL = "equal"
    IC = "ic"
    """Its mean information coefficient, if positive."""
    SHARPE = "sharpe"
    """Its mean gain over its deviation, if positive."""
    INVERSE_VOLATILITY = "inverse_volatility"
    """One over the deviation of its gains."""
    MAXIMUM_SHARPE = "maximum_sharpe"
    """Whatever makes the ratio of the combined gains highest."""
    PERFORMANCE = "performance"
    """Exponential weights of past performance."""


@dataclass(frozen=True, slots=True)
class CombinerSettings:
    """How alphas are weighed.

    Attributes
    ----------
    weighting : Weighting
    window_bars : int
        Rolling window of scores.
    minimum_scores : int
        Scores an alpha needs before it has a figure of its own; until then it counts as an average one.
    every_bars : int
        Bars between two settings of the weights.
    loss_trigger : float
        Combined loss since the weights were set, sum of gains, at which they are set early; 0 = never.
    learning_rate : float
        Of exponential weights: what a t-statistic of one more is worth, in logarithms.
    is_regime_conditional : bool
        Whether figures are those of signals given in the present regime, where there are enough of them.
    regime_bars : int
        Bars among which volatility and trend are ranked for the regime.
    total : float
        Sum of the weights.
    max_weight : float
        Largest weight.
    max_turnover : float
        Largest sum of changes when weights are set anew; 2 x total allows everything.
    max_concentration : float
        Largest sum of squared shares: 1 allows everything, 1 / K only equal weights.
    shrinkage : float
        Of the gains' covariances towards zero, 0 to 1, for the highest ratio.
    solver : {"scipy", "clarabel", "cvxpy"}
        For the highest ratio.
    """

    weighting: Weighting = Weighting.EQUAL
    window_bars: int = 1300
    minimum_scores: int = 260
    every_bars: int = 26
    loss_trigger: float = 0.0
    learning_rate: float = 0.5
    is_regime_conditional: bool = False
    regime_bars: int = 1300
    total: float = 1.0
    max_weight: float = 1.0
    max_turnover: float = 2.0
    max_concentration: float = 1.0
    shrinkage: float = 0.1
    solver: str = "scipy"

    def check(self, count: int) -> None:
        """Check that some weights of `count` alphas satisfy the constraints.

        Raises
        ------
        ConfigurationError
            QTS-EXEC-045 if none do.
        """
        room = count * self.max_weight
        spread = 1.0 / count
        if room < self.total or self.max_concentration < spread:
            what, found, least = (
                ("max_weight", self.max_weight, self.total / count)
                if room < self.total
                else ("max_concentration", self.max_concentration, spread)
            )
            raise ConfigurationError(
                "QTS-EXEC-045", "no weights of the alphas satisfy the constraints",
                where=f"trading.alphas.combiner.{what}", found=f"{found:g}", expected=f"{least:.6g} or more",
                fix="raise it, or take more alphas",
            )  # fmt: skip

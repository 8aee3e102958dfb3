"""What the whole portfolio may be, and how weights are spread over it (specification 10.2, 15.4)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from qts_core.config.section import Fraction, OpenFraction, Section

__all__ = ["PortfolioSettings"]


class PortfolioSettings(Section):
    """What the whole portfolio may be."""

    max_positions: Annotated[int, Field(ge=1, le=1000)] = 20
    """Largest number of positions."""
    max_sector_exposure: OpenFraction = 0.30
    """Largest gross exposure to one sector, fraction of equity."""
    max_correlated_exposure: OpenFraction = 0.40
    """Largest gross exposure to one cluster of correlated symbols, fraction of equity."""
    rebalance_threshold: Fraction = 0.05
    """A held weight stays until it is off its target by this fraction of equity, or by a quarter of the target."""
    optimization_method: Literal[
        "none", "equal_weight", "inverse_volatility", "risk_parity", "hierarchical_risk_parity", "minimum_variance",
        "maximum_sharpe", "maximum_return", "black_litterman", "robust", "cvar",
    ] = "none"  # fmt: skip
    """How the gross weight that sizing asks for is spread over the chosen positions. `none`: each keeps its own size, so that one entry or exit trades one symbol."""  # noqa: E501  # the page of settings is made of this line
    max_daily_turnover: Annotated[float, Field(gt=0, le=20)] | None = None
    """Largest sum of changes of weights in a day, fraction of equity; what reduces is never cut. `null` = none."""
    max_gross_exposure: Annotated[float, Field(gt=0, le=4)] = 1.0
    """Largest sum of absolute weights, fraction of equity."""
    max_net_exposure: Annotated[float, Field(ge=0, le=4)] = 0.20
    """Largest absolute sum of weights, fraction of equity."""
    is_long_only: bool = False
    """Whether short positions are forbidden."""

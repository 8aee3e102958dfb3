"""How large a position is (specification 10.1, 15.4); fractions: 0.02 is 2 %."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from qts_core.config.section import Fraction, OpenFraction, Section

__all__ = ["PositionSizing"]


class PositionSizing(Section):
    """How large a position is."""

    method: Literal["volatility_based", "equal_weight"] = "volatility_based"
    """Sizing method."""
    target_volatility: Annotated[float, Field(gt=0, le=1)] = 0.15
    """Annualised volatility aimed at, fraction of equity."""
    max_position_pct: OpenFraction = 0.10
    """Largest position, fraction of equity."""
    min_position_pct: Fraction = 0.01
    """Smallest position worth opening, fraction of equity."""
    kelly_fraction: OpenFraction = 0.25
    """Share of full Kelly, for the Kelly method."""

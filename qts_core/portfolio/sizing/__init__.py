"""How large each position is, by method (specification 10.1); `units` is the method of the shipped configuration."""

from __future__ import annotations

from qts_core.portfolio.sizing.units import leave_alone, portfolio_volatility, size, unit_weights

__all__ = ["leave_alone", "portfolio_volatility", "size", "unit_weights"]

"""Checks of an order before it is sent, beside the portfolio's caps (specification 10.4)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from qts_core.config.section import OpenFraction, Section

__all__ = ["PreTradeSettings"]

Bars = Annotated[int, Field(ge=0, le=13)]


class PreTradeSettings(Section):
    """Checks of an order before it is sent; none of them keeps a position from being reduced."""

    restricted_symbols: tuple[str, ...] = ()
    """Symbols that may be reduced and closed, never opened or increased."""
    max_concentration: OpenFraction | None = None
    """Largest sum of squared weights: 0.05 is what five positions of 10 % make. None = no limit."""
    is_buying_power_checked: bool = False
    """Whether orders may cost no more than the broker lends: the exchange's word in a backtest, the account's live."""
    buying_power_reserve: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of the buying power that is never used."""
    quiet_open_bars: Bars = 0
    """Bars at the session's start in which nothing is opened or increased."""
    quiet_close_bars: Bars = 0
    """Bars before the session's last one in which nothing is opened or increased."""
    is_correlation_enforced: bool = False
    """Whether `portfolio.max_correlated_exposure` holds; off, clusters are measured and reported only."""

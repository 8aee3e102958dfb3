"""Implementation shortfall: what an order cost against trading all of it at the decision's price, exactly.

References
----------
Perold (1988), "The Implementation Shortfall: Paper versus Reality", Journal of Portfolio Management 14(3), 4-9.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from qts_core.analytics.tca.trade import ParentTrade

__all__ = ["Shortfall", "shortfall"]

BPS = 10_000.0


@dataclass(frozen=True, slots=True)
class Shortfall:
    """USD, positive = cost; the four parts add up to paper profit less real profit.

    Attributes
    ----------
    delay : Decimal
        ``side x filled x (arrival - decision)``: waiting until the first child.
    trading : Decimal
        ``side x sum of quantity x (price - arrival)``: spread, impact and the market's drift meanwhile.
    opportunity : Decimal
        ``side x unfilled x (end - decision)``: what was not traded.
    fees : Decimal
    notional : Decimal
        Quantity times the decision's price.
    """

    delay: Decimal
    trading: Decimal
    opportunity: Decimal
    fees: Decimal
    notional: Decimal

    @property
    def total(self) -> Decimal:
        """Sum of the parts, USD."""
        return self.delay + self.trading + self.opportunity + self.fees

    @property
    def total_bps(self) -> float:
        """Sum of the parts, basis points of the notional."""
        return float(self.total / self.notional) * BPS


def shortfall(trade: ParentTrade) -> Shortfall:
    """Return the decomposition of one order."""
    sign, filled = trade.side.sign, trade.filled
    return Shortfall(
        delay=sign * filled * (trade.arrival_price - trade.decision_price),
        trading=sign * (trade.paid - filled * trade.arrival_price),
        opportunity=sign * (trade.quantity - filled) * (trade.end_price - trade.decision_price),
        fees=trade.fees,
        notional=trade.quantity * trade.decision_price,
    )

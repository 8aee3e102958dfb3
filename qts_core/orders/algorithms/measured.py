"""A worked parent as transaction cost analysis takes it (12.3)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from qts_core.analytics.tca.trade import MarketWindow, ParentTrade
from qts_core.market.bars import BarSlice
from qts_core.market.money import exact
from qts_core.orders.algorithms.maker import Working

__all__ = ["worked_trade"]


def worked_trade(
    working: Working,
    bars: Sequence[BarSlice],
    *,
    arrival_price: Decimal | None = None,
    close_price: Decimal | None = None,
    is_divided: bool = False,
) -> ParentTrade | None:
    """Return the trade that `working` came to; None when no bar of its window is at hand.

    Parameters
    ----------
    bars : sequence of BarSlice
        Oldest first; those that start within the window are the market.
    arrival_price : Decimal, optional
        When the first child left, USD; by default the open of the window's first bar.
    close_price : Decimal, optional
        The session's, USD.
    is_divided : bool
        Whether fills came from bars in parts (X-36).
    """
    schedule, chosen = working.schedule, working.route.chosen
    parent = schedule.parent
    inside = [b for b in bars if parent.start <= b.ts_event < parent.end]
    column = inside[0].symbols.index(parent.symbol) if inside else 0
    inside = [b for b in inside if b.present()[column]]
    if not inside:
        return None
    return ParentTrade(
        parent_id=parent.id,
        symbol=parent.symbol,
        side=parent.side,
        algorithm=working.route.algorithm.value,
        quantity=parent.quantity,
        decided_at=parent.decided_at,
        arrived_at=schedule.progress[0].at if schedule.progress else parent.start,
        ended_at=parent.end,
        decision_price=parent.decision_price,
        arrival_price=exact(float(inside[0].open[column])) if arrival_price is None else arrival_price,
        end_price=exact(float(inside[-1].close[column])),
        executions=schedule.ledger.executions,
        market=MarketWindow.of(inside, parent.symbol),
        close_price=close_price,
        expected_bps=None if chosen is None else chosen.expected_bps,
        expected_risk_bps=None if chosen is None else chosen.timing_risk_bps,
        is_divided=is_divided,
    )

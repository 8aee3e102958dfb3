"""The price and the size of one child order: limits, lots and the participation cap (12.3)."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

from qts_core.market.money import exact, tick
from qts_core.market.orders import OrderRequest, OrderSide, OrderType, TimeInForce
from qts_core.orders.algorithms.ledger import ParentLedger
from qts_core.orders.algorithms.parent import ParentOrder
from qts_core.orders.algorithms.volume import VolumeForecast
from qts_core.orders.algorithms.wishes import ScheduleSettings

__all__ = ["allowed", "child_request", "shares_of"]

PER_BPS = Decimal("0.0001")
ONE = Decimal(1)
FLOAT_STEP = Decimal("0.000000001")


def shares_of(parent: ParentOrder, share: float) -> Decimal:
    """Return `share` of the parent, 0 to 1, cut down to whole steps; all of it from 1 on.

    The float's own error is rounded away first: a twelfth of 1200 shares is 100, not 99.
    """
    if not share < 1:
        return parent.quantity
    shares = parent.quantity * Decimal(repr(max(share, 0.0)))
    return parent.whole(shares.quantize(FLOAT_STEP, ROUND_HALF_EVEN))


def allowed(
    ledger: ParentLedger, settings: ScheduleSettings, forecast: VolumeForecast, now: datetime, length: timedelta
) -> tuple[Decimal | None, float | None]:
    """Return what the participation cap leaves for a child sent now (None = no cap), and the expected volume.

    Both bounds hold: ``cap x expected of the next interval``, and ``cap x (traded so far + expected)`` less what is
    committed. So a market that trades less than expected slows the following slices.
    """
    since = max(now, forecast.until)
    expected = forecast.expect(since, since + length)
    if settings.max_participation is None:
        return None, expected
    if expected is None:
        return Decimal(0), None
    cap = settings.max_participation
    soon = _cut(cap * expected)
    overall = _cut(cap * (forecast.observed + expected)) - ledger.committed
    return ledger.parent.whole(min(soon, overall)), expected


def child_request(
    ledger: ParentLedger, settings: ScheduleSettings, quantity: Decimal, last_close: float, *, is_crossing: bool
) -> OrderRequest:
    """Return the order of the next child.

    Parameters
    ----------
    last_close : float
        USD; NaN before the first bar, when the decision's price stands in.
    is_crossing : bool
        Whether it must fill: a market order, or one at the parent's limit.
    """
    parent = ledger.parent
    limit = parent.limit_price
    offset = settings.limit_offset_bps
    if offset is not None and not is_crossing:
        last = parent.decision_price if math.isnan(last_close) else exact(last_close)
        wanted = _to_tick(last * (ONE + parent.side.sign * offset * PER_BPS), parent.side)
        limit = wanted if limit is None else _better(wanted, limit, parent.side)
    return OrderRequest(
        ledger.next_id(), parent.symbol, parent.side, OrderType.MARKET if limit is None else OrderType.LIMIT,
        TimeInForce.DAY, quantity=quantity, limit_price=limit,
    )  # fmt: skip


def _better(first: Decimal, second: Decimal, side: OrderSide) -> Decimal:
    return min(first, second) if side is OrderSide.BUY else max(first, second)


def _to_tick(price: Decimal, side: OrderSide) -> Decimal:
    """Round to the tick, never to the paying side."""
    step = tick(price)
    rounding = ROUND_FLOOR if side is OrderSide.BUY else ROUND_CEILING
    return max(step, (price / step).to_integral_value(rounding) * step)


def _cut(shares: float) -> Decimal:
    return Decimal(repr(shares)).quantize(FLOAT_STEP, ROUND_DOWN)

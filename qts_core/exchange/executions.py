"""From a price to an execution with the account of its costs (specification 9.2)."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_DOWN, Decimal

from qts_core.exchange.fees import Fees
from qts_core.exchange.fills import PriceTerms
from qts_core.exchange.ledger import SHARE_STEP
from qts_core.exchange.records import Fill, OrderRecord
from qts_core.market.ids import stable_id
from qts_core.market.money import plain
from qts_core.market.orders import Execution

__all__ = ["execution_of", "fill_of", "wanted_shares"]


def wanted_shares(order: OrderRecord, price: Decimal) -> Decimal:
    """Return the shares still to fill; an order by value wants as many as the rest of it pays for at `price`."""
    if order.request.notional is None:
        return order.remaining
    left = order.request.notional - order.filled_value
    return (left / price).quantize(SHARE_STEP, ROUND_DOWN).normalize()


def execution_of(order: OrderRecord, quantity: Decimal, price: Decimal, now: datetime, fees: Fees) -> Execution:
    """Return the execution of `quantity` shares of `order`, fees included."""
    request = order.request
    number = stable_id(order.id, "execution", plain(order.filled_quantity))
    return Execution(number, request.client_order_id, request.symbol, request.side, quantity, price, now, fees.total)


def fill_of(
    order: OrderRecord,
    execution: Execution,
    reference: Decimal,
    position: Decimal,
    terms: PriceTerms,
    leaves: Decimal,
) -> Fill:
    """Return the fill: what the price lost against `reference`, divided into spread and slippage."""
    quantity = execution.quantity
    cost = abs(execution.price - reference) * quantity
    spread = min(cost, reference * terms.half_spread * quantity)
    return Fill(
        execution, order.id, reference, spread, cost - spread, position, order.filled_quantity + quantity, leaves
    )

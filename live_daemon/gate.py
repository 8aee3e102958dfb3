"""The wire gate: the last function before an order's bytes leave (specification 10.1, 12.2; design 5.4; F55, F79).

It knows nothing of strategies. Every rule is an allow-list: it says what must hold, so NaN, None and surprise deny.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, Literal

from live_daemon.modes import Mode
from qts_core.market.calendar import Session
from qts_core.market.money import ZERO
from qts_core.market.orders import OrderRequest, OrderSide
from qts_core.orders.state import OrderState

__all__ = ["GateLimits", "GateView", "check_wire", "is_reducing", "worst_case_shares"]

REDUCING_MODES: Final = frozenset({Mode.TRADING, Mode.STALE, Mode.DEGRADED, Mode.HALTED})
SENDING: Final = frozenset({"paper", "live"})


@dataclass(frozen=True, slots=True)
class GateLimits:
    """Outer walls around the core's own limits; ratios of equity.

    They are wider than the core's (`POSITION_SLACK`, `GROSS_SLACK`): prices move between decision and order, and
    exits that have not filled yet still count in the worst case.
    """

    max_position_ratio: float
    max_gross_ratio: float
    price_collar_ratio: float
    max_messages_per_minute: int
    is_fractional: bool = False

    POSITION_SLACK = 1.5
    GROSS_SLACK = 2.0


@dataclass(frozen=True, slots=True)
class GateView:
    """The facts at the moment of sending."""

    trading_mode: Literal["dry", "paper", "live"]
    mode: Mode
    is_killed: bool
    lease_epoch: int
    newest_lease_epoch: int
    now: datetime
    session: Session | None
    equity: float
    positions: Mapping[str, Decimal]
    open_orders: Collection[OrderState]
    marks: Mapping[str, float]
    messages_last_minute: int
    is_posted: bool
    """Whether this id was posted already (then it may only be posted again as the same order)."""


def is_reducing(request: OrderRequest, view: GateView) -> bool:
    """Whether the order can only bring the position closer to zero, even if every open order fills."""
    held = view.positions.get(request.symbol, ZERO)
    quantity = request.quantity
    if quantity is None or not quantity.is_finite() or held == 0:
        return False
    same_side = sum((o.remaining for o in _others(request, view) if o.side is request.side), ZERO)
    return held * request.side.sign < 0 and quantity + same_side <= abs(held)


def worst_case_shares(symbol: str, view: GateView, request: OrderRequest | None = None) -> Decimal:
    """Return the largest absolute position that open and unknown orders, and `request`, could lead to, shares."""
    held = view.positions.get(symbol, ZERO)
    orders = [o for o in view.open_orders if o.symbol == symbol]
    if request is not None:
        orders = [o for o in orders if o.client_order_id != request.client_order_id]
    buys = sum((o.remaining for o in orders if o.side is not OrderSide.SELL), ZERO)
    sells = sum((o.remaining for o in orders if o.side is not OrderSide.BUY), ZERO)
    if request is not None and request.symbol == symbol and request.quantity is not None:
        if request.side is OrderSide.BUY:
            buys += request.quantity
        else:
            sells += request.quantity
    return max(abs(held + buys), abs(held - sells))


def check_wire(request: OrderRequest, view: GateView, limits: GateLimits) -> str:
    """Return why the order must not leave; empty when it may."""
    reducing = is_reducing(request, view)
    return (
        _permission(view, reducing=reducing)
        or _moment(view)
        or _content(request, view, limits)
        or ("" if reducing else _exposure(request, view, limits))
    )


def _permission(view: GateView, *, reducing: bool) -> str:
    if view.trading_mode not in SENDING:
        return f"gate.mode: {view.trading_mode} sends nothing"
    if view.is_killed:
        return "gate.kill: the kill latch is set"
    if not (view.mode is Mode.TRADING or (reducing and view.mode in REDUCING_MODES)):
        return f"gate.mode: {view.mode.value} lets no {'order' if reducing else 'entry'} leave"
    if not (view.lease_epoch > 0 and view.lease_epoch == view.newest_lease_epoch):
        return f"gate.lease: epoch {view.lease_epoch} is fenced by {view.newest_lease_epoch}"
    return ""


def _moment(view: GateView) -> str:
    if not (view.session is not None and view.session.open <= view.now < view.session.close):
        return "gate.session: the exchange is closed"
    return ""


def _content(request: OrderRequest, view: GateView, limits: GateLimits) -> str:
    if view.is_posted:
        return "gate.slot: this id was sent already"
    if not view.messages_last_minute < limits.max_messages_per_minute:
        return f"gate.budget: {view.messages_last_minute} messages in the last minute"
    quantity = request.quantity
    if not (quantity is not None and quantity.is_finite() and quantity > 0):
        return f"gate.quantity: {quantity} is no quantity"
    if not (limits.is_fractional or quantity == quantity.to_integral_value()):
        return f"gate.quantity: {quantity} is not whole"
    mark = view.marks.get(request.symbol, math.nan)
    if not (math.isfinite(mark) and mark > 0):
        return "gate.price: no last price"
    for price in (request.limit_price, request.stop_price):
        if price is not None and not abs(float(price) / mark - 1) <= limits.price_collar_ratio:
            return f"gate.price: {price} is too far from {mark:.4f}"
    return ""


def _exposure(request: OrderRequest, view: GateView, limits: GateLimits) -> str:
    symbols = {s for s, q in view.positions.items() if q} | {o.symbol for o in view.open_orders} | {request.symbol}
    worth = {
        s: float(worst_case_shares(s, view, request)) * view.marks.get(s, math.nan) for s in symbols
    }  # fmt: skip
    single = limits.max_position_ratio * limits.POSITION_SLACK * view.equity
    if not (view.equity > 0 and worth[request.symbol] <= single):
        return f"gate.position: {worth[request.symbol]:.0f} above {single:.0f} in the worst case"
    gross = limits.max_gross_ratio * limits.GROSS_SLACK * view.equity
    if not sum(worth.values()) <= gross:
        return f"gate.gross: {sum(worth.values()):.0f} above {gross:.0f} in the worst case"
    return ""


def _others(request: OrderRequest, view: GateView) -> list[OrderState]:
    mine = (request.symbol, request.client_order_id)
    return [o for o in view.open_orders if o.symbol == mine[0] and o.client_order_id != mine[1]]

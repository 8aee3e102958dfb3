"""Alpaca's JSON into QTS values, leniently: unknown words never break the feed (fault F24, protocol 6, 14)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from qts_core.market.money import ZERO, plain
from qts_core.market.orders import Execution, OrderRequest, OrderSide, OrderStatus, OrderUpdate
from qts_core.market.time import to_micros
from qts_core.ports.broker import BrokerAccount, BrokerFill, BrokerOrder, BrokerPosition, MinuteBar

__all__ = [
    "Json",
    "broker_account",
    "broker_fill",
    "broker_order",
    "broker_position",
    "minute_bar",
    "moment_of",
    "order_payload",
    "order_update",
    "side_of",
    "status_of",
]

Json = Mapping[str, Any]
"""A decoded JSON object; its values are checked one by one below, which is why they may be anything here."""

FILL_EVENTS: Final = frozenset({"fill", "partial_fill"})


def status_of(text: object) -> OrderStatus:
    """Return the status of that name, UNRECOGNISED for a word that is new to us."""
    try:
        return OrderStatus(str(text))
    except ValueError:
        return OrderStatus.UNRECOGNISED


def side_of(text: object) -> OrderSide:
    """Return the side; ``sell_short`` is a sell."""
    return OrderSide.BUY if str(text).startswith("buy") else OrderSide.SELL


def moment_of(text: object) -> datetime:
    """Return an RFC 3339 time with up to nine decimals as aware UTC, cut to microseconds.

    Raises
    ------
    ValueError
        If `text` is no time.
    """
    stamp = str(text).strip().replace("Z", "+00:00")
    head, dot, tail = stamp.partition(".")
    if dot:
        digits = tail[: len(tail) - len(tail.lstrip("0123456789"))]
        stamp = f"{head}.{digits[:6]:0<6}{tail[len(digits) :]}"
    moment = datetime.fromisoformat(stamp)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _decimal(value: object) -> Decimal:
    if value is None or value == "":
        return ZERO
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise ValueError(f"no decimal: {value!r}") from error
    if not number.is_finite():
        raise ValueError(f"not finite: {value!r}")
    return number


def broker_account(raw: Json) -> BrokerAccount:
    """Parse ``GET /v2/account``."""
    blocked = any(
        bool(raw.get(key)) for key in ("trading_blocked", "account_blocked", "trade_suspended_by_user")
    )  # fmt: skip
    power = raw.get("buying_power")
    return BrokerAccount(
        str(raw["account_number"]), _decimal(raw["cash"]), _decimal(raw["equity"]),
        blocked or raw.get("status") != "ACTIVE", bool(raw.get("shorting_enabled", False)),
        None if power is None else _decimal(power),
    )  # fmt: skip


def broker_position(raw: Json) -> BrokerPosition:
    """Parse one position; the quantity of a short is negative whichever way the broker signs it."""
    quantity = abs(_decimal(raw["qty"]))
    signed = -quantity if raw.get("side") == "short" else quantity
    return BrokerPosition(str(raw["symbol"]), signed, _decimal(raw["avg_entry_price"]))


def broker_order(raw: Json) -> BrokerOrder:
    """Parse an order object."""
    submitted = moment_of(raw.get("submitted_at") or raw["created_at"])
    return BrokerOrder(
        str(raw["id"]), str(raw["client_order_id"]), str(raw["symbol"]), side_of(raw["side"]),
        status_of(raw["status"]), _decimal(raw.get("qty")), _decimal(raw.get("filled_qty")),
        submitted, moment_of(raw["updated_at"]) if raw.get("updated_at") else submitted,
    )  # fmt: skip


def broker_fill(raw: Json) -> BrokerFill:
    """Parse a FILL activity; its id ends with the execution's."""
    return BrokerFill(
        str(raw["id"]).rpartition("::")[2], str(raw["order_id"]), str(raw["symbol"]), side_of(raw["side"]),
        _decimal(raw["qty"]), _decimal(raw["price"]), _decimal(raw.get("cum_qty")),
        moment_of(raw["transaction_time"]), _decimal(raw.get("commission")),
    )  # fmt: skip


def order_update(data: Json) -> OrderUpdate:
    """Parse the ``data`` of a trade update into what it says of the order, with the execution it reports.

    Raises
    ------
    KeyError, ValueError
        If the message lacks what every update must carry; the caller dead-letters it and reconciles.
    """
    order = broker_order(data["order"])
    moment = moment_of(data.get("timestamp") or data.get("at") or data["order"]["updated_at"])
    execution = None
    if data.get("event") in FILL_EVENTS:
        execution = Execution(
            str(data["execution_id"]), order.client_order_id, order.symbol, order.side,
            _decimal(data["qty"]), _decimal(data["price"]), moment, _decimal(data.get("commission")),
        )  # fmt: skip
    return OrderUpdate(
        order.client_order_id, order.symbol, order.status, order.filled_quantity, moment,
        order.broker_order_id, execution, str(data.get("reason") or ""),
    )  # fmt: skip


def minute_bar(raw: Json, symbol: str) -> MinuteBar:
    """Parse a bar of REST (``t`` a string) or of the stream (``t`` a msgpack timestamp).

    Raises
    ------
    KeyError, ValueError, TypeError
        If a field is missing or no number.
    """
    stamp = raw["t"]
    if hasattr(stamp, "seconds"):
        micros = int(stamp.seconds) * 1_000_000 + int(stamp.nanoseconds) // 1_000
    else:
        micros = to_micros(moment_of(stamp))
    values = [float(raw[key]) for key in ("o", "h", "l", "c", "v")]
    return MinuteBar(symbol, micros, *values)


def order_payload(request: OrderRequest) -> dict[str, object]:
    """Return the body of ``POST /v2/orders`` with exact decimals as strings."""
    body: dict[str, object] = {
        "symbol": request.symbol,
        "side": request.side.value,
        "type": request.type.value,
        "time_in_force": request.time_in_force.value,
        "client_order_id": request.client_order_id,
    }
    amounts = {
        "qty": request.quantity,
        "notional": request.notional,
        "limit_price": request.limit_price,
        "stop_price": request.stop_price,
        "trail_price": request.trail_price,
        "trail_percent": request.trail_percent,
    }
    body |= {key: plain(amount) for key, amount in amounts.items() if amount is not None}
    if request.extended_hours:
        body["extended_hours"] = True
    if request.order_class.value != "simple":
        body["order_class"] = request.order_class.value
        if request.take_profit_limit_price is not None:
            body["take_profit"] = {"limit_price": plain(request.take_profit_limit_price)}
        if request.stop_loss_stop_price is not None:
            stop = {"stop_price": plain(request.stop_loss_stop_price)}
            if request.stop_loss_limit_price is not None:
                stop["limit_price"] = plain(request.stop_loss_limit_price)
            body["stop_loss"] = stop
    return body

"""How the exchange's records look on the wire: decimals as text, times as RFC 3339 (protocol reference, 1.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal

from qts_core.exchange import AccountConfiguration, AccountView, Charge, ExchangeEvent, Fill, OrderRecord, PositionView
from qts_core.exchange.trailing import working_stop
from qts_core.market.ids import stable_uuid
from qts_core.market.instruments import Instrument
from qts_core.market.money import ZERO, plain
from qts_core.market.orders import OrderType
from qts_core.market.time import NEW_YORK

__all__ = [
    "account_json",
    "amount",
    "asset_id",
    "asset_json",
    "configuration_json",
    "event_json",
    "fill_activity",
    "movement_activity",
    "order_json",
    "position_json",
    "rfc3339",
    "ulid",
]

Json = dict[str, object]
TEN_PLACES = Decimal("0.0000000001")
EXCHANGE = "NASDAQ"
BASE32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ASSET_CLASS = "us_equity"


def rfc3339(moment: datetime | None) -> str | None:
    """Write a moment in UTC with ``Z`` and as many decimals as it needs."""
    if moment is None:
        return None
    text = moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
    return text.rstrip("0").rstrip(".") + "Z" if moment.microsecond else text[:19] + "Z"


def amount(value: Decimal | None) -> str | None:
    """Write a decimal as plain text with at most ten places."""
    if value is None:
        return None
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -10:
        value = value.quantize(TEN_PLACES, ROUND_HALF_EVEN)
    return plain(value)


def asset_id(symbol: str) -> str:
    """Return the asset's UUID, always the same for a symbol."""
    return str(stable_uuid("asset", symbol))


def ulid(moment: datetime, sequence: int) -> str:
    """Return a ULID that sorts by time, then by `sequence`."""
    number = (int(moment.timestamp() * 1000) << 80) | sequence
    return "".join(BASE32[(number >> shift) & 31] for shift in range(125, -1, -5))


def asset_json(instrument: Instrument) -> Json:
    """Write an asset (protocol reference, section 8)."""
    is_active = instrument.is_tradable
    return {
        "id": asset_id(instrument.symbol),
        "class": ASSET_CLASS,
        "exchange": EXCHANGE,
        "symbol": instrument.symbol,
        "name": f"{instrument.symbol} Common Stock",
        "status": "active" if is_active else "inactive",
        "tradable": is_active,
        "marginable": True,
        "shortable": instrument.is_shortable,
        "easy_to_borrow": instrument.is_shortable,
        "borrow_status": "easy_to_borrow" if instrument.is_shortable else "hard_to_borrow",
        "fractionable": instrument.is_fractionable,
        "maintenance_margin_requirement": 30,
        "margin_requirement_long": "30",
        "margin_requirement_short": "30",
        "attributes": [],
        "cusip": None,
    }


def order_json(order: OrderRecord, legs: Sequence[OrderRecord] = ()) -> Json:
    """Write an order (protocol reference, 6.1), with its exits in it where there are any."""
    request = order.request
    is_trailing = request.type is OrderType.TRAILING_STOP
    return {
        "id": order.id,
        "client_order_id": request.client_order_id,
        "created_at": rfc3339(order.submitted_at),
        "updated_at": rfc3339(order.updated_at),
        "submitted_at": rfc3339(order.submitted_at),
        "filled_at": rfc3339(order.filled_at),
        "expired_at": rfc3339(order.expired_at),
        "expires_at": rfc3339(order.expires_at),
        "canceled_at": rfc3339(order.canceled_at),
        "failed_at": rfc3339(order.failed_at),
        "replaced_at": rfc3339(order.replaced_at),
        "replaced_by": order.replaced_by,
        "replaces": order.replaces,
        "asset_id": asset_id(request.symbol),
        "symbol": request.symbol,
        "asset_class": ASSET_CLASS,
        "notional": amount(request.notional),
        "qty": amount(request.quantity),
        "filled_qty": plain(order.filled_quantity),
        "filled_avg_price": amount(order.filled_average_price),
        "order_class": request.order_class.value,
        "order_type": request.type.value,
        "type": request.type.value,
        "side": request.side.value,
        "position_intent": order.position_intent,
        "time_in_force": request.time_in_force.value,
        "limit_price": amount(request.limit_price),
        "stop_price": amount(working_stop(order)),
        "status": order.status.value,
        "extended_hours": request.extended_hours,
        "legs": [order_json(leg) for leg in legs] or None,
        "trail_percent": amount(request.trail_percent),
        "trail_price": amount(request.trail_price),
        "hwm": amount(order.best_price) if is_trailing else None,
        "ratio_qty": None,
        "subtag": None,
        "source": None,
    }


def event_json(event: ExchangeEvent, sequence: int) -> Json:
    """Write the `data` of a trade update (protocol reference, 14.2); `commission` is an addition of ours."""
    at = rfc3339(event.update.ts_event)
    data: Json = {"event": event.event, "at": at, "event_id": ulid(event.update.ts_event, sequence), "timestamp": at}
    if event.fill is not None:
        execution = event.fill.execution
        data |= {
            "execution_id": execution.execution_id,
            "price": amount(execution.price),
            "qty": amount(execution.quantity),
            "position_qty": plain(event.fill.position_quantity),
            "commission": amount(execution.commission),
        }
    data["order"] = order_json(event.order)
    return data


def position_json(position: PositionView) -> Json:
    """Write a position (protocol reference, section 7)."""
    basis, day_basis = abs(position.cost), abs(position.day_cost)
    return {
        "asset_id": asset_id(position.symbol),
        "symbol": position.symbol,
        "exchange": EXCHANGE,
        "asset_class": ASSET_CLASS,
        "asset_marginable": True,
        "qty": plain(position.quantity),
        "qty_available": plain(position.available),
        "avg_entry_price": amount(position.average_price),
        "side": "long" if position.quantity > 0 else "short",
        "market_value": amount(position.market_value),
        "cost_basis": amount(position.cost),
        "unrealized_pl": amount(position.unrealized),
        "unrealized_plpc": amount(position.unrealized / basis if basis else ZERO),
        "unrealized_intraday_pl": amount(position.unrealized_today),
        "unrealized_intraday_plpc": amount(position.unrealized_today / day_basis if day_basis else ZERO),
        "current_price": amount(position.price),
        "lastday_price": amount(position.previous_close),
        "change_today": amount(position.price / position.previous_close - 1 if position.previous_close else ZERO),
    }


def account_json(account: AccountView, *, today: str) -> Json:
    """Write the account (protocol reference, section 2)."""
    power, reserve = amount(account.buying_power), amount(account.non_marginable_buying_power)
    return {
        "id": str(stable_uuid("account", account.account_number)),
        "admin_configurations": {},
        "user_configurations": None,
        "account_number": account.account_number,
        "status": "ACTIVE",
        "crypto_status": "INACTIVE",
        "currency": "USD",
        "buying_power": power,
        "regt_buying_power": amount(account.regt_buying_power),
        "options_buying_power": reserve,
        "effective_buying_power": power,
        "non_marginable_buying_power": reserve,
        "cash": amount(account.cash),
        "accrued_fees": "0",
        "pending_transfer_in": "0",
        "pending_transfer_out": "0",
        "pending_reg_taf_fees": "0",
        "portfolio_value": amount(account.equity),
        "trading_blocked": False,
        "transfers_blocked": False,
        "account_blocked": False,
        "trade_suspended_by_user": account.is_suspended,
        "created_at": rfc3339(account.created_at),
        "multiplier": str(account.multiplier),
        "shorting_enabled": account.is_shorting_enabled,
        "equity": amount(account.equity),
        "last_equity": amount(account.last_equity),
        "long_market_value": amount(account.long_market_value),
        "short_market_value": amount(account.short_market_value),
        "position_market_value": amount(account.long_market_value + account.short_market_value),
        "initial_margin": amount(account.initial_margin),
        "maintenance_margin": amount(account.maintenance_margin),
        "last_maintenance_margin": amount(account.last_maintenance_margin),
        "sma": amount(account.equity),
        "balance_asof": today,
        "crypto_tier": 1,
        "options_approved_level": 0,
        "options_trading_level": 0,
        "intraday_adjustments": "0",
    }


def configuration_json(configuration: AccountConfiguration) -> Json:
    """Write the account's configuration (protocol reference, section 3)."""
    return asdict(configuration)


def fill_activity(fill: Fill, order: OrderRecord) -> Json:
    """Write a FILL activity (protocol reference, section 5); `commission` is an addition of ours."""
    execution = fill.execution
    is_short = order.position_intent == "sell_to_open"
    return {
        "activity_type": "FILL",
        "id": activity_id(execution.ts_event, execution.execution_id),
        "cum_qty": plain(fill.cumulative_quantity),
        "leaves_qty": plain(fill.leaves_quantity),
        "price": amount(execution.price),
        "qty": amount(execution.quantity),
        "side": "sell_short" if is_short else execution.side.value,
        "symbol": execution.symbol,
        "transaction_time": rfc3339(execution.ts_event),
        "order_id": fill.order_id,
        "order_status": order.status.value,
        "type": "fill" if not fill.leaves_quantity else "partial_fill",
        "commission": amount(execution.commission),
    }


def movement_activity(charge: Charge) -> Json:
    """Write a dividend, fee or split as a non-trade activity."""
    kind = {"DIV": ("DIV", "CDIV"), "SPLIT": ("SPLIT", None)}.get(charge.kind, ("FEE", charge.kind))
    day = charge.ts_event.astimezone(NEW_YORK).date()
    return {
        "activity_type": kind[0],
        "activity_sub_type": kind[1],
        "id": activity_id(charge.ts_event, str(stable_uuid("charge", str(charge.sequence)))),
        "date": day.isoformat(),
        "created_at": rfc3339(charge.ts_event),
        "net_amount": amount(charge.amount),
        "currency": "USD",
        "description": "",
        "symbol": charge.symbol,
        "qty": amount(charge.quantity),
        "per_share_amount": amount(charge.per_share) if charge.per_share else None,
        "status": "executed",
    }


def activity_id(moment: datetime, number: str) -> str:
    """Return an activity's id: New York wall time to the millisecond, then the execution's id."""
    local = moment.astimezone(NEW_YORK)
    return f"{local:%Y%m%d%H%M%S}{local.microsecond // 1000:03d}::{number}"

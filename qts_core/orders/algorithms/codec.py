"""Parents and children as JSON values and back, exactly: money as text, moments as ISO text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import cast

from qts_core.market.orders import Execution, OrderRequest, OrderSide, OrderStatus, OrderType, TimeInForce
from qts_core.orders.algorithms.parent import ParentOrder
from qts_core.orders.algorithms.wishes import Progress, ScheduleSettings
from qts_core.orders.state import OrderState

__all__ = [
    "child_from",
    "child_json",
    "parent_from",
    "parent_json",
    "progress_from",
    "progress_json",
    "settings_from",
    "settings_json",
]

Json = dict[str, object]
PARENT_MONEY = ("quantity", "decision_price", "step")
PROGRESS_MONEY = ("target", "committed", "filled", "sent")
PARENT_MOMENTS = ("decided_at", "start", "end")


def parent_json(parent: ParentOrder) -> Json:
    """Return `parent` as JSON values."""
    return {f.name: _plain(getattr(parent, f.name)) for f in fields(parent)}


def parent_from(value: Mapping[str, object]) -> ParentOrder:
    """Return the parent that :func:`parent_json` wrote."""
    content = dict(value)
    for name in PARENT_MONEY:
        content[name] = Decimal(str(content[name]))
    for name in PARENT_MOMENTS:
        content[name] = datetime.fromisoformat(str(content[name]))
    content["side"] = OrderSide(str(content["side"]))
    content["limit_price"] = _money(content["limit_price"])
    return ParentOrder(**content)  # type: ignore[arg-type]


def child_json(child: OrderState) -> Json:
    """Return one child's state as JSON values; what the parent tells is left out."""
    request = child.request
    assert request is not None, "a child is always our own order"
    return {
        "id": child.client_order_id,
        "quantity": _plain(request.quantity),
        "limit_price": _plain(request.limit_price),
        "status": child.reported_status.value,
        "at": child.reported_at.isoformat(),
        "reported": str(child.reported_quantity),
        "broker_order_id": child.broker_order_id,
        "reason": child.reason,
        "is_conflicted": child.is_conflicted,
        "fills": [
            [e.execution_id, e.symbol, e.side.value, str(e.quantity), str(e.price), e.ts_event.isoformat(),
             str(e.commission)]
            for e in child.executions.values()
        ],
    }  # fmt: skip


def child_from(value: Mapping[str, object], parent: ParentOrder) -> OrderState:
    """Return the child of `parent` that :func:`child_json` wrote."""
    name = str(value["id"])
    limit = _money(value["limit_price"])
    request = OrderRequest(
        name, parent.symbol, parent.side, OrderType.MARKET if limit is None else OrderType.LIMIT, TimeInForce.DAY,
        quantity=_money(value["quantity"]), limit_price=limit,
    )  # fmt: skip
    fills = [_fill(name, f) for f in cast(list[list[str]], value["fills"])]
    return OrderState(
        name,
        parent.symbol,
        request,
        reported_status=OrderStatus(str(value["status"])),
        reported_at=datetime.fromisoformat(str(value["at"])),
        reported_quantity=Decimal(str(value["reported"])),
        broker_order_id=str(value["broker_order_id"]),
        reason=str(value["reason"]),
        executions=MappingProxyType({f.execution_id: f for f in fills}),
        is_conflicted=bool(value["is_conflicted"]),
    )


def settings_json(settings: ScheduleSettings) -> Json:
    """Return `settings` as JSON values."""
    return {f.name: _plain(getattr(settings, f.name)) for f in fields(settings)}


def settings_from(value: Mapping[str, object]) -> ScheduleSettings:
    """Return the settings that :func:`settings_json` wrote."""
    content = dict(value)
    content["interval"] = timedelta(microseconds=cast(int, content["interval"]))
    content["limit_offset_bps"] = _money(content["limit_offset_bps"])
    return ScheduleSettings(**content)  # type: ignore[arg-type]


def progress_json(progress: Progress) -> Json:
    """Return one line of progress as JSON values."""
    return {f.name: _plain(getattr(progress, f.name)) for f in fields(progress)}


def progress_from(value: Mapping[str, object]) -> Progress:
    """Return the line that :func:`progress_json` wrote."""
    content = dict(value)
    for name in PROGRESS_MONEY:
        content[name] = Decimal(str(content[name]))
    content["at"] = datetime.fromisoformat(str(content["at"]))
    return Progress(**content)  # type: ignore[arg-type]


def _fill(child: str, written: list[str]) -> Execution:
    name, symbol, side, quantity, price, moment, commission = written
    return Execution(
        name, child, symbol, OrderSide(side), Decimal(quantity), Decimal(price), datetime.fromisoformat(moment),
        Decimal(commission),
    )  # fmt: skip


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value // timedelta(microseconds=1)
    return str(value) if isinstance(value, Decimal | OrderSide) else value


def _money(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))

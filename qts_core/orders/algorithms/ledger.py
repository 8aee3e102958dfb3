"""The parent's own ledger: its children never add up to more than the parent, whatever is heard in whatever order.

A share is committed while a child has filled it or may still fill it. Only a child's end frees shares, and an end that
does not say how much was filled frees none.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

from qts_core.market.errors import OrderSubmissionError
from qts_core.market.money import ZERO
from qts_core.market.orders import Execution, OrderRequest, OrderStatus, OrderUpdate
from qts_core.orders.algorithms.parent import ParentOrder
from qts_core.orders.state import OrderState

__all__ = ["ParentLedger"]

FREEING = frozenset({OrderStatus.REJECTED, OrderStatus.CANCELED, OrderStatus.EXPIRED})
"""Ends after which the unfilled rest cannot fill: a replaced order's rest lives on in another order."""


class ParentLedger:
    """What the children of one parent have filled and may still fill; a fold over order updates."""

    def __init__(self, parent: ParentOrder, children: Mapping[str, OrderState] = MappingProxyType({})) -> None:
        self.parent = parent
        self._children = dict(children)

    @property
    def children(self) -> Mapping[str, OrderState]:
        """Every child by client order id, oldest first."""
        return MappingProxyType(self._children)

    @property
    def filled(self) -> Decimal:
        """Shares that children have filled, the broker's count where executions are missing."""
        return sum((max(c.filled_quantity, c.reported_quantity) for c in self._children.values()), ZERO)

    @property
    def committed(self) -> Decimal:
        """Shares that are filled or may still fill."""
        return sum((_committed(c) for c in self._children.values()), ZERO)

    @property
    def free(self) -> Decimal:
        """Shares that a new child may ask for."""
        return max(ZERO, self.parent.quantity - self.committed)

    @property
    def rejects(self) -> int:
        """Children that were refused without a fill, since the last one that filled."""
        count = 0
        for child in self._children.values():
            if child.filled_quantity or child.reported_quantity:
                count = 0
            elif child.status is OrderStatus.REJECTED:
                count += 1
        return count

    @property
    def is_conflicted(self) -> bool:
        """Whether the broker contradicts itself on a child: a person must look, nothing more is sent."""
        over = self.filled > self.parent.quantity
        return over or any(c.is_conflicted for c in self._children.values())

    @property
    def executions(self) -> tuple[Execution, ...]:
        """Every known fill, by time, then id."""
        fills = (e for c in self._children.values() for e in c.executions.values())
        return tuple(sorted(fills, key=lambda e: (e.ts_event, e.execution_id)))

    def open(self) -> tuple[OrderState, ...]:
        """Return the children that may still fill, oldest first."""
        return tuple(c for c in self._children.values() if c.is_open)

    def next_id(self) -> str:
        """Return the id of the next child."""
        return self.parent.child_id(len(self._children) + 1)

    def send(self, request: OrderRequest, now: datetime) -> None:
        """Enter a new child before it is sent.

        Raises
        ------
        OrderSubmissionError
            QTS-EXEC-056: the children would exceed the parent, or the id is not the next one.
        """
        quantity = request.quantity
        if quantity is None or not ZERO < quantity <= self.free or request.client_order_id != self.next_id():
            raise OrderSubmissionError(
                "QTS-EXEC-056", "a child order does not fit its parent", where=request.client_order_id,
                found=f"{quantity} shares", expected=f"{self.next_id()} with at most {self.free} shares",
            )  # fmt: skip
        self._children[request.client_order_id] = OrderState.created(request, now)

    def hear(self, update: OrderUpdate) -> bool:
        """Take what the broker said of a child; False when it is none of ours."""
        child = self._children.get(update.client_order_id)
        if child is None:
            return False
        self._children[update.client_order_id] = child.apply(update)
        return True


def _committed(child: OrderState) -> Decimal:
    known = max(child.filled_quantity, child.reported_quantity)
    if child.status in FREEING:
        return known
    asked = child.request.quantity if child.request is not None else None
    return known if asked is None else max(known, asked)

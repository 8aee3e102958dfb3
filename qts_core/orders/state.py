"""The state of one order as a function of the set of things said of it (specification 12.2; X-09; design section 5.5).

Folding is a join in a semilattice: commutative, associative and idempotent. So any permutation and any duplication
of updates ends in the same state, whatever stream, poll or restart they came through.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType

from qts_core.market.light import light
from qts_core.market.money import ZERO
from qts_core.market.orders import Execution, OrderRequest, OrderSide, OrderStatus, OrderUpdate

__all__ = ["NEVER", "OrderState", "fold"]

LOCAL = (OrderStatus.CREATED, OrderStatus.INTENT, OrderStatus.SENT, OrderStatus.UNKNOWN)
WORKING = (
    OrderStatus.UNRECOGNISED,
    OrderStatus.PENDING_NEW,
    OrderStatus.ACCEPTED,
    OrderStatus.ACCEPTED_FOR_BIDDING,
    OrderStatus.PENDING_REVIEW,
    OrderStatus.HELD,
    OrderStatus.NEW,
    OrderStatus.SUSPENDED,
    OrderStatus.PARTIALLY_FILLED,
    OrderStatus.PENDING_REPLACE,
    OrderStatus.PENDING_CANCEL,
    OrderStatus.DONE_FOR_DAY,
    OrderStatus.CALCULATED,
    OrderStatus.STOPPED,
)
FINAL = (
    OrderStatus.REJECTED,
    OrderStatus.REPLACED,
    OrderStatus.EXPIRED,
    OrderStatus.CANCELED,
    OrderStatus.FILLED,
)
FILLED, PARTIALLY_FILLED = OrderStatus.FILLED, OrderStatus.PARTIALLY_FILLED
WAITING = (OrderStatus.PENDING_CANCEL, OrderStatus.PENDING_REPLACE)
TIER: Mapping[OrderStatus, tuple[int, int]] = MappingProxyType(
    {s: (tier, rank) for tier, group in enumerate((LOCAL, WORKING, FINAL)) for rank, s in enumerate(group)}
)
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
NO_EXECUTIONS: Mapping[str, Execution] = MappingProxyType({})


@light
@dataclass(frozen=True, slots=True)
class OrderState:
    """Everything known of one order.

    Attributes
    ----------
    client_order_id, symbol : str
        Whose order it is.
    request : OrderRequest or None
        What we asked for; None for an order of someone else in the same account.
    status : OrderStatus
        The furthest status reported: final ones beat working ones beat our own; working ones go by time, then rank.
        A fill of the whole quantity is ``FILLED`` even if the word has not come yet.
    reported_quantity : Decimal
        The largest filled quantity the broker has named; more than `filled_quantity` means fills are missing.
    executions : mapping of str to Execution
        Known fills by id.
    is_conflicted : bool
        Whether one execution id came with two contents: a person must look.
    """

    client_order_id: str
    symbol: str
    request: OrderRequest | None = None
    reported_status: OrderStatus = OrderStatus.CREATED
    reported_at: datetime = NEVER
    reported_quantity: Decimal = ZERO
    broker_order_id: str = ""
    reason: str = ""
    executions: Mapping[str, Execution] = field(default_factory=lambda: NO_EXECUTIONS)
    is_conflicted: bool = False

    @property
    def filled_quantity(self) -> Decimal:
        """Sum of the known executions, shares."""
        if not self.executions:
            return ZERO
        if len(self.executions) == 1:
            return next(iter(self.executions.values())).quantity
        return sum((e.quantity for e in self.executions.values()), ZERO)

    @property
    def status(self) -> OrderStatus:
        """The status that the known facts add up to."""
        wanted = self.request.quantity if self.request is not None else None
        if wanted is not None and self.filled_quantity >= wanted:
            return FILLED
        if self.executions and TIER[self.reported_status][0] < 2:
            return self.reported_status if self.reported_status in WAITING else PARTIALLY_FILLED
        return self.reported_status

    @property
    def is_open(self) -> bool:
        """Whether the order may still fill; an unknown outcome counts as open."""
        return not self.status.is_terminal or self.is_missing_fills

    @property
    def is_missing_fills(self) -> bool:
        """Whether the broker has filled more than we have executions for."""
        return self.reported_quantity > self.filled_quantity

    @property
    def remaining(self) -> Decimal:
        """Shares that may still fill; zero once the order is closed and all fills are known."""
        filled = self.filled_quantity
        if self.status.is_terminal:
            return self.reported_quantity - filled if self.reported_quantity > filled else ZERO
        wanted = self.request.quantity if self.request is not None and self.request.quantity is not None else ZERO
        return max(wanted, self.reported_quantity) - filled

    @property
    def signed_remaining(self) -> Decimal:
        """`remaining` with the sign of the side; zero when the side is not known."""
        if self.request is not None:
            return self.remaining * self.request.side.sign
        for execution in self.executions.values():
            return self.remaining * execution.side.sign
        return ZERO

    @property
    def side(self) -> OrderSide | None:
        """Side of the order, or None while nothing tells it."""
        if self.request is not None:
            return self.request.side
        return next((e.side for e in self.executions.values()), None)

    @classmethod
    def created(cls, request: OrderRequest, moment: datetime) -> OrderState:
        """Start from our own request."""
        return cls(request.client_order_id, request.symbol, request, reported_at=moment)

    @classmethod
    def foreign(cls, update: OrderUpdate) -> OrderState:
        """Start from an update of an order we did not make."""
        return cls(update.client_order_id, update.symbol).apply(update)

    def apply(self, update: OrderUpdate) -> OrderState:
        """Return the state with `update` known too; unchanged if it tells nothing new."""
        mine = (self.reported_status, self.reported_at, self.reason, self.broker_order_id)
        theirs = (update.status, update.ts_event, update.reason, update.broker_order_id)
        is_news = _precedence(theirs) > _precedence(mine)
        status, moment, reason, _ = theirs if is_news else mine
        executions, is_conflicted = self._with(update.execution)
        state = OrderState(
            self.client_order_id, self.symbol, self.request, status, moment,
            max(self.reported_quantity, update.filled_quantity), max(self.broker_order_id, update.broker_order_id),
            reason, executions, is_conflicted,
        )  # fmt: skip
        return self if not is_news and state == self else state

    def _with(self, execution: Execution | None) -> tuple[Mapping[str, Execution], bool]:
        if execution is None:
            return self.executions, self.is_conflicted
        if not self.executions:
            return MappingProxyType({execution.execution_id: execution}), self.is_conflicted
        known = self.executions.get(execution.execution_id)
        if known == execution:
            return self.executions, self.is_conflicted
        kept = execution if known is None else max(known, execution, key=_content)
        merged = {**self.executions, execution.execution_id: kept}
        ordered = dict(sorted(merged.items()))
        return MappingProxyType(ordered), self.is_conflicted or known is not None


def _precedence(said: tuple[OrderStatus, datetime, str, str]) -> tuple[int, datetime, int, str, str]:
    status, moment, reason, broker_order_id = said
    tier, rank = TIER[status]
    return (tier, moment, rank, reason, broker_order_id) if tier else (tier, NEVER, rank, reason, broker_order_id)


def _content(execution: Execution) -> tuple[datetime, Decimal, Decimal, Decimal, str, str]:
    e = execution
    return (e.ts_event, e.quantity, e.price, e.commission, e.symbol, e.side.value)


def fold(start: OrderState, updates: Iterable[OrderUpdate]) -> OrderState:
    """Return the state after all `updates`, in whatever order they are given."""
    for update in updates:
        start = start.apply(update)
    return start

"""A market of one symbol and the loop that works a parent order on the simulated exchange, for tests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np

from qts_core.exchange.engine import SimulatedExchange
from qts_core.exchange.records import Accepted, ExchangeEvent
from qts_core.exchange.settings import FillMode, FillSettings, fill_settings
from qts_core.market.bars import BarSlice
from qts_core.market.events import BarsClosed, OrderUpdated, TimerFired
from qts_core.market.instruments import Instrument
from qts_core.market.orders import Execution, OrderSide, OrderStatus, OrderUpdate
from qts_core.orders.algorithms.inside_bar import InsideProfile, divide
from qts_core.orders.algorithms.parent import ParentOrder
from qts_core.orders.algorithms.schedule import Schedule
from qts_core.orders.algorithms.volume import VolumeForecast, VolumeProfile
from qts_core.orders.algorithms.wishes import ChildWish, Wish

OPEN = datetime(2024, 3, 4, 14, 30, tzinfo=UTC)
CLOSE = datetime(2024, 3, 4, 21, 0, tzinfo=UTC)


def at(minute: float) -> datetime:
    """Return a moment in minutes after the session's open."""
    return OPEN + timedelta(minutes=minute)


def bar(minute: int, close: float = 100.0, volume: float = 1000.0, *, length: int = 1, spread: float = 0.0) -> BarSlice:
    """Return a bar that opens and closes at `close`, its extremes `spread` away."""
    price = np.array([close])
    return BarSlice(
        at(minute), at(minute + length), minute // length, 390 // length, ("AA",), price, price + spread,
        price - spread, price, np.array([volume]), np.array([1.0]),
    )  # fmt: skip


def parent(
    quantity: str = "1200", start: float = 30, end: float = 90, side: OrderSide = OrderSide.BUY, **more: object
) -> ParentOrder:
    """Return a parent decided at its start."""
    return ParentOrder(
        "PA1", "ml", "AA", side, Decimal(quantity), at(start), at(start), at(end), Decimal(100), **more,  # type: ignore[arg-type]
    )  # fmt: skip


def forecast(of: ParentOrder, profile: VolumeProfile | None = None) -> VolumeForecast:
    """Return the forecast of a parent's window in this session."""
    return VolumeForecast(of.start, of.end, OPEN, CLOSE, profile)


def exchange(fills: FillSettings | None = None) -> SimulatedExchange:
    """Return an exchange with ten million dollars, which has seen a price."""
    settings = fills or fill_settings(FillMode.REALISTIC)
    venue = SimulatedExchange(settings, {"AA": Instrument("AA")}, Decimal(10_000_000), start=at(-600))
    venue.open_bar(bar(-1))
    venue.close_bar(bar(-1))
    return venue


def tick(schedule: Schedule, minute: float) -> list[Wish]:
    """Let time pass to `minute`."""
    return schedule.on_event(TimerFired(at(minute), "slice"))


def answer(wish: ChildWish, status: OrderStatus, filled: str = "0", minute: float = 30) -> OrderUpdated:
    """Return what a broker says of a child, with one execution of all that is filled."""
    request, shares = wish.request, Decimal(filled)
    name = request.client_order_id
    fill = Execution(f"{name}-1", name, "AA", request.side, shares, Decimal(100), at(minute)) if shares else None
    return OrderUpdated(OrderUpdate(name, "AA", status, shares, at(minute), "b", fill))


def run_parent(
    schedule: Schedule,
    venue: SimulatedExchange,
    bars: Iterable[BarSlice],
    *,
    part: timedelta | None = None,
    profile: InsideProfile = InsideProfile.STRAIGHT,
) -> list[ChildWish]:
    """Work a parent on `bars`; with `part`, each is divided for the exchange and the schedule hears timers (X-36)."""
    sent: list[ChildWish] = []
    for whole in bars:
        for piece in [whole] if part is None else divide(whole, part, profile):
            _do(schedule, venue, schedule.on_event(TimerFired(piece.ts_event, "slice")), piece.ts_event, sent)
            _hear(schedule, venue, venue.open_bar(piece), piece.ts_event, sent)
            _hear(schedule, venue, venue.close_bar(piece), piece.ts_known, sent)
        _do(schedule, venue, schedule.on_event(BarsClosed(whole)), whole.ts_known, sent)
    return sent


def _do(
    schedule: Schedule, venue: SimulatedExchange, wishes: Sequence[Wish], now: datetime, sent: list[ChildWish]
) -> None:
    for wish in wishes:
        if isinstance(wish, ChildWish):
            sent.append(wish)
            answered = venue.submit(wish.request, now)
            assert isinstance(answered, Accepted), answered
        else:
            order = venue.find(wish.client_order_id)
            assert order is not None
            answered = venue.cancel(order.id, now)
        if isinstance(answered, Accepted):
            _hear(schedule, venue, answered.events, now, sent)


def _hear(
    schedule: Schedule, venue: SimulatedExchange, events: Iterable[ExchangeEvent], now: datetime, sent: list[ChildWish]
) -> None:
    for event in events:
        _do(schedule, venue, schedule.on_event(OrderUpdated(event.update)), now, sent)

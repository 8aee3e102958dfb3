"""Whatever a broker does and in whatever order its messages come, children never add up to more than their parent."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from qts_core.market.events import BarsClosed, OrderUpdated
from qts_core.market.money import ZERO
from qts_core.market.orders import Execution, OrderSide, OrderStatus, OrderUpdate
from qts_core.orders.algorithms.almgren_chriss import ImpactModel
from qts_core.orders.algorithms.plans import Plan, ShortfallPlan, TwapPlan, VwapPlan
from qts_core.orders.algorithms.schedule import Schedule
from qts_core.orders.algorithms.volume import VolumeProfile
from qts_core.orders.algorithms.wishes import ChildWish, ScheduleSettings, Wish
from tests.support.execution_market import at, bar, forecast, parent, tick

D = Decimal
PROFILE = VolumeProfile((0.3, 0.2, 0.1, 0.1, 0.1, 0.2), 400_000.0, 20)
PAPER = ImpactModel(0.01, 1e-5, 1e-6, 1.0)


@dataclass
class Order:
    """A broker's own truth of one child."""

    wish: ChildWish
    filled: Decimal = ZERO
    is_over: bool = False
    fills: int = 0

    @property
    def exposure(self) -> Decimal:
        """What it filled or may still fill."""
        assert self.wish.request.quantity is not None
        return self.filled if self.is_over else self.wish.request.quantity


@dataclass
class Broker:
    """Fills, refuses, cancels and expires as its dice say; its messages are late, repeated and shuffled."""

    dice: random.Random
    orders: dict[str, Order] = field(default_factory=dict)
    mail: list[OrderUpdate] = field(default_factory=list)
    sent: list[OrderUpdate] = field(default_factory=list)
    minute: int = 0

    def take(self, wishes: list[Wish]) -> None:
        for wish in wishes:
            if isinstance(wish, ChildWish):
                name = wish.request.client_order_id
                assert name not in self.orders, "an id is never used twice"
                self.orders[name] = Order(wish)
                if self.dice.random() < 0.15:
                    self._say(name, OrderStatus.REJECTED, is_over=True)
                else:
                    self._say(name, OrderStatus.NEW)
            elif not self.orders[wish.client_order_id].is_over and self.dice.random() < 0.8:
                self._say(wish.client_order_id, OrderStatus.CANCELED, is_over=True)

    def step(self) -> None:
        self.minute += 1
        for name, order in self.orders.items():
            if order.is_over:
                continue
            roll = self.dice.random()
            left = order.exposure - order.filled
            if roll < 0.4:
                self._fill(name, left)
            elif roll < 0.6:
                self._fill(name, D(self.dice.randint(1, int(left))))
            elif roll < 0.7:
                self._say(name, self.dice.choice([OrderStatus.EXPIRED, OrderStatus.CANCELED]), is_over=True)

    def post(self) -> Iterator[OrderUpdate]:
        """Deliver some of the mail in any order, some of it twice."""
        self.dice.shuffle(self.mail)
        count = self.dice.randint(0, len(self.mail))
        for update in self.mail[:count]:
            yield update
            if self.dice.random() < 0.3:
                yield self.dice.choice(self.sent)
        del self.mail[:count]

    def _fill(self, name: str, shares: Decimal) -> None:
        order = self.orders[name]
        order.filled += shares
        order.fills += 1
        is_over = order.filled == order.wish.request.quantity
        fill = Execution(f"{name}#{order.fills}", name, "AA", OrderSide.BUY, shares, D(100), at(self.minute))
        status = OrderStatus.FILLED if is_over else OrderStatus.PARTIALLY_FILLED
        self._say(name, status, is_over=is_over, fill=fill)

    def _say(self, name: str, status: OrderStatus, *, is_over: bool = False, fill: Execution | None = None) -> None:
        order = self.orders[name]
        order.is_over = order.is_over or is_over
        update = OrderUpdate(name, "AA", status, order.filled, at(self.minute), "b", fill)
        self.mail.append(update)
        self.sent.append(update)


PLANS = st.sampled_from(["twap", "vwap", "shortfall"])
SETTINGS = st.builds(
    ScheduleSettings,
    urgency=st.floats(0, 1),
    jitter_ratio=st.floats(0, 0.9),
    max_participation=st.none() | st.floats(0.01, 1),
    limit_offset_bps=st.none() | st.integers(-20, 20).map(D),
    is_completed=st.booleans(),
    grace=st.integers(0, 3),
)


def plan_of(name: str) -> Plan:
    plans: dict[str, Plan] = {"twap": TwapPlan(), "vwap": VwapPlan(), "shortfall": ShortfallPlan(PAPER, 1e-6)}
    return plans[name]


@settings(max_examples=60, deadline=None)
@given(PLANS, SETTINGS, st.integers(1, 5000), st.integers(0, 2**32), st.booleans())
def test_no_broker_makes_a_schedule_over_buy(
    name: str, chosen: ScheduleSettings, quantity: int, seed: int, has_profile: bool
) -> None:
    of = parent(str(quantity), 0, 60)
    schedule = Schedule(of, plan_of(name), chosen, forecast(of, PROFILE if has_profile else None))
    dice = random.Random(seed)
    broker = Broker(dice)

    def check(wishes: list[Wish]) -> None:
        broker.take(wishes)
        truth = sum((o.exposure for o in broker.orders.values()), ZERO)
        assert truth <= schedule.ledger.committed <= of.quantity

    for minute in range(90):
        check(tick(schedule, minute))
        broker.step()
        for update in broker.post():
            check(schedule.on_event(OrderUpdated(update)))
        check(schedule.on_event(BarsClosed(bar(minute, volume=float(dice.randint(0, 3000))))))
        if minute % 17 == 0:
            schedule = Schedule.restored(json.loads(json.dumps(schedule.snapshot())))
    while broker.mail or not all(o.is_over for o in broker.orders.values()):
        broker.step()
        for update in broker.post():
            check(schedule.on_event(OrderUpdated(update)))
    filled = sum((o.filled for o in broker.orders.values()), ZERO)
    assert schedule.is_done
    assert schedule.outcome.filled == filled
    assert schedule.outcome.unfilled == of.quantity - filled
    assert sum((e.quantity for e in schedule.ledger.executions), ZERO) == filled


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 5000), PLANS, st.floats(0, 0.9), st.integers(1, 60))
def test_with_every_child_filled_the_slices_add_up_to_the_parent(
    quantity: int, name: str, jitter: float, minutes: int
) -> None:
    of = parent(str(quantity), 0, minutes)
    schedule = Schedule(of, plan_of(name), ScheduleSettings(jitter_ratio=jitter), forecast(of, PROFILE))
    total = ZERO
    for minute in range(minutes + 6):
        for wish in tick(schedule, minute):
            assert isinstance(wish, ChildWish)
            shares = wish.request.quantity
            assert shares is not None
            total += shares
            fill = Execution(wish.request.client_order_id, wish.request.client_order_id, "AA", OrderSide.BUY, shares,
                             D(100), at(minute))  # fmt: skip
            update = OrderUpdate(fill.client_order_id, "AA", OrderStatus.FILLED, shares, at(minute), "b", fill)
            assert schedule.on_event(OrderUpdated(update)) == []
    assert total == of.quantity
    assert schedule.is_done

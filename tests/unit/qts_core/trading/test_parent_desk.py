"""Orders worked over time inside the core: what begins, changes and ends them; fills are fed by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest

from qts_core.market.events import (
    BarsClosed,
    CancelOrder,
    ConnectionChanged,
    KillRequested,
    OrderUpdated,
    SetTimer,
    SubmitOrder,
    TimerFired,
)
from qts_core.market.orders import Execution, OrderStatus, OrderType, OrderUpdate
from qts_core.market.panel import Floats, Panel
from qts_core.orders.algorithms.maker import AlgorithmChoice, AlgorithmSettings
from qts_core.orders.algorithms.wishes import ScheduleSettings
from qts_core.risk.settings import LimitSettings
from qts_core.trading.core import TradingCore
from qts_core.trading.decision import Decision, Output, RecordDecision
from qts_core.trading.settings import CoreSettings
from tests.support.decision_market import WEIGHTS, core, panel, slices

D = Decimal
BARS = panel(breadth=2)
SLICES = slices(BARS)


def worked(settings: CoreSettings = WEIGHTS, *, minutes: int = 5, **more: object) -> CoreSettings:
    schedule = ScheduleSettings(timedelta(minutes=minutes), **more)  # type: ignore[arg-type]
    return replace(settings, execution=AlgorithmSettings(AlgorithmChoice.TWAP, timedelta(hours=1), schedule))


def weights(*rows: tuple[int, float]) -> Floats:
    """Return the first symbol's target weights: from each row on, so much."""
    values = np.tile([np.nan, np.nan], (len(BARS), 1))
    for row, weight in rows:
        values[row:, 0] = weight
    return values


def children(outputs: list[Output]) -> list[SubmitOrder]:
    return [o for o in outputs if isinstance(o, SubmitOrder)]


def decision(outputs: list[Output]) -> Decision:
    return next(o.decision for o in outputs if isinstance(o, RecordDecision))


def say(one: TradingCore, order: SubmitOrder, status: OrderStatus, shares: int = 0) -> list[Output]:
    """Tell the core what became of a child."""
    r, moment = order.request, SLICES[-1].ts_known
    name = r.client_order_id
    fill = Execution(f"x-{name}", name, r.symbol, r.side, D(shares), D(100), moment) if shares else None
    return one.handle(OrderUpdated(OrderUpdate(name, r.symbol, status, D(shares), moment, "b", fill)))


def fill(one: TradingCore, order: SubmitOrder) -> list[Output]:
    assert order.request.quantity is not None
    return say(one, order, OrderStatus.FILLED, int(order.request.quantity))


def timer(outputs: list[Output]) -> SetTimer:
    return next(o for o in outputs if isinstance(o, SetTimer))


def begun(settings: CoreSettings | None = None, *rows: tuple[int, float]) -> tuple[TradingCore, list[Output]]:
    one = core(BARS, weights(*(rows or ((0, 0.12),))), settings or worked())
    return one, one.handle(BarsClosed(SLICES[0]))


def test_a_change_of_target_becomes_a_parent_and_its_first_slice() -> None:
    one, outputs = begun()
    whole = int(12_000 / float(SLICES[0].close[0]))
    (parent,) = decision(outputs).parents
    (first,) = children(outputs)
    assert parent.request.quantity == whole
    assert first.request.quantity == whole // 12
    assert first.request.type is OrderType.MARKET
    assert [o.request for o in decision(outputs).orders] == [first.request]
    assert first.request.client_order_id != parent.request.client_order_id
    assert one.holdings.on_order[0] == whole, "limits count what is not sent yet"
    assert one.holdings.busy[0]
    assert timer(outputs).due == SLICES[0].ts_known + timedelta(minutes=5)


def test_a_timer_sends_the_next_slice_under_the_decision_that_began_the_parent() -> None:
    one, outputs = begun()
    fill(one, children(outputs)[0])
    due = timer(outputs)
    more = one.handle(TimerFired(due.due, due.name))
    (second,) = children(more)
    assert second.decision_id == decision(outputs).decision_id
    assert second.request.client_order_id != children(outputs)[0].request.client_order_id
    assert timer(more).due == due.due + timedelta(minutes=5)
    assert one.handle(TimerFired(due.due, due.name)) == [], "the same timer again sends nothing"
    assert one.handle(TimerFired(due.due, "another")) == []


def test_the_whole_of_it_is_sent_and_no_share_more() -> None:
    one, outputs = begun(worked(minutes=15))
    wanted = decision(outputs).parents[0].request.quantity
    sent = children(outputs)
    for row in range(1, 6):
        fill(one, sent[-1])
        more = one.handle(BarsClosed(SLICES[row]))
        sent += children(more)
        if not children(more):
            break
    assert sum(o.request.quantity or 0 for o in sent) == wanted
    assert one.book.position("AA").quantity == wanted
    assert one.desk is not None
    assert [w.schedule.outcome.status.value for w in one.desk.ended] == ["filled"]
    assert not one.holdings.busy[0]


def test_an_unchanged_target_lets_the_parent_go_on() -> None:
    one, outputs = begun(worked(minutes=15), (0, 0.12), (1, np.nan))
    fill(one, children(outputs)[0])
    more = one.handle(BarsClosed(SLICES[1]))
    assert decision(more).parents == ()
    assert "slice 2 of 4" in decision(more).orders[0].reason


def test_a_new_target_replaces_the_parent_by_what_is_then_missing() -> None:
    one, outputs = begun(worked(minutes=15), (0, 0.12), (1, 0.06))
    first = children(outputs)[0]
    fill(one, first)
    more = one.handle(BarsClosed(SLICES[1]))
    (parent,) = decision(more).parents
    equity, close = decision(more).equity, float(SLICES[1].close[0])
    assert parent.request.quantity == int(0.06 * equity / close) - (first.request.quantity or 0)
    assert one.holdings.on_order[0] == float(parent.request.quantity)


def test_a_new_target_waits_until_no_child_may_fill() -> None:
    resting = worked(minutes=15, limit_offset_bps=D(-50))
    one, outputs = begun(resting, (0, 0.12), (1, 0.0))
    (first,) = children(outputs)
    say(one, first, OrderStatus.NEW)
    more = one.handle(BarsClosed(SLICES[1]))
    assert [o.client_order_id for o in more if isinstance(o, CancelOrder)] == [first.request.client_order_id]
    assert decision(more).parents == ()
    assert children(more) == []
    assert one.holdings.on_order[0] == float(first.request.quantity or 0), "the child may still fill"
    say(one, first, OrderStatus.PARTIALLY_FILLED, 3)
    say(one, first, OrderStatus.CANCELED, 3)
    later = one.handle(BarsClosed(SLICES[2]))
    (closing,) = decision(later).parents
    assert (closing.request.side.value, closing.request.quantity, closing.purpose) == ("sell", D(3), "x")


@pytest.mark.parametrize("is_flatten", [False, True])
def test_a_kill_ends_parents_and_cancels_their_children(is_flatten: bool) -> None:
    one, outputs = begun()
    (first,) = children(outputs)
    say(one, first, OrderStatus.NEW)
    killed = one.handle(KillRequested(SLICES[0].ts_known, "why", is_flatten=is_flatten))
    assert [o.client_order_id for o in killed if isinstance(o, CancelOrder)] == [first.request.client_order_id]
    due = timer(outputs)
    assert one.handle(TimerFired(due.due, due.name)) == []
    assert children(one.handle(BarsClosed(SLICES[1]))) == []


def test_exits_while_everything_is_closed_go_out_whole() -> None:
    one, outputs = begun(worked(minutes=15), (0, 0.12), (1, np.nan))
    fill(one, children(outputs)[0])
    one.handle(KillRequested(SLICES[0].ts_known, "why", is_flatten=True))
    more = one.handle(BarsClosed(SLICES[1]))
    assert decision(more).parents == ()
    assert [o.request.quantity for o in decision(more).orders] == [children(outputs)[0].request.quantity]


def test_without_a_connection_only_parents_that_reduce_go_on() -> None:
    one, outputs = begun(worked(minutes=15), (0, 0.12), (5, 0.03))
    sent = children(outputs)
    for row in range(1, 6):
        fill(one, sent[-1])
        sent += children(one.handle(BarsClosed(SLICES[row])))
    assert sent[-1].reduces_risk
    fill(one, sent[-1])
    assert one.handle(ConnectionChanged(SLICES[5].ts_known, is_connected=False)) == []
    assert children(one.handle(BarsClosed(SLICES[6])))[0].reduces_risk
    other, outputs = begun()
    say(other, children(outputs)[0], OrderStatus.NEW)
    cut = other.handle(ConnectionChanged(SLICES[0].ts_known, is_connected=False))
    assert [type(o) for o in cut] == [CancelOrder]


def test_the_sessions_last_bar_ends_what_is_left_and_nothing_waits_for_tomorrow() -> None:
    last = int(np.flatnonzero(BARS.timeline.slot == 25)[0])
    one = core(BARS, weights((last - 2, 0.12)), worked(minutes=15))
    sent: list[SubmitOrder] = []
    for row in range(last + 1):
        outputs = one.handle(BarsClosed(SLICES[row]))
        sent += children(outputs)
        assert row < last or not children(outputs)
    assert one.desk is not None
    assert len(sent) == 2, "the window ends with the session: half an hour, two slices"
    (parent,) = one.desk.at_work()
    assert parent.schedule.outcome.status.value == "stopped"


def test_room_under_a_limit_counts_what_a_parent_has_not_sent() -> None:
    tight = replace(WEIGHTS, limits=replace(LimitSettings(), max_gross_ratio=0.2, max_position_ratio=0.15))
    values = weights((0, 0.14))
    values[1:, 1] = 0.14
    one = core(BARS, values, worked(tight))
    one.handle(BarsClosed(SLICES[0]))
    more = one.handle(BarsClosed(SLICES[1]))
    ordered = sum(float(o.request.quantity or 0) for o in decision(more).parents if o.request.symbol == "AB")
    assert ordered * float(SLICES[1].close[1]) <= 0.06 * decision(more).equity + 1e-6


def test_three_refusals_end_the_parent_and_free_the_symbol() -> None:
    one, outputs = begun(worked(minutes=15), (0, 0.12), (1, np.nan))
    for row in range(1, 4):
        say(one, children(outputs)[0], OrderStatus.REJECTED)
        outputs = one.handle(BarsClosed(SLICES[row]))
    assert children(outputs) == []
    assert one.holdings.on_order[0] == 0.0
    assert not one.holdings.busy[0]


def test_a_restored_core_has_the_same_parents_timers_and_room() -> None:
    one, outputs = begun()
    fill(one, children(outputs)[0])
    other = core(BARS, weights((0, 0.12)), worked())
    other.restore(json.loads(json.dumps(one.snapshot())))
    assert other.snapshot() == one.snapshot()
    assert other.timers() == one.timers() == (timer(outputs),)
    assert other.holdings.on_order.tolist() == one.holdings.on_order.tolist()
    due = timer(outputs)
    assert other.handle(TimerFired(due.due, due.name)) == one.handle(TimerFired(due.due, due.name))


def test_a_decision_with_parents_survives_json_and_one_without_has_no_word_of_them() -> None:
    _, outputs = begun()
    made = decision(outputs)
    assert Decision.from_json(made.to_json()).digest() == made.digest()
    assert Decision.from_json(made.to_json()).parents == made.parents
    plain = decision(core(BARS, weights((0, 0.12)), WEIGHTS).handle(BarsClosed(SLICES[0])))
    assert "parents" not in json.loads(plain.to_json())


def crossing(bars: Panel) -> Floats:
    return np.where(np.arange(len(bars))[:, None] % 2 == 0, 0.1, -0.1) * np.ones((1, 2))


def test_switching_it_off_leaves_every_decision_as_it_was() -> None:
    off = replace(worked(), execution=None)
    one, other = core(BARS, crossing(BARS), off), core(BARS, crossing(BARS), WEIGHTS)
    for bars in SLICES[:30]:
        assert one.handle(BarsClosed(bars))[0] == other.handle(BarsClosed(bars))[0]

"""Slices, partial fills, caps, limits and ends of a worked parent, counted by hand."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

import pytest

from qts_core.market.events import BarsClosed
from qts_core.market.ids import CLIENT_ORDER_ID_LIMIT
from qts_core.market.orders import OrderSide, OrderStatus, OrderType
from qts_core.orders.algorithms.parent import ParentOrder
from qts_core.orders.algorithms.plans import TwapPlan
from qts_core.orders.algorithms.schedule import Schedule
from qts_core.orders.algorithms.wishes import ChildCancel, ChildWish, ScheduleSettings, ScheduleStatus, Wish
from tests.support.execution_market import answer, at, bar, exchange, forecast, parent, run_parent, tick

D = Decimal
S = OrderStatus
HOUR_BY_FIVES = ScheduleSettings()


def twap(of: ParentOrder | None = None, settings: ScheduleSettings = HOUR_BY_FIVES) -> Schedule:
    of = of or parent()
    return Schedule(of, TwapPlan(), settings, forecast(of))


def only(wishes: list[Wish]) -> ChildWish:
    (wish,) = wishes
    assert isinstance(wish, ChildWish)
    return wish


def fill(schedule: Schedule, minute: float) -> ChildWish:
    """Let the slice of `minute` go out and fill at once."""
    wish = only(tick(schedule, minute))
    schedule.on_event(answer(wish, S.FILLED, str(wish.request.quantity), minute))
    return wish


def test_twelve_hundred_shares_in_an_hour_by_fives_are_twelve_hundreds() -> None:
    schedule = twap()
    sent = [fill(schedule, 30 + 5 * k) for k in range(12)]
    assert [w.request.quantity for w in sent] == [D(100)] * 12
    assert all(w.request.type is OrderType.MARKET for w in sent)
    assert schedule.outcome.status is ScheduleStatus.FILLED
    assert schedule.is_done


def test_nothing_leaves_before_the_window_or_twice_in_a_slice() -> None:
    schedule = twap()
    assert tick(schedule, 29.9) == []
    fill(schedule, 30)
    assert tick(schedule, 31) == []
    assert tick(schedule, 34.9) == []


def test_a_quantity_that_does_not_divide_is_met_exactly_by_the_last_slice() -> None:
    """1000 in twelve: floors of 83.33 k."""
    schedule = twap(parent("1000"))
    sizes = [int(fill(schedule, 30 + 5 * k).request.quantity or 0) for k in range(12)]
    assert sizes == [83, 83, 84, 83, 83, 84, 83, 83, 84, 83, 83, 84]


def test_fewer_shares_than_slices_leave_some_slices_empty() -> None:
    schedule = twap(parent("3"))
    sent = [w for k in range(12) for w in tick(schedule, 30 + 5 * k)]
    assert len(sent) == 3


def test_every_child_has_its_own_short_id_which_follows_from_the_parent() -> None:
    first, second = twap(), twap()
    names = [only(tick(first, 30 + 5 * k)).request.client_order_id for k in range(12)]
    assert names == [only(tick(second, 30 + 5 * k)).request.client_order_id for k in range(12)]
    assert len(set(names)) == 12
    assert max(map(len, names)) <= CLIENT_ORDER_ID_LIMIT


def test_what_a_cancelled_child_left_is_sent_with_the_next_slice() -> None:
    schedule = twap()
    first = only(tick(schedule, 30))
    schedule.on_event(answer(first, S.CANCELED, "40", 31))
    assert only(tick(schedule, 35)).request.quantity == 160


def test_a_missed_slice_is_caught_up() -> None:
    schedule = twap()
    fill(schedule, 30)
    assert only(tick(schedule, 46)).request.quantity == 300


@pytest.mark.parametrize("status", [S.UNKNOWN, S.PENDING_CANCEL, S.REPLACED, S.DONE_FOR_DAY, S.UNRECOGNISED])
def test_an_end_that_is_not_certain_frees_no_share(status: OrderStatus) -> None:
    schedule = twap()
    schedule.on_event(answer(only(tick(schedule, 30)), status, "0", 31))
    assert only(tick(schedule, 35)).request.quantity == 100


def test_filled_by_word_alone_counts_whole_even_without_executions() -> None:
    schedule = twap()
    schedule.on_event(answer(only(tick(schedule, 30)), S.FILLED, "0", 31))
    assert only(tick(schedule, 35)).request.quantity == 100


def test_refusals_in_a_row_stop_the_parent() -> None:
    schedule = twap()
    for k in range(3):
        schedule.on_event(answer(only(tick(schedule, 30 + 5 * k)), S.REJECTED, "0", 30 + 5 * k))
    assert schedule.outcome.status is ScheduleStatus.STOPPED
    assert "refused" in schedule.outcome.reason
    assert tick(schedule, 45) == []


def test_it_stops_early_once_everything_is_filled() -> None:
    schedule = twap(parent("100", 30, 40))
    first = only(tick(schedule, 30))
    schedule.on_event(answer(first, S.FILLED, "50", 31))
    second = only(tick(schedule, 35))
    schedule.on_event(answer(second, S.FILLED, "50", 36))
    assert schedule.is_done
    assert schedule.next_due is None


def test_the_rest_is_sent_when_the_window_ends() -> None:
    schedule = twap(parent("200", 30, 40))
    fill(schedule, 30)
    schedule.on_event(answer(only(tick(schedule, 35)), S.CANCELED, "30", 36))
    rest = only(tick(schedule, 40))
    assert rest.request.quantity == 70
    assert rest.slice == 2
    schedule.on_event(answer(rest, S.FILLED, "70", 41))
    assert schedule.outcome.status is ScheduleStatus.FILLED


def test_the_rest_may_be_left_and_is_reported() -> None:
    schedule = twap(parent("200", 30, 40), ScheduleSettings(is_completed=False))
    fill(schedule, 30)
    schedule.on_event(answer(only(tick(schedule, 35)), S.CANCELED, "30", 36))
    assert tick(schedule, 40) == []
    assert schedule.outcome.unfilled == 70
    assert schedule.outcome.status is ScheduleStatus.UNFILLED


def test_the_clean_up_ends_after_its_grace_and_cancels_what_is_open() -> None:
    schedule = twap(parent("200", 30, 40))
    fill(schedule, 30)
    stuck = only(tick(schedule, 35))
    assert tick(schedule, 40) == []
    (cancel,) = tick(schedule, 45)
    assert cancel == ChildCancel(stuck.request.client_order_id, schedule.outcome.reason)
    assert schedule.outcome.open == 100
    schedule.on_event(answer(stuck, S.CANCELED, "0", 46))
    assert schedule.is_done
    assert schedule.outcome.unfilled == 100


def test_a_person_may_stop_it() -> None:
    schedule = twap()
    open_child = only(tick(schedule, 30))
    assert schedule.stop("by hand") == [ChildCancel(open_child.request.client_order_id, "by hand")]
    assert tick(schedule, 35) == []


def test_jitter_delays_slices_within_their_interval_and_is_always_the_same() -> None:
    jittery = ScheduleSettings(jitter_ratio=0.5)
    schedule, again = twap(settings=jittery), twap(settings=jittery)
    delays = [schedule.calendar.due(k) - at(30 + 5 * k) for k in range(12)]
    assert delays == [again.calendar.due(k) - at(30 + 5 * k) for k in range(12)]
    assert all(timedelta(0) <= d < timedelta(minutes=2.5) for d in delays)
    assert len(set(delays)) == 12
    other = twap(parent(leg=1), jittery)
    assert other.calendar.due(0) != schedule.calendar.due(0)


def test_no_child_exceeds_the_participation_cap_of_what_is_expected_and_of_what_was_traded() -> None:
    """Ten per cent of a market of 200 a minute: 100 an interval; nothing before the first bar."""
    schedule = twap(parent("2400"), ScheduleSettings(max_participation=0.1))
    assert tick(schedule, 30) == []
    sizes = []
    for minute in range(30, 60):
        for wish in schedule.on_event(BarsClosed(bar(minute, volume=200.0))):
            assert isinstance(wish, ChildWish)
            assert wish.request.quantity is not None
            assert wish.request.quantity <= D("0.1") * D(repr(wish.expected_volume))
            sizes.append(int(wish.request.quantity))
            schedule.on_event(answer(wish, S.FILLED, str(wish.request.quantity), minute + 1))
    assert sizes == [100] * 6
    assert schedule.outcome.filled <= D("0.1") * (30 + 5) * 200


def test_the_cap_holds_for_the_clean_up_too() -> None:
    schedule = twap(parent("2400", 30, 40), ScheduleSettings(max_participation=0.1))
    sent = run_parent(schedule, exchange(), [bar(m, volume=200.0) for m in range(30, 60)])
    assert sum(w.request.quantity or D(0) for w in sent) <= D("0.1") * 200 * 20
    assert schedule.outcome.status is ScheduleStatus.UNFILLED
    assert schedule.outcome.unfilled == 2400 - schedule.outcome.filled


@pytest.mark.parametrize(
    ("side", "offset", "expected"),
    [("buy", "5", "100.05"), ("sell", "5", "99.95"), ("buy", "-5", "99.95"), ("sell", "-5", "100.05")],
)
def test_limits_stand_off_the_last_price(side: str, offset: str, expected: str) -> None:
    of = parent(side=OrderSide(side))
    schedule = twap(of, ScheduleSettings(limit_offset_bps=D(offset)))
    assert only(tick(schedule, 30)).request.limit_price == D(expected)


def test_limits_are_rounded_away_from_the_paying_side() -> None:
    of = parent()
    schedule = twap(of, ScheduleSettings(limit_offset_bps=D("0.7")))
    assert only(tick(schedule, 30)).request.limit_price == D("100.00")


def test_no_child_is_worse_than_the_parents_limit() -> None:
    of = parent(limit_price=D("100.02"))
    assert only(tick(twap(of, ScheduleSettings(limit_offset_bps=D(5))), 30)).request.limit_price == D("100.02")
    assert only(tick(twap(of), 30)).request.limit_price == D("100.02")


def test_resting_children_are_cancelled_when_fills_fall_behind_by_more_than_urgency_allows() -> None:
    """Half urgent: half a slice of 100 is tolerated, a whole one is not."""
    schedule = twap(settings=ScheduleSettings(urgency=0.5, limit_offset_bps=D(-10)))
    resting = only(tick(schedule, 30))
    cancel, crossing = tick(schedule, 35)
    assert isinstance(cancel, ChildCancel)
    assert cancel.client_order_id == resting.request.client_order_id
    assert isinstance(crossing, ChildWish)
    assert crossing.request.type is OrderType.MARKET
    assert crossing.request.quantity == 100, "the resting shares stay committed until the cancel is confirmed"


def test_a_patient_schedule_lets_them_rest() -> None:
    schedule = twap(settings=ScheduleSettings(urgency=0.0, limit_offset_bps=D(-10)))
    tick(schedule, 30)
    assert only(tick(schedule, 35)).request.type is OrderType.LIMIT


def test_a_restart_in_the_middle_changes_nothing() -> None:
    settings = ScheduleSettings(limit_offset_bps=D(-1), max_participation=0.2, jitter_ratio=0.3, urgency=0.7)
    bars = [bar(m, 100 + m % 7 / 10, 300.0 + m, spread=0.05) for m in range(30, 110)]
    whole = twap(settings=settings)
    sent = run_parent(whole, exchange(), bars)
    venue, going, restarted = exchange(), twap(settings=settings), []
    for one in bars:
        restarted += run_parent(going, venue, [one])
        going = Schedule.restored(json.loads(json.dumps(going.snapshot())))
    assert restarted == sent
    assert going.snapshot() == whole.snapshot()
    assert going.outcome == whole.outcome
    assert len(sent) > 5


def test_an_event_heard_again_sends_nothing_again() -> None:
    schedule = twap(settings=ScheduleSettings(max_participation=0.5))
    event = BarsClosed(bar(30))
    sent = schedule.on_event(event)
    state = schedule.snapshot()
    assert len(sent) == 1
    assert schedule.on_event(event) == []
    assert schedule.snapshot() == state


def test_the_next_due_moment_is_the_next_slice_the_end_or_the_last_moment() -> None:
    schedule = twap(parent("200", 30, 40))
    assert schedule.next_due == at(30)
    tick(schedule, 30)
    assert schedule.next_due == at(35)
    tick(schedule, 35)
    assert schedule.next_due == at(40)
    tick(schedule, 40)
    assert schedule.next_due == at(45)

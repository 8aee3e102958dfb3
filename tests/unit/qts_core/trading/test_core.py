"""What the core does at a bar and between bars; fills are fed by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest

from qts_core.market.events import (
    AccountSnapshot,
    Alert,
    BarsClosed,
    CancelOrder,
    ConfigurationChanged,
    ConnectionChanged,
    CorporateActionsApplied,
    Flatten,
    KillRequested,
    KillReset,
    ModelSwapped,
    OrderUpdated,
    Split,
    SubmitOrder,
)
from qts_core.market.orders import Execution, OrderSide, OrderStatus, OrderUpdate
from qts_core.market.panel import Floats, Panel
from qts_core.risk.modes import RiskMode
from qts_core.risk.settings import DrawdownLevel, LossSettings
from qts_core.trading.core import TradingCore
from qts_core.trading.decision import Decision, Output, RecordDecision
from tests.support.decision_market import WEIGHTS, core, panel, slices

D = Decimal
NAN = float("nan")


def constant(bars: Panel, *weights: float) -> Floats:
    return np.tile(np.array(weights), (len(bars), 1))


def submitted(outputs: list[Output]) -> list[SubmitOrder]:
    return [o for o in outputs if isinstance(o, SubmitOrder)]


def decided(outputs: list[Output]) -> Decision:
    return next(o.decision for o in outputs if isinstance(o, RecordDecision))


def mode_of(one: TradingCore) -> RiskMode:
    return one.mode


def fill_all(one: TradingCore, outputs: list[Output], price: str = "100") -> None:
    for command in submitted(outputs):
        r = command.request
        assert r.quantity is not None
        moment = one.last_ts_event
        assert moment is not None
        name, quantity = r.client_order_id, r.quantity
        done = Execution(f"x-{name}", name, r.symbol, r.side, quantity, D(price), moment)
        one.handle(OrderUpdated(OrderUpdate(name, r.symbol, OrderStatus.FILLED, quantity, moment, "b", done)))


def test_the_decision_is_recorded_before_anything_is_sent() -> None:
    bars = panel(breadth=2)
    outputs = core(bars, constant(bars, 0.1, -0.1), WEIGHTS).handle(BarsClosed(slices(bars)[0]))
    assert isinstance(outputs[0], RecordDecision)
    assert [o.request for o in submitted(outputs)] == [o.request for o in decided(outputs).orders]
    assert len(submitted(outputs)) == 2


def test_shares_are_whole_and_cut_towards_zero() -> None:
    bars = panel(breadth=1)
    first = slices(bars)[0]
    order = submitted(core(bars, constant(bars, 0.1), WEIGHTS).handle(BarsClosed(first)))[0]
    assert order.request.quantity == int(10_000 / float(first.close[0]))
    assert order.decision_id.startswith("20240304T143000-")
    assert not order.reduces_risk


def test_nothing_is_decided_while_history_is_caught_up() -> None:
    bars = panel(breadth=2)
    one = core(bars, constant(bars, 0.1, -0.1), WEIGHTS)
    assert one.handle(BarsClosed(slices(bars)[0], is_catch_up=True)) == []
    assert one.last_ts_event == slices(bars)[0].ts_event


def test_the_same_bar_twice_is_ignored_with_a_word() -> None:
    bars = panel(breadth=2)
    one = core(bars, constant(bars, 0.1, -0.1), WEIGHTS)
    one.handle(BarsClosed(slices(bars)[1]))
    for late in slices(bars)[:2]:
        (answer,) = one.handle(BarsClosed(late))
        assert isinstance(answer, Alert)


def test_a_symbol_with_an_open_order_gets_no_second_one() -> None:
    bars = panel(breadth=1)
    values = constant(bars, 0.1)
    values[1:] = 0.3
    one = core(bars, values, WEIGHTS)
    assert len(submitted(one.handle(BarsClosed(slices(bars)[0])))) == 1
    assert submitted(one.handle(BarsClosed(slices(bars)[1]))) == []


def test_a_refused_order_frees_its_symbol() -> None:
    bars = panel(breadth=1)
    one = core(bars, constant(bars, 0.1), WEIGHTS)
    request = submitted(one.handle(BarsClosed(slices(bars)[0])))[0].request
    name, now = request.client_order_id, slices(bars)[0].ts_known
    update = OrderUpdate(name, "AA", OrderStatus.REJECTED, D(0), now, reason="no")
    one.handle(OrderUpdated(update))
    assert len(submitted(one.handle(BarsClosed(slices(bars)[1])))) == 1


def test_a_flip_closes_first_and_opens_at_a_later_bar() -> None:
    bars = panel(breadth=1)
    values = constant(bars, 0.1)
    values[1:] = -0.1
    one = core(bars, values, WEIGHTS)
    fill_all(one, one.handle(BarsClosed(slices(bars)[0])))
    held = one.book.position("AA").quantity
    closing = one.handle(BarsClosed(slices(bars)[1]))
    (order,) = submitted(closing)
    assert (order.request.side, order.request.quantity, order.reduces_risk) == (OrderSide.SELL, held, True)
    assert "-x0" in order.request.client_order_id
    fill_all(one, closing)
    (opening,) = submitted(one.handle(BarsClosed(slices(bars)[2])))
    assert (opening.request.side, opening.reduces_risk) == (OrderSide.SELL, False)


def test_exits_are_sent_before_entries() -> None:
    bars = panel(breadth=2)
    values = constant(bars, 0.1, 0.0)
    values[1:] = [0.0, 0.1]
    one = core(bars, values, WEIGHTS)
    fill_all(one, one.handle(BarsClosed(slices(bars)[0])))
    assert [o.request.symbol for o in submitted(one.handle(BarsClosed(slices(bars)[1])))] == ["AA", "AB"]
    assert [o.purpose for o in decided(one.handle(BarsClosed(slices(bars)[2]))).orders] == []


def test_no_order_leaves_after_a_session_s_last_bar() -> None:
    bars = panel(breadth=1)
    one = core(bars, constant(bars, 0.1), WEIGHTS)
    outputs = one.handle(BarsClosed(slices(bars)[25]))
    assert submitted(outputs) == []
    assert "session.closed" in [v.name for v in decided(outputs).verdicts]
    assert len(submitted(one.handle(BarsClosed(slices(bars)[26])))) == 1


def test_a_symbol_without_a_bar_is_not_traded_and_keeps_its_last_price() -> None:
    bars = panel(breadth=2)
    for field in ("open", "high", "low", "close", "volume"):
        bars[field][1, 0] = NAN
    one = core(bars, constant(bars, 0.1, 0.1), WEIGHTS)
    one.handle(BarsClosed(slices(bars)[0], is_catch_up=True))
    outputs = one.handle(BarsClosed(slices(bars)[1]))
    assert [o.request.symbol for o in submitted(outputs)] == ["AB"]
    assert one.marks["AA"] == bars["close"][0, 0]


def test_no_score_means_no_change() -> None:
    bars = panel(breadth=1)
    values = constant(bars, 0.1)
    values[1:] = NAN
    one = core(bars, values, WEIGHTS)
    fill_all(one, one.handle(BarsClosed(slices(bars)[0])))
    for later in slices(bars)[1:20]:
        assert submitted(one.handle(BarsClosed(later))) == []
    assert one.book.position("AA").quantity > 0


def test_the_kill_latch_holds_until_a_person_releases_it() -> None:
    bars = panel(breadth=1)
    one = core(bars, constant(bars, 0.1), WEIGHTS)
    bar = slices(bars)
    one.handle(BarsClosed(bar[0]))
    outputs = one.handle(KillRequested(bar[0].ts_known, "enough"))
    assert [type(o) for o in outputs] == [CancelOrder, Alert]
    for later in bar[1:6]:
        assert submitted(one.handle(BarsClosed(later))) == []
        assert mode_of(one) is RiskMode.HALTED
    one.handle(ConnectionChanged(bar[6].ts_known, is_connected=True))
    assert mode_of(one) is RiskMode.HALTED
    one.handle(KillReset(bar[6].ts_known, "looked into it"))
    assert mode_of(one) is RiskMode.NORMAL


def test_a_kill_that_flattens_closes_everything_at_the_next_bar() -> None:
    bars = panel(breadth=2)
    one = core(bars, constant(bars, 0.1, -0.1), WEIGHTS)
    fill_all(one, one.handle(BarsClosed(slices(bars)[0])))
    outputs = one.handle(KillRequested(slices(bars)[0].ts_known, "out", is_flatten=True))
    assert Flatten("out") in outputs
    closing = one.handle(BarsClosed(slices(bars)[1]))
    assert all(o.reduces_risk for o in submitted(closing))
    fill_all(one, closing)
    assert one.book.holdings() == {}
    assert submitted(one.handle(BarsClosed(slices(bars)[2]))) == []


def test_without_connection_risk_is_only_reduced() -> None:
    bars = panel(breadth=2)
    values = constant(bars, 0.1, 0.1)
    values[1:] = [0.05, 0.2]
    one = core(bars, values, WEIGHTS)
    fill_all(one, one.handle(BarsClosed(slices(bars)[0])))
    one.handle(ConnectionChanged(slices(bars)[0].ts_known, is_connected=False, detail="stream"))
    outputs = one.handle(BarsClosed(slices(bars)[1]))
    assert decided(outputs).mode is RiskMode.REDUCE_ONLY
    assert [(o.request.symbol, o.reduces_risk) for o in submitted(outputs)] == [("AA", True)]


def test_a_daily_loss_beyond_its_limit_adds_no_risk_until_the_next_day() -> None:
    bars = panel(breadth=2)
    values = constant(bars, 0.5, 0.0)
    values[1:] = [0.5, 0.3]
    settings = replace(WEIGHTS, losses=LossSettings(daily_kill_limit=9.0, levels=()))
    one = core(bars, values, settings)
    fill_all(one, one.handle(BarsClosed(slices(bars)[0])), price="110")
    for later in slices(bars)[1:26]:
        assert all(o.reduces_risk for o in submitted(one.handle(BarsClosed(later))))
    assert one.equity < 98_000
    outputs = one.handle(BarsClosed(slices(bars)[26]))
    assert "AB" in [o.request.symbol for o in submitted(outputs) if not o.reduces_risk]


def test_the_last_rung_of_the_drawdown_ladder_flattens_and_latches() -> None:
    bars = panel(breadth=1)
    losses = LossSettings(daily_limit=9.0, weekly_limit=9.0, monthly_limit=9.0, daily_kill_limit=9.0,
                          levels=(DrawdownLevel(0.1, 1.0),))  # fmt: skip
    one = core(bars, constant(bars, 0.9), replace(WEIGHTS, losses=losses))
    fill_all(one, one.handle(BarsClosed(slices(bars)[0])), price="115")
    outputs = one.handle(BarsClosed(slices(bars)[1]))
    assert [a.title for a in outputs if isinstance(a, Alert)] == ["loss limit"]
    (exit_order,) = submitted(outputs)
    assert exit_order.reduces_risk
    fill_all(one, outputs)
    for later in slices(bars)[2:10]:
        assert submitted(one.handle(BarsClosed(later))) == []
    assert one.mode is RiskMode.FLATTEN


def test_hashes_and_model_of_later_decisions_follow_the_events() -> None:
    bars = panel(breadth=1)
    one = core(bars, constant(bars, 0.1), WEIGHTS)
    one.handle(ConfigurationChanged(slices(bars)[0].ts_event, "c2"))
    one.handle(ModelSwapped(slices(bars)[0].ts_event, "m2"))
    hashes = decided(one.handle(BarsClosed(slices(bars)[0]))).hashes
    assert (hashes.configuration, hashes.model, hashes.catalogue) == ("c2", "m2", "f")


def test_the_broker_s_view_is_compared_and_never_taken_over() -> None:
    bars = panel(breadth=1)
    one = core(bars, constant(bars, 0.1), WEIGHTS)
    moment = slices(bars)[0].ts_event
    (alert,) = one.handle(AccountSnapshot(moment, D(90_000), D(90_000), ()))
    assert isinstance(alert, Alert)
    assert one.book.cash == 100_000
    assert one.handle(AccountSnapshot(moment, D(100_000), D(1), ())) == []


def test_a_predictor_of_other_symbols_is_refused() -> None:
    bars, others = panel(breadth=1), panel(breadth=2)
    with pytest.raises(ValueError, match="other symbols"):
        core(bars, constant(bars, 0.1)).swap_predictor(core(others, constant(others, 0.1, 0.1)).predictor)


def test_an_order_nobody_here_sent_is_booked_and_reported() -> None:
    bars = panel(breadth=1)
    one = core(bars, constant(bars, NAN), WEIGHTS)
    moment = slices(bars)[0].ts_event + timedelta(minutes=1)
    done = Execution("e9", "theirs", "AA", OrderSide.BUY, D(3), D(100), moment)
    (alert,) = one.handle(OrderUpdated(OrderUpdate("theirs", "AA", OrderStatus.FILLED, D(3), moment, "b", done)))
    assert isinstance(alert, Alert)
    assert one.book.holdings() == {"AA": D(3)}


def test_a_split_changes_no_decision_that_was_made_before_it() -> None:
    bars = panel(breadth=2)
    one = core(bars, constant(bars, 0.1, -0.1), WEIGHTS)
    first, second = slices(bars)[:2]
    made = decided(one.handle(BarsClosed(first)))
    kept = made.to_json()
    symbol = bars.symbols[0]
    one.handle(CorporateActionsApplied(second.ts_event, (Split(symbol, second.ts_event.date(), D(2), D(1)),)))
    assert made.to_json() == kept

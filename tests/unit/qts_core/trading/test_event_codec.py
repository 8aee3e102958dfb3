"""Events and commands survive the journal bit for bit."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import get_args

import numpy as np
import pytest

from qts_core.market import events as words
from qts_core.market.bars import BarSlice
from qts_core.market.events import Command, Event
from qts_core.market.orders import Execution, OrderRequest, OrderSide, OrderStatus, OrderUpdate
from qts_core.trading.event_codec import decode_command, decode_event, encode_command, encode_event
from qts_core.trading.exact_json import decode, encode
from tests.support.decision_market import panel

D = Decimal
NOW = datetime(2024, 3, 4, 14, 30, 0, 123456, tzinfo=UTC)
DONE = Execution("e1", "c1", "BRK.B", OrderSide.SELL, D("1.000000001"), D("0.0001"), NOW, D("0.10"))
EVENTS: tuple[Event, ...] = (
    words.OrderUpdated(OrderUpdate("c1", "BRK.B", OrderStatus.UNKNOWN, D("1E-9"), NOW, "b", DONE, "why — \u2028")),
    words.OrderUpdated(OrderUpdate("c1", "BRK.B", OrderStatus.NEW, D(0), NOW)),
    words.AccountSnapshot(NOW, D("-1.10"), D("100.00"), (("AA", D("-5")), ("AB", D("0.5")))),
    words.BuyingPowerTold(NOW, D("1000.10")),
    words.CorporateActionsApplied(
        NOW, (words.Split("AA", date(2024, 3, 4), D(3), D(2)),), (words.Dividend("AB", date(2024, 3, 4), D("0.24")),)
    ),
    words.CashMoved(NOW, "a1", D("-0.01"), "BORROW"),
    words.TimerFired(NOW, "t"),
    words.ModelSwapped(NOW, "m-1"),
    words.ConnectionChanged(NOW, is_connected=False),
    words.KillRequested(NOW, "x", is_flatten=True),
    words.KillReset(NOW, "y"),
    words.ConfigurationChanged(NOW, "c"),
)
REQUEST = OrderRequest("c1", "AA", OrderSide.BUY, quantity=D(3), limit_price=D("1.10"))
COMMANDS: tuple[Command, ...] = (
    words.SubmitOrder(REQUEST, "d1", reduces_risk=True),
    words.CancelOrder("c1", "r"),
    words.ReplaceOrder("c1", "c2", D(4)),
    words.Flatten("f"),
    words.SetTimer("t", NOW),
    words.Alert(words.Severity.CRITICAL, "a", "b"),
)


@pytest.mark.parametrize("event", EVENTS, ids=lambda e: type(e).__name__)
def test_an_event_comes_back_equal_and_as_the_same_text(event: Event) -> None:
    text = encode_event(event)
    assert decode_event(text) == event
    assert encode_event(decode_event(text)) == text


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: type(c).__name__)
def test_a_command_comes_back_equal(command: Command) -> None:
    assert decode_command(encode_command(command)) == command


def test_every_event_and_command_is_among_the_samples() -> None:
    assert {type(e) for e in EVENTS} | {words.BarsClosed} == set(get_args(Event))
    assert {type(c) for c in COMMANDS} == set(get_args(Command))


def test_bars_come_back_bit_for_bit_with_missing_ones_missing() -> None:
    bars = panel(breadth=3, missing=0.3)
    bars["close"][2] = [np.nextafter(1.1, 2.0), -0.0, np.nan]
    event = words.BarsClosed(BarSlice.of(bars, 2), is_catch_up=True)
    back = decode_event(encode_event(event))
    assert isinstance(back, words.BarsClosed)
    assert back.is_catch_up
    for field in fields(BarSlice):
        mine, theirs = getattr(event.bars, field.name), getattr(back.bars, field.name)
        if isinstance(mine, np.ndarray):
            assert np.array_equal(mine, theirs, equal_nan=True)
            assert np.signbit(mine[~np.isnan(mine)]).tolist() == np.signbit(theirs[~np.isnan(theirs)]).tolist()
        else:
            assert mine == theirs


@pytest.mark.parametrize(
    "text",
    ["[]", "{}", '{"content":{},"type":"Nothing"}', '{"content":{"ts_event":1,"name":"t","x":1},"type":"TimerFired"}',
     '{"content":{"ts_event":1,"name":7},"type":"TimerFired"}', '{"content":[],"type":"TimerFired"}'],
)  # fmt: skip
def test_what_is_no_event_is_refused(text: str) -> None:
    with pytest.raises((ValueError, TypeError)):
        decode_event(text)


def test_what_cannot_be_exact_is_refused_when_written() -> None:
    with pytest.raises(TypeError):
        encode(object())
    with pytest.raises(TypeError):
        decode(float, "1.0")

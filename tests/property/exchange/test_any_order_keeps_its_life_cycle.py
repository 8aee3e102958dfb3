"""Random orders of every kind under random models: states only move as the protocol allows, and money is conserved."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from qts_core.exchange import (
    Accepted,
    AlmgrenChriss,
    Amendment,
    ExchangeEvent,
    IntrabarPath,
    LargeOrders,
    Latency,
    Liquidity,
    SlippageModel,
    SpreadModel,
    SquareRootSlippage,
    VolumeSlippage,
    fill_settings,
)
from qts_core.exchange.conditions import Conditions
from qts_core.market.orders import OrderClass, OrderSide, OrderStatus, OrderType, TimeInForce
from tests.unit.qts_core.exchange.desk import Desk

S = OrderStatus
MOVES = {
    S.NEW: {S.PARTIALLY_FILLED, S.FILLED, S.CANCELED, S.EXPIRED, S.REPLACED, S.REJECTED},
    S.HELD: {S.NEW, S.PARTIALLY_FILLED, S.FILLED, S.CANCELED, S.EXPIRED, S.REPLACED, S.REJECTED},
    S.PARTIALLY_FILLED: {S.PARTIALLY_FILLED, S.FILLED, S.CANCELED, S.EXPIRED, S.REPLACED, S.REJECTED},
}
"""The protocol reference, section 6.7, for orders sent while the session is open."""

MODELS = st.sampled_from([None, VolumeSlippage(), SquareRootSlippage(), AlmgrenChriss()])
PRICE = st.integers(80, 120).map(lambda p: Decimal(p))
ORDER = st.fixed_dictionaries(
    {
        "side": st.sampled_from(list(OrderSide)),
        "quantity": st.integers(1, 60).map(str),
        "type": st.sampled_from(list(OrderType)),
        "time_in_force": st.sampled_from(list(TimeInForce)),
        "order_class": st.sampled_from(list(OrderClass)),
        "limit_price": st.one_of(st.none(), PRICE),
        "stop_price": st.one_of(st.none(), PRICE),
        "trail_price": st.one_of(st.none(), st.integers(1, 5).map(Decimal)),
        "take_profit_limit_price": st.one_of(st.none(), PRICE),
        "stop_loss_stop_price": st.one_of(st.none(), PRICE),
    }
)
STEP = st.tuples(ORDER, st.sampled_from(["leave", "cancel", "replace"]), st.integers(90, 110), st.integers(0, 6))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(STEP, min_size=1, max_size=20),
    MODELS,
    st.sampled_from(list(LargeOrders)),
    st.sampled_from(list(IntrabarPath)),
    st.booleans(),
)
def test_states_only_move_as_the_protocol_allows_and_money_is_conserved(
    steps: list[tuple[dict[str, object], str, int, int]],
    model: SlippageModel | None,
    on_large: LargeOrders,
    path: IntrabarPath,
    is_harsh: bool,
) -> None:
    liquidity = Liquidity(Decimal("0.1"), on_large, Decimal("0.2")) if is_harsh else Liquidity()
    fills = replace(
        fill_settings("pessimistic"), slippage_model=model, liquidity=liquidity, path=path,
        spread_model=SpreadModel() if is_harsh else None, latency=Latency() if is_harsh else None,
    )  # fmt: skip
    desk = Desk(fills)
    desk.volume = 300.0
    desk.exchange.mark({"AAA": 100.0}, is_previous_close=True)
    told: list[ExchangeEvent] = []
    for order, what, price, width in steps:
        answer = desk.exchange.submit(desk.request(**order), desk.now)  # type: ignore[arg-type]
        told += answer.events if isinstance(answer, Accepted) else ()
        working = desk.exchange.open_orders()
        if what == "cancel" and working:
            ended = desk.exchange.cancel(working[0].id, desk.now)
            told += ended.events if isinstance(ended, Accepted) else ()
        elif what == "replace" and working:
            ended = desk.exchange.replace(working[-1].id, desk.now, Amendment(limit_price=Decimal(price)))
            told += ended.events if isinstance(ended, Accepted) else ()
        told += desk.minute(AAA=(float(price), float(price + width), float(price - width), float(price)))
    check_life_cycles(told)
    check_money(desk)


def check_life_cycles(told: list[ExchangeEvent]) -> None:
    seen: dict[str, OrderStatus] = {}
    filled: dict[str, Decimal] = {}
    for event in told:
        number, after = event.order.id, event.order.status
        before = seen.get(number)
        assert before is None or after in MOVES[before], (before, after)
        assert event.order.filled_quantity >= filled.get(number, Decimal(0))
        assert event.order.request.quantity is None or event.order.filled_quantity <= event.order.request.quantity
        seen[number], filled[number] = after, event.order.filled_quantity


def check_money(desk: Desk) -> None:
    exchange, cash, shares = desk.exchange, Decimal(100_000), Decimal(0)
    for fill in exchange.fills:
        done = fill.execution
        cash -= done.quantity * done.side.sign * done.price + done.commission
        shares += done.quantity * done.side.sign
        assert fill.position_quantity == shares
        assert min(fill.spread_cost, fill.slippage_cost) >= 0
        assert (done.price - fill.reference_price) * done.side.sign >= 0
    assert (exchange.cash, exchange.quantity("AAA")) == (cash, shares)
    low, high = exchange.pnl_interval()
    assert low <= 0 <= high
    for order in exchange.orders():
        assert order.filled_quantity == sum(
            (f.execution.quantity for f in exchange.fills if f.order_id == order.id), Decimal(0)
        )


@given(
    MODELS.filter(bool), st.floats(1.0, 1e6), st.floats(1.0, 10.0), st.floats(0.0, 1e6), st.floats(1.0, 1e7),
    st.floats(1e-5, 0.1),
)  # fmt: skip
def test_a_larger_order_never_pays_less(
    model: SlippageModel, shares: float, times: float, before: float, volume: float, volatility: float
) -> None:
    market = Conditions(volume, volatility)
    small, large = model.ratio(shares, before, market), model.ratio(shares * times, before, market)
    assert 0.0 <= small <= large * (1.0 + 1e-6)
    assert small <= model.ratio(shares, before * times, market) * (1.0 + 1e-6)

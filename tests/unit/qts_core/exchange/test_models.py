"""Slippage, spread, volume and latency models against figures worked out by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from qts_core.config.backtest import BacktestSettings
from qts_core.config.fill_models import FillModelSettings, LiquiditySettings, SlippageSettings
from qts_core.exchange import (
    AlmgrenChriss,
    BrokerTerms,
    FillSettings,
    FixedSlippage,
    LargeOrders,
    Latency,
    Liquidity,
    SlippageModel,
    SpreadModel,
    SquareRootSlippage,
    VolatilitySlippage,
    VolumeSlippage,
    fill_settings,
    fills_of,
    settlement_cycle,
    settlement_day,
)
from qts_core.exchange.conditions import Conditions, Weather
from qts_core.exchange.halts import Halt
from qts_core.exchange.liquidity import volume_at
from qts_core.market.orders import OrderSide, OrderStatus, TimeInForce
from tests.unit.qts_core.exchange.desk import FREE, OPEN, Desk

BUY, SELL = OrderSide.BUY, OrderSide.SELL
D = Decimal
USUAL = Conditions(volume=10_000.0, volatility=0.002)


@pytest.mark.parametrize(
    ("model", "shares", "bps"),
    [
        (FixedSlippage(5.0), 100.0, 5.0),
        (VolumeSlippage(), 100.0, 15.0),  # 1 % of volume pays 5 + 10
        (VolumeSlippage(), 1_000.0, 50.0),  # 105, capped
        (VolatilitySlippage(), 100.0, 5.0),
        (SquareRootSlippage(coefficient=0.3), 2_500.0, 3.0),  # 0.3 x 20 bps x sqrt(0.25)
        (AlmgrenChriss(eta=0.5, gamma=0.1), 1_000.0, 1.1),  # 20 bps x (0.5 x 0.1 + 0.1 x 0.05)
    ],
)
def test_slippage_is_what_its_formula_says(model: SlippageModel, shares: float, bps: float) -> None:
    assert model.ratio(shares, 0.0, USUAL) * 1e4 == pytest.approx(bps)


def test_volatility_slippage_grows_with_turbulence() -> None:
    assert VolatilitySlippage().ratio(1.0, 0.0, replace(USUAL, turbulence=3.0)) * 1e4 == pytest.approx(15.0)


@pytest.mark.parametrize("model", [SquareRootSlippage(), AlmgrenChriss(eta=0.0)])
def test_slicing_an_order_is_no_way_round_lasting_impact(model: SlippageModel) -> None:
    whole = 4_000.0 * model.ratio(4_000.0, 0.0, USUAL)
    sliced = sum(1_000.0 * model.ratio(1_000.0, 1_000.0 * i, USUAL) for i in range(4))
    assert sliced == pytest.approx(whole)


def test_the_papers_expected_cost_is_the_models() -> None:
    """Almgren and Chriss 2000, table 1: S0 50, gamma 2.5e-7, eta 2.5e-6, epsilon 0.0625; five equal slices."""
    price, volume, sigma = 50.0, 5e6, 0.019
    model = AlmgrenChriss(
        eta=2.5e-6 * volume / (sigma * price), gamma=2.5e-7 * volume / (sigma * price), base_bps=0.0625 / price * 1e4
    )
    market = Conditions(volume, sigma)
    cost = sum(2e5 * price * model.ratio(2e5, 2e5 * i, market) for i in range(5))
    # In the paper a slice does not pay its own permanent impact; here it pays half of it: gamma / 2 x 5 x 200,000^2.
    assert cost - 25_000.0 == pytest.approx(662_500.0, rel=1e-9)


def test_the_square_root_law_does_not_depend_on_the_horizon() -> None:
    day = Conditions(volume=26 * 10_000.0, volatility=0.002 * math.sqrt(26))
    model = SquareRootSlippage()
    assert model.ratio(500.0, 0.0, USUAL) == pytest.approx(model.ratio(500.0, 0.0, day))


def test_the_spread_is_wider_at_the_open_and_in_turbulence() -> None:
    model = SpreadModel(sensitivity=1.0, open_multiple=3.0, close_multiple=1.0, fade_minutes=15.0)
    assert model.multiple(0.0, 390.0, USUAL) == pytest.approx(3.0)
    assert model.multiple(15.0, 375.0, USUAL) == pytest.approx(1.0 + 2.0 / math.e)
    assert model.multiple(300.0, 90.0, replace(USUAL, turbulence=2.0)) == pytest.approx(2.0, rel=1e-6)


def test_weather_knows_the_bars_before_and_not_the_one_in_hand() -> None:
    desk, weather = Desk(FREE), Weather()
    price = 100.0
    for i in range(41):
        bar = desk.bar({"AAA": (price, price, price, price)})
        weather.observe(bar)
        desk.now += timedelta(minutes=1)
        price *= math.exp(0.001 if i % 2 else -0.001)
    desk.volume = 5.0
    market = weather.of(desk.bar({"AAA": (1.0, 1.0, 1.0, 1.0)}), 0)
    assert market.volume == pytest.approx(1e6)
    assert market.volatility == pytest.approx(0.001)
    assert market.turbulence == pytest.approx(1.0)


def desk_with(settings: FillSettings, volume: float = 1000.0) -> Desk:
    desk = Desk(settings)
    desk.volume = volume
    desk.exchange.mark({"AAA": 100.0}, is_previous_close=True)
    return desk


def test_a_large_order_fills_over_several_bars() -> None:
    desk = desk_with(replace(FREE, liquidity=Liquidity(D("0.1"))))
    order = desk.send(BUY, "250")
    events = [desk.minute(AAA=p)[0] for p in (100.0, 101.0, 102.0)]
    assert [e.event for e in events] == ["partial_fill", "partial_fill", "fill"]
    assert [e.fill.leaves_quantity for e in events if e.fill] == [150, 50, 0]
    assert desk.order(order).filled_average_price == D(100 * 100 + 100 * 101 + 50 * 102) / 250


def test_all_orders_of_a_bar_share_its_volume() -> None:
    desk = desk_with(replace(FREE, liquidity=Liquidity(D("0.1"))))
    first, second = desk.send(BUY, "80"), desk.send(BUY, "80")
    desk.minute(AAA=100.0)
    assert (desk.order(first).filled_quantity, desk.order(second).filled_quantity) == (D(80), D(20))


def test_fill_or_kill_takes_all_or_nothing_and_ioc_what_there_is() -> None:
    desk = desk_with(replace(FREE, liquidity=Liquidity(D("0.1"))))
    fok = desk.send(BUY, "101", time_in_force=TimeInForce.FOK)
    ioc = desk.send(BUY, "101", time_in_force=TimeInForce.IOC)
    desk.minute(AAA=100.0)
    assert (desk.order(fok).status, desk.order(fok).filled_quantity) == (OrderStatus.CANCELED, D(0))
    assert (desk.order(ioc).status, desk.order(ioc).filled_quantity) == (OrderStatus.CANCELED, D(100))


def test_without_volume_an_order_waits_or_is_rejected() -> None:
    waiting = desk_with(replace(FREE, liquidity=Liquidity(D("0.1"))), volume=0.0)
    order = waiting.send(BUY, "1")
    assert waiting.minute(AAA=100.0) == []
    assert waiting.order(order).status is OrderStatus.NEW
    strict = desk_with(replace(FREE, liquidity=Liquidity(D("0.1"), LargeOrders.REJECT)), volume=0.0)
    order = strict.send(BUY, "1")
    assert [e.event for e in strict.minute(AAA=100.0)] == ["rejected"]
    assert strict.order(order).reason == "insufficient volume"


def test_large_orders_fill_whole_with_the_probability_of_their_volume() -> None:
    settings = replace(FREE, liquidity=Liquidity(D("0.1"), LargeOrders.PROBABILITY))
    desk = desk_with(settings)
    filled = 0
    for _ in range(200):
        order = desk.send(BUY, "200", limit_price="100", time_in_force=TimeInForce.IOC)
        desk.minute(AAA=100.0)
        filled += desk.order(order).status is OrderStatus.FILLED
        if desk.exchange.quantity("AAA"):
            desk.exchange.delist("AAA", desk.now)
    assert 70 <= filled <= 130  # half of them, by 4 standard deviations


def test_a_queue_fills_first_at_a_touch_and_is_gone_when_the_price_trades_through() -> None:
    desk = desk_with(replace(FREE, liquidity=Liquidity(queue_ahead=D("0.5"))))
    order = desk.send(BUY, "10", limit_price="99")
    desk.minute(AAA=(100.0, 100.0, 99.0, 100.0))  # one tick of 101 at 99: 9.9 shares, 500 are ahead
    assert desk.order(order).queue_ahead == pytest.approx(D(500) - D(1000) / 101)
    desk.minute(AAA=(100.0, 100.0, 98.99, 100.0))
    assert desk.order(order).filled_average_price == D(99)


def test_volume_is_even_over_a_bars_range() -> None:
    assert volume_at(D(99), 1, high=D("99.99"), low=D("98.99"), volume=1010.0) == D(1010) * D("0.02") / D("1.01")
    assert volume_at(D(98), 1, high=D(100), low=D(99), volume=1000.0) == 0


def test_an_auction_has_one_price() -> None:
    desk = desk_with(replace(fill_settings("realistic"), liquidity=Liquidity(auction_cost_bps=D(2))))
    desk.now = OPEN - timedelta(hours=1)
    order = desk.send(BUY, "10", time_in_force=TimeInForce.OPG)
    desk.now = OPEN
    desk.minute(AAA=100.0)
    assert desk.order(order).filled_average_price == D("100.02")


def test_a_late_order_misses_the_opening_price() -> None:
    half = (15_000.0, 15_000.0)
    none = (0.0, 0.0)
    latency = Latency(feed=none, processing=none, signal=half, transmit=none, exchange=none, confirm=half)
    desk = desk_with(replace(FREE, latency=latency))
    order = desk.send(BUY, "10")
    (event,) = desk.minute(AAA=(100.0, 104.0, 99.0, 100.0))
    assert desk.order(order).filled_average_price == D(102)  # a quarter of the minute: half of the way to 104
    assert event.known_at == OPEN + timedelta(seconds=15)


def test_typical_latency_is_seventy_to_some_hundred_milliseconds() -> None:
    latency = Latency()
    times = [latency.inbound(f"order {i}") / timedelta(milliseconds=1) for i in range(300)]
    assert min(times) >= 81.0
    assert max(times) <= 410.0
    assert latency.inbound("x") == latency.inbound("x")


def test_a_halted_symbol_keeps_its_orders_waiting(desk: Desk) -> None:
    order = desk.send(BUY, "1")
    desk.exchange.halt("AAA")
    assert desk.minute(AAA=100.0) == []
    desk.exchange.resume("AAA")
    desk.minute(AAA=120.0)
    assert desk.order(order).filled_average_price == D(120)
    with pytest.raises(ValueError, match="after its start"):
        Halt("AAA", OPEN, OPEN)


def test_a_delisting_pays_the_holders_and_cancels_their_orders(desk: Desk) -> None:
    desk.send(BUY, "10")
    desk.minute(AAA=100.0)
    desk.send(SELL, "5", limit_price="150", time_in_force=TimeInForce.GTC)
    events = desk.exchange.delist("AAA", desk.now, D("0.25"))
    assert [e.event for e in events] == ["canceled", "fill"]
    assert (desk.exchange.quantity("AAA"), desk.exchange.cash) == (D(0), D("99002.50"))


def test_borrowed_cash_costs_interest_for_every_night() -> None:
    desk = Desk(replace(FREE, broker=BrokerTerms(interest_bps_per_year=D(625))))
    desk.exchange.mark({"AAA": 100.0}, is_previous_close=True)
    desk.send(BUY, "2000")
    desk.minute(AAA=100.0)
    desk.exchange.end_session(datetime(2024, 11, 27, 21, tzinfo=UTC))  # Thanksgiving follows: two nights
    assert desk.exchange.cash == D(-100_000) - D("34.72")  # 100,000 x 6.25 % x 2 / 360
    assert [c.kind for c in desk.exchange.charges] == ["INTEREST"]


def test_what_cannot_be_borrowed_cannot_be_shorted(desk: Desk) -> None:
    short = desk.send(SELL, "10", limit_price="150", time_in_force=TimeInForce.GTC)
    assert [e.order.id for e in desk.exchange.hard_to_borrow({"AAA"}, desk.now)] == [short.id]
    assert desk.refused(SELL, "10").message == 'asset "AAA" cannot be sold short'


@pytest.mark.parametrize(
    ("traded", "settles"),
    [
        (date(2017, 9, 1), date(2017, 9, 7)),  # T+3 over Labor Day: 5, 6, 7 September
        (date(2017, 9, 5), date(2017, 9, 7)),  # the first T+2 day: both settled together
        (date(2024, 5, 24), date(2024, 5, 29)),  # T+2 over Memorial Day
        (date(2024, 5, 28), date(2024, 5, 29)),  # the first T+1 day
        (date(2018, 10, 5), date(2018, 10, 10)),  # Columbus Day is no settlement day
        (date(2024, 11, 8), date(2024, 11, 12)),  # nor is Veterans Day
    ],
)
def test_trades_settle_by_the_cycle_of_their_day(traded: date, settles: date) -> None:
    assert settlement_day(traded) == settles
    assert settlement_cycle(traded) in (1, 2, 3)


def test_the_cash_of_a_sale_is_settled_a_day_later(desk: Desk) -> None:
    desk.send(BUY, "100")
    desk.minute(AAA=100.0)
    desk.send(SELL, "100")
    desk.minute(AAA=110.0)
    assert desk.exchange.cash == D(101_000)
    assert desk.exchange.settled_cash(date(2024, 11, 26)) == D(90_000)
    assert desk.exchange.settled_cash(date(2024, 11, 27)) == D(101_000)


def test_the_configuration_reaches_every_model() -> None:
    chosen = BacktestSettings(
        fill_models=FillModelSettings(
            slippage=SlippageSettings(model="square_root", coefficient=0.2, base_bps=1.0),
            liquidity=LiquiditySettings(max_participation=0.1),
        )
    )
    fills = fills_of(chosen, "pessimistic")
    assert fills.slippage_model == SquareRootSlippage(0.2, 1.0)
    assert (fills.liquidity.max_participation, fills.is_fixed) == (D("0.1"), False)
    assert fills_of(BacktestSettings()) == fill_settings("realistic")


def test_a_model_prices_a_fill_and_its_cost_adds_up() -> None:
    desk = desk_with(replace(FREE, slippage_model=VolumeSlippage()), volume=10_000.0)
    desk.send(BUY, "100")
    (event,) = desk.minute(AAA=100.0)
    assert event.fill is not None
    assert event.fill.execution.price == D("100.15")  # 1 % of the bar: 15 bps
    assert event.fill.slippage_cost == D("15.00")

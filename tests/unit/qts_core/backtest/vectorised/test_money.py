"""Integer money is decimal money: prices, values and fees against Decimal."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

from hypothesis import given
from hypothesis import strategies as st

from qts_core.backtest.vectorised.money import Costs, cents_half_even, fees_of, payment_of, price_taken, value_of
from qts_core.exchange import FillSettings
from qts_core.exchange.fees import fees_of as exact_fees
from qts_core.market.orders import OrderSide

UNITS, SHARE, CRUMB = Decimal(10**8), Decimal(10**9), Decimal(10**17)
SETTINGS = FillSettings(commission_bps=Decimal("0.35"), cat_per_share=Decimal("0.0000265"))
COSTS = Costs(100, 250, 35, 2060, 19_500, 979, 2_650)


@given(st.integers(1, 92_000 * 10**8), st.sampled_from([1, -1]), st.integers(0, 5_000))
def test_a_price_that_takes_is_rounded_half_even_to_a_hundredth_of_a_cent(price: int, side: int, ratio: int) -> None:
    exact = Decimal(price) / UNITS * (1 + side * Decimal(ratio) / 1_000_000)
    rounded = exact.quantize(Decimal("0.0001"), ROUND_HALF_EVEN)
    assert Decimal(price_taken(price, side, ratio)) / UNITS == rounded


@given(st.integers(0, 10**14), st.integers(1, 10**7), st.sampled_from([OrderSide.BUY, OrderSide.SELL]))
def test_value_and_fees_are_those_of_the_exchange(shares: int, steps: int, side: OrderSide) -> None:
    units, crumbs = value_of(shares, steps * 10_000)
    quantity, price = Decimal(shares) / SHARE, Decimal(steps) / 10_000
    assert Decimal(units) / UNITS + Decimal(crumbs) / CRUMB == quantity * price
    found = Decimal(fees_of(side.sign, shares, units, crumbs, COSTS)) / UNITS
    assert found == exact_fees(side, quantity, price, SETTINGS).total


@given(st.integers(0, 10**14), st.integers(0, 90 * 10**8))
def test_payments_lose_nothing(shares: int, per_share: int) -> None:
    units, crumbs = payment_of(shares, per_share)
    assert 0 <= crumbs < 10**9
    assert Decimal(units) / UNITS + Decimal(crumbs) / CRUMB == Decimal(shares) / SHARE * Decimal(per_share) / UNITS


@given(st.integers(0, 10**14), st.integers(1, 5_000))
def test_carrying_is_rounded_half_even_to_a_cent(units: int, ratio: int) -> None:
    exact = Decimal(units) / UNITS * ratio / 360_000_000
    assert Decimal(cents_half_even(units, ratio, 360_000_000)) / UNITS == exact.quantize(
        Decimal("0.01"), ROUND_HALF_EVEN
    )

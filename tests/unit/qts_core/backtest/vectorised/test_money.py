"""Integer money is decimal money: prices, values and payments against Decimal."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

from hypothesis import example, given
from hypothesis import strategies as st

from qts_core.backtest.vectorised.money import cents_half_even, divided, payment_of, steps_taken, value_of

UNITS, SHARE, CRUMB = Decimal(10**8), Decimal(10**9), Decimal(10**17)
CENT = 10**6


@given(st.integers(0, 2**63 - 1), st.integers(10_000, 10**15))
@example(2**63 - 1, 10_000)
@example(9_999_999_999 * 10**8 - 1, 10**8)
@example(9_999_999_999 * 10**8, 10**8)
def test_a_division_by_floats_is_that_of_integers(number: int, divisor: int) -> None:
    assert divided(number, divisor) == divmod(number, divisor)


@given(st.integers(0, 10**9), st.integers(10_000, 10**9), st.integers(-2, 2))
def test_a_division_is_right_beside_every_multiple(times: int, divisor: int, beside: int) -> None:
    number = max(0, times * divisor + beside)
    assert divided(number, divisor) == divmod(number, divisor)


prices = st.one_of(st.integers(1, 92_000 * 10**8), st.integers(1, 9_200_000).map(lambda cents: cents * CENT))
"""Any, and whole cents, where a ratio of whole basis points often ends in the middle between two steps."""


@given(prices, st.sampled_from([1, -1]), st.one_of(st.integers(0, 5_000), st.sampled_from([100, 500])))
def test_a_price_that_takes_is_rounded_half_even_to_a_hundredth_of_a_cent(price: int, side: int, ratio: int) -> None:
    exact = Decimal(price) / UNITS * (1 + side * Decimal(ratio) / 1_000_000)
    rounded = exact.quantize(Decimal("0.0001"), ROUND_HALF_EVEN)
    assert Decimal(steps_taken(price, side, ratio)) / 10_000 == rounded


@given(st.integers(0, 10**14), st.integers(1, 10**7))
def test_a_value_loses_nothing(shares: int, steps: int) -> None:
    units, crumbs = value_of(shares, steps)
    assert 0 <= crumbs < 10**9
    assert Decimal(units) / UNITS + Decimal(crumbs) / CRUMB == Decimal(shares) / SHARE * Decimal(steps) / 10_000


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

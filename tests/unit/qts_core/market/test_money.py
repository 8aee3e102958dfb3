"""Exact money: nothing is lost, ticks follow Regulation NMS rule 612."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qts_core.market.money import dollars, exact, plain, tick, to_tick


def test_a_tenth_is_a_tenth() -> None:
    assert exact(0.1) + exact(0.2) == Decimal("0.3")


@given(st.decimals("-1e9", "1e9", places=6))
def test_six_places_survive_the_way_through_float(amount: Decimal) -> None:
    assert exact(dollars(amount)) == amount


def test_at_most_eight_places_are_kept_halves_to_even() -> None:
    assert exact(0.123456785) == Decimal("0.12345678")
    assert exact(1e-9) == 0


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_amount_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        exact(value)


@pytest.mark.parametrize(
    ("price", "step", "rounded"),
    [
        ("1.00", "0.01", "1.00"),
        ("0.9999", "0.0001", "0.9999"),
        ("10.005", "0.01", "10.00"),
        ("10.015", "0.01", "10.02"),
    ],
)
def test_a_price_is_rounded_to_its_tick(price: str, step: str, rounded: str) -> None:
    assert tick(Decimal(price)) == Decimal(step)
    assert to_tick(Decimal(price)) == Decimal(rounded)


@pytest.mark.parametrize(
    ("amount", "text"),
    [("101.50", "101.5"), ("100", "100"), ("1E+3", "1000"), ("-0.00", "0"), ("0.00000001", "0.00000001")],
)
def test_amounts_are_written_as_the_broker_writes_them(amount: str, text: str) -> None:
    assert plain(Decimal(amount)) == text

"""Numbers of the protocol reference, sections 2 and 17."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qts_core.exchange.margin import Holding, Margin, maintenance_requirement, margin_of

D = Decimal


def margin(
    equity: int = 100_000, gross: int = 0, held: int = 0, last: int = 100_000, maintenance: int = 0, multiplier: int = 4
) -> Margin:
    return margin_of(
        equity=D(equity), cash=D(equity), gross=D(gross), held=D(held), last_equity=D(last),
        last_maintenance=D(maintenance), last_gross=D(0), max_multiplier=multiplier,
    )  # fmt: skip


def test_a_fresh_account_has_four_times_its_equity_and_twice_overnight() -> None:
    fresh = margin()
    assert (fresh.multiplier, fresh.buying_power, fresh.regt_buying_power) == (4, D(400_000), D(200_000))
    assert fresh.non_marginable_buying_power == D(100_000)


def test_exposure_and_open_orders_use_buying_power_up() -> None:
    assert margin(gross=50_000, held=30_000).buying_power == D(320_000)


def test_the_previous_closes_maintenance_counts_four_times() -> None:
    assert margin(maintenance=30_000).buying_power == D(280_000)


def test_a_loss_today_shrinks_what_may_be_added() -> None:
    assert margin(equity=50_000, gross=150_000).buying_power == D(50_000)  # 4 x 50,000 - 150,000


def test_multipliers_two_and_one() -> None:
    assert margin(gross=100_000, multiplier=2).buying_power == D(100_000)  # 2 x (100,000 - 50,000)
    assert margin(held=1_000, multiplier=1).buying_power == D(99_000)


def test_under_two_thousand_there_is_no_leverage_and_no_shorting() -> None:
    small = margin(equity=1_999, last=1_999)
    assert (small.multiplier, small.is_shorting_enabled, small.buying_power) == (1, False, D(1_999))


@pytest.mark.parametrize(
    ("quantity", "price", "required"),
    [("100", "50", "1500"), ("100", "4", "400"), ("-100", "50", "1500"), ("-100", "6", "500"), ("-100", "3", "300"),
     ("-100", "2", "250")],
)  # fmt: skip
def test_maintenance_of_longs_and_shorts(quantity: str, price: str, required: str) -> None:
    assert maintenance_requirement(Holding(D(quantity), D(price))) == D(required)

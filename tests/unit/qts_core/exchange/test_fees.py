"""The published schedule: SEC $20.60 a million sold, TAF $0.000195 a share sold up to $9.79, rounded up to a cent."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qts_core.exchange.fees import fees_of
from qts_core.exchange.settings import fill_settings
from qts_core.market.orders import OrderSide

D = Decimal


def test_a_sale_of_a_hundred_shares_at_101_25() -> None:
    fees = fees_of(OrderSide.SELL, D(100), D("101.25"), fill_settings("realistic"))
    # 10,125 x 20.60 / 1e6 = 0.208575 -> 0.21; 100 x 0.000195 = 0.0195 -> 0.02
    assert (fees.sec, fees.taf, fees.commission, fees.total) == (D("0.21"), D("0.02"), D(0), D("0.23"))
    assert fees.by_kind() == (("SEC", D("0.21")), ("TAF", D("0.02")))


def test_the_trading_activity_fee_is_capped() -> None:
    assert fees_of(OrderSide.SELL, D(1_000_000), D(1), fill_settings("realistic")).taf == D("9.79")


def test_buys_pay_no_regulatory_fee() -> None:
    assert fees_of(OrderSide.BUY, D(100), D(100), fill_settings("realistic")).total == 0


@pytest.mark.parametrize("side", list(OrderSide))
def test_paper_trading_has_no_fees(side: OrderSide) -> None:
    assert fees_of(side, D(100), D(100), fill_settings("alpaca-paper")).total == 0


def test_a_commission_in_basis_points_falls_on_both_sides() -> None:
    settings = fill_settings("alpaca-paper", commission_bps=5)
    assert fees_of(OrderSide.BUY, D(10), D("12.34"), settings).total == D("0.07")  # 123.40 x 5 / 10,000 = 0.0617

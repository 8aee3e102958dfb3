"""Shares by hand."""

from __future__ import annotations

import math

import pytest

from qts_core.market.errors import DataError
from qts_core.portfolio.sizing.fixed_fractional import effective_risk, fixed_fractional_shares


def test_shares_are_equity_times_risk_over_price_times_stop() -> None:
    # 100,000 USD * 1 % = 1,000 USD at risk; a stop 20 % under 50 USD loses 10 USD a share: 100 shares = 5,000 USD
    assert fixed_fractional_shares(100_000, 50, 0.20, risk_fraction=0.01) == 100


def test_the_largest_position_binds_with_a_tight_stop() -> None:
    # 2 % of risk at a stop 2 % away would be all of the equity; 10 % of it is 10,000 USD = 200 shares of 50 USD
    assert fixed_fractional_shares(100_000, 50, 0.02, risk_fraction=0.02) == 200


def test_the_smaller_of_wanted_risk_and_trade_loss_limit_is_risked() -> None:
    assert effective_risk(0.02, 0.01) == 0.01
    assert fixed_fractional_shares(100_000, 50, 0.40, risk_fraction=0.02, trade_loss_limit=0.01) == 50


def test_shares_are_whole_and_none_without_equity() -> None:
    assert fixed_fractional_shares(10_000, 333, 0.5, risk_fraction=0.01) == 0
    assert fixed_fractional_shares(-5.0, 50, 0.2, risk_fraction=0.01) == 0


@pytest.mark.parametrize(("price", "stop"), [(0.0, 0.1), (math.nan, 0.1), (50.0, 0.0), (50.0, math.inf)])
def test_without_a_price_or_a_stop_there_is_no_size(price: float, stop: float) -> None:
    with pytest.raises(DataError, match="QTS-RISK-011"):
        fixed_fractional_shares(100_000, price, stop, risk_fraction=0.01)

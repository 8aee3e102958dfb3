"""Fees of many fills at once are those that the simulated exchange charges for each, also at the very cent."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qts_core.backtest.vectorised.fees import fees_of
from qts_core.backtest.vectorised.money import Costs, value_of
from qts_core.backtest.vectorised.state import DELTA, REST, SHARES, VALUE
from qts_core.exchange import FillSettings
from qts_core.exchange.fees import fees_of as exact_fees
from qts_core.market.orders import OrderSide

SETTINGS = FillSettings(commission_bps=Decimal("0.35"), cat_per_share=Decimal("0.0000265"))
COSTS = Costs(100, 250, 35, 2060, 19_500, 979, 2_650)
SHARE = 10**9

amounts = st.one_of(st.integers(1, 10**14), st.integers(1, 10**5).map(lambda whole: whole * SHARE))
fills = st.lists(
    st.tuples(amounts, st.one_of(st.integers(1, 10**7), st.integers(1, 10**5).map(lambda cents: cents * 100)),
              st.sampled_from([1, -1])), min_size=1, max_size=12,
)  # fmt: skip


def charged(deals: list[tuple[int, int, int]], costs: Costs) -> Decimal:
    """Return the fees of fills, each billionths of a share at price steps, bought or sold; USD."""
    shares = np.zeros((SHARES, len(deals)), dtype=np.int64)
    for i, (amount, steps, side) in enumerate(deals):
        shares[DELTA, i] = amount * side
        shares[VALUE, i], shares[REST, i] = value_of(amount, steps)
    return Decimal(fees_of(len(deals), costs, shares)) / 10**8


@given(fills)
def test_the_sum_is_that_of_the_exchange(deals: list[tuple[int, int, int]]) -> None:
    exact = sum(
        exact_fees(OrderSide.BUY if side > 0 else OrderSide.SELL, Decimal(amount) / SHARE, Decimal(steps) / 10_000,
                   SETTINGS).total
        for amount, steps, side in deals
    )  # fmt: skip
    assert charged(deals, COSTS) == exact


@pytest.mark.parametrize(
    ("amount", "steps", "cents"),
    [
        (100 * SHARE, 1_000_000, 100),
        (100 * SHARE, 1_000_001, 101),
        (100 * SHARE - 1, 1_000_000, 100),
        (100 * SHARE + 1, 1_000_000, 101),
        (1, 1, 1),
    ],
)
def test_a_basis_point_is_rounded_up_to_the_cent_exactly(amount: int, steps: int, cents: int) -> None:
    # 100 shares at 100 USD are 10,000 USD: a basis point is one dollar, and anything more a cent more.
    commission = Costs(0, 0, 100, 0, 0, 0, 0)
    assert charged([(amount, steps, 1)], commission) == Decimal(cents) / 100
    assert charged([(amount, steps, -1)] * 3, commission) == 3 * Decimal(cents) / 100

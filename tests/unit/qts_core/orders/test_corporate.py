"""Splits and dividends on a holding, by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from qts_core.exchange.ledger import Ledger
from qts_core.market.events import Dividend, Split
from qts_core.market.orders import Execution, OrderSide
from qts_core.market.time import from_micros
from qts_core.orders.corporate import dividend_cash, split_price, split_quantity

D = Decimal
DAY = date(2024, 6, 10)


@pytest.mark.parametrize(
    ("held", "new", "old", "after"),
    [("7", "10", "1", "70"), ("-7", "3", "2", "-10.5"), ("10", "1", "3", "3.333333333"), ("0", "2", "1", "0")],
)
def test_a_split_gives_new_shares_for_old_cut_to_nine_decimals(held: str, new: str, old: str, after: str) -> None:
    split = Split("AA", DAY, D(new), D(old))
    assert split_quantity(D(held), split) == D(after)
    ledger = Ledger(D(10_000))
    side = OrderSide.BUY if D(held) >= 0 else OrderSide.SELL
    if D(held):
        ledger.book(Execution("e", "c", "AA", side, abs(D(held)), D(1), from_micros(0)))
        ledger.split(split)
    assert ledger.quantity("AA") == D(after), "book and exchange must agree"


def test_the_price_of_a_share_moves_the_other_way() -> None:
    assert split_price(D(1200), Split("AA", DAY, D(10), D(1))) == D(120)


def test_a_dividend_is_exact_and_a_short_pays_it() -> None:
    assert dividend_cash(D(-3), Dividend("AA", DAY, D("0.2475"))) == D("-0.7425")

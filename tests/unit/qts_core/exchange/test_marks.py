from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np

from qts_core.exchange.marks import Marks
from qts_core.market.events import Split


def test_a_missing_bar_leaves_the_last_price() -> None:
    marks, symbols = Marks(), ("AAA", "BBB")
    marks.observe(symbols, np.array([10.0, 20.0]))
    marks.observe(symbols, np.array([np.nan, 21.0]))
    assert (marks.last("AAA"), marks.last("BBB"), marks.last("ZZZ")) == (Decimal("10.0"), Decimal("21.0"), None)


def test_another_set_of_symbols_keeps_what_was_known() -> None:
    marks = Marks()
    marks.update({"BBB": 20.0, "DDD": 40.0}, is_previous_close=True)
    marks.observe(("AAA", "BBB", "CCC"), np.array([1.0, np.nan, 3.0]))
    assert [marks.last(s) for s in ("AAA", "BBB", "CCC", "DDD")] == [
        Decimal("1.0"), Decimal("20.0"), Decimal("3.0"), Decimal("40.0")
    ]  # fmt: skip
    assert marks.previous_close("DDD") == Decimal("40.0")
    marks.observe(("CCC", "AAA"), np.array([5.0, 6.0]))
    assert (marks.last("AAA"), marks.last("CCC")) == (Decimal("6.0"), Decimal("5.0"))


def test_a_split_divides_both_prices() -> None:
    marks = Marks()
    marks.update({"AAA": 100.0}, is_previous_close=True)
    marks.split(Split("AAA", date(2024, 1, 2), Decimal(4), Decimal(1)))
    assert (marks.last("AAA"), marks.previous_close("AAA")) == (Decimal("25.0"), Decimal("25.0"))

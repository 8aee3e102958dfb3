"""Vendors give actions in three shapes; each becomes the same table."""

from __future__ import annotations

from datetime import date

import polars as pl

from qts_core.data.actions.table import actions_frame
from qts_core.data.quality.vendor_actions import actions_beside, actions_listed

EXPECTED = [("AAA", date(2024, 3, 5), "split", 4.0, 1.0, None), ("AAA", date(2024, 3, 6), "dividend", None, None, 0.5)]
SHOWN = ("symbol", "ex_date", "kind", "new_shares", "old_shares", "cash_per_share")


def test_columns_beside_daily_bars() -> None:
    table = pl.DataFrame(
        {
            "Date": ["2024-03-04", "2024-03-05", "2024-03-06"],
            "Close": ["100", "25", "25"],
            "Dividends": ["0", "0.0", "0.5"],
            "Stock Splits": ["0", "4", "1.0"],
        }
    )
    assert actions_beside(table, source="v", symbol="AAA").select(SHOWN).rows() == EXPECTED
    assert actions_beside(table, source="v").is_empty()
    assert actions_beside(table.drop("Dividends", "Stock Splits"), source="v", symbol="AAA").is_empty()


def test_a_long_table_and_one_of_our_own() -> None:
    long = pl.DataFrame(
        {
            "symbol": ["AAA", "AAA", "AAA"],
            "ex_date": [date(2024, 3, 6), date(2024, 3, 5), date(2024, 3, 7)],
            "action": ["Dividend", "split", "merger"],
            "value": [0.5, 4.0, 1.0],
        }
    )
    assert actions_listed(long, source="v").select(SHOWN).rows() == EXPECTED
    ours = actions_frame([dict(zip(SHOWN, row, strict=True)) for row in EXPECTED])
    assert actions_listed(ours.drop("source"), source="v").select(SHOWN).rows() == EXPECTED
    assert actions_listed(long.drop("action"), source="v").is_empty()

"""Prices written as decimal text come back as exactly that text: float64 keeps 15 significant digits."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qts_core.adapters.lake import Lake
from tests.support.lakes import MONTH, TABLE

SIGNIFICANT = 15
"""Decimal digits that every float64 keeps (DBL_DIG of IEEE 754)."""


@pytest.mark.parametrize("places", [4, 8])
@given(units=st.data())
def test_prices_keep_every_decimal(places: int, units: st.DataObject) -> None:
    whole = units.draw(st.lists(st.integers(1, 10**SIGNIFICANT - 1), min_size=1, max_size=50))
    texts = [f"{Decimal(number).scaleb(-places):.{places}f}" for number in whole]
    frame = pl.DataFrame({"close": texts}).select(pl.col("close").cast(pl.Float64))
    lake = Lake(f"memory://{uuid4().hex}")
    lake.write_month(TABLE, MONTH, frame, lineage={})
    found = lake.read_month(TABLE, MONTH)["close"].to_list()
    assert [f"{price:.{places}f}" for price in found] == texts
    assert [Decimal(repr(price)) for price in found] == [Decimal(text) for text in texts]

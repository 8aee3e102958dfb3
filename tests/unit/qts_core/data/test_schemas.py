"""A frame has the columns it should have, or the door says which are wrong."""

from __future__ import annotations

import polars as pl
import pytest

from qts_core.data.schemas import ACTION_SCHEMA, BAR_SCHEMA, CLEAN_SCHEMA, QUARANTINE_SCHEMA, conform, empty
from qts_core.market.errors import DataValidationError


def test_columns_are_put_in_order_cast_and_extra_ones_left_out() -> None:
    bars = empty(BAR_SCHEMA)
    shuffled = bars.select(sorted(bars.columns)).with_columns(pl.col("volume").cast(pl.Int64), other=pl.lit(1))
    assert dict(conform(shuffled, BAR_SCHEMA).schema) == dict(BAR_SCHEMA)


def test_missing_columns_are_named() -> None:
    with pytest.raises(DataValidationError, match=r"QTS-DATA-014.*found rule"):
        conform(empty(CLEAN_SCHEMA), QUARANTINE_SCHEMA)


def test_a_value_of_another_kind_is_refused() -> None:
    wrong = empty(ACTION_SCHEMA).with_columns(pl.Series("new_shares", [], dtype=pl.String))
    row = {**dict.fromkeys(ACTION_SCHEMA, None), "new_shares": "four"}
    with pytest.raises(DataValidationError, match="four"):
        conform(pl.concat([wrong, pl.DataFrame([row], schema=wrong.schema)]), ACTION_SCHEMA)

"""A few features in the database: what the lake holds, replaced whole, beside what others loaded (X-26)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from sqlalchemy import select

from qts_core.adapters.db import Database, open_database
from qts_core.adapters.db.features import MOST_FEATURES, SqlFeatures
from qts_core.adapters.db.market_tables import features
from qts_core.market.errors import DataValidationError

OPEN = datetime(2024, 3, 1, 14, 30, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


def frame(*values: float | None, name: str = "tech_rsi_14_raw", symbol: str = "AAPL") -> pl.DataFrame:
    starts = [OPEN + number * QUARTER for number in range(len(values))]
    return pl.DataFrame(
        {"symbol": [symbol] * len(values), "ts_event": starts, name: values},
        schema_overrides={"ts_event": pl.Datetime("us", "UTC"), name: pl.Float64},
    )


def stored(database: Database) -> list[tuple[str, int, str, float]]:
    with database.read() as connection:
        rows = connection.execute(select(features).order_by(features.c.feature_name, features.c.timestamp))
        return [(r.symbol, round((r.timestamp - OPEN) / QUARTER), r.feature_name, r.value) for r in rows]


def test_values_come_exactly_and_what_has_none_has_no_row(url: str) -> None:
    with open_database(url) as database:
        assert SqlFeatures(database.engine).load(frame(0.1, None, 1 / 3), ["tech_rsi_14_raw"]) == 2
        assert stored(database) == [("AAPL", 0, "tech_rsi_14_raw", 0.1), ("AAPL", 2, "tech_rsi_14_raw", 1 / 3)]


def test_loading_again_replaces_the_span_of_these_features_and_nothing_else(url: str) -> None:
    with open_database(url) as database:
        table = SqlFeatures(database.engine)
        table.load(frame(1.0, 2.0, 3.0), ["tech_rsi_14_raw"])
        table.load(frame(7.0, 8.0, name="stat_zscore_60_close"), ["stat_zscore_60_close"])
        table.load(frame(5.0, None), ["tech_rsi_14_raw"])
        assert stored(database) == [
            ("AAPL", 0, "stat_zscore_60_close", 7.0), ("AAPL", 1, "stat_zscore_60_close", 8.0),
            ("AAPL", 0, "tech_rsi_14_raw", 5.0), ("AAPL", 2, "tech_rsi_14_raw", 3.0),
        ]  # fmt: skip
        assert table.count() == 4


def test_a_whole_catalogue_is_refused(url: str) -> None:
    with open_database(url) as database, pytest.raises(DataValidationError, match=r"QTS-DB-006.*at most 50"):
        SqlFeatures(database.engine).load(frame(1.0), ["x"] * (MOST_FEATURES + 1))

"""A few features of the lake in the database, for SQL and dashboards: whole months (specification 14.1; X-26)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl
from sqlalchemy import Engine, delete, func, insert, select

from qts_core.adapters.db.engine import reader, writer
from qts_core.adapters.db.market_tables import features
from qts_core.market.errors import DataValidationError

__all__ = ["MOST_FEATURES", "SqlFeatures"]

MOST_FEATURES: Final = 50
"""A long table holds a row for each value; the wide Parquet tables of the lake hold hundreds of features."""
ROWS_AT_ONCE: Final = 20_000


class SqlFeatures:
    """The table `features`: a copy of what was asked for, which can be loaded again at any time.

    Notes
    -----
    What has no value has no row. `timestamp` is the start of the bar; the value is what is known now.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def load(self, frame: pl.DataFrame, names: Sequence[str]) -> int:
        """Make the values of `names`, from the first to the last bar of `frame`, those of `frame`; return how many.

        In one transaction: a reader sees the old values or the new ones. Other features and other times stay.

        Parameters
        ----------
        frame : DataFrame
            `symbol`, `ts_event` and a Float64 column for each of `names`, null = no value; at least one row.

        Raises
        ------
        DataValidationError
            If there are more than `MOST_FEATURES`.
        """
        if len(names) > MOST_FEATURES:
            raise DataValidationError(
                "QTS-DB-006", "too many features for a long table", where="features", found=len(names),
                expected=f"at most {MOST_FEATURES}", fix="name those that a dashboard shows; the lake holds all",
            )  # fmt: skip
        first, last = frame.select(pl.col("ts_event").min().alias("first"), pl.col("ts_event").max().alias("last")).row(
            0
        )
        rows = (
            frame.select("symbol", pl.col("ts_event").alias("timestamp"), *names)
            .unpivot(names, index=["symbol", "timestamp"], variable_name="feature_name")
            .drop_nulls("value")
            .sort("timestamp", "symbol", "feature_name")
        )
        span = features.c.timestamp.between(first, last) & features.c.feature_name.in_(names)
        with writer(self._engine) as connection:
            connection.execute(delete(features).where(span))
            for part in rows.iter_slices(ROWS_AT_ONCE):
                connection.execute(insert(features), part.to_dicts())
        return rows.height

    def count(self) -> int:
        """Return how many values there are."""
        with reader(self._engine) as connection:
            return int(connection.execute(select(func.count()).select_from(features)).scalar_one())

"""Daily bars: one a session, wherever in its day the source puts the time."""

from __future__ import annotations

from datetime import time

import polars as pl

from qts_core.market.calendar import TradingCalendar
from qts_core.market.time import to_micros

__all__ = ["DAILY_MINUTES", "at_the_open"]

DAILY_MINUTES = 390
INSTANT = pl.Datetime("us", "UTC")


def at_the_open(frame: pl.DataFrame, calendar: TradingCalendar) -> pl.DataFrame:
    """Return daily bars whose `ts_event` is the open of their session and `ts_known` at least its close.

    A time of midnight UTC names the day in UTC; any other names the day in New York. Days without a session keep
    half past nine in New York, which lies out of every session.
    """
    first = pl.col("ts_event")
    is_date = first.dt.time() == time()
    day = pl.when(is_date).then(first.dt.date()).otherwise(first.dt.convert_time_zone("America/New_York").dt.date())
    dated = frame.with_columns(day=day)
    span = dated.select(pl.col("day").min().alias("first"), pl.col("day").max().alias("last")).row(0)
    sessions = calendar.between(*span)
    table = pl.DataFrame(
        {
            "day": [s.date for s in sessions],
            "open_at": pl.Series([to_micros(s.open) for s in sessions], dtype=pl.Int64),
            "close_at": pl.Series([to_micros(s.close) for s in sessions], dtype=pl.Int64),
        },
        schema_overrides={"day": pl.Date},
    ).with_columns(pl.col("open_at", "close_at").cast(INSTANT))
    half_past_nine = pl.col("day").cast(pl.Datetime("us")).dt.offset_by("9h30m")
    placed = dated.join(table, on="day", how="left", maintain_order="left").with_columns(
        open_at=pl.col("open_at").fill_null(
            half_past_nine.dt.replace_time_zone("America/New_York").dt.convert_time_zone("UTC")
        )
    )
    known = pl.max_horizontal("ts_known", "close_at", pl.col("open_at").dt.offset_by("1m"))
    return placed.with_columns(ts_event=pl.col("open_at"), ts_known=known).select(frame.columns)

"""Sound bars to spoil: a few sessions of two symbols, in whole cents."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl

from qts_core.market.calendar import xnys

FIRST, LAST = date(2024, 3, 4), date(2024, 3, 8)
HEADER = ("symbol", "timestamp", "open", "high", "low", "close", "volume")


def sound_bars(
    first: date = FIRST, last: date = LAST, *, symbols: tuple[str, ...] = ("AAPL", "MSFT"), minutes: int = 15
) -> pl.DataFrame:
    """Return raw bars of whole sessions: `timestamp` (UTC, start), prices in cents, whole volumes."""
    random = np.random.default_rng(5)
    starts = [
        session.open + timedelta(minutes=minutes * i)
        for session in xnys().between(first, last)
        for i in range(int((session.close - session.open).total_seconds() // 60 // minutes))
    ]
    parts = []
    for number, symbol in enumerate(symbols):
        close = np.round(100.0 * (number + 1) + np.cumsum(random.normal(0.0, 0.1, len(starts))), 2)
        open_ = np.round(np.r_[close[:1], close[:-1]], 2)
        high = np.round(np.maximum(open_, close) + 0.05, 2)
        low = np.round(np.minimum(open_, close) - 0.05, 2)
        # The first bar of a session trades most.
        volume = np.array([9000.0 if s.hour * 60 + s.minute <= 14 * 60 + 30 else 4000.0 for s in starts]) + np.arange(
            len(starts)
        )
        columns = dict(zip(HEADER, ([symbol] * len(starts), starts, open_, high, low, close, volume), strict=True))
        parts.append(pl.DataFrame(columns))
    return pl.concat(parts).with_columns(pl.col("timestamp").dt.cast_time_unit("us").dt.convert_time_zone("UTC"))


def csv_of(bars: pl.DataFrame, *, form: str = "%Y-%m-%dT%H:%M:%SZ", zone: str = "UTC") -> bytes:
    """Return bars as CSV with times of `form` in `zone`."""
    stamped = bars.with_columns(pl.col("timestamp").dt.convert_time_zone(zone).dt.strftime(form))
    return stamped.write_csv().encode()


def spoilt(bars: pl.DataFrame, row: int, **values: object) -> pl.DataFrame:
    """Return bars with other values in one row."""
    return bars.with_columns(
        [
            pl.when(pl.int_range(pl.len()) == row).then(pl.lit(value)).otherwise(pl.col(name)).alias(name)
            for name, value in values.items()
        ]
    )

"""Tables of bars and of the features that are served from the database (specification 14.1 to 14.3; X-26).

The lake is where bars and features live; these tables hold copies for SQL and dashboards. Their time column is in
every key, as hypertables ask for.
"""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Integer, String, Table, Text

from qts_core.adapters.db.columns import ExactDecimal, Instant
from qts_core.adapters.db.research_tables import metadata

__all__ = ["bar_loads", "features", "ohlcv_bars"]

PRICE = ExactDecimal(18, 8)
SHARES = ExactDecimal(18, 4)

# `timestamp` is the start of the bar, `ts_event` elsewhere in QTS.
ohlcv_bars = Table(
    "ohlcv_bars",
    metadata,
    Column("symbol", String(10), primary_key=True),
    Column("timestamp", Instant(), primary_key=True),
    Column("ts_known", Instant(), nullable=False),
    Column("open", PRICE, nullable=False),
    Column("high", PRICE, nullable=False),
    Column("low", PRICE, nullable=False),
    Column("close", PRICE, nullable=False),
    # Not the specification's whole number: sources that adjust prices for splits make fractions of shares.
    Column("volume", SHARES, nullable=False),
    Column("vwap", PRICE),
    Column("trade_count", Integer),
    Column("flags", Integer, nullable=False),
    Column("source", Text, nullable=False),
    sqlite_with_rowid=False,
)

# A few features for dashboards and SQL; the wide Parquet tables of the lake hold all of them.
features = Table(
    "features",
    metadata,
    Column("symbol", String(10), primary_key=True),
    Column("timestamp", Instant(), primary_key=True),
    Column("feature_name", String(100), primary_key=True),
    Column("value", Float(53), nullable=False),
    sqlite_with_rowid=False,
)

# Which content of the lake stands in `ohlcv_bars`, so that loading it again does nothing.
bar_loads = Table(
    "bar_loads",
    metadata,
    Column("month", String(7), primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("rows", Integer, nullable=False),
    Column("loaded_at", Instant(), nullable=False),
)

Index("ohlcv_bars_by_time", ohlcv_bars.c.timestamp.desc())
Index("features_by_time", features.c.timestamp.desc())

"""Built bars as a frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from qts_core.data.building.arithmetic import FLOW_FIELDS
from qts_core.data.schemas import BAR_SCHEMA, conform, empty
from qts_core.market.panel import Floats

__all__ = ["BuiltBar", "bars_frame"]


@dataclass(frozen=True, slots=True, eq=False)
class BuiltBar:
    """One bar of one symbol; times in microseconds UTC, `values` float64 [7] as ``FLOW_FIELDS``."""

    symbol: str
    ts_event: int
    ts_known: int
    values: Floats


def bars_frame(bars: Sequence[BuiltBar], source: str) -> pl.DataFrame:
    """Return bars as ``BAR_SCHEMA`` in the order given; a vwap or count that is not known is null."""
    if not bars:
        return empty(BAR_SCHEMA)
    values = np.array([bar.values for bar in bars])
    columns = {name: pl.Series(values[:, k]) for k, name in enumerate(FLOW_FIELDS)}
    frame = pl.DataFrame(columns).with_columns(
        pl.Series("symbol", [bar.symbol for bar in bars], dtype=pl.String),
        pl.Series("ts_event", [bar.ts_event for bar in bars], dtype=pl.Int64).cast(pl.Datetime("us", "UTC")),
        pl.Series("ts_known", [bar.ts_known for bar in bars], dtype=pl.Int64).cast(pl.Datetime("us", "UTC")),
        pl.col("vwap", "trade_count").fill_nan(None),
        pl.lit(source).alias("source"),
    )
    return conform(frame, BAR_SCHEMA)

"""Build longer bars from a frame of shorter ones, anchored at each session's open (specification 5.2).

The streaming form is :class:`qts_core.data.building.stream.BarBuilder`; a test holds the two equal.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from qts_core.data.grid import place_bars, timeline_of
from qts_core.data.quality.rules import broken_rule
from qts_core.data.schemas import BAR_SCHEMA, conform
from qts_core.market.calendar import TradingCalendar
from qts_core.market.timeline import BAR_MINUTES

__all__ = ["resample_bars"]


def resample_bars(frame: pl.DataFrame, *, calendar: TradingCalendar, bar_minutes: int = BAR_MINUTES) -> pl.DataFrame:
    """Aggregate shorter bars into bars of `bar_minutes`.

    Bars outside the session, and bars that break a rule by themselves, do not enter. Of several versions of a bar
    the one known last is taken. A long bar of which some short ones are missing is built from the rest.

    Parameters
    ----------
    frame : DataFrame
        Of ``BAR_SCHEMA``.

    Returns
    -------
    DataFrame
        Of ``BAR_SCHEMA``, sorted by time and symbol; `ts_known` is the end of the long bar; `vwap` is the
        volume-weighted mean where every short bar has one, else null.
    """
    bars = conform(frame, BAR_SCHEMA).filter(broken_rule().is_null())
    places = place_bars(bars["ts_event"].to_physical().to_numpy(), calendar, bar_minutes)
    bars = bars.filter(pl.Series(places.in_session, dtype=pl.Boolean))
    if bars.is_empty():
        return bars
    timeline = timeline_of(bars, calendar, bar_minutes)
    row = np.searchsorted(timeline.ts_event, bars["ts_event"].to_physical().to_numpy(), side="right") - 1
    worth = pl.col("vwap") * pl.col("volume")
    built = (
        bars.with_columns(row=row)
        .sort("symbol", "ts_event", "ts_known")
        .unique(["symbol", "ts_event"], keep="last", maintain_order=True)
        .group_by("row", "symbol", maintain_order=True)
        .agg(
            pl.col("open").first(),
            pl.col("high").max(),
            pl.col("low").min(),
            pl.col("close").last(),
            pl.col("volume").sum(),
            vwap=pl.when(pl.col("vwap").is_not_null().all() & (pl.col("volume").sum() > 0)).then(
                worth.sum() / pl.col("volume").sum()
            ),
            trade_count=pl.when(pl.col("trade_count").is_not_null().all()).then(pl.col("trade_count").sum()),
            source=pl.col("source").last(),
        )
    )
    rows = built["row"].to_numpy()
    stamped = built.with_columns(
        pl.Series("ts_event", timeline.ts_event[rows]).cast(pl.Datetime("us", "UTC")),
        pl.Series("ts_known", timeline.ts_known[rows]).cast(pl.Datetime("us", "UTC")),
    )
    return conform(stamped, BAR_SCHEMA).sort("ts_event", "symbol")

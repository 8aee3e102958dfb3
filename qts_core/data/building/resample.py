"""Build longer bars from a frame of shorter ones, anchored at each session's open (specification 5.2).

The streaming form is :class:`qts_core.data.building.stream.BarBuilder`; the arithmetic is the same, a test holds the
two equal to the last bit.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from qts_core.data.building.arithmetic import FLOW_FIELDS, aggregate_minutes
from qts_core.data.grid import place_bars, timeline_of
from qts_core.data.quality.rules import broken_rule
from qts_core.data.schemas import BAR_SCHEMA, conform, empty
from qts_core.market.calendar import TradingCalendar
from qts_core.market.panel import Floats
from qts_core.market.timeline import BAR_MINUTES, Timeline

__all__ = ["resample_bars"]

GROUPS_AT_ONCE: Final = 16_384
NO_CUTOFF: Final = timedelta(0)
BAR: Final = ("symbol", "row")
MINUTE: Final = ("symbol", "ts_event")


def resample_bars(
    frame: pl.DataFrame, *, calendar: TradingCalendar, bar_minutes: int = BAR_MINUTES, cutoff: timedelta = NO_CUTOFF
) -> pl.DataFrame:
    """Aggregate shorter bars into bars of `bar_minutes`.

    Bars outside the session, and bars that break a rule by themselves, do not enter: prints of the closing auction
    lie at or after the session's close and are in no bar. A long bar of which some short ones are missing is built
    from the rest.

    Parameters
    ----------
    frame : DataFrame
        Of ``BAR_SCHEMA``, in any order; several versions of one short bar may stand in it.
    cutoff : timedelta
        A short bar counts when it was known at most this long after the long bar's end.

    Returns
    -------
    DataFrame
        Of ``BAR_SCHEMA``, sorted by time, symbol and `ts_known`. `ts_known` is the end of the long bar, or the arrival
        of the last short one that counted when that is later. What was known only after the cut-off makes further
        rows of the same long bar, one for each moment at which it changed. `vwap` is the volume-weighted mean where
        every short bar that traded has one, `trade_count` the sum where all have one, else null.
    """
    bars = conform(frame, BAR_SCHEMA).filter(broken_rule().is_null())
    starts = bars["ts_event"].to_physical().to_numpy()
    bars = bars.filter(pl.Series(place_bars(starts, calendar, bar_minutes).in_session, dtype=pl.Boolean))
    if bars.is_empty():
        return bars
    timeline = timeline_of(bars, calendar, bar_minutes)
    rows = np.searchsorted(timeline.ts_event, bars["ts_event"].to_physical().to_numpy(), side="right") - 1
    ends = pl.Series("end", timeline.ts_known[rows]).cast(pl.Datetime("us", "UTC"))
    bars = bars.with_columns(pl.Series("row", rows), ends)
    in_time = pl.col("ts_known") <= pl.col("end") + cutoff
    built = _build(_latest(bars.filter(in_time)), timeline)
    late = bars.filter(~in_time)
    if not late.is_empty():
        concerned = bars.join(late.select(BAR).unique(), on=BAR, how="semi")
        built = pl.concat([built, _revisions(concerned, built, timeline, in_time)])
    return conform(built, BAR_SCHEMA).sort("ts_event", "symbol", "ts_known")


def _latest(bars: pl.DataFrame) -> pl.DataFrame:
    """Return the version known last of each short bar, by symbol and time."""
    ordered = bars.sort("symbol", "ts_event", "ts_known", maintain_order=True)
    # In sorted order the last version stands before another minute; hashing as `unique` does takes ten times as long.
    is_last = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(-1)) for name in MINUTE)
    return ordered.filter(is_last)


def _build(bars: pl.DataFrame, timeline: Timeline) -> pl.DataFrame:
    """Build the long bars of short ones that are distinct and sorted by symbol and time."""
    if bars.is_empty():
        return empty(BAR_SCHEMA).with_columns(pl.lit(0, dtype=pl.Int64).alias("row"))
    firsts, group, place = _groups(bars)
    values = np.stack([bars[name].cast(pl.Float64).to_numpy() for name in FLOW_FIELDS])
    built = np.concatenate(
        [
            _aggregate(values, group, place, first, min(first + GROUPS_AT_ONCE, len(firsts)))
            for first in range(0, len(firsts), GROUPS_AT_ONCE)
        ],
        axis=1,
    )
    known = np.maximum.reduceat(bars["ts_known"].to_physical().to_numpy(), firsts)
    rows = bars["row"].to_numpy()[firsts]
    lasts = np.r_[firsts[1:], bars.height] - 1
    columns = {name: pl.Series(built[k]).fill_nan(None) for k, name in enumerate(FLOW_FIELDS)}
    frame = pl.DataFrame(columns).with_columns(
        bars["symbol"].gather(firsts),
        bars["source"].gather(lasts),
        pl.Series("row", rows),
        pl.Series("ts_event", timeline.ts_event[rows]).cast(pl.Datetime("us", "UTC")),
        pl.Series("ts_known", np.maximum(known, timeline.ts_known[rows])).cast(pl.Datetime("us", "UTC")),
    )
    return frame.select(*BAR_SCHEMA, "row").with_columns(pl.col("trade_count").cast(pl.Int64))


def _groups(bars: pl.DataFrame) -> tuple[NDArray[np.intp], NDArray[np.int64], NDArray[np.int64]]:
    """Return where each long bar's short ones begin, the long bar of each, and its place within."""
    names = bars["symbol"].rle_id().to_numpy()
    rows = bars["row"].to_numpy()
    is_first = np.r_[True, (np.diff(rows) != 0) | (np.diff(names) != 0)]
    firsts = np.flatnonzero(is_first)
    group = np.cumsum(is_first) - 1
    return firsts, group, np.arange(len(rows)) - firsts[group]


def _aggregate(values: Floats, group: NDArray[np.int64], place: NDArray[np.int64], first: int, end: int) -> Floats:
    """Lay the long bars from `first` to `end` side by side, as if each were a symbol, and aggregate them."""
    begin, stop = np.searchsorted(group, [first, end])
    part, minute = slice(begin, stop), place[begin:stop]
    block = np.full((int(minute.max()) + 1, len(FLOW_FIELDS), end - first), np.nan)
    column = group[part] - first
    for k in range(len(FLOW_FIELDS)):
        block[minute, k, column] = values[k, part]
    return aggregate_minutes(block)


def _revisions(concerned: pl.DataFrame, built: pl.DataFrame, timeline: Timeline, in_time: pl.Expr) -> pl.DataFrame:
    """Build each long bar again for every moment after its cut-off at which something new was known of it."""
    moments = concerned.filter(~in_time).select(*BAR, moment="ts_known").unique()
    # One copy of a long bar's short ones for each moment, of what was known by then.
    told = concerned.join(moments, on=BAR).filter(pl.col("ts_known") <= pl.col("moment"))
    versions = [built.join(moments.select(BAR).unique(), on=BAR, how="semi").with_columns(is_first=True)]
    for (moment,), part in sorted(told.partition_by("moment", as_dict=True).items()):
        known = pl.lit(moment).cast(part.schema["ts_known"]).alias("ts_known")
        versions.append(_build(_latest(part), timeline).with_columns(known, is_first=False))
    ordered = pl.concat(versions).sort(*BAR, "ts_known", maintain_order=True)
    content = [name for name in BAR_SCHEMA if name not in ("ts_known", "source")]
    same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(name).shift(1)) for name in content)
    return ordered.filter(~same & ~pl.col("is_first")).drop("is_first")

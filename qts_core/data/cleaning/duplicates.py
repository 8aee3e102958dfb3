"""The same bar twice: equal ones, two sources that differ slightly, and ones that contradict each other (B23, B36)."""

from __future__ import annotations

import polars as pl

from qts_core.data.quality.flags import BarFlag

__all__ = ["settle_duplicates"]

KEY = ("symbol", "ts_event", "ts_known")
CONTENT = ("open", "high", "low", "close", "volume", "vwap", "trade_count")
TOLERANCE_RATIO = 0.005
"""Two sources may differ by half a per cent of the close (bad input B36)."""


def settle_duplicates(bars: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, int]:
    """Keep one of equal bars, one of two sources that nearly agree, and none of those that disagree.

    Parameters
    ----------
    bars : DataFrame
        With the columns of bars and `flags`, in order of `ts_known`, `ts_event` and symbol.

    Returns
    -------
    kept : DataFrame
        One bar for each symbol, time and arrival, in the order given. Where sources differ by at most half a per cent
        of the close, the first by name stands, with ``CROSS_SOURCE``.
    conflicting : DataFrame
        The others, with `rule`.
    repeated : int
        Equal bars left out.
    """
    same = pl.all_horizontal(pl.col(name) == pl.col(name).shift(1) for name in KEY)
    if not bars.select(same.any()).item():
        return bars, bars.clear().with_columns(rule=pl.lit(None, pl.String)), 0
    distinct = bars.unique([*KEY, *CONTENT], keep="first", maintain_order=True)
    repeated = bars.height - distinct.height
    several = distinct.select(pl.struct(KEY).is_duplicated()).to_series()
    if not several.any():
        return distinct, distinct.clear().with_columns(rule=pl.lit(None, pl.String)), repeated
    of_key = {"by_source": pl.col("source").n_unique(), "spread": pl.col("close").max() / pl.col("close").min()}
    marked = distinct.with_row_index("place").with_columns(
        several=several,
        **{name: expression.over(KEY) for name, expression in of_key.items()},
        count=pl.len().over(KEY),
        is_first=pl.col("source").rank("ordinal").over(KEY) == 1,
    )
    one_each = pl.col("by_source") == pl.col("count")
    agrees = one_each & (pl.col("spread") <= 1.0 + TOLERANCE_RATIO)
    rule = pl.when(one_each).then(pl.lit("cross_source")).otherwise(pl.lit("duplicate_conflicting"))
    cross = pl.col("flags") | pl.when("several").then(pl.lit(int(BarFlag.CROSS_SOURCE), pl.UInt32)).otherwise(
        pl.lit(0, pl.UInt32)
    )
    kept = marked.filter(~pl.col("several") | (agrees & pl.col("is_first"))).with_columns(flags=cross)
    conflicting = marked.filter(pl.col("several") & ~agrees).with_columns(rule=rule)
    columns = bars.columns
    return kept.select(columns), conflicting.select(*columns, "rule"), repeated

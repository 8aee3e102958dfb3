"""Bars that a lake holds next to new ones: what was known of the same times, and the bars before and after them."""

from __future__ import annotations

import polars as pl

from qts_core.data.panels import month_expression
from qts_core.data.schemas import BAR_SCHEMA, empty
from qts_core.ports.lake import LakePort

__all__ = ["stored_neighbours"]

KEY = ["symbol", "ts_event"]
CONTENT = [name for name in BAR_SCHEMA if name != "source"]


def stored_neighbours(lake: LakePort, bars: pl.DataFrame) -> pl.DataFrame:
    """Return the raw bars by which new ones have to be judged too.

    Parameters
    ----------
    lake : LakePort
        Whose ``raw_bars`` are looked at: the months of the new bars, and of each symbol the one before and after.
    bars : DataFrame
        Of ``BAR_SCHEMA``: the new ones.

    Returns
    -------
    DataFrame
        Of ``BAR_SCHEMA``. Of the same time: other versions of a bar, so that contradictions show. Of other times:
        each symbol's last bar before its new ones and the first after, so that gaps and steps at the seam show.
    """
    stored = lake.months("raw_bars")
    if not stored:
        return empty(BAR_SCHEMA)
    span = bars.group_by("symbol").agg(first=pl.col("ts_event").min(), last=pl.col("ts_event").max())
    found = []
    keyed = bars.with_columns(month_expression().alias("month"))
    parts = {str(month): part for (month,), part in keyed.partition_by("month", as_dict=True).items()}
    for month in stored:
        if month in parts:
            held = lake.read_month("raw_bars", month).select(list(BAR_SCHEMA))
            other = held.join(parts[month], on=CONTENT, how="anti", nulls_equal=True)
            found.append(other.join(parts[month].select(KEY), on=KEY, how="semi"))
    found += _seam(lake, span, [m for m in stored if m <= max(parts)][::-1], before=True)
    found += _seam(lake, span, [m for m in stored if m >= min(parts)], before=False)
    return pl.concat([empty(BAR_SCHEMA), *found]).unique(maintain_order=True)


def _seam(lake: LakePort, span: pl.DataFrame, months: list[str], *, before: bool) -> list[pl.DataFrame]:
    """Find each symbol's nearest stored bar on one side, month by month away from the new ones."""
    missing, found = span, []
    for month in months:
        if missing.is_empty():
            break
        held = lake.read_month("raw_bars", month).select(list(BAR_SCHEMA)).join(missing, on="symbol")
        beside = held.filter(pl.col("ts_event") < pl.col("first") if before else pl.col("ts_event") > pl.col("last"))
        nearest = pl.col("ts_event").max() if before else pl.col("ts_event").min()
        edge = beside.filter(pl.col("ts_event") == nearest.over("symbol")).select(list(BAR_SCHEMA))
        found.append(edge)
        missing = missing.join(edge, on="symbol", how="anti")
    return found

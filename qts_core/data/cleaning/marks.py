"""What is odd about a bar, judged by the bars before it alone (specification 5.2; bad inputs B21, B22)."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from qts_core.data.quality.flags import BarFlag
from qts_core.data.quality.jumps import find_jumps, near_split

__all__ = ["OUTLIER_SIGMAS", "OUTLIER_WINDOW_BARS", "STALE_BARS", "flags_of", "price_jumps"]

OUTLIER_SIGMAS = 5.0
"""Specification 5.2."""
OUTLIER_WINDOW_BARS = 260
"""Ten sessions."""
STALE_BARS = 5
SIGMA_OF_MEDIAN = 1.4826
"""Median absolute deviation to standard deviation of a normal variable."""

IS_FLAT = (pl.col("high") == pl.col("low")).alias("is_flat")


def price_jumps(bars: pl.DataFrame, state: pl.DataFrame, *, max_ratio: float) -> pl.Series:
    """Return which bars are out of all proportion to the last accepted close of their security.

    Parameters
    ----------
    bars : DataFrame
        With `line`, `session`, `factor`, `linked` and `is_main`, in order of `ts_known`, then `ts_event`.
    state : DataFrame
        The main line before them, with `line` and `linked`.
    max_ratio : float
        Largest step believed.

    Returns
    -------
    Series of bool
        Main-line bars are compared with the last accepted one before them; others with the last accepted main-line
        bar before them in time, or by their own range alone where there is none.
    """
    numbered = bars.with_row_index("place")
    main = numbered.filter("is_main")
    last = state.group_by("line").agg(pl.col("linked").sort_by("ts_event").last())
    jumps = find_jumps(main.with_columns(symbol="line"), dict(last.iter_rows()), max_ratio=max_ratio)
    refused = main.filter(pl.Series(jumps.is_jump, dtype=pl.Boolean))["place"]
    late = numbered.filter(~pl.col("is_main"))
    if late.height:
        accepted = main.filter(~pl.Series(jumps.is_jump, dtype=pl.Boolean))
        beside = _before(late, _history(accepted, state).select("line", "ts_event", reference="linked"))
        opens = pl.col("open") * pl.col("factor")
        steps = (opens / pl.col("reference").fill_null(opens), pl.col("high") / pl.col("open"))
        up = pl.max_horizontal(*steps, pl.col("open") / pl.col("low")) >= max_ratio
        down = opens / pl.col("reference") <= 1.0 / max_ratio
        refused = pl.concat([refused, beside.filter(up | down.fill_null(value=False))["place"]])
    return numbered["place"].is_in(refused.implode())


def flags_of(bars: pl.DataFrame, state: pl.DataFrame) -> pl.Series:
    """Return the flags of accepted bars, UInt32, added to those they carry.

    A move is an outlier beyond five times 1.4826 the median absolute log return of the 260 main-line bars before it
    (from 130 on). A bar is stale that repeats its predecessor's price in all four of its own, five times in a row.

    Parameters
    ----------
    bars, state : DataFrame
        As in :func:`price_jumps`.
    """
    numbered = bars.with_row_index("place")
    main = numbered.filter("is_main")
    walked = _walked(_history(main, state))
    late = numbered.filter(~pl.col("is_main"))
    is_outlier = (pl.col("sigma") > 0) & (pl.col("move") > OUTLIER_SIGMAS * pl.col("sigma"))
    seen = walked.filter(pl.col("place").is_not_null())
    judged = seen.select("place", "suspected_split", "stale", outlier=is_outlier)
    if late.height:
        beside = _before(late, walked.select("line", "ts_event", reference="linked", sigma="sigma_after"))
        beside = beside.with_columns(move=(pl.col("linked") / pl.col("reference")).log().abs())
        judged = pl.concat([judged, beside.select("place", outlier=is_outlier)], how="diagonal").sort("place")
    joined = pl.concat([numbered, judged.drop("place")], how="horizontal")
    is_inside = pl.col("vwap").is_finite() & pl.col("vwap").is_between(pl.col("low"), pl.col("high"))
    marks = (
        (BarFlag.OUTLIER, pl.col("outlier")),
        (BarFlag.SUSPECTED_SPLIT, pl.col("suspected_split")),
        (BarFlag.STALE, pl.col("stale")),
        (BarFlag.ZERO_VOLUME, pl.col("volume") == 0),
        (BarFlag.VWAP_OUTSIDE, pl.col("vwap").is_not_null() & ~is_inside),
        (BarFlag.LATE, pl.col("is_late")),
    )
    return joined.select(_bits(marks).alias("flags")).to_series()


def _history(main: pl.DataFrame, state: pl.DataFrame) -> pl.DataFrame:
    """Return the main line so far and its new bars, each security's in order; `place` is null for the state's."""
    columns = ("line", "ts_event", "session", "linked", "is_flat")
    before = state.sort("ts_event").select(*columns, opens=pl.lit(None, pl.Float64), place=pl.lit(None, pl.UInt32))
    new = main.with_columns(IS_FLAT, opens=pl.col("open") * pl.col("factor")).select(*columns, "opens", "place")
    return pl.concat([before, new.with_columns(pl.col("place").cast(pl.UInt32))])


def _walked(history: pl.DataFrame) -> pl.DataFrame:
    """Add to each bar of the main line its move, the usual size of one before and after it, and what it looks like."""
    last = pl.col("linked").shift(1).over("line")
    ordered = history.with_columns(
        move=(pl.col("linked") / last).log().abs(),
        step=pl.col("opens") / last,
        is_first=pl.col("session") != pl.col("session").shift(1).over("line"),
        repeats=(pl.col("is_flat") & (pl.col("linked") == last)).fill_null(value=False).cast(pl.UInt32),
    )
    median = pl.col("move").rolling_median(OUTLIER_WINDOW_BARS, min_samples=OUTLIER_WINDOW_BARS // 2)
    run = pl.col("repeats").rolling_sum(STALE_BARS, min_samples=STALE_BARS)
    return ordered.with_columns(sigma_after=(SIGMA_OF_MEDIAN * median).over("line")).with_columns(
        sigma=pl.col("sigma_after").shift(1).over("line"),
        suspected_split=pl.col("is_first") & near_split(pl.col("step")),
        stale=(run == STALE_BARS).over("line"),
    )


def _before(late: pl.DataFrame, main: pl.DataFrame) -> pl.DataFrame:
    """Join to each late bar the last one of the main line that started earlier."""
    moments = late.with_columns(earlier=pl.col("ts_event").dt.offset_by("-1us")).sort("earlier", maintain_order=True)
    right = main.with_columns(earlier="ts_event").drop("ts_event").sort("earlier", maintain_order=True)
    return moments.join_asof(right, on="earlier", by="line", check_sortedness=False).drop("earlier")


def _bits(marks: Iterable[tuple[BarFlag, pl.Expr]]) -> pl.Expr:
    found = pl.col("flags")
    for flag, holds in marks:
        bit = pl.when(holds.fill_null(value=False)).then(pl.lit(int(flag), pl.UInt32)).otherwise(pl.lit(0, pl.UInt32))
        found = found | bit
    return found

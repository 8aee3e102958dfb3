"""Two sources of the same bars, compared (bad input B36)."""

from __future__ import annotations

import polars as pl

from qts_core.data.quality.evidence import Evidence, evidence_of
from qts_core.data.quality.sheet import KEY, Sheet
from qts_core.data.schemas import BAR_SCHEMA, PRICES, conform

__all__ = ["DISAGREEMENT", "compare_sources", "cross_source", "disagreeing_days", "disagreement"]

DISAGREEMENT = 0.005
"""Closes of two sources may differ by half a per cent before the symbol's day is doubted."""
PLACE = ("symbol", "session", "ts_event", "source", "source_other", "close", "close_other", "difference_ratio")


def compare_sources(
    first: pl.DataFrame, second: pl.DataFrame, *, tolerance_ratio: float = DISAGREEMENT
) -> pl.DataFrame:
    """Compare the bars that two sources share.

    Parameters
    ----------
    first, second : DataFrame
        Of ``BAR_SCHEMA``, one bar a symbol and time each; of several versions the one known last counts.
    tolerance_ratio : float
        Greatest difference of closes, over the first one, that is no disagreement.

    Returns
    -------
    DataFrame
        One row a disagreement: `symbol`, `session` (New York), `ts_event`, `source`, `source_other`, `close`,
        `close_other`, `difference_ratio` (other over first, less 1); in order of symbol and time.
    """
    left, right = (
        conform(frame, BAR_SCHEMA)
        .sort("ts_known")
        .unique(["symbol", "ts_event"], keep="last")
        .select("symbol", "ts_event", "source", "close")
        for frame in (first, second)
    )
    both = left.join(right, on=["symbol", "ts_event"], suffix="_other")
    return _different(both, tolerance_ratio)


def disagreeing_days(bars: pl.DataFrame, *, tolerance_ratio: float = DISAGREEMENT) -> pl.DataFrame:
    """Return the symbols' days on which sources disagree within one frame: `symbol`, `session`, both closes.

    Rows with equal symbol, ts_event and ts_known but another source are compared; a later ts_known is a revision
    and no disagreement. Columns as :func:`compare_sources` gives them.
    """
    repeated = bars.filter(pl.struct(KEY).is_duplicated()).select(*KEY, "source", "close")
    pairs = repeated.join(repeated, on=list(KEY), suffix="_other").filter(pl.col("source") < pl.col("source_other"))
    return _different(pairs, tolerance_ratio)


def cross_source(sheet: Sheet) -> list[Evidence]:
    """Count bars that several sources give: those that disagree, and those that differ within the tolerance."""
    like_last = pl.all_horizontal([pl.col(name) == pl.col(name).shift(1) for name in KEY]).fill_null(value=False)
    again = sheet.bars.select(like_last).to_series()
    if not again.any():
        return []
    repeated = sheet.bars.filter((again | again.shift(-1, fill_value=False)) & pl.col("rule").is_null())
    given = repeated.with_columns(pl.col("symbol").cast(pl.String))
    apart = disagreeing_days(given, tolerance_ratio=sheet.settings.max_source_difference_ratio)
    found = disagreement(apart)
    several = given.filter(
        (pl.col("source").n_unique().over(KEY) > 1) & (pl.struct(*PRICES, "volume").n_unique().over(KEY) > 1)
    )
    near = several.join(apart, on=["symbol", "ts_event"], how="anti") if apart.height else several
    if near.height:
        found.append(evidence_of("source_difference", near.select("symbol", "ts_event", "source", *PRICES, "volume")))
    return found


def disagreement(apart: pl.DataFrame) -> list[Evidence]:
    """Return the evidence that the places of :func:`compare_sources` make, none when there are none."""
    if apart.is_empty():
        return []
    days = apart.select("symbol", "session").n_unique()
    r = apart.row(0, named=True)
    detail = (
        f"{apart.height} bars on {days} symbol days differ, such as {r['symbol']} {r['ts_event']:%Y-%m-%d %H:%M} UTC, "
        f"close {r['close']:.6g} from {r['source']}, {r['close_other']:.6g} from {r['source_other']}"
    )
    return [evidence_of("cross_source", apart, detail)]


def _different(pairs: pl.DataFrame, tolerance_ratio: float) -> pl.DataFrame:
    day = pl.col("ts_event").dt.convert_time_zone("America/New_York").dt.date()
    return (
        pairs.with_columns(session=day, difference_ratio=pl.col("close_other") / pl.col("close") - 1.0)
        # NaN compares as greater, so a close that is no number disagrees.
        .filter(~(pl.col("difference_ratio").abs() <= tolerance_ratio).fill_null(value=False))
        .select(PLACE)
        .sort("symbol", "ts_event", "source", "source_other")
    )

"""Bars that did not come, filled forward under a flag (specification 5.2; checklist X-01).

For charts and for whoever needs a price at every bar: panels leave them out. A fill is made of the last close alone.
It is known when it is clear that the bar is missing: at its end, or when the next bar of any security of that session
is known, whichever is later. A bar that comes after all is known later still, and takes its place.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from qts_core.data.actions.identity import Identities
from qts_core.data.cleaning.lines import Grid
from qts_core.data.quality.flags import BarFlag
from qts_core.data.quality.jumps import with_factor
from qts_core.data.schemas import CLEAN_SCHEMA, conform, empty

__all__ = ["FILL_SOURCE", "fill_forward"]

FILL_SOURCE = "fill"
NEVER = np.iinfo(np.int64).max


def fill_forward(
    bars: pl.DataFrame, state: pl.DataFrame, grid: Grid, identities: Identities, actions: pl.DataFrame
) -> pl.DataFrame:
    """Return the bars that are missing, at most a session's worth after the last one of their security.

    Sessions in which no security has a bar are left alone: there the source is missing, not a bar.

    Parameters
    ----------
    bars : DataFrame
        Accepted bars, with `line`, `factor` and `is_main`.
    state : DataFrame
        The main line before them.
    grid : Grid
        Of both.
    identities : Identities
        Nothing is filled once a symbol stands for another security.
    actions : DataFrame
        Of ``ACTION_SCHEMA``, by `line`: over a split the price is carried on in new shares.

    Returns
    -------
    DataFrame
        Of ``CLEAN_SCHEMA``: the four prices are the last close, the volume 0.
    """
    columns = ("line", "symbol", "ts_event", "ts_known", "close", "factor")
    new = bars.filter("is_main").select(columns)
    recent = state.select(columns).filter(pl.Series(grid.rows_of(state) >= 0, dtype=pl.Boolean))
    if new.is_empty():
        return empty(CLEAN_SCHEMA)
    both = pl.concat([recent, new])
    names = both["line"].unique().sort()
    row, column = grid.rows_of(both), both["line"].cast(pl.Enum(names)).to_physical().to_numpy().astype(np.int64)
    known = both["ts_known"].to_physical().to_numpy()
    done = int(row[: recent.height].max(initial=-1))
    clear_at = _clear_at(grid, row[recent.height :], known[recent.height :], done)
    entry = np.full((len(grid.line), len(names)), -1, dtype=np.int64)
    entry[row, column] = np.arange(len(row))
    at, last = _missing(entry, known, clear_at, row, grid.bars_per_session)
    if not len(at):
        return empty(CLEAN_SCHEMA)
    return _filled(both[last], grid, at, clear_at[at], identities, actions)


def _clear_at(grid: Grid, row: NDArray[np.int64], known: NDArray[np.int64], done: int) -> NDArray[np.int64]:
    """Return when it is known of each row of the grid that the market went on from there, int64 [T]."""
    first_known = np.full(len(grid.line), NEVER, dtype=np.int64)
    np.minimum.at(first_known, row, known)
    clear = np.full(len(grid.line), NEVER, dtype=np.int64)
    for _, rows in grid.line.session_rows():
        clear[rows] = np.minimum.accumulate(first_known[rows][::-1])[::-1]
    is_clear = clear < NEVER
    clear[is_clear] = np.maximum(clear, grid.line.ts_known)[is_clear]
    clear[: done + 1] = NEVER
    return clear


def _missing(
    entry: NDArray[np.int64],
    known: NDArray[np.int64],
    clear_at: NDArray[np.int64],
    row: NDArray[np.int64],
    reach: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows to fill and, for each, the entry of the bar that is carried forward."""
    held = np.maximum.accumulate(np.where(entry >= 0, np.arange(len(entry))[:, None], -1), axis=0)
    before = np.vstack([np.full((1, entry.shape[1]), -1, dtype=np.int64), held[:-1]])
    was_there = (entry >= 0) & (known[entry] <= clear_at[:, None])
    at, column = np.nonzero(~was_there & (clear_at < NEVER)[:, None] & (before >= 0))
    last = before[at, column]
    # A bar that was not known yet when the gap became clear gives way to the one before it.
    while True:
        early = (last >= 0) & (known[entry[last, column]] > clear_at[at])
        if not early.any():
            break
        last[early] = before[last[early], column[early]]
    is_near = (last >= 0) & (at - last <= reach)
    return at[is_near], entry[last[is_near], column[is_near]]


def _filled(
    last: pl.DataFrame,
    grid: Grid,
    at: NDArray[np.int64],
    clear_at: NDArray[np.int64],
    identities: Identities,
    actions: pl.DataFrame,
) -> pl.DataFrame:
    instant = CLEAN_SCHEMA["ts_event"]
    frame = last.select("line", "symbol", "close", held="factor").with_columns(
        pl.Series("ts_event", grid.line.ts_event[at]).cast(instant),
        pl.Series("ts_known", clear_at).cast(instant),
        pl.Series("session", grid.line.session[at].astype(np.int32)).cast(pl.Date),
    )
    if not identities.is_plain:
        frame = frame.filter(identities.named(frame, "session") == frame["line"])
    factor = with_factor(frame.select("session", symbol="line"), actions)["factor"]
    # Without a split in between the close is carried on to the bit.
    price = pl.when(pl.col("held") == factor).then(pl.col("close")).otherwise(pl.col("close") * pl.col("held") / factor)
    return conform(
        frame.with_columns(
            *(price.alias(name) for name in ("open", "high", "low", "close")),
            volume=pl.lit(0.0),
            vwap=pl.lit(None, pl.Float64),
            trade_count=pl.lit(None, pl.Int64),
            source=pl.lit(FILL_SOURCE),
            flags=pl.lit(int(BarFlag.FILLED), pl.UInt32),
        ),
        CLEAN_SCHEMA,
    )

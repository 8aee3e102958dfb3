"""How bars trade: a change of feed, a feed that hangs, moves beyond the usual."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from qts_core.data.quality.evidence import Evidence, evidence_of
from qts_core.data.quality.sheet import Sheet
from qts_core.data.schemas import PRICES
from qts_core.market.panel import Floats

__all__ = ["feed_switch", "outliers", "stale"]

AROUND = 3
ALONE_AROUND = 5
MOST_SYMBOLS = 2 / 3
MANY = 3
ALONE_FACTOR = 2.0
"""Of one symbol alone a change of feed must be this many times clearer than of most symbols at once."""
ALONE_SEPARATION = 2.0
"""The least of the sessions after lies this many times above the greatest of those before, or the other way round."""
TINY = 1e-12
RANGE_CHANGE = 2.0
"""News moves volume and the day's range together; a change of feed leaves the range as it was."""


def feed_switch(sheet: Sheet) -> list[Evidence]:
    """Find nights over which the level of traded value shifts and stays: with most symbols at once, or with one.

    The sessions after lie wholly above (or below) the sessions before, by the factor of the settings; a burst of
    trading decays, and begins on a day that moves prices.
    """
    dollars, shares, low, high = (sheet.matrix(name) for name in ("dollars", "volume", "low", "high"))
    dollars, shares = np.where(dollars > 0, dollars, np.nan), np.where(shares > 0, shares, np.nan)
    if len(dollars) < 2 * AROUND:
        return []
    shift = _common(_separation(dollars, AROUND), _separation(shares, AROUND))
    least = np.log(sheet.settings.feed_switch_ratio)
    known = (~np.isnan(shift)).sum(axis=1)
    switched = np.zeros(shift.shape, dtype=np.bool_)
    for sign in (1.0, -1.0):
        there = sign * shift >= least
        most = (known >= MANY) & (there.sum(axis=1) >= MOST_SYMBOLS * known)
        switched |= there & most[:, None]
    switched |= _alone(sheet, dollars, shares, np.log(high / low))
    switched = _sharpest(switched, shift)
    if not switched.any():
        return []
    return [_feed_evidence(sheet, dollars, switched)]


def stale(sheet: Sheet) -> list[Evidence]:
    """Find bars repeated within a session more often than is believed."""
    same = pl.all_horizontal(
        [pl.col(name) == pl.col(name).shift(1) for name in ("symbol", "session", *PRICES)]
    ).fill_null(value=False)
    again = sheet.latest.select(same).to_series()
    if not again.any():
        return []
    run = (again != again.shift(1, fill_value=False)).cast(pl.UInt32).cum_sum()
    frame = sheet.latest.select("symbol", "ts_event", "close", "volume").with_columns(run=run).filter(again)
    runs = frame.group_by("run", maintain_order=True).agg(
        pl.col("symbol", "ts_event", "close").first(), repeats=pl.len(), volume=pl.col("volume").sum()
    )
    long = runs.filter(pl.col("repeats") > sheet.settings.stale_bars).drop("run")
    if long.is_empty():
        return []
    longest = long.sort("repeats", descending=True).row(0, named=True)
    detail = (
        f"{long.height} times a bar is repeated more than {sheet.settings.stale_bars} times in a row, the longest: "
        f"{longest['symbol']} at {longest['close']:.2f}, {longest['repeats']} times from "
        f"{longest['ts_event']:%Y-%m-%d %H:%M} UTC"
    )
    return [evidence_of("stale", long, detail)]


def outliers(sheet: Sheet) -> list[Evidence]:
    """Count moves beyond the usual: log return against 1.4826 times the median absolute one of the bars before."""
    window, sigmas = sheet.settings.outlier_window_bars, sheet.settings.outlier_sigmas
    same = pl.col("symbol") == pl.col("symbol").shift(1)
    move = pl.when(same).then((pl.col("close") / pl.col("close").shift(1)).log().abs())
    median = pl.col("move").rolling_median(window, min_samples=window // 2).shift(1)
    marked = (
        sheet.latest.select("symbol", "ts_event", "close", move=move)
        .with_columns(sigma=1.4826 * median.over("symbol"))
        .filter((pl.col("sigma") > 0) & (pl.col("move") > sigmas * pl.col("sigma")))
    )
    return [evidence_of("outlier", marked)] if marked.height else []


def _separation(values: Floats, around: int) -> Floats:
    """Return how far the sessions from each one on lie beyond those before it, as a log ratio [S, N]; NaN at the ends.

    Positive: the least of the later ones over the greatest of the earlier ones, when that is above 1.
    """
    logs = np.log(values)
    out = np.full(logs.shape, np.nan)
    if len(logs) < 2 * around:
        return out
    windows = np.lib.stride_tricks.sliding_window_view(logs, around, axis=0)
    before, after = windows[:-around], windows[around:]
    up = after.min(axis=2) - before.max(axis=2)
    down = before.min(axis=2) - after.max(axis=2)
    out[around : len(logs) - around + 1] = np.where(up > 0, up, np.where(down > 0, -down, up * 0.0))
    return out


def _common(first: Floats, second: Floats) -> Floats:
    """Return the smaller of two shifts where both go one way, 0 where they do not.

    Another feed moves shares and traded value alike; a split moves the shares alone, a wrong unit the value alone.
    """
    smaller = np.where(np.abs(first) < np.abs(second), first, second)
    return np.where(np.sign(first) == np.sign(second), smaller, smaller * 0.0)


def _alone(sheet: Sheet, dollars: Floats, shares: Floats, ranges: Floats) -> NDArray[np.bool_]:
    """Return where a symbol by itself shifts, twice as far and for longer, while its daily range does not."""
    apart = _common(_separation(dollars, ALONE_AROUND), _separation(shares, ALONE_AROUND))
    least = np.log(ALONE_FACTOR * sheet.settings.feed_switch_ratio)
    clear: NDArray[np.bool_] = np.abs(apart) >= np.log(ALONE_SEPARATION)
    for day, column in np.argwhere(clear):
        before, after = slice(day - ALONE_AROUND, day), slice(day, day + ALONE_AROUND)
        moved = np.log(np.median(dollars[after, column]) / np.median(dollars[before, column]))
        widened = np.median(ranges[after, column]) / max(np.median(ranges[before, column]), TINY)
        clear[day, column] = abs(moved) >= least and 1 / RANGE_CHANGE < widened < RANGE_CHANGE
    return clear


def _sharpest(switched: NDArray[np.bool_], shift: Floats) -> NDArray[np.bool_]:
    """Keep the clearest session where neighbouring ones pass the test for one symbol in the same direction."""
    kept = switched.copy()
    for day, column in np.argwhere(switched):
        near = slice(max(day - AROUND + 1, 0), day + AROUND)
        rival = switched[near, column] & (np.sign(shift[near, column]) == np.sign(shift[day, column]))
        kept[day, column] = np.abs(shift[day, column]) >= np.abs(shift[near, column][rival]).max()
    return kept


def _feed_evidence(sheet: Sheet, dollars: Floats, switched: NDArray[np.bool_]) -> Evidence:
    rows = []
    for day, column in np.argwhere(switched):
        before = np.nanmedian(dollars[max(day - ALONE_AROUND, 0) : day, column])
        after = np.nanmedian(dollars[day : day + ALONE_AROUND, column])
        rows.append((sheet.symbols[column], int(sheet.days[day]), before, after, after / before))
    frame = pl.DataFrame(rows, schema=["symbol", "day", "dollars_before", "dollars_after", "ratio"], orient="row")
    frame = frame.with_columns(session=pl.col("day").cast(pl.Int32).cast(pl.Date)).drop("day")
    opening = sheet.by_session.select(pl.col("symbol").cast(pl.String), "session", "ts_event")
    places = frame.join(opening, on=["symbol", "session"]).sort("session", "symbol")
    words = []
    for (day,), part in places.group_by("session", maintain_order=True):
        ratio = float(np.exp(np.mean(np.log(part["ratio"].to_numpy()))))
        size = f"{ratio:.0f} times" if ratio >= 1 else f"1/{1 / ratio:.0f} of"
        words.append(f"{day}: {size} the traded value before, {', '.join(part['symbol'].to_list())}")
    detail = f"the feed changes {len(words)} times; {'; '.join(words[:4])}"
    return evidence_of("feed_switch", places, detail, count=len(words), examples=words)

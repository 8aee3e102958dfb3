"""Symbols against each other: the same bars under two names, and one that runs ahead of or behind the rest."""

from __future__ import annotations

import numpy as np
import polars as pl

from qts_core.data.quality.evidence import Evidence, evidence_of
from qts_core.data.quality.sheet import Sheet
from qts_core.data.schemas import PRICES
from qts_core.market.panel import Floats

__all__ = ["identical_series", "shifted"]

SAME_BARS = 20
"""So many bars in a row with the same four prices do not happen by chance."""
LEAST_SYMBOLS = 5
LEAST_BARS = 250
LAGS = tuple(lag for lag in range(-8, 9) if lag)
LEAST_CORRELATION = 0.25
LEAST_ADVANTAGE = 0.15
CLIP = 4.0


def identical_series(sheet: Sheet) -> list[Evidence]:
    """Refuse pairs of symbols that have the same prices over whole sessions."""
    bars = sheet.latest.select("symbol", "session", "ts_event", *PRICES)
    prints = (
        bars.group_by("symbol", "session", maintain_order=True)
        .agg(pl.col("ts_event").first(), bars=pl.len(), prices=pl.col("close").n_unique(), mark=_mark())
        .filter((pl.col("prices") > 1) | (pl.col("bars") == 1))
    )
    shared = prints.filter(pl.struct("session", "mark", "bars").is_duplicated())
    if shared.is_empty():
        return []
    keyed = shared.with_columns(pl.col("symbol").cast(pl.String))
    pairs = keyed.join(keyed, on=["session", "mark", "bars"], suffix="_other").filter(
        pl.col("symbol") < pl.col("symbol_other")
    )
    places = (
        pairs.group_by("symbol", "symbol_other", maintain_order=True)
        .agg(pl.col("ts_event").min(), sessions=pl.len(), bars=pl.col("bars").sum())
        .filter(pl.col("bars") >= SAME_BARS)
        .sort("symbol", "symbol_other")
    )
    if places.is_empty():
        return []
    examples = [
        f"{r['symbol']} = {r['symbol_other']} on {r['sessions']} sessions from {r['ts_event']:%Y-%m-%d}"
        for r in places.to_dicts()
    ]
    named = sorted({*places["symbol"], *places["symbol_other"]})
    return [evidence_of("identical_series", places, f"the same bars: {examples[0]}", examples=examples, symbols=named)]


def shifted(sheet: Sheet) -> list[Evidence]:
    """Refuse symbols whose moves fit those of all others some bars earlier or later, and not at the same time."""
    if len(sheet.symbols) < LEAST_SYMBOLS or len(sheet.timeline) < LEAST_BARS:
        return []
    moves = _moves(sheet)
    bars = (moves != 0).sum(axis=0)
    total = moves.sum(axis=1)
    now = _fit(moves, total, 0)
    lags = {lag: _fit(moves, total, lag) for lag in LAGS}
    rows = []
    for column in np.flatnonzero(bars >= LEAST_BARS):
        lag = max(LAGS, key=lambda k: lags[k][column])
        best = lags[lag][column]
        if best >= LEAST_CORRELATION and best >= now[column] + LEAST_ADVANTAGE:
            rows.append((sheet.symbols[column], lag, float(best), float(now[column])))
    if not rows:
        return []
    first = (
        sheet.by_session.group_by("symbol").agg(pl.col("ts_event").min()).with_columns(pl.col("symbol").cast(pl.String))
    )
    frame = pl.DataFrame(rows, schema=["symbol", "lag_bars", "fit", "fit_unshifted"], orient="row")
    examples = [
        f"{symbol} runs {abs(lag)} bars {'behind' if lag < 0 else 'ahead of'} the others "
        f"(correlation {best:.2f}, unshifted {same:.2f})"
        for symbol, lag, best, same in rows
    ]
    places = frame.join(first, on="symbol", how="left", maintain_order="left")
    return [evidence_of("shifted", places, examples[0], examples=examples)]


def _mark() -> pl.Expr:
    """Identity of a session's prices: equal prices at equal times give equal marks."""
    return pl.struct("ts_event", *PRICES).hash(seed=7).sum()


def _moves(sheet: Sheet) -> Floats:
    """Return log returns from bar to bar, in robust units and clipped, 0 where there is none: float64 [T, N]."""
    close = np.full((len(sheet.timeline), len(sheet.symbols)), np.nan)
    column = sheet.latest["symbol"].to_physical().to_numpy()
    close[sheet.latest["row"].to_numpy(), column] = sheet.latest["close"].to_numpy()
    moves = np.diff(np.log(close), axis=0)
    if sheet.timeline.slots.max() > 1:
        # Nights are moves of another size; what happens within sessions is enough.
        moves[np.diff(sheet.timeline.session) != 0] = np.nan
    size = np.nanmedian(np.abs(moves), axis=0) if len(moves) else np.ones(moves.shape[1])
    scaled = moves / np.where(size > 0, size, np.nan)
    clipped: Floats = np.clip(np.nan_to_num(scaled), -CLIP, CLIP)
    return clipped


def _fit(moves: Floats, total: Floats, lag: int) -> Floats:
    """Return each symbol's correlation with the sum of the others `lag` bars later, float64 [N]."""
    length = len(moves) - abs(lag)
    own = moves[max(-lag, 0) :][:length]
    later = moves[max(lag, 0) :][:length]
    whole = total[max(lag, 0) :][:length]
    # The others' sum is the whole less the symbol itself, so no matrix of sums is made.
    product = own.T @ whole - np.einsum("tn,tn->n", own, later)
    variance = whole @ whole - 2 * (later.T @ whole) + np.einsum("tn,tn->n", later, later)
    norm = np.sqrt(np.einsum("tn,tn->n", own, own) * np.maximum(variance, 0))
    fit: Floats = np.divide(product, norm, out=np.zeros_like(product), where=norm > 0)
    return fit

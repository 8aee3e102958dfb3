"""Price steps that no corporate action explains: bad ticks, unadjusted splits, re-used tickers (bad inputs B21, B38).

The rule is causal: a bar is compared with the last *accepted* close of its symbol, chain-linked over splits. A bad
tick is left out alone; after a re-used ticker every bar is, until a corporate action explains the step.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import mul

import numpy as np
import polars as pl
from numpy.typing import NDArray

from qts_core.data.actions.chain import split_steps
from qts_core.data.quality.rules import MAX_PRICE_RATIO
from qts_core.market.panel import Floats

__all__ = ["SPLIT_RATIOS", "Jumps", "find_jumps", "near_split", "nearest_split", "with_factor"]

FACTOR_SCHEMA = {"symbol": pl.String, "session": pl.Date, "factor": pl.Float64}
NEAR_SPLITS = (1.5, 2.0, 2.5)
"""Ratios small enough to pass for a move of the market."""
NEAR = 0.03
SPLIT_RATIOS = (1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0, 100.0)


@dataclass(frozen=True, slots=True, eq=False)
class Jumps:
    """What was found.

    Attributes
    ----------
    is_jump : bool [rows]
        Bars out of proportion, in the order of the frame given.
    ratio : float64 [rows]
        The bar's largest step: open over the last accepted close, or high or low over open; above 1 upwards, below 1
        downwards. A crash goes in steps, a wrong price in one.
    """

    is_jump: NDArray[np.bool_]
    ratio: Floats


def with_factor(frame: pl.DataFrame, actions: pl.DataFrame) -> pl.DataFrame:
    """Return `frame` with `session` (New York date) and `factor`, the product of splits in force on that day."""
    steps = [
        (symbol, ex_date, factor)
        for symbol, splits in split_steps(actions).items()
        for (ex_date, _), factor in zip(splits, accumulate((ratio for _, ratio in splits), mul), strict=True)
    ]
    table = pl.DataFrame(steps, schema=FACTOR_SCHEMA, orient="row").sort("session")
    dated = frame
    if "session" not in frame.columns:
        dated = frame.with_columns(session=pl.col("ts_event").dt.convert_time_zone("America/New_York").dt.date())
    if table.is_empty():
        return dated.with_columns(factor=pl.lit(1.0))
    dated = dated.with_row_index("place").sort("session", maintain_order=True)
    joined = dated.join_asof(table, on="session", by="symbol", strategy="backward", check_sortedness=False)
    return joined.sort("place").drop("place").with_columns(pl.col("factor").fill_null(1.0))


def find_jumps(
    frame: pl.DataFrame, before: Mapping[str, float] | None = None, *, max_ratio: float = MAX_PRICE_RATIO
) -> Jumps:
    """Compare every bar with the last accepted close of its symbol.

    Parameters
    ----------
    frame : DataFrame
        Bars that break no rule by themselves, with `session` and `factor`; each symbol's in order of
        `ts_known`, then `ts_event`.
    before : mapping of str to float, optional
        The last accepted close of each symbol before these bars, chain-linked USD.
    max_ratio : float
        Largest step believed.
    """
    before = {} if before is None else before
    close = (pl.col("close") * pl.col("factor")).alias("linked")
    start = pl.col("symbol").replace_strict(before, default=None, return_dtype=pl.Float64)
    work = frame.with_columns(close).with_columns(
        before=pl.col("linked").shift(1).over("symbol").fill_null(start.fill_null(pl.col("open") * pl.col("factor")))
    )
    work = work.with_columns(opens=pl.col("open") * pl.col("factor"))
    steps = (pl.col("opens") / pl.col("before"), pl.col("high") / pl.col("open"), pl.col("low") / pl.col("open"))
    work = work.with_columns(ratio=_worst(steps))
    ratio = work["ratio"].to_numpy().copy()
    is_jump = _beyond(ratio, max_ratio)
    for symbol in work.filter(pl.Series(is_jump))["symbol"].unique().sort().to_list():
        _walk(work, symbol, before.get(symbol), max_ratio, is_jump, ratio)
    return Jumps(is_jump, ratio)


def nearest_split(ratio: float) -> str:
    """Return the common split whose price step is nearest to `ratio`, such as ``"1:5"`` for a price five times up."""
    step = max(ratio, 1.0 / ratio)
    known = min(SPLIT_RATIOS, key=lambda s: abs(math.log(s / step)))
    whole, over = (f"{known:g}", "1") if known % 1 == 0 else ("3", "2")
    return f"{over}:{whole}" if ratio > 1 else f"{whole}:{over}"


def near_split(step: pl.Expr) -> pl.Expr:
    """Return whether a price step lies within 3 % of 3:2, 2:1 or 5:2, either way."""
    return pl.any_horizontal(
        [(step * r - 1.0).abs() < NEAR for r in NEAR_SPLITS] + [(step / r - 1.0).abs() < NEAR for r in NEAR_SPLITS]
    )


def _beyond(ratio: Floats, max_ratio: float) -> NDArray[np.bool_]:
    flags: NDArray[np.bool_] = (ratio >= max_ratio) | (ratio <= 1.0 / max_ratio)
    return flags


def _walk(
    work: pl.DataFrame,
    symbol: str,
    before: float | None,
    max_ratio: float,
    is_jump: NDArray[np.bool_],
    ratio: Floats,
) -> None:
    """Settle one symbol bar by bar: the last accepted close stays in force while bars are refused."""
    rows = np.flatnonzero((work["symbol"] == symbol).to_numpy())
    part = work[rows]
    opens, closes = part["opens"].to_numpy(), part["linked"].to_numpy()
    up, down = (part["high"] / part["open"]).to_numpy(), (part["low"] / part["open"]).to_numpy()
    last = float(opens[0]) if before is None else before
    for i, row in enumerate(rows):
        ratio[row] = max((opens[i] / last, up[i], down[i]), key=lambda step: abs(math.log(step)))
        is_jump[row] = not 1.0 / max_ratio < ratio[row] < max_ratio
        if not is_jump[row]:
            last = float(closes[i])


def _worst(steps: Sequence[pl.Expr]) -> pl.Expr:
    """Return the step that is farthest from 1, on the log scale."""
    sizes = [step.log().abs() for step in steps]
    largest = pl.max_horizontal(sizes)
    worst = steps[-1]
    for step, size in zip(reversed(steps[:-1]), reversed(sizes[:-1]), strict=True):
        worst = pl.when(size == largest).then(step).otherwise(worst)
    return worst

"""Price steps: unadjusted splits, wrong units, and series of which only a part is adjusted (B21, B22, B37)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import numpy as np
import polars as pl

from qts_core.data.actions.chain import split_steps
from qts_core.data.quality.evidence import Evidence, evidence_of, step_words
from qts_core.data.quality.jumps import find_jumps, near_split, with_factor
from qts_core.data.quality.sheet import Sheet
from qts_core.data.schemas import PRICES

__all__ = ["mixed_adjustment", "overnight", "price_jumps", "suspected_splits"]

USUAL_SESSIONS = 20
CALM_VOLUME = 2.5
"""A split leaves the traded value as it was; crashes of half the price multiply it (AAPL on 2000-09-29: 10 times)."""
CALM_RANGE = 2.5
"""Nor does a split widen the day's range."""
NOTABLE_SPLIT = 0.2
"""Splits smaller than this in log price drown in an ordinary night."""


def price_jumps(sheet: Sheet) -> list[Evidence]:
    """Refuse steps that no corporate action explains, by the same walk as cleaning."""
    bars = sheet.sound.select("symbol", "ts_event", "ts_known", *PRICES, "session")
    doubtful = _doubtful(sheet, bars)
    if not doubtful:
        return []
    some = bars.filter(pl.col("symbol").cast(pl.String).is_in(doubtful)).with_columns(pl.col("symbol").cast(pl.String))
    ordered = with_factor(some, sheet.actions).sort("symbol", "ts_known", "ts_event")
    jumps = find_jumps(ordered, None, max_ratio=sheet.settings.max_price_ratio)
    marked = ordered.with_columns(jump=pl.Series(jumps.is_jump, dtype=pl.Boolean), ratio=pl.Series(jumps.ratio))
    refused = marked.filter("jump").drop("jump", "ts_known")
    if refused.is_empty():
        return []
    firsts = refused.group_by("symbol", maintain_order=True).first().sort("symbol")
    examples = [step_words(r["symbol"], r["ts_event"], r["ratio"], r["open"]) for r in firsts.to_dicts()]
    detail = (
        f"no corporate action explains the price step of {', '.join(examples[:4])}: an unadjusted split, a re-used "
        "ticker, or a wrong unit"
    )
    return [evidence_of("price_jumps", refused, detail, examples=examples)]


def overnight(sheet: Sheet) -> pl.DataFrame:
    """Return every night's step with the days around it, for the rules that ask what happened in it.

    Returns
    -------
    DataFrame
        Of `by_session` with `step` (open over the last close, splits in force divided out), `raw_step`, `skipped`
        (sessions without a bar before this one), `usual_dollars` and `usual_range` (medians of the sessions before),
        `range` (high over low, log).
    """
    before = {name: pl.col(name).shift(1).over("symbol") for name in ("close", "factor", "day", "dollars")}
    linked = with_factor(sheet.by_session.with_columns(pl.col("symbol").cast(pl.String)), sheet.actions)
    raw = pl.col("open") / before["close"]
    span = (pl.col("high") / pl.col("low")).log()

    def usual(name: str) -> pl.Expr:
        return pl.col(name).rolling_median(USUAL_SESSIONS, min_samples=3).shift(1).over("symbol")

    return linked.with_columns(
        raw_step=raw,
        step=raw * pl.col("factor") / before["factor"],
        skipped=(pl.col("day") - before["day"] - 1).fill_null(0),
        range=span,
    ).with_columns(usual_dollars=usual("dollars"), usual_range=usual("range"))


def suspected_splits(
    nights: pl.DataFrame, max_price_ratio: float, *, known: Collection[tuple[str, date]] = ()
) -> list[Evidence]:
    """Flag steps near a split ratio on days that traded like any other.

    A crash to half the price is no split: it multiplies the traded value and the day's range. Steps beyond
    `max_price_ratio` are told as jumps; days in `known` (symbol, session) by the booking that is doubted there.
    """
    is_small = pl.col("step").is_between(1.0 / max_price_ratio, max_price_ratio, closed="none")
    calm = (pl.col("dollars") <= CALM_VOLUME * pl.col("usual_dollars")).fill_null(value=True) & (
        pl.col("range") <= CALM_RANGE * pl.col("usual_range")
    ).fill_null(value=True)
    found = nights.filter(is_small & near_split(pl.col("step")) & calm)
    told = pl.Series([(symbol, day) in known for symbol, day in found.select("symbol", "session").iter_rows()])
    found = found.filter(~told.cast(pl.Boolean))
    if found.is_empty():
        return []
    places = found.select("symbol", "ts_event", "session", "step", "open", "dollars", "usual_dollars")
    examples = [step_words(r["symbol"], r["ts_event"], r["step"], r["open"]) for r in places.to_dicts()]
    detail = f"{len(examples)} overnight steps look like splits that are not booked; check {examples[0]}"
    return [evidence_of("suspected_split", places, detail, examples=examples)]


def mixed_adjustment(sheet: Sheet, nights: pl.DataFrame) -> list[Evidence]:
    """Refuse symbols of which some booked splits are in the prices and some are not."""
    rows = [
        (symbol, day, ratio)
        for symbol, steps in split_steps(sheet.actions).items()
        for day, ratio in steps
        if abs(np.log(ratio)) > NOTABLE_SPLIT
    ]
    booked = pl.DataFrame(rows, schema={"symbol": pl.String, "session": pl.Date, "ratio": pl.Float64}, orient="row")
    if booked.is_empty():
        return []
    seen = nights.join(booked, on=["symbol", "session"]).filter(pl.col("raw_step").is_not_null())
    seen = seen.with_columns(
        in_price=(pl.col("raw_step") * pl.col("ratio")).log().abs() < pl.col("raw_step").log().abs()
    )
    mixed = seen.filter(pl.col("in_price").n_unique().over("symbol") > 1).sort("symbol", "session")
    if mixed.is_empty():
        return []
    places = mixed.select("symbol", "ts_event", "session", "ratio", "raw_step", "in_price")
    examples = [
        f"{r['symbol']} {r['session']}: a split of {r['ratio']:g} is {'' if r['in_price'] else 'not '}in the price "
        f"(step {r['raw_step']:.2f})"
        for r in places.to_dicts()
    ]
    detail = f"part of the series is adjusted and part is not: {'; '.join(examples[:4])}"
    return [evidence_of("mixed_adjustment", places, detail, examples=examples)]


def _doubtful(sheet: Sheet, bars: pl.DataFrame) -> list[str]:
    """Return symbols with any step beyond the limit between bars as they stand; the others need no walk."""
    limit = float(np.log(sheet.settings.max_price_ratio))
    same = pl.col("symbol") == pl.col("symbol").shift(1)
    steps = (
        (pl.col("high") / pl.col("open")).log(),
        -(pl.col("low") / pl.col("open")).log(),
        pl.when(same).then((pl.col("open") / pl.col("close").shift(1)).log().abs()).fill_null(0.0),
    )
    wide = bars.filter(pl.max_horizontal(steps) >= limit)["symbol"].unique().cast(pl.String).to_list()
    # A booked split that is not in the price makes a step of its own; revisions may hide one.
    split = [symbol for symbol, steps_ in split_steps(sheet.actions).items() if symbol in sheet.symbols and steps_]
    revised = bars.filter(same & (pl.col("ts_event") == pl.col("ts_event").shift(1)))["symbol"].unique()
    return sorted({*wide, *split, *revised.cast(pl.String).to_list()})

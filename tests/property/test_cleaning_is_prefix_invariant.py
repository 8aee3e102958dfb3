"""Cutting off what was known later changes nothing that was known before, however the bars are spoilt."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from qts_core.data.cleaning import clean_bars
from qts_core.data.synthetic import SyntheticMarketSettings, synthetic_market
from qts_core.market.calendar import xnys

MARKET = synthetic_market(
    SyntheticMarketSettings(symbols=4, first=date(2024, 6, 3), last=date(2024, 6, 14), seed=3, splits_per_year=12.0)
)


def spoilt(seed: int) -> pl.DataFrame:
    """Return the market with broken bars, jumps, duplicates, revisions and strays at random places."""
    rng = np.random.default_rng(seed)
    bars = MARKET.bars
    rows = bars.height
    factor = np.where(rng.random(rows) < 0.01, rng.choice([0.01, 0.2, 5.0, 100.0], rows), 1.0)
    # From some bar on, one symbol trades at another level: a re-used ticker.
    reuse = (bars["symbol"] == "FINAA").to_numpy() & (np.arange(rows) > rng.integers(rows))
    factor = np.where(reuse, factor * 9.0, factor)
    bars = bars.with_columns((pl.col(c) * pl.Series(factor)).alias(c) for c in ("open", "high", "low", "close"))
    nan = pl.Series(rng.random(rows) < 0.01)
    low = pl.Series(rng.random(rows) < 0.01)
    bars = bars.with_columns(
        close=pl.when(nan).then(pl.lit(float("nan"))).otherwise("close"),
        low=pl.when(low).then(pl.col("high") * 2).otherwise("low"),
    )
    revised = bars.sample(20, seed=seed).with_columns(
        pl.col("ts_known").dt.offset_by("45m"), close=(pl.col("open") + pl.col("high")) / 2
    )
    conflicting = bars.sample(10, seed=seed + 1).with_columns(volume=pl.col("volume") + 1)
    stray = bars.sample(10, seed=seed + 2).with_columns(pl.col("ts_event", "ts_known").dt.offset_by("7h"))
    return pl.concat([bars, bars.sample(10, seed=seed + 3), revised, conflicting, stray])


def known_by(frame: pl.DataFrame, moment: datetime) -> pl.DataFrame:
    return frame.filter(pl.col("ts_known") <= moment)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), share=st.floats(0.02, 0.98))
def test_cleaning_a_prefix_gives_the_prefix_of_the_cleaning(seed: int, share: float) -> None:
    bars = spoilt(seed)
    moment = bars["ts_known"].sort()[int(share * bars.height)]
    whole = clean_bars(bars, calendar=xnys(), actions=MARKET.corporate_actions)
    part = clean_bars(known_by(bars, moment), calendar=xnys(), actions=MARKET.corporate_actions)
    assert part.clean.equals(known_by(whole.clean, moment))
    assert part.quarantine.equals(known_by(whole.quarantine, moment))
    assert whole.quarantine.height > 0


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), share=st.floats(0.02, 0.98))
def test_cleaning_in_two_parts_with_the_state_between_gives_the_same_as_at_once(seed: int, share: float) -> None:
    bars = spoilt(seed)
    moment = bars["ts_known"].sort()[int(share * bars.height)]
    actions = MARKET.corporate_actions
    whole = clean_bars(bars, calendar=xnys(), actions=actions)
    first = clean_bars(known_by(bars, moment), calendar=xnys(), actions=actions)
    rest = bars.filter(pl.col("ts_known") > moment)
    second = clean_bars(rest, calendar=xnys(), actions=actions, state=first.state)
    assert pl.concat([first.clean, second.clean]).equals(whole.clean)
    assert second.state.equals(whole.state)

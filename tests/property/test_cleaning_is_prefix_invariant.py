"""Cutting off what was known later changes nothing that was known before, however the bars are spoilt."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qts_core.data.actions.table import actions_frame
from qts_core.data.cleaning import CleanResult, clean_bars
from qts_core.data.panels import month_expression
from qts_core.data.quality.flags import BarFlag, has_flag, real_bars
from qts_core.data.synthetic import SyntheticMarketSettings, synthetic_market
from qts_core.market.calendar import xnys

MARKET = synthetic_market(
    SyntheticMarketSettings(symbols=4, first=date(2024, 6, 17), last=date(2024, 7, 12), seed=3, splits_per_year=12.0)
)
RENAMED, GONE = MARKET.symbols[1], MARKET.symbols[2]
ACTIONS = pl.concat(
    [
        MARKET.corporate_actions,
        actions_frame(
            [
                {"symbol": RENAMED, "ex_date": date(2024, 7, 3), "kind": "symbol_change", "new_symbol": "NEWNM"},
                {"symbol": GONE, "ex_date": date(2024, 7, 9), "kind": "delisting"},
            ]
        ),
    ]
)
"""The market's splits and dividends, a symbol that changes its name and one that is delisted (and trades on)."""


def spoilt(seed: int) -> pl.DataFrame:
    """Return the market with broken bars, jumps, gaps, duplicates, revisions, late bars and strays at random places."""
    rng = np.random.default_rng(seed)
    session = pl.col("ts_event").dt.convert_time_zone("America/New_York").dt.date()
    is_renamed = (pl.col("symbol") == RENAMED) & (session >= date(2024, 7, 3))
    bars = MARKET.bars.with_columns(symbol=pl.when(is_renamed).then(pl.lit("NEWNM")).otherwise("symbol"))
    bars = bars.filter(pl.Series(rng.random(bars.height) > 0.02))
    rows = bars.height
    factor = np.where(rng.random(rows) < 0.01, rng.choice([0.01, 0.2, 1.04, 5.0, 100.0], rows), 1.0)
    # From some bar on, one symbol trades at another level: a re-used ticker.
    reuse = (bars["symbol"] == MARKET.symbols[0]).to_numpy() & (np.arange(rows) > rng.integers(rows))
    factor = np.where(reuse, factor * 9.0, factor)
    bars = bars.with_columns((pl.col(c) * pl.Series(factor)).alias(c) for c in ("open", "high", "low", "close"))
    nan, low, halted = (pl.Series(rng.random(rows) < share) for share in (0.01, 0.01, 0.02))
    bars = bars.with_columns(
        close=pl.when(nan).then(pl.lit(float("nan"))).otherwise("close"),
        low=pl.when(low).then(pl.col("high") * 2).otherwise("low"),
        volume=pl.when(halted).then(0.0).otherwise("volume"),
    )
    delay = pl.Series(rng.choice([0, 20, 400, 6000], rows, p=[0.97, 0.01, 0.01, 0.01]))
    known_late = bars.with_columns(ts_known=pl.col("ts_known") + (delay * 60_000_000).cast(pl.Duration("us")))
    revised = bars.sample(20, seed=seed).with_columns(
        pl.col("ts_known").dt.offset_by("45m"), close=(pl.col("open") + pl.col("high")) / 2
    )
    much_later = bars.sample(20, seed=seed + 9).with_columns(
        pl.col("ts_known").dt.offset_by("9d"), close=(pl.col("open") + pl.col("low")) / 2
    )
    conflicting = bars.sample(10, seed=seed + 1).with_columns(volume=pl.col("volume") + 1)
    other = bars.sample(10, seed=seed + 4).with_columns(close=pl.col("close") * 0.999, source=pl.lit("z"))
    stray = [
        bars.sample(10, seed=seed + n).with_columns(pl.col("ts_event", "ts_known").dt.offset_by(hours))
        for n, hours in ((2, "7h"), (5, "-7h"))
    ]
    again = bars.sample(10, seed=seed + 3)
    return pl.concat([known_late, again, revised, much_later, conflicting, other, *stray])


def known_by(frame: pl.DataFrame, moment: datetime) -> pl.DataFrame:
    return frame.filter(pl.col("ts_known") <= moment)


def cleaned(bars: pl.DataFrame, state: pl.DataFrame | None = None, actions: pl.DataFrame = ACTIONS) -> CleanResult:
    return clean_bars(bars, calendar=xnys(), actions=actions, state=state)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), share=st.floats(0.02, 0.98))
def test_cleaning_a_prefix_gives_the_prefix_of_the_cleaning(seed: int, share: float) -> None:
    bars = spoilt(seed)
    moment = bars["ts_known"].sort()[int(share * bars.height)]
    whole, part = cleaned(bars), cleaned(known_by(bars, moment))
    assert part.clean.equals(known_by(whole.clean, moment))
    assert part.quarantine.equals(known_by(whole.quarantine, moment))
    assert whole.quarantine.height > 0
    assert whole.clean.filter(has_flag(BarFlag.FILLED)).height > 0


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), share=st.floats(0.02, 0.98))
def test_what_is_booked_for_later_changes_nothing_before(seed: int, share: float) -> None:
    bars = spoilt(seed)
    moment = bars["ts_known"].sort()[int(share * bars.height)]
    day = moment.date() - timedelta(days=1)
    known = ACTIONS.filter(pl.col("ex_date") <= day)
    before = bars.filter(pl.col("ts_event").dt.date() <= day)
    whole, part = cleaned(before), cleaned(before, actions=known)
    assert part.clean.equals(whole.clean)
    assert part.quarantine.equals(whole.quarantine)
    assert part.state.equals(whole.state)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), share=st.floats(0.02, 0.98))
def test_cleaning_in_two_parts_with_the_state_between_gives_the_same_as_at_once(seed: int, share: float) -> None:
    bars = spoilt(seed)
    moment = bars["ts_known"].sort()[int(share * bars.height)]
    whole, first = cleaned(bars), cleaned(known_by(bars, moment))
    second = cleaned(bars.filter(pl.col("ts_known") > moment), first.state)
    assert pl.concat([first.clean, second.clean]).equals(whole.clean)
    assert second.state.equals(whole.state)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_cleaning_month_by_month_gives_the_same_as_at_once_with_revisions_known_a_month_later(seed: int) -> None:
    bars = spoilt(seed)
    whole = cleaned(bars)
    june, july = (bars.filter(month_expression() == month) for month in ("2024-06", "2024-07"))
    first = cleaned(june)
    second = cleaned(july, first.state)
    order = ("ts_known", "ts_event", "symbol")
    assert june["ts_known"].sort()[-1] > july["ts_known"].sort()[0]
    assert pl.concat([first.clean, second.clean]).sort(order, maintain_order=True).equals(whole.clean)
    assert second.state.equals(whole.state)


UNLIKELY = (BarFlag.STALE, BarFlag.SUSPECTED_SPLIT, BarFlag.VWAP_OUTSIDE)


@pytest.mark.parametrize("flag", [f for f in BarFlag if f not in UNLIKELY])
def test_the_market_is_spoilt_in_every_way_that_is_flagged(flag: BarFlag) -> None:
    results = [cleaned(spoilt(seed)) for seed in range(2)]
    frames = [frame for r in results for frame in (r.clean, r.quarantine)]
    assert any(frame.filter(has_flag(flag)).height for frame in frames)


def test_a_delisted_and_a_renamed_symbol_are_not_filled_under_a_name_that_is_no_longer_theirs() -> None:
    filled = cleaned(spoilt(1)).clean.filter(has_flag(BarFlag.FILLED))
    day = pl.col("ts_event").dt.date()
    assert filled.filter((pl.col("symbol") == RENAMED) & (day >= date(2024, 7, 3))).is_empty()
    assert filled.filter((pl.col("symbol") == "NEWNM") & (day < date(2024, 7, 3))).is_empty()
    assert real_bars(filled).is_empty()

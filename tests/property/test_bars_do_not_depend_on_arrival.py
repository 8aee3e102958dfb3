"""Bars depend on what was known by the cut-off, not on the order of arrival, the chunks or whether it was a stream."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from qts_core.data.building.resample import resample_bars
from qts_core.data.building.stream import BarBuilder
from qts_core.data.building.trades import TRADE_SCHEMA, minutes_of_trades
from qts_core.data.schemas import BAR_SCHEMA
from qts_core.market.calendar import xnys
from qts_core.market.time import from_micros
from qts_core.market.timeline import Timeline

# 2 July 2024 is a whole session, 3 July a half-day: 26 and 14 bars.
FIRST, HALF_DAY = date(2024, 7, 2), date(2024, 7, 3)
LINE = Timeline.between(xnys(), FIRST, HALF_DAY)
MINUTES = Timeline.between(xnys(), FIRST, HALF_DAY, bar_minutes=1)
SYMBOLS = ("AAA", "BBB")
CUTOFF = timedelta(seconds=2)
CONTENT = [name for name in BAR_SCHEMA if name != "source"]
seeds = st.integers(0, 2**32 - 1)


def minutes(seed: int, *, late: float = 0.0, share: float = 0.7) -> pl.DataFrame:
    """Return random minutes with vwap and count, each known 50 ms after its end; a share `late` with a revision."""
    rng = np.random.default_rng(seed)
    frames = []
    for symbol in SYMBOLS:
        rows = np.flatnonzero(rng.random(len(MINUTES)) < share)
        count = len(rows)
        price = rng.uniform(1.0, 500.0, (4, count))
        volume = np.floor(rng.uniform(0, 1e6, count))
        frame = pl.DataFrame(
            {
                "symbol": [symbol] * count,
                "ts_event": MINUTES.ts_event[rows],
                "ts_known": MINUTES.ts_known[rows] + 50_000,
                "open": price[0],
                "high": price.max(axis=0),
                "low": price.min(axis=0),
                "close": price[1],
                "volume": volume,
                "vwap": price.mean(axis=0),
                "trade_count": rng.integers(1, 500, count),
                "source": ["test"] * count,
            }
        )
        again = frame.filter(pl.Series(rng.random(count) < late))
        delay = pl.Series(rng.integers(1, 120, again.height) * 1_000_000)
        frames += [frame, again.with_columns(ts_known=pl.col("ts_known") + delay, volume=pl.col("volume") + 100.0)]
    instants = [pl.col(n).cast(pl.Datetime("us", "UTC")) for n in ("ts_event", "ts_known")]
    return pl.concat(frames).with_columns(instants).sort("ts_known", "symbol", "ts_event")


def streamed(frame: pl.DataFrame, pauses: list[int], *, in_order: bool = True) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the bars and the revisions of a stream that looks at the clock now and then."""
    builder = BarBuilder(LINE, SYMBOLS, cutoff=CUTOFF)
    bars, revisions = [], []
    due = 0
    for i, row in enumerate(frame.iter_rows(named=True)):
        # The clock is looked at before what arrives now, as it stood then.
        if in_order and i >= due:
            bars.append(builder.close_frame_until(row["ts_known"] - timedelta(microseconds=1)))
            revisions.append(builder.take_revisions())
            due = i + pauses[i % len(pauses)]
        builder.add(
            row["symbol"], row["ts_event"], row["open"], row["high"], row["low"], row["close"], row["volume"],
            vwap=row["vwap"], trade_count=row["trade_count"], ts_known=row["ts_known"],
        )  # fmt: skip
    bars.append(builder.close_frame_until(from_micros(int(LINE.ts_known[-1])) + timedelta(hours=1)))
    revisions.append(builder.take_revisions())
    return pl.concat(bars), pl.concat(revisions)


@settings(max_examples=15)
@given(seed=seeds, pauses=st.lists(st.integers(1, 200), min_size=1, max_size=9))
def test_the_stream_equals_the_batch_to_the_last_bit_revisions_included(seed: int, pauses: list[int]) -> None:
    frame = minutes(seed, late=0.1)
    bars, revisions = streamed(frame, pauses)
    batch = resample_bars(frame, calendar=xnys(), cutoff=CUTOFF).select(CONTENT)
    both = pl.concat([bars, revisions]).select(CONTENT).sort("ts_event", "symbol", "ts_known")
    assert_frame_equal(both, batch, check_exact=True)
    assert revisions.height > 0


@settings(max_examples=15)
@given(seed=seeds, data=st.data())
def test_any_order_of_arrival_before_the_cut_off_gives_the_same_bars(seed: int, data: st.DataObject) -> None:
    frame = minutes(seed)
    order = np.random.default_rng(data.draw(seeds)).permutation(frame.height)
    shuffled = frame[order]
    bars, revisions = streamed(shuffled, [1], in_order=False)
    expected, _ = streamed(frame, [1], in_order=False)
    assert_frame_equal(bars, expected, check_exact=True)
    assert revisions.is_empty()
    assert_frame_equal(
        resample_bars(shuffled, calendar=xnys(), cutoff=CUTOFF), resample_bars(frame, calendar=xnys(), cutoff=CUTOFF),
        check_exact=True,
    )  # fmt: skip


@settings(max_examples=15)
@given(seed=seeds)
def test_no_volume_and_no_trade_is_lost_or_made(seed: int) -> None:
    frame = minutes(seed)
    built = resample_bars(frame, calendar=xnys(), cutoff=CUTOFF)
    for name in ("volume", "trade_count"):
        assert built[name].sum() == frame[name].sum()
    assert built.filter(pl.col("ts_event").dt.date() == HALF_DAY)["ts_event"].n_unique() <= 14
    assert built.select(pl.col("vwap").is_between("low", "high").all()).item()


@settings(max_examples=10)
@given(seed=seeds, session=st.sampled_from([FIRST, HALF_DAY]))
def test_a_session_alone_gives_the_bars_it_gives_among_others(seed: int, session: date) -> None:
    frame = minutes(seed, late=0.1)
    day = pl.col("ts_event").dt.date() == session
    alone = resample_bars(frame.filter(day), calendar=xnys(), cutoff=CUTOFF)
    assert_frame_equal(alone, resample_bars(frame, calendar=xnys(), cutoff=CUTOFF).filter(day), check_exact=True)


def trades(seed: int, count: int = 150) -> pl.DataFrame:
    """Return random prints of two minutes, some of them late, with all kinds of conditions."""
    rng = np.random.default_rng(seed)
    at = MINUTES.ts_event[0] + rng.integers(0, 120_000_000, count)
    delay = np.where(rng.random(count) < 0.1, rng.integers(0, 90_000_000, count), 10_000)
    return pl.DataFrame(
        {
            "symbol": ["AAA"] * count,
            "ts_event": at * 1000,
            "ts_known": at + delay,
            "trade_id": np.arange(count),
            "exchange": rng.choice(["N", "V"], count),
            "price": np.round(rng.uniform(9.0, 11.0, count), 2),
            "size": np.floor(rng.uniform(1, 1000, count)),
            "conditions": [[c] for c in rng.choice(["@", "F", "I", "Z", "T", "Q"], count)],
            "tape": ["C"] * count,
            "action": ["new"] * count,
        },
        schema_overrides={"ts_event": pl.Int64, "ts_known": pl.Int64},
    ).with_columns(pl.col("ts_event").cast(TRADE_SCHEMA["ts_event"]), pl.col("ts_known").cast(TRADE_SCHEMA["ts_known"]))


@settings(max_examples=15)
@given(seed=seeds, order=seeds)
def test_minutes_of_trades_do_not_depend_on_the_order_of_the_trades(seed: int, order: int) -> None:
    frame = trades(seed)
    shuffled = frame[np.random.default_rng(order).permutation(frame.height)]
    assert_frame_equal(minutes_of_trades(shuffled), minutes_of_trades(frame), check_exact=True)


@settings(max_examples=15)
@given(seed=seeds)
def test_minutes_of_trades_keep_every_share_that_counts(seed: int) -> None:
    frame = trades(seed)
    last = minutes_of_trades(frame).unique("ts_event", keep="last", maintain_order=True)
    counted = frame.filter(pl.col("conditions").list.first() != "Q")
    assert last["volume"].sum() == counted["size"].sum()
    assert last["trade_count"].sum() == counted.height
    assert last.select(pl.col("vwap").is_between("low", "high").all()).item()

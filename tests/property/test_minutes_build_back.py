"""Invented minutes always build back to the bars they came from, bit for bit, in batch and as a stream."""

from __future__ import annotations

from datetime import date

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from qts_core.data.building.stream import BarBuilder, build_bars
from qts_core.data.building.synthesis import synthesise_minutes
from qts_core.market.bars import BarSlice
from qts_core.market.calendar import xnys
from qts_core.market.panel import BAR_FIELDS, Panel
from qts_core.market.time import from_micros
from qts_core.market.timeline import Timeline

# 3 July 2024 is a half-day: 14 bars.
LINE = Timeline.between(xnys(), date(2024, 7, 2), date(2024, 7, 3))


def panel_of(seed: int, *, is_cents: bool, largest_volume: float) -> Panel:
    rng = np.random.default_rng(seed)
    shape = (len(LINE), 3)
    first, last = rng.uniform(0.5, 900.0, shape), rng.uniform(0.97, 1.03, shape)
    opens, closes = first, first * last
    digits = 2 if is_cents else 6
    opens, closes = np.maximum(np.round(opens, digits), 0.01), np.maximum(np.round(closes, digits), 0.01)
    high = np.round(np.maximum(opens, closes) * rng.choice([1.0, 1.01], shape) + 0.5 * 10.0**-digits, digits)
    low = np.minimum(opens, closes) * rng.choice([1.0, 0.98], shape)
    volume = np.floor(rng.uniform(0, largest_volume, shape))
    fields = {
        "open": opens,
        "high": np.maximum(high, np.maximum(opens, closes)),
        "low": low,
        "close": closes,
        "volume": volume,
    }
    absent = rng.random(shape) < 0.1
    fields = {name: np.where(absent, np.nan, values) for name, values in fields.items()}
    return Panel(LINE, ("AAA", "BBB", "CCC"), {**fields, "factor": np.full(shape, 4.0)})


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), is_cents=st.booleans(), largest=st.sampled_from([5.0, 1e4, 1e9, 2.0**52]))
def test_minutes_aggregate_back_bit_for_bit(seed: int, is_cents: bool, largest: float) -> None:
    bars = panel_of(seed, is_cents=is_cents, largest_volume=largest)
    minutes = synthesise_minutes(bars)
    for name in BAR_FIELDS:
        np.testing.assert_array_equal(build_bars(minutes, LINE)[name], bars[name])
    present = ~np.isnan(minutes["close"])
    volume = minutes["volume"][present]
    assert (volume == np.floor(volume)).all()
    assert (volume >= 0).all()
    opens, high, low, close = (minutes[name][present] for name in ("open", "high", "low", "close"))
    assert (low <= np.minimum(opens, close)).all()
    assert (high >= np.maximum(opens, close)).all()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), pauses=st.lists(st.integers(1, 40), min_size=1, max_size=20))
def test_the_stream_gives_the_batch_however_the_clock_is_read(seed: int, pauses: list[int]) -> None:
    bars = panel_of(seed, is_cents=True, largest_volume=1e6)
    minutes = synthesise_minutes(bars)
    builder = BarBuilder(LINE, bars.symbols, bars["factor"])
    closed: list[BarSlice] = []
    due = 0
    for i in range(len(minutes)):
        assert builder.add_slice(BarSlice.of(minutes, i))
        if i >= due:
            closed += builder.close_until(from_micros(int(minutes.timeline.ts_known[i])))
            due = i + pauses[i % len(pauses)]
    closed += builder.close_until(from_micros(int(LINE.ts_known[-1])))
    assert [c.ts_event for c in closed] == [from_micros(int(t)) for t in LINE.ts_event]
    for name in BAR_FIELDS:
        np.testing.assert_array_equal(np.stack([getattr(c, name) for c in closed]), bars[name])
    assert [(c.slot, c.slots) for c in closed[-2:]] == [(12, 14), (13, 14)]

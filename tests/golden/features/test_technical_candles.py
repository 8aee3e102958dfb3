"""Candlestick patterns against TA-Lib 0.8, from its first bar on; every pattern occurs in the bars that are compared.

TA-Lib gives 100, 80 or 200 by strength; ours is the sign.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
import talib
from talib import abstract

from qts_core.features.block import FeatureBlock
from qts_core.features.catalogue import candles
from qts_core.features.engine import FeatureEngine
from qts_core.features.spec import Catalogue
from qts_core.market.panel import Floats, Panel
from qts_core.market.timeline import Timeline

CATALOGUE = Catalogue(candles.FEATURES)
BARS = 60_000


@cache
def bars() -> dict[str, Floats]:
    """Bars on a coarse grid with gaps, bare bodies and equal prices, so that rare patterns occur."""
    random = np.random.default_rng(11)
    middle = 500 + np.cumsum(random.integers(-1, 2, BARS))
    gap = random.choice([-8, -1, 0, 0, 0, 1, 8], BARS)
    body = random.choice([-9, -4, -2, -1, 0, 1, 2, 4, 9], BARS)
    upper, lower = random.choice([0, 0, 0, 1, 3, 8], (2, BARS))
    open_ = middle + gap
    close = open_ + body
    return {
        "open": open_ / 4.0,
        "high": (np.maximum(open_, close) + upper) / 4.0,
        "low": (np.minimum(open_, close) - lower) / 4.0,
        "close": close / 4.0,
    }


@cache
def values() -> Floats:
    line = Timeline.regular(np.arange(BARS, dtype=np.int64) * 60_000_000)
    fields = {name: x[:, None] for name, x in bars().items()}
    fields |= {"volume": np.ones((BARS, 1)), "factor": np.ones((BARS, 1))}
    found = FeatureEngine(CATALOGUE, ("AAA",)).push(FeatureBlock.of(Panel(line, ("AAA",), fields), bar_minutes=1))
    return found[:, :, 0]


def found(name: str) -> Floats:
    each: Floats = values()[CATALOGUE.names.index(name)]
    return each


@pytest.mark.parametrize("name", [n for n in CATALOGUE.names if "tweezers" not in n])
def test_pattern_equals_its_referee(name: str) -> None:
    function = "CDL" + name.split("_")[1].upper()
    b: Any = bars()
    first = abstract.Function(function).lookback  # type: ignore[attr-defined]  # made at run time
    expected = np.sign(getattr(talib, function)(b["open"], b["high"], b["low"], b["close"]))[first:]
    assert (expected != 0).any(), "the pattern never occurs: the comparison would say nothing"
    np.testing.assert_array_equal(found(name)[first:], expected)


def test_tweezers_turn_at_the_same_low_or_high() -> None:
    b = bars()
    span = b["high"] - b["low"]
    usual = np.array([0.05 * span[i - 6 : i - 1].mean() for i in range(6, BARS)])
    black = b["close"] < b["open"]
    before, now = slice(5, -1), slice(6, None)
    same_low = np.abs(b["low"][now] - b["low"][before]) <= usual
    same_high = np.abs(b["high"][now] - b["high"][before]) <= usual
    expected = 1.0 * (black[before] & ~black[now] & same_low) - 1.0 * (~black[before] & black[now] & same_high)
    assert set(expected) == {-1.0, 0.0, 1.0}
    np.testing.assert_array_equal(found("tech_tweezers_2_candle")[now], expected)

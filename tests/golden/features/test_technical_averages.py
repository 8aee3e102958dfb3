"""Averages against TA-Lib 0.8, published rules in plain Python, and numpy on each window.

TA-Lib's running sums round differently from ours, which is all that the tolerances allow for. Means of
cents that are equal may differ in the last bit: one stands above another from 1e-12 of it on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import talib

from qts_core.features import Catalogue
from qts_core.features.catalogue import averages
from tests.golden.features.market_for_tests import Market, market_of
from tests.golden.features.smoothing_for_tests import wilder

CATALOGUE = Catalogue(averages.FEATURES)
Referee = Callable[[Any], Any]


@pytest.fixture(scope="module")
def market() -> Market:
    return market_of(CATALOGUE)


def above(level: Referee) -> Referee:
    return lambda b: b.close / level(b) - 1.0


def over(fast: Referee, slow: Referee) -> Referee:
    return lambda b: fast(b) / slow(b) - 1.0


def change(level: Referee) -> Referee:
    return lambda b: b.before(level(b), lambda old, new: new / old - 1.0, 5)


def sma(bars: int) -> Referee:
    return lambda b: talib.SMA(b.close, bars)


def ema(bars: int) -> Referee:
    return lambda b: talib.EMA(b.close, bars)


def hull(b: Any) -> Any:
    return talib.WMA(2.0 * talib.WMA(b.close, 25) - talib.WMA(b.close, 50), 7)


def legoux(b: Any) -> Any:
    place = np.arange(20)
    weights = np.exp(-((place - 0.85 * 19) ** 2) / (2 * (20 / 6) ** 2))
    return b.roll(b.close, 20, lambda w: w @ (weights / weights.sum()))


def varying(x: Any, weight: Any) -> Any:
    """Start at the value of the first weight; keep the mean where there is none."""
    out = np.full(len(x), np.nan)
    for i, (value, share) in enumerate(zip(x, weight, strict=True)):
        before = out[i - 1] if i else np.nan
        if np.isnan(share):
            out[i] = before
        else:
            out[i] = value if np.isnan(before) else (1.0 - share) * before + share * value
    return out


def vidya(b: Any) -> Any:
    moves = b.before(b.close, lambda old, new: new - old)
    momentum = b.sum(moves, 9) / b.sum(np.abs(moves), 9)
    return varying(b.close, 2.0 / 15.0 * np.abs(momentum))


def frama(b: Any) -> Any:
    halves = (b.max(b.high, 8) - b.min(b.low, 8)) / 8.0
    whole = (b.max(b.high, 16) - b.min(b.low, 16)) / 16.0
    dimension = (np.log(b.before(halves, lambda old, new: old + new, 8)) - np.log(whole)) / np.log(2.0)
    return varying((b.high + b.low) / 2.0, np.clip(np.exp(-4.6 * (dimension - 1.0)), 0.01, 1.0))


def mcginley(b: Any) -> Any:
    out = np.full(len(b.close), np.nan)
    out[13] = b.close[:14].mean()
    for i in range(14, len(out)):
        out[i] = out[i - 1] + (b.close[i] - out[i - 1]) / max(0.6 * 14 * (b.close[i] / out[i - 1]) ** 4, 1.0)
    return out


def alligator(b: Any) -> Any:
    lines = []
    for window, bars in ((5, 3), (13, 8)):
        lines.append(b.before(wilder((b.high + b.low) / 2.0, window), lambda old, _: old, bars))
    return lines[0] / lines[1] - 1.0


def is_above(b: Any, fast: int, slow: int) -> Any:
    gap = b.mean(b.close, fast) / b.mean(b.close, slow) - 1.0
    return np.where(np.isnan(gap), np.nan, gap > 1e-12)


def cross(fast: int, slow: int) -> Referee:
    return lambda b: b.before(is_above(b, fast, slow), lambda old, new: new - old)


def ribbon(b: Any) -> Any:
    steps = ((5, 10), (10, 20), (20, 50), (50, 100), (100, 200))
    return np.mean([is_above(b, fast, slow) for fast, slow in steps], axis=0)


REFEREES: dict[str, Referee] = {
    **{f"tech_sma_{bars}_distance": above(sma(bars)) for bars in (5, 10, 100)},
    **{f"tech_ema_{bars}_distance": above(ema(bars)) for bars in (5, 10, 20, 100, 200)},
    "tech_wma_50_distance": above(lambda b: talib.WMA(b.close, 50)),
    "tech_dema_50_distance": above(lambda b: talib.DEMA(b.close, 50)),
    "tech_tema_50_distance": above(lambda b: talib.TEMA(b.close, 50)),
    "tech_hma_50_distance": above(hull),
    "tech_kama_30_distance": above(lambda b: talib.KAMA(b.close, 30)),
    "tech_vwma_50_distance": above(lambda b: b.sum(b.close * b.volume, 50) / b.sum(b.volume, 50)),
    "tech_alma_20_distance": above(legoux),
    "tech_t3_20_distance": above(lambda b: talib.T3(b.close, 20, 0.7)),
    "tech_trima_20_distance": above(lambda b: talib.TRIMA(b.close, 20)),
    "tech_vidya_14_distance": above(vidya),
    "tech_frama_16_distance": above(frama),
    "tech_mcginley_14_distance": above(mcginley),
    **{f"tech_sma_{bars}_slope": change(sma(bars)) for bars in (20, 50, 200)},
    **{f"tech_ema_{bars}_slope": change(ema(bars)) for bars in (20, 100)},
    "tech_kama_10_slope": change(lambda b: talib.KAMA(b.close, 10)),
    "tech_smacross_20_spread": over(sma(5), sma(20)),
    "tech_smacross_50_spread": over(sma(20), sma(50)),
    "tech_smacross_200_spread": over(sma(50), sma(200)),
    "tech_emacross_20_spread": over(ema(5), ema(20)),
    "tech_emacross_200_spread": over(ema(50), ema(200)),
    "tech_smacross_50_event": cross(20, 50),
    "tech_smacross_200_event": cross(50, 200),
    "tech_ribbon_200_order": ribbon,
    "tech_alligator_13_spread": alligator,
}


@pytest.mark.parametrize("name", CATALOGUE.names)
def test_feature_equals_its_referee(name: str, agree: Callable[..., None]) -> None:
    agree(name, REFEREES[name])

"""Oscillators against TA-Lib 0.8, and definitions in numpy where it has none.

Conventions: every mean has its own seed, the mean of its first window; TA-Lib's deviation is the population's. In
Connors' RSI equal returns share their rank.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import talib
from talib import MA_Type  # type: ignore[attr-defined]

from qts_core.features import Catalogue
from qts_core.features.catalogue import oscillators
from tests.golden.features.market_for_tests import Market, market_of
from tests.golden.features.smoothing_for_tests import exponential, wilder

CATALOGUE = Catalogue(oscillators.FEATURES)
Referee = Callable[[Any], Any]


@pytest.fixture(scope="module")
def market() -> Market:
    return market_of(CATALOGUE)


def difference(b: Any, x: Any) -> Any:
    return b.before(x, lambda old, new: new - old)


def atr(b: Any) -> Any:
    return talib.ATR(b.high, b.low, b.close, 14)


def momentum(bars: int) -> Referee:
    return lambda b: talib.MOM(b.close, bars) / atr(b)


def schaff(b: Any) -> Any:
    line = talib.EMA(b.close, 23) - talib.EMA(b.close, 50)
    low, high = b.min(line, 10), b.max(line, 10)
    return b.mean(100.0 * (line - low) / (high - low), 3)


def chande(b: Any) -> Any:
    change = difference(b, b.close)
    up, down = b.sum(np.maximum(change, 0.0), 20), b.sum(np.maximum(-change, 0.0), 20)
    return 100.0 * (up - down) / (up + down)


def coppock(b: Any) -> Any:
    return talib.WMA(talib.ROCP(b.close, 14) + talib.ROCP(b.close, 11), 10)


def pring(b: Any) -> Any:
    parts = ((10, 10), (15, 10), (20, 10), (30, 15))
    return sum((i + 1) * talib.SMA(talib.ROCP(b.close, bars), span) for i, (bars, span) in enumerate(parts))


def percentage(b: Any) -> Any:
    return talib.EMA(b.close, 12) / talib.EMA(b.close, 26) - 1.0


def detrended(b: Any) -> Any:
    return (b.before(b.close, lambda old, _: old, 11) - talib.SMA(b.close, 20)) / b.close


def fisher(b: Any) -> Any:
    """The paper's two recursions; a smoothed value beyond 0.99 counts as 0.999 from there on."""
    price = (b.high + b.low) / 2.0
    low, high = b.min(price, 10), b.max(price, 10)
    out = np.full(len(price), np.nan)
    smooth = last = 0.0
    for i in range(9, len(price)):
        place = (price[i] - low[i]) / (high[i] - low[i])
        smooth = 0.66 * (place - 0.5) + 0.67 * smooth
        smooth = np.sign(smooth) * 0.999 if abs(smooth) > 0.99 else smooth
        last = out[i] = np.arctanh(smooth) + 0.5 * last
    return out


def awesome(b: Any) -> Any:
    price = (b.high + b.low) / 2.0
    return talib.SMA(price, 5) - talib.SMA(price, 34)


def symmetric(b: Any, x: Any) -> Any:
    return b.roll(x, 4, lambda w: w @ np.array([1.0, 2.0, 2.0, 1.0]) / 6.0)


def vigor(b: Any) -> Any:
    return b.sum(symmetric(b, b.close - b.open), 10) / b.sum(symmetric(b, b.high - b.low), 10)


def relative_volatility(b: Any) -> Any:
    change = difference(b, b.close)
    spread = b.std(b.close, 10, ddof=0)
    up, down = (wilder(np.where(side * change > 0.0, spread, 0.0 * spread), 14) for side in (1.0, -1.0))
    return 100.0 * up / (up + down)


def streak(b: Any) -> Any:
    change = difference(b, b.close)
    out = np.full(len(change), np.nan)
    for i in range(1, len(change)):
        step = np.sign(change[i])
        out[i] = step + (out[i - 1] if i > 1 and np.sign(out[i - 1]) == step else 0.0)
    return out


def rsi(b: Any, x: Any, window: int) -> Any:
    change = difference(b, x)
    up, down = wilder(np.maximum(change, 0.0), window), wilder(np.maximum(-change, 0.0), window)
    return 100.0 * up / (up + down)


def share_below(w: Any) -> Any:
    now, before = w[:, -1:], w[:, :-1]
    return 100.0 * ((before < now).mean(axis=1) + 0.5 * (before == now).mean(axis=1))


def connors(b: Any) -> Any:
    returns = b.before(b.close, lambda old, new: new / old - 1.0)
    return (talib.RSI(b.close, 3) + rsi(b, streak(b), 2) + b.roll(returns, 101, share_below)) / 3.0


def blau(b: Any) -> Any:
    high, low = b.max(b.high, 13), b.min(b.low, 13)

    def twice(x: Any) -> Any:
        return talib.EMA(talib.EMA(x, 25), 2)

    return 200.0 * twice(b.close - (high + low) / 2.0) / twice(high - low)


def price_momentum(b: Any) -> Any:
    return exponential(exponential(talib.ROCP(b.close, 1), 35, 2.0 / 35.0), 20, 0.1)


REFEREES: dict[str, Referee] = {
    "tech_stc_50_raw": schaff,
    "tech_cmo_20_sum": chande,
    "tech_coppock_14_raw": coppock,
    "tech_kst_30_raw": pring,
    "tech_kst_30_histogram": lambda b: pring(b) - b.mean(pring(b), 9),
    "tech_ppo_26_raw": percentage,
    "tech_ppo_26_histogram": lambda b: percentage(b) - talib.EMA(percentage(b), 9),
    "tech_apo_26_ratio": lambda b: talib.APO(b.close, 12, 26, MA_Type.SMA) / b.close,
    **{f"tech_momentum_{bars}_atr": momentum(bars) for bars in (5, 20, 52)},
    "tech_dpo_20_ratio": detrended,
    "tech_fisher_10_raw": fisher,
    "tech_fisher_10_change": lambda b: difference(b, fisher(b)),
    "tech_awesome_34_ratio": lambda b: awesome(b) / ((b.high + b.low) / 2.0),
    "tech_accelerator_34_ratio": lambda b: (awesome(b) - b.mean(awesome(b), 5)) / ((b.high + b.low) / 2.0),
    "tech_vigor_10_raw": vigor,
    "tech_vigor_10_histogram": lambda b: vigor(b) - symmetric(b, vigor(b)),
    "tech_relvol_14_raw": relative_volatility,
    "tech_elderray_13_bull": lambda b: (b.high - talib.EMA(b.close, 13)) / b.close,
    "tech_elderray_13_bear": lambda b: (b.low - talib.EMA(b.close, 13)) / b.close,
    "tech_connorsrsi_100_raw": connors,
    "tech_streak_1_bars": streak,
    "tech_smi_13_raw": blau,
    "tech_smi_13_histogram": lambda b: blau(b) - talib.EMA(blau(b), 3),
    "tech_pmo_35_raw": price_momentum,
    "tech_rsi_2_raw": lambda b: talib.RSI(b.close, 2),
    "tech_stoch_52_raw": lambda b: 100.0 + talib.WILLR(b.high, b.low, b.close, 52),
}


@pytest.mark.parametrize("name", CATALOGUE.names)
def test_feature_equals_its_referee(name: str, agree: Callable[..., None]) -> None:
    agree(name, REFEREES[name])

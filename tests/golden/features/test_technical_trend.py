"""Trend features against TA-Lib 0.8 and plain numpy; every symbol by its own bars, so gaps are inside the proof.

TA-Lib's running sums round differently from ours, which is all that the tolerances allow for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import talib

from qts_core.features import default_catalogue


def above(level: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda b: b.close / level(b) - 1.0


def middle(bars: int) -> Callable[[Any], Any]:
    return lambda b: (b.max(b.high, bars) + b.min(b.low, bars)) / 2.0


def hull(b: Any) -> Any:
    return talib.WMA(2.0 * talib.WMA(b.close, 10) - talib.WMA(b.close, 20), 4)


def cloud(b: Any) -> Any:
    spans = (middle(9)(b) + middle(26)(b)) / 2.0, middle(52)(b)
    return b.before((spans[0] + spans[1]) / 2.0, lambda old, _: old, 26)


def supertrend(b: Any) -> Any:
    """The published rules, bar by bar, with TA-Lib's true range average."""
    reach, mid = 3.0 * talib.ATR(b.high, b.low, b.close, 10), (b.high + b.low) / 2.0
    out = np.full(len(mid), np.nan)
    upper = lower = 0.0
    is_up = True
    for i in range(10, len(mid)):
        top, bottom = mid[i] + reach[i], mid[i] - reach[i]
        if i == 10:
            is_up, upper, lower = b.close[i] >= mid[i], top, bottom
        upper = top if top < upper or b.close[i - 1] > upper else upper
        lower = bottom if bottom > lower or b.close[i - 1] < lower else lower
        is_up = b.close[i] > (lower if is_up else upper)
        out[i] = lower if is_up else upper
    return out


REFEREES: dict[str, Callable[[Any], Any]] = {
    "tech_sma_20_distance": above(lambda b: talib.SMA(b.close, 20)),
    "tech_sma_50_distance": above(lambda b: talib.SMA(b.close, 50)),
    "tech_sma_200_distance": above(lambda b: talib.SMA(b.close, 200)),
    "tech_ema_12_distance": above(lambda b: talib.EMA(b.close, 12)),
    "tech_ema_50_distance": above(lambda b: talib.EMA(b.close, 50)),
    "tech_emacross_50_spread": lambda b: talib.EMA(b.close, 12) / talib.EMA(b.close, 50) - 1.0,
    "tech_wma_20_distance": above(lambda b: talib.WMA(b.close, 20)),
    "tech_dema_20_distance": above(lambda b: talib.DEMA(b.close, 20)),
    "tech_tema_20_distance": above(lambda b: talib.TEMA(b.close, 20)),
    "tech_hma_20_distance": above(hull),
    "tech_kama_10_distance": above(lambda b: talib.KAMA(b.close, 10)),
    "tech_vwma_20_distance": above(lambda b: b.sum(b.close * b.volume, 20) / b.sum(b.volume, 20)),
    "tech_adx_14_raw": lambda b: talib.ADX(b.high, b.low, b.close, 14),
    "tech_plusdi_14_raw": lambda b: talib.PLUS_DI(b.high, b.low, b.close, 14),
    "tech_minusdi_14_raw": lambda b: talib.MINUS_DI(b.high, b.low, b.close, 14),
    "tech_aroon_25_up": lambda b: talib.AROON(b.high, b.low, 25)[1],
    "tech_aroon_25_oscillator": lambda b: talib.AROONOSC(b.high, b.low, 25),
    "tech_psar_2_distance": above(lambda b: talib.SAR(b.high, b.low, 0.02, 0.2)),
    "tech_supertrend_10_distance": above(supertrend),
    "tech_tenkan_9_distance": above(middle(9)),
    "tech_kijun_26_distance": above(middle(26)),
    "tech_cloud_52_distance": above(cloud),
    "tech_donchian_20_position": lambda b: (b.close - b.min(b.low, 20)) / (b.max(b.high, 20) - b.min(b.low, 20)),
    "tech_linreg_20_slope": lambda b: talib.LINEARREG_SLOPE(b.close, 20) / b.close,
    "tech_linreg_20_distance": above(lambda b: talib.LINEARREG(b.close, 20)),
}


@pytest.mark.parametrize("name", default_catalogue().groups["technical_trend"])
def test_feature_equals_its_referee(name: str, agree: Callable[..., None]) -> None:
    agree(name, REFEREES[name], tolerance=1e-7 if "linreg" in name else 1e-9)

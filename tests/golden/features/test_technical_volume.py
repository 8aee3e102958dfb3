"""Volume features against TA-Lib 0.8 and plain numpy.

Conventions: TA-Lib's OBV starts with the first volume, ours with the first change; a z-score does not see the constant.
TA-Lib seeds ADOSC with one value, our means with a window; the referee applies TA-Lib's EMA to TA-Lib's AD.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import talib

from qts_core.features import default_catalogue


def balance(b: Any) -> Any:
    total = talib.OBV(b.close, b.volume)
    total[0] = np.nan
    return (total - b.mean(total, 20)) / b.std(total, 20)


def location(b: Any) -> Any:
    span = b.high - b.low
    return np.divide(2.0 * b.close - b.high - b.low, span, out=np.zeros_like(span), where=span > 0)


def chaikin(b: Any) -> Any:
    flow = talib.AD(b.high, b.low, b.close, b.volume)
    return (talib.EMA(flow, 3) - talib.EMA(flow, 10)) / talib.SMA(b.volume, 10)


def force(b: Any) -> Any:
    change = b.before(b.close, lambda old, new: new - old)
    return talib.EMA(change * b.volume, 13) / (b.close * talib.EMA(b.volume, 26))


def busy(b: Any) -> Any:
    logs = np.log(b.volume + 1.0)
    return (logs - b.mean(logs, 60)) / b.std(logs, 60)


def session_vwap(b: Any) -> Any:
    price = (b.high + b.low + b.close) / 3.0
    out = np.empty(len(price))
    with np.errstate(invalid="ignore"):
        for day in np.unique(b.session):
            rows = b.session == day
            out[rows] = np.cumsum(price[rows] * b.volume[rows]) / np.cumsum(b.volume[rows])
    return b.close / out - 1.0


def price_volume_trend(b: Any) -> Any:
    change = b.before(b.close, lambda old, new: new / old - 1.0)
    return b.sum(change * b.volume, 20) / b.sum(b.volume, 20)


def ease(b: Any) -> Any:
    move = b.before(np.log((b.high + b.low) / 2.0), lambda old, new: new - old)
    usual = b.mean(b.volume, 14)
    share = np.divide(b.volume, usual)
    share[share == 0.0] = np.nan
    return b.mean(move * (b.high - b.low) / b.close / share, 14)


REFEREES: dict[str, Callable[[Any], Any]] = {
    "tech_obv_20_zscore": balance,
    "tech_adosc_10_ratio": chaikin,
    "tech_cmf_20_raw": lambda b: b.sum(location(b) * b.volume, 20) / b.sum(b.volume, 20),
    "tech_mfi_14_raw": lambda b: talib.MFI(b.high, b.low, b.close, b.volume, 14),
    "tech_force_13_ratio": force,
    "tech_volume_20_ratio": lambda b: b.volume / b.mean(b.volume, 20),
    "tech_volume_60_zscore": busy,
    "tech_pvo_26_raw": lambda b: talib.EMA(b.volume, 12) / talib.EMA(b.volume, 26) - 1.0,
    "tech_vwap_1_distance": session_vwap,
    "tech_pvt_20_change": price_volume_trend,
    "tech_eom_14_mean": ease,
    "tech_volumecorr_20_close": lambda b: talib.CORREL(b.close, b.volume, 20),
}


@pytest.mark.parametrize("name", default_catalogue().groups["technical_volume"])
def test_feature_equals_its_referee(name: str, agree: Callable[..., None]) -> None:
    agree(name, REFEREES[name], tolerance=1e-6 if "corr" in name else 1e-9)

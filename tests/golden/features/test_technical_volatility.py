"""Volatility features against TA-Lib 0.8 and the papers' formulas in plain numpy.

Conventions: Bollinger's deviation is the population one, as in TA-Lib; volatility of returns the sample one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import talib
from talib import MA_Type  # type: ignore[attr-defined]

from qts_core.features import default_catalogue

LN2 = np.log(2.0)


def bands(b: Any) -> Any:
    return talib.BBANDS(b.close, 20, 2.0, 2.0, MA_Type.SMA)


def band_position(b: Any) -> Any:
    upper, _, lower = bands(b)
    return (b.close - lower) / (upper - lower)


def band_width(b: Any) -> Any:
    upper, mid, lower = bands(b)
    return (upper - lower) / mid


def keltner(b: Any) -> Any:
    mid, reach = talib.EMA(b.close, 20), 2.0 * talib.ATR(b.high, b.low, b.close, 10)
    return (b.close - mid + reach) / (2.0 * reach)


def garman_klass(b: Any) -> Any:
    term = 0.5 * np.log(b.high / b.low) ** 2 - (2.0 * LN2 - 1.0) * np.log(b.close / b.open) ** 2
    return np.sqrt(b.mean(term, 20))


def satchell_term(b: Any) -> Any:
    up = np.log(b.high / b.close) * np.log(b.high / b.open)
    return up + np.log(b.low / b.close) * np.log(b.low / b.open)


def yang_zhang(b: Any) -> Any:
    step = np.full(len(b.close), np.nan)
    step[1:] = np.log(b.open[1:] / b.close[:-1])
    k = 0.34 / (1.34 + 21.0 / 19.0)
    body = b.std(np.log(b.close / b.open), 20) ** 2
    return np.sqrt(b.std(step, 20) ** 2 + k * body + (1.0 - k) * b.mean(satchell_term(b), 20))


def choppiness(b: Any) -> Any:
    ranges = talib.TRANGE(b.high, b.low, b.close)
    previous = b.before(b.close, lambda old, _: old)
    top, bottom = b.max(np.maximum(b.high, previous), 14), b.min(np.minimum(b.low, previous), 14)
    return 100.0 * np.log10(b.sum(ranges, 14) / (top - bottom)) / np.log10(14.0)


REFEREES: dict[str, Callable[[Any], Any]] = {
    "tech_bbands_20_position": band_position,
    "tech_bbands_20_width": band_width,
    "tech_keltner_20_position": keltner,
    "tech_truerange_1_ratio": lambda b: talib.TRANGE(b.high, b.low, b.close) / b.close,
    "tech_atr_14_ratio": lambda b: talib.NATR(b.high, b.low, b.close, 14) / 100.0,
    "tech_hvol_20_std": lambda b: b.std(b.log_return, 20),
    "tech_hvol_130_std": lambda b: b.std(b.log_return, 130),
    "tech_volratio_130_std": lambda b: b.std(b.log_return, 20) / b.std(b.log_return, 130),
    "tech_parkinson_20_std": lambda b: np.sqrt(b.mean(np.log(b.high / b.low) ** 2, 20) / (4.0 * LN2)),
    "tech_garmanklass_20_std": garman_klass,
    "tech_rogerssatchell_20_std": lambda b: np.sqrt(b.mean(satchell_term(b), 20)),
    "tech_yangzhang_20_std": yang_zhang,
    "tech_chop_14_raw": choppiness,
    "tech_ulcer_14_raw": lambda b: np.sqrt(b.mean((100.0 * (b.close / b.max(b.close, 14) - 1.0)) ** 2, 14)),
}


@pytest.mark.parametrize("name", default_catalogue().groups["technical_volatility"])
def test_feature_equals_its_referee(name: str, agree: Callable[..., None]) -> None:
    # TA-Lib's deviation cancels (mean of squares less square of mean), ours does not.
    agree(name, REFEREES[name], tolerance=1e-6 if "bbands" in name else 1e-9)

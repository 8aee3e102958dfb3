"""Ranges and volatility against TA-Lib 0.8 and the papers' formulas in numpy on each window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import talib

from qts_core.features import Catalogue
from qts_core.features.catalogue import ranges
from tests.golden.features.market_for_tests import Market, market_of
from tests.golden.features.smoothing_for_tests import exponential, place

CATALOGUE = Catalogue(ranges.FEATURES)
LN2 = np.log(2.0)
Referee = Callable[[Any], Any]


@pytest.fixture(scope="module")
def market() -> Market:
    return market_of(CATALOGUE)


def atr(b: Any, window: int) -> Any:
    return talib.ATR(b.high, b.low, b.close, window)


def surprise(b: Any) -> Any:
    return talib.TRANGE(b.high, b.low, b.close) / b.before(atr(b, 14), lambda old, _: old)


def chaikin(b: Any) -> Any:
    return talib.ROCP(talib.EMA(b.high - b.low, 10), 10)


def deviation(window: int) -> Referee:
    return lambda b: b.std(b.log_return, window)


def unrest(b: Any) -> Any:
    spread = b.std(b.log_return, 10)
    return b.std(spread, 60) / b.mean(spread, 60)


def fear(b: Any) -> Any:
    highest = talib.MAX(b.close, 22)
    return 100.0 * (highest - b.low) / highest


def parkinson(b: Any) -> Any:
    return np.sqrt(b.mean(np.log(b.high / b.low) ** 2, 60) / (4.0 * LN2))


def garman_klass(b: Any) -> Any:
    term = 0.5 * np.log(b.high / b.low) ** 2 - (2.0 * LN2 - 1.0) * np.log(b.close / b.open) ** 2
    return np.sqrt(b.mean(term, 60))


def satchell_term(b: Any) -> Any:
    up = np.log(b.high / b.close) * np.log(b.high / b.open)
    return up + np.log(b.low / b.close) * np.log(b.low / b.open)


def yang_zhang(b: Any) -> Any:
    step = np.full(len(b.close), np.nan)
    step[1:] = np.log(b.open[1:] / b.close[:-1])
    k = 0.34 / (1.34 + 61.0 / 59.0)
    body = b.std(np.log(b.close / b.open), 60) ** 2
    return np.sqrt(b.std(step, 60) ** 2 + k * body + (1.0 - k) * b.mean(satchell_term(b), 60))


def mass(b: Any) -> Any:
    mean = talib.EMA(b.high - b.low, 9)
    return b.sum(mean / talib.EMA(mean, 9), 25)


def ulcer(b: Any) -> Any:
    return np.sqrt(b.mean((100.0 * (b.close / b.max(b.close, 50) - 1.0)) ** 2, 50))


def choppiness(b: Any) -> Any:
    previous = b.before(b.close, lambda old, _: old)
    top, bottom = b.max(np.maximum(b.high, previous), 50), b.min(np.minimum(b.low, previous), 50)
    walked = b.sum(talib.TRANGE(b.high, b.low, b.close), 50)
    return 100.0 * np.log10(walked / (top - bottom)) / np.log10(50.0)


REFEREES: dict[str, Referee] = {
    "tech_natr_5_ratio": lambda b: talib.NATR(b.high, b.low, b.close, 5) / 100.0,
    "tech_natr_50_ratio": lambda b: talib.NATR(b.high, b.low, b.close, 50) / 100.0,
    "tech_atrratio_50_raw": lambda b: atr(b, 5) / atr(b, 50),
    "tech_truerange_14_ratio": surprise,
    "tech_chaikinvol_10_change": chaikin,
    **{f"tech_hvol_{window}_std": deviation(window) for window in (10, 60, 546)},
    "tech_hvol_130_place": lambda b: b.roll(b.std(b.log_return, 10), 130, place),
    "tech_volofvol_60_ratio": unrest,
    "tech_ewmavol_33_std": lambda b: np.sqrt(exponential(b.log_return**2, 33, 0.06)),
    "tech_vixfix_22_raw": fear,
    "tech_vixfix_50_place": lambda b: b.roll(fear(b), 50, place),
    "tech_parkinson_60_std": parkinson,
    "tech_garmanklass_60_std": garman_klass,
    "tech_rogerssatchell_60_std": lambda b: np.sqrt(b.mean(satchell_term(b), 60)),
    "tech_yangzhang_60_std": yang_zhang,
    "tech_parkinsonratio_60_raw": lambda b: parkinson(b) / b.std(b.log_return, 60),
    "tech_mass_25_sum": mass,
    "tech_ulcer_50_raw": ulcer,
    "tech_chop_50_raw": choppiness,
}


@pytest.mark.parametrize("name", CATALOGUE.names)
def test_feature_equals_its_referee(name: str, agree: Callable[..., None]) -> None:
    agree(name, REFEREES[name])

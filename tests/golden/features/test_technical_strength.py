"""Trend strength against TA-Lib 0.8, published rules bar by bar, and numpy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import talib

from qts_core.features import Catalogue
from qts_core.features.catalogue import trend_strength
from tests.golden.features.market_for_tests import Market, market_of

CATALOGUE = Catalogue(trend_strength.FEATURES)
Referee = Callable[[Any], Any]


@pytest.fixture(scope="module")
def market() -> Market:
    return market_of(CATALOGUE)


def signed_dx(b: Any) -> Any:
    plus, minus = (line(b.high, b.low, b.close, 14) for line in (talib.PLUS_DI, talib.MINUS_DI))
    return 100.0 * (plus - minus) / (plus + minus)


def vortex(*, is_rising: bool) -> Referee:
    def of(b: Any) -> Any:
        tops, bottoms = (b.high, b.low) if is_rising else (b.low, b.high)
        way = np.abs(tops - b.before(bottoms, lambda old, _: old))
        return b.sum(way, 14) / b.sum(talib.TRANGE(b.high, b.low, b.close), 14)

    return of


def trailing(window: int, width: float, middle: Referee) -> Referee:
    """The published rules of SuperTrend and ATR stop: bands that only tighten until a close breaks them."""

    def of(b: Any) -> Any:
        reach, mid = width * talib.ATR(b.high, b.low, b.close, window), middle(b)
        out = np.full(len(mid), np.nan)
        upper = lower = 0.0
        is_up = True
        for i in range(window, len(mid)):
            top, bottom = mid[i] + reach[i], mid[i] - reach[i]
            if i == window:
                is_up, upper, lower = b.close[i] >= mid[i], top, bottom
            upper = top if top < upper or b.close[i - 1] > upper else upper
            lower = bottom if bottom > lower or b.close[i - 1] < lower else lower
            is_up = b.close[i] > (lower if is_up else upper)
            out[i] = lower if is_up else upper
        return out

    return of


def parabolic(b: Any) -> Any:
    return talib.SAR(b.high, b.low, 0.02, 0.2)


supertrend = trailing(10, 3.0, lambda b: (b.high + b.low) / 2.0)
range_stop = trailing(21, 3.0, lambda b: b.close)


def rises(b: Any, stop: Referee) -> Any:
    line = stop(b)
    return np.where(np.isnan(line), np.nan, b.close > line)


def side(stop: Referee) -> Referee:
    return lambda b: np.where(rises(b, stop) == 0.0, -1.0, rises(b, stop))


def turn(stop: Referee) -> Referee:
    return lambda b: b.before(rises(b, stop), lambda old, new: new - old)


def exit_long(b: Any) -> Any:
    return b.close / (talib.MAX(b.high, 22) - 3.0 * talib.ATR(b.high, b.low, b.close, 22)) - 1.0


def exit_short(b: Any) -> Any:
    return b.close / (talib.MIN(b.low, 22) + 3.0 * talib.ATR(b.high, b.low, b.close, 22)) - 1.0


def path(b: Any, window: int) -> Any:
    return b.sum(np.abs(b.before(b.close, lambda old, new: new - old)), window)


def efficiency(b: Any) -> Any:
    return b.before(b.close, lambda old, new: new - old, 26) / path(b, 26)


REFEREES: dict[str, Referee] = {
    "tech_dx_14_raw": lambda b: talib.DX(b.high, b.low, b.close, 14),
    "tech_dx_14_signed": signed_dx,
    "tech_adxr_14_raw": lambda b: talib.ADXR(b.high, b.low, b.close, 14),
    "tech_adx_14_change": lambda b: b.before(talib.ADX(b.high, b.low, b.close, 14), lambda old, new: new - old, 5),
    "tech_adx_50_raw": lambda b: talib.ADX(b.high, b.low, b.close, 50),
    "tech_aroon_25_down": lambda b: talib.AROON(b.high, b.low, 25)[0],
    "tech_aroon_100_oscillator": lambda b: talib.AROONOSC(b.high, b.low, 100),
    "tech_vortex_14_plus": vortex(is_rising=True),
    "tech_vortex_14_minus": vortex(is_rising=False),
    "tech_psar_2_side": side(parabolic),
    "tech_psar_2_turn": turn(parabolic),
    "tech_supertrend_10_side": side(supertrend),
    "tech_supertrend_10_turn": turn(supertrend),
    "tech_atrstop_21_distance": lambda b: b.close / range_stop(b) - 1.0,
    "tech_chandelier_22_long": exit_long,
    "tech_chandelier_22_short": exit_short,
    "tech_efficiency_26_signed": efficiency,
    "tech_vhf_28_raw": lambda b: (b.max(b.close, 28) - b.min(b.close, 28)) / path(b, 28),
}


@pytest.mark.parametrize("name", CATALOGUE.names)
def test_feature_equals_its_referee(name: str, agree: Callable[..., None]) -> None:
    agree(name, REFEREES[name])

"""Bands and channels against TA-Lib 0.8 and numpy; Bollinger's deviation is the population's, as in TA-Lib."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import talib

from qts_core.features import Catalogue
from qts_core.features.catalogue import bands
from tests.golden.features.market_for_tests import Market, market_of
from tests.golden.features.smoothing_for_tests import place

CATALOGUE = Catalogue(bands.FEATURES)
Referee = Callable[[Any], Any]


@pytest.fixture(scope="module")
def market() -> Market:
    return market_of(CATALOGUE)


def bollinger(b: Any, side: float, bars: int = 20) -> Any:
    # TA-Lib's deviation cancels (mean of squares less square of mean), numpy's does not.
    return talib.SMA(b.close, bars) + 2.0 * side * b.std(b.close, bars, ddof=0)


def position(edges: Callable[[Any, float], Any]) -> Referee:
    return lambda b: (b.close - edges(b, -1.0)) / (edges(b, 1.0) - edges(b, -1.0))


def beyond(edges: Callable[[Any, float], Any], side: float) -> Referee:
    return lambda b: b.close / edges(b, side) - 1.0


def talib_band(line: int) -> Referee:
    return lambda b: b.close / talib.BBANDS(b.close, 20, 2.0, 2.0)[line] - 1.0


def bollinger_width(b: Any) -> Any:
    return (bollinger(b, 1.0) - bollinger(b, -1.0)) / talib.SMA(b.close, 20)


def keltner(b: Any, side: float) -> Any:
    return talib.EMA(b.close, 20) + 2.0 * side * talib.ATR(b.high, b.low, b.close, 10)


def stoller(b: Any, side: float) -> Any:
    return talib.SMA(b.close, 20) + 2.0 * side * talib.ATR(b.high, b.low, b.close, 14)


def squeeze(b: Any) -> Any:
    return (bollinger(b, 1.0) - bollinger(b, -1.0)) / (keltner(b, 1.0) - keltner(b, -1.0))


def channel_width(b: Any) -> Any:
    top, bottom = talib.MAX(b.high, 20), talib.MIN(b.low, 20)
    return 2.0 * (top - bottom) / (top + bottom)


REFEREES: dict[str, Referee] = {
    "tech_bbands_20_upper": beyond(bollinger, 1.0),
    "tech_bbands_20_lower": beyond(bollinger, -1.0),
    "tech_bbands_50_position": position(lambda b, side: bollinger(b, side, 50)),
    "tech_bbands_130_place": lambda b: b.roll(bollinger_width(b), 130, place),
    "tech_bbands_20_change": lambda b: b.before(bollinger_width(b), lambda old, new: new / old - 1.0, 5),
    "tech_squeeze_20_ratio": squeeze,
    "tech_keltner_20_width": lambda b: (keltner(b, 1.0) - keltner(b, -1.0)) / talib.EMA(b.close, 20),
    "tech_keltner_20_upper": beyond(keltner, 1.0),
    "tech_keltner_20_lower": beyond(keltner, -1.0),
    "tech_donchian_20_width": channel_width,
    "tech_donchian_55_position": lambda b: 1.0 + talib.WILLR(b.high, b.low, b.close, 55) / 100.0,
    "tech_atrbands_20_position": position(stoller),
    "tech_atrbands_20_width": lambda b: (stoller(b, 1.0) - stoller(b, -1.0)) / talib.SMA(b.close, 20),
}


@pytest.mark.parametrize("name", CATALOGUE.names)
def test_feature_equals_its_referee(name: str, agree: Callable[..., None]) -> None:
    agree(name, REFEREES[name])


def test_bollinger_edges_equal_talib_within_its_cancellation(market: Market) -> None:
    for name, line in (("tech_bbands_20_upper", 0), ("tech_bbands_20_lower", 2)):
        edge = market.scatter(talib_band(line))
        np.testing.assert_allclose(market.values[name], edge, atol=1e-8)

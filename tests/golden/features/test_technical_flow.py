"""Flow of volume against TA-Lib 0.8, published rules bar by bar, and a volume profile by numpy's histogram.

Conventions: a volume profile is that of the bars up to the last one on its schedule, counted in the symbol's own bars;
of equally full levels the lowest is the control price, and the value area grows upward where both neighbours are equal.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import talib

from qts_core.features import Catalogue
from qts_core.features.catalogue import volume_flow
from tests.golden.features.market_for_tests import Market, market_of

CATALOGUE = Catalogue(volume_flow.FEATURES)
Referee = Callable[[Any], Any]


@pytest.fixture(scope="module")
def market() -> Market:
    return market_of(CATALOGUE)


def change(b: Any) -> Any:
    return b.before(b.close, lambda old, new: new - old)


def typical(b: Any) -> Any:
    return (b.high + b.low + b.close) / 3.0


def accumulation(b: Any) -> Any:
    line = talib.AD(b.high, b.low, b.close, b.volume)
    return (line - b.mean(line, 20)) / b.std(line, 20)


def klinger(b: Any) -> tuple[Any, Any]:
    """The published rules: range gathers while the trend keeps its way, and weighs the volume."""
    price, span = b.high + b.low + b.close, b.high - b.low
    force = np.full(len(price), np.nan)
    way = gathered = 0.0
    for i in range(1, len(price)):
        before, way = way, 1.0 if price[i] - price[i - 1] > 1e-12 * price[i] else -1.0
        if i > 1:
            gathered = span[i] + (gathered if way == before else span[i - 1])
            force[i] = b.volume[i] * way * abs(2.0 * (span[i] / gathered - 1.0)) if gathered > 0.0 else 0.0
    return talib.EMA(force, 34) - talib.EMA(force, 55), talib.EMA(b.volume, 55)


def klinger_histogram(b: Any) -> Any:
    line, usual = klinger(b)
    return (line - talib.EMA(line, 13)) / usual


def force(bars: int) -> Referee:
    return lambda b: talib.EMA(change(b) * b.volume, bars) / (b.close * talib.EMA(b.volume, 26))


def levels_of(prices: Any, volumes: Any, count: int) -> tuple[float, float, float]:
    """Return control price and both edges of the value area."""
    full, edges = np.histogram(prices, bins=count, weights=volumes)
    peak = int(np.argmax(full))
    first = last = peak
    while full[first : last + 1].sum() < 0.7 * full.sum():
        up = full[last + 1] if last + 1 < count else -1.0
        down = full[first - 1] if first > 0 else -1.0
        first, last = (first, last + 1) if up >= down else (first - 1, last)
    return (edges[peak] + edges[peak + 1]) / 2.0, edges[first], edges[last + 1]


def profile(b: Any, window: int, count: int, every: int) -> Any:
    """Return control price, lower and upper edge, [bars, 3]; each held until the next on the schedule."""
    out = np.full((len(b.close), 3), np.nan)
    prices = typical(b)
    for i in range(window - 1, len(prices), every):
        there = slice(i - window + 1, i + 1)
        out[i : i + every] = levels_of(prices[there], b.volume[there], count)
    return out


def profile_position(b: Any) -> Any:
    _, lower, upper = profile(b, 130, 24, 26).T
    return (b.close - lower) / (upper - lower)


def profile_width(b: Any) -> Any:
    control, lower, upper = profile(b, 130, 24, 26).T
    return (upper - lower) / control


def session_bands(b: Any) -> Any:
    price = typical(b)
    out = np.full(len(price), np.nan)
    for day in np.unique(b.session):
        rows = np.flatnonzero(b.session == day)
        for i in range(1, len(rows)):
            x, w = price[rows[: i + 1]], b.volume[rows[: i + 1]]
            if w.sum() > 0.0:
                centre = np.average(x, weights=w)
                spread = np.sqrt(np.average((x - centre) ** 2, weights=w))
                # Equal prices in cents can have means that differ in the last bit: that is no deviation.
                out[rows[i]] = (b.close[rows[i]] - centre) / spread if spread > 1e-9 * centre else np.nan
    return out


def by_volume(b: Any, x: Any, bars: int) -> Any:
    return b.sum(x * b.volume, bars) / b.sum(b.volume, bars)


def picked(b: Any, side: float) -> Any:
    """Return log returns of the bars whose volume rose (1) or fell (-1), 0 elsewhere."""
    move = b.before(b.volume, lambda old, new: new - old)
    return np.where(side * move > 0.0, b.log_return, 0.0 * b.log_return)


def index_distance(side: float) -> Referee:
    def of(b: Any) -> Any:
        line = picked(b, side)
        line[1:] = np.cumsum(line[1:])
        return line - talib.EMA(line, 255)

    return of


def mean_by_volume(b: Any, bars: int) -> Any:
    return talib.EMA(b.close * b.volume, bars) / talib.EMA(b.volume, bars)


def line_by_volume(b: Any) -> Any:
    return mean_by_volume(b, 12) - mean_by_volume(b, 26)


def zone(b: Any) -> Any:
    return 100.0 * talib.EMA(np.sign(change(b)) * b.volume, 14) / talib.EMA(b.volume, 14)


def location(b: Any) -> Any:
    span = b.high - b.low
    return np.divide(2.0 * b.close - b.high - b.low, span, out=np.zeros_like(span), where=span > 0)


REFEREES: dict[str, Referee] = {
    "tech_ad_20_zscore": accumulation,
    "tech_klinger_55_ratio": lambda b: klinger(b)[0] / klinger(b)[1],
    "tech_klinger_55_histogram": klinger_histogram,
    "tech_force_2_ratio": force(2),
    "tech_force_50_ratio": force(50),
    "tech_volumeema_20_ratio": lambda b: b.volume / talib.EMA(b.volume, 20),
    "tech_volume_130_ratio": lambda b: b.volume / talib.SMA(b.volume, 130),
    "tech_volumecross_50_spread": lambda b: talib.SMA(b.volume, 5) / talib.SMA(b.volume, 50) - 1.0,
    "tech_profile_130_control": lambda b: b.close / profile(b, 130, 24, 26)[:, 0] - 1.0,
    "tech_profile_130_position": profile_position,
    "tech_profile_130_width": profile_width,
    "tech_profile_546_control": lambda b: b.close / profile(b, 546, 48, 130)[:, 0] - 1.0,
    "tech_vwapbands_1_zscore": session_bands,
    "tech_vwap_26_distance": lambda b: b.close / by_volume(b, typical(b), 26) - 1.0,
    "tech_vwap_130_distance": lambda b: b.close / by_volume(b, typical(b), 130) - 1.0,
    "tech_nvi_130_change": lambda b: b.sum(picked(b, -1.0), 130),
    "tech_pvi_130_change": lambda b: b.sum(picked(b, 1.0), 130),
    "tech_nvi_255_distance": index_distance(-1.0),
    "tech_pvi_255_distance": index_distance(1.0),
    "tech_vwmacd_26_line": lambda b: line_by_volume(b) / b.close,
    "tech_vwmacd_26_histogram": lambda b: (line_by_volume(b) - talib.EMA(line_by_volume(b), 9)) / b.close,
    "tech_vwmomentum_20_change": lambda b: b.before(by_volume(b, b.close, 20), lambda old, new: new / old - 1.0, 10),
    "tech_vpc_20_spread": lambda b: by_volume(b, b.close, 20) / talib.SMA(b.close, 20) - 1.0,
    "tech_vzo_14_raw": zone,
    "tech_mfi_50_raw": lambda b: talib.MFI(b.high, b.low, b.close, b.volume, 50),
    "tech_cmf_50_raw": lambda b: b.sum(location(b) * b.volume, 50) / b.sum(b.volume, 50),
}


@pytest.mark.parametrize("name", CATALOGUE.names)
def test_feature_equals_its_referee(name: str, agree: Callable[..., None]) -> None:
    agree(name, REFEREES[name])

"""Combinations and regimes against TA-Lib, scipy and the rules stated in their modules.

TA-Lib's MACD starts its fast mean late, so its means are taken one by one. Windows of the same returns in another
order have equal deviations up to rounding: there a rank may be off by a place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import talib
from scipy import stats

from qts_core.features import Catalogue
from qts_core.features.catalogue import combinations, regimes
from tests.golden.features import drawn
from tests.golden.features.market_for_tests import Market, market_of

CATALOGUE = Catalogue([*combinations.FEATURES, *regimes.FEATURES])


@pytest.fixture(scope="module")
def market() -> Market:
    return market_of(CATALOGUE)


def where_known(condition: Any, *parts: Any) -> Any:
    """Return a condition as 0 and 1, and nothing where a part is unknown."""
    return np.where(np.isnan(np.sum(parts, axis=0)), np.nan, 1.0 * condition)


def rsi(b: Any) -> Any:
    return talib.RSI(b.close, 14)


def place(b: Any) -> Any:
    upper, _, lower = talib.BBANDS(b.close, 20)
    return (b.close - lower) / (upper - lower)


def macd_line(b: Any) -> Any:
    return talib.EMA(b.close, 12) - talib.EMA(b.close, 26)


def histogram(b: Any) -> Any:
    line = macd_line(b)
    signal = np.full(len(line), np.nan)
    signal[25:] = talib.EMA(line[25:], 9)
    return line - signal


def adx(b: Any) -> Any:
    return talib.ADX(b.high, b.low, b.close, 14)


def obv(b: Any) -> Any:
    return np.r_[np.nan, talib.OBV(b.close, b.volume)[1:] - b.volume[0]]


def bands_signal(b: Any) -> Any:
    low, high = (rsi(b) < 30) & (place(b) < 0), (rsi(b) > 70) & (place(b) > 1)
    return where_known(low * 1.0 - high * 1.0, rsi(b), place(b))


def volume_confirm(b: Any) -> Any:
    busy = talib.SMA(b.volume, 5) - talib.SMA(b.volume, 20)
    return b.before(b.close, lambda old, new: np.sign(new - old), 20) * np.sign(busy)


def obv_break(b: Any) -> Any:
    flow = obv(b)
    tops = [x == b.max(x, 20) for x in (b.close, flow)]
    bottoms = [x == b.min(x, 20) for x in (b.close, flow)]
    return where_known(1.0 * (bottoms[0] & ~bottoms[1]) - 1.0 * (tops[0] & ~tops[1]), b.max(flow, 20))


def divergence(indicator: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def referee(b: Any) -> Any:
        x = indicator(b)

        def state(t: int) -> float:
            out = 0.0
            for prices, kind, side in ((b.high, "high", 1), (b.low, "low", -1)):
                found = drawn.swings(prices[: t + 1], 5, kind=kind)
                found = found[~np.isnan(x[found])]
                if len(found) < 2:
                    return np.nan
                earlier, later = found[-2:]
                is_further = side * prices[later] > side * prices[earlier]
                out -= side * (is_further and side * x[later] < side * x[earlier])
            return out

        return drawn.at_each_bar(b, state)

    return referee


def efficiency(b: Any) -> Any:
    return talib.MOM(b.close, 26) / b.sum(np.abs(np.r_[np.nan, np.diff(b.close)]), 26)


def trend_or_range(b: Any) -> Any:
    walked, strength = efficiency(b), adx(b)
    return where_known((strength > 25) & (np.abs(walked) > 0.3), walked, strength) * np.sign(walked)


def volatility_rank(b: Any) -> Any:
    volatility = b.std(b.log_return, 20)
    return b.roll(volatility, 520, lambda w: stats.rankdata(w, axis=1)[:, -1] / 520.0)


def volatility_class(b: Any) -> Any:
    rank = volatility_rank(b)
    return where_known(1.0 * (rank > 1 / 3) + 1.0 * (rank > 2 / 3), rank)


def phases(b: Any) -> tuple[Any, Any]:
    """Return phase and stage of each bar by the stated rules, walking from the first bar."""
    slow = b.mean(b.close, 130)
    climb = b.before(slow, lambda old, new: new - old, 26)
    enough = 0.5 * talib.ATR(b.high, b.low, b.close, 14)
    phase, stage = np.full((2, len(slow)), np.nan)
    last = np.nan
    for t in np.flatnonzero(~np.isnan(climb)):
        if climb[t] > enough[t] and b.close[t] > slow[t]:
            stage[t], phase[t], last = 1, 2, 3
        elif climb[t] < -enough[t] and b.close[t] < slow[t]:
            stage[t], phase[t], last = -1, 4, 1
        else:
            stage[t], phase[t] = 0, last
    return np.where(np.isnan(last_known(stage)), np.nan, phase), stage


def last_known(stage: Any) -> Any:
    """Return the last markup or markdown so far, NaN before the first."""
    out, last = np.full(len(stage), np.nan), np.nan
    for t, each in enumerate(stage):
        last = each if abs(each) == 1 else last
        out[t] = last
    return out


def phase_age(b: Any) -> Any:
    phase, _ = phases(b)
    turned = [t for t in range(1, len(phase)) if np.abs(phase[t] - phase[t - 1]) > 0]
    return drawn.at_each_bar(b, lambda t: t - max((i for i in turned if i <= t), default=np.nan))


def base(b: Any) -> Any:
    phase, _ = phases(b)
    return where_known(1.0 * (phase == 1) - 1.0 * (phase == 3), phase)


REFEREES: dict[str, Callable[[Any], Any]] = {
    "tech_rsibands_20_score": lambda b: ((rsi(b) / 50.0 - 1.0) + np.clip(2.0 * place(b) - 1.0, -1, 1)) / 2.0,
    "tech_rsibands_20_signal": bands_signal,
    "tech_macdadx_14_score": lambda b: np.sign(histogram(b)) * adx(b) / 100.0,
    "tech_macdadx_14_signal": lambda b: np.sign(histogram(b)) * where_known(adx(b) > 25, adx(b)),
    "tech_volumeconfirm_20_signal": volume_confirm,
    "tech_obvbreak_20_signal": obv_break,
    "tech_obvdivergence_5_state": divergence(obv),
    "tech_rsidivergence_5_state": divergence(rsi),
    "tech_macddivergence_5_state": divergence(macd_line),
    "tech_trendrange_26_class": trend_or_range,
    "tech_trendrange_130_share": lambda b: b.mean(np.abs(trend_or_range(b)), 130),
    "tech_volregime_520_rank": volatility_rank,
    "tech_volregime_520_class": volatility_class,
    "tech_phase_130_class": lambda b: phases(b)[0],
    "tech_phase_130_trend": lambda b: phases(b)[1],
    "tech_phase_130_base": base,
    "tech_phase_130_age": phase_age,
}


@pytest.mark.parametrize("name", CATALOGUE.names)
def test_feature_equals_its_referee(name: str, agree: Callable[..., None], market: Market) -> None:
    agree(name, REFEREES[name], tolerance=2.0 / 520.0 if name == "tech_volregime_520_rank" else 1e-9)
    spec = CATALOGUE[name]
    if spec.unit in {"sign", "class"}:
        found = market.values[name]
        steps = int(spec.bounds[1] - spec.bounds[0]) + 1
        assert len(np.unique(found[~np.isnan(found)])) == steps, "a case never occurs: the comparison would say little"

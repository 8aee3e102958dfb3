"""Microstructure proxies against their definitions in plain numpy and scipy."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy import stats

from qts_core.features import default_catalogue


def change(b: Any) -> Any:
    return b.before(b.close, lambda old, new: new - old)


def log_change(b: Any) -> Any:
    return b.before(b.close, lambda old, new: np.log(new / old))


def over_range(b: Any, part: Any) -> Any:
    span = b.high - b.low
    return np.divide(part, span, out=np.zeros_like(span), where=span > 0)


def location(b: Any) -> Any:
    return over_range(b, 2.0 * b.close - b.high - b.low)


def illiquidity(b: Any) -> Any:
    money = b.close * b.volume
    ratio = np.divide(abs(log_change(b)), money, out=np.full_like(money, np.nan), where=money > 0)
    mean = b.mean(ratio, 20)
    return np.log(1e9 * mean)


def bought_less_sold(b: Any) -> Any:
    return 2.0 * stats.norm.cdf(change(b) / b.std(change(b), 50)) - 1.0


def impact(b: Any) -> Any:
    flow = np.sign(log_change(b)) * np.sqrt(b.close * b.volume)
    return 1e6 * b.pairs(log_change(b), flow, 60, lambda y, x: float(np.cov(x, y)[0, 1] / np.var(x, ddof=1)))


def bounce(b: Any) -> Any:
    returns = log_change(b)
    previous = b.before(returns, lambda old, _: old)
    covariance = b.pairs(returns, previous, 60, lambda x, y: float(np.cov(x, y)[0, 1]))
    with np.errstate(invalid="ignore"):
        return 2.0 * np.sqrt(-covariance)


def by_session(b: Any, x: Any, function: Callable[[Any], Any]) -> Any:
    """Apply `function` to each session's values in turn."""
    out = np.empty(len(x))
    for day in np.unique(b.session):
        rows = b.session == day
        out[rows] = function(x[rows])
    return out


def gap(b: Any) -> Any:
    first = by_session(b, b.open, lambda x: x[0])
    last = by_session(b, b.close, lambda x: x[-1])
    days = np.unique(b.session)
    before = {day: last[b.session == old][0] for old, day in pairwise(days)}
    return first / np.array([before.get(day, np.nan) for day in b.session]) - 1.0


def position(b: Any, high: Any, low: Any) -> Any:
    span = high - low
    return np.divide(b.close - low, span, out=np.full_like(span, np.nan), where=span > 0)


def opening_range(b: Any) -> Any:
    is_open = b.end <= 30.0
    high = by_session(b, np.where(is_open, b.high, -np.inf), np.maximum.accumulate)
    low = by_session(b, np.where(is_open, b.low, np.inf), np.minimum.accumulate)
    there = np.isfinite(high)
    return position(b, np.where(there, high, np.nan), np.where(there, low, np.nan))


REFEREES: dict[str, Callable[[Any], Any]] = {
    "micro_clv_1_raw": location,
    "micro_clv_20_mean": lambda b: b.mean(location(b), 20),
    "micro_body_1_ratio": lambda b: over_range(b, abs(b.close - b.open)),
    "micro_uppershadow_1_ratio": lambda b: over_range(b, b.high - np.maximum(b.open, b.close)),
    "micro_lowershadow_1_ratio": lambda b: over_range(b, np.minimum(b.open, b.close) - b.low),
    "micro_amihud_20_log": illiquidity,
    "micro_dollarvolume_20_log": lambda b: np.log(b.mean(b.close * b.volume, 20)),
    "micro_signedvolume_20_ratio": lambda b: b.sum(np.sign(change(b)) * b.volume, 20) / b.sum(b.volume, 20),
    "micro_bulkimbalance_20_mean": lambda b: b.sum(bought_less_sold(b) * b.volume, 20) / b.sum(b.volume, 20),
    "micro_vpin_100_value": lambda b: b.sum(abs(bought_less_sold(b)) * b.volume, 100) / b.sum(b.volume, 100),
    "micro_kyle_60_slope": impact,
    "micro_roll_60_spread": bounce,
    "micro_gap_1_overnight": gap,
    "micro_openingrange_30_position": opening_range,
    "micro_sessionrange_1_position": lambda b: position(
        b, by_session(b, b.high, np.maximum.accumulate), by_session(b, b.low, np.minimum.accumulate)
    ),
    "micro_sessionreturn_1_open": lambda b: b.close / by_session(b, b.open, lambda x: x[0]) - 1.0,
}


@pytest.mark.parametrize("name", default_catalogue().groups["microstructure"])
def test_feature_equals_its_referee(name: str, agree: Callable[..., None]) -> None:
    agree(name, REFEREES[name])

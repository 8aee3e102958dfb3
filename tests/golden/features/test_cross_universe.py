"""The symbol among all others, instant by instant, by scipy and numpy; five symbols are the universe's."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from qts_core.features import Catalogue
from qts_core.features.catalogue import universe_rank
from tests.golden.features.market_for_tests import Bars, Floats, Market, market_of
from tests.golden.features.roles_for_tests import across, rank, roles

CATALOGUE = Catalogue(universe_rank.FEATURES)
COUNTED = 5


@pytest.fixture(scope="module")
def market() -> Market:
    return market_of(CATALOGUE, roles(COUNTED))


def change(bars: int) -> Callable[[Bars], Floats]:
    return lambda b: b.before(b.close, lambda was, now: np.asarray(np.log(now / was)), bars)


def wild(b: Bars) -> Floats:
    return b.std(b.log_return, 130)


def busy(b: Bars) -> Floats:
    usual = pd.Series(b.volume).groupby(b.start).transform(lambda s: s.shift().rolling(20).mean())
    return np.asarray(b.volume / np.asarray(usual, dtype=float))


def log_busy(b: Bars) -> Floats:
    with np.errstate(divide="ignore"):
        found = np.log(busy(b))
    return np.where(np.isfinite(found), found, np.nan)


def illiquid(b: Bars) -> Floats:
    money = b.close * b.volume
    return b.mean(np.divide(abs(b.log_return), money, out=np.full_like(money, np.nan), where=money > 0), 130)


def above(b: Bars) -> Floats:
    return b.close / b.mean(b.close, 130) - 1.0


def gap(b: Bars) -> Floats:
    days = pd.DataFrame({"day": b.session, "open": b.open, "close": b.close}).groupby("day")
    by_day = days["open"].first() / days["close"].last().shift() - 1.0
    return by_day[b.session].to_numpy()


def zscore(x: Floats) -> Floats:
    return stats.zscore(x) if x.std() > 0.0 else np.full(len(x), np.nan)


def robust(x: Floats) -> Floats:
    spread = stats.median_abs_deviation(x, scale="normal")
    return (x - np.median(x)) / spread if spread > 0.0 else np.full(len(x), np.nan)


def off_median(x: Floats) -> Floats:
    return x - np.median(x)


def spread(x: Floats) -> Floats:
    return np.full(len(x), x.std() if len(x) > 1 else np.nan)


def rising(x: Floats) -> Floats:
    return np.full(len(x), np.mean(x > 0.0))


def over_time(market: Market, values: Floats, function: Callable[[Bars, Floats], Floats]) -> Floats:
    out = np.full(values.shape, np.nan)
    for column, b in enumerate(market.bars):
        out[b.rows, column] = function(b, values[b.rows, column])
    return out


PLAIN: dict[str, tuple[Callable[[Bars], Floats], Callable[[Floats], Floats]]] = {
    "cross_month_520_rank": (change(520), rank),
    "cross_illiquidity_130_rank": (illiquid, rank),
    "cross_above_130_rank": (above, rank),
    "cross_gap_1_rank": (gap, rank),
    "cross_slotvolume_20_rank": (busy, rank),
    "cross_largest_520_rank": (lambda b: b.max(b.log_return, 520), rank),
    "cross_perrisk_520_rank": (lambda b: change(520)(b) / wild(b), rank),
    "cross_week_130_zscore": (change(130), zscore),
    "cross_month_520_zscore": (change(520), zscore),
    "cross_volatility_130_zscore": (wild, zscore),
    "cross_slotvolume_20_zscore": (log_busy, zscore),
    "cross_week_130_median": (change(130), off_median),
    "cross_return_1_median": (change(1), off_median),
    "cross_return_1_outlier": (change(1), robust),
    "cross_week_130_outlier": (change(130), robust),
    "cross_volatility_130_outlier": (lambda b: np.log(wild(b)), robust),
    "cross_slotvolume_20_outlier": (log_busy, robust),
    "cross_dispersion_1_std": (change(1), spread),
    "cross_dispersion_130_std": (change(130), spread),
    "cross_breadth_1_share": (change(1), rising),
    "cross_breadth_130_share": (above, rising),
}


def counted(market: Market, function: Callable[[Bars], Floats]) -> Floats:
    values = market.scatter(function)
    values[:, COUNTED:] = np.nan
    return values


def referee(market: Market, name: str) -> Floats:
    if name == "cross_thrust_26_mean":
        share = across(counted(market, change(1)), rising)
        return over_time(market, 2.0 * share - 1.0, lambda b, x: b.mean(x, 26))
    if name == "cross_rankchange_130_difference":
        ranks = across(counted(market, change(130)), rank)

        def differ(b: Bars, x: Floats) -> Floats:
            there = ~np.isnan(x)
            out = np.full(len(x), np.nan)
            out[there] = pd.Series(x[there]).diff(26)
            return out

        return over_time(market, ranks, differ)
    measure, function = PLAIN[name]
    return across(counted(market, measure), function)


@pytest.mark.parametrize("name", CATALOGUE.names)
def test_feature_equals_its_referee(name: str, market: Market, agree: Callable[..., None]) -> None:
    agree(name, referee(market, name))

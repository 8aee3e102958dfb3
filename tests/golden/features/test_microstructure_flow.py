"""Volume and flow proxies by their definitions in plain numpy, scipy and pandas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from qts_core.features import Catalogue
from qts_core.features.catalogue import flow
from tests.golden.features.market_for_tests import Bars, Floats, Market, market_of

CATALOGUE = Catalogue(flow.FEATURES)


@pytest.fixture(scope="module")
def market() -> Market:
    return market_of(CATALOGUE)


def old(b: Bars, x: Floats, bars: int = 1) -> Floats:
    return b.before(x, lambda was, _: was, bars)


def ratio(x: Floats, y: Floats) -> Floats:
    return np.divide(x, y, out=np.full_like(x, np.nan), where=y != 0)


def by_slot(b: Bars, x: Floats, function: Callable[[Any], Any]) -> Floats:
    """Apply `function` to the earlier values of the same slot of the day."""
    frame = pd.Series(x[~np.isnan(x)], index=np.flatnonzero(~np.isnan(x)))
    usual = frame.groupby(b.start[frame.index.to_numpy()]).transform(lambda s: function(s.shift().rolling(20)))
    return np.asarray(usual.reindex(range(len(x))), dtype=float)


def by_session(b: Bars, x: Floats) -> Floats:
    return np.asarray(pd.Series(x).groupby(b.session).cumsum(), dtype=float)


def pace(b: Bars) -> Floats:
    mean = b.mean(b.volume, 10)
    return np.log(mean / old(b, mean, 10))


def unusual(b: Bars) -> Floats:
    x = np.log(b.volume + 1.0)
    return (x - by_slot(b, x, lambda w: w.mean())) / by_slot(b, x, lambda w: w.std())


def move(b: Bars) -> Floats:
    change = b.before(b.close, lambda was, now: now - was)
    return change / b.std(change, 50)


def normal(b: Bars) -> Floats:
    return np.asarray(2.0 * stats.norm.cdf(move(b)) - 1.0)


def student(b: Bars) -> Floats:
    return np.asarray(2.0 * stats.t.cdf(move(b), 2) - 1.0)


def placed(b: Bars) -> Floats:
    span = b.high - b.low
    return np.divide(2.0 * b.close - b.high - b.low, span, out=np.zeros_like(span), where=span > 0)


def share(b: Bars, side: Floats, bars: int) -> Floats:
    return b.sum(side * b.volume, bars) / b.sum(b.volume, bars)


def vpin(b: Bars, bars: int = 100) -> Floats:
    return share(b, abs(normal(b)), bars)


def rank(x: Floats, bars: int) -> Floats:
    there = ~np.isnan(x)
    out = np.full(len(x), np.nan)
    out[there] = pd.Series(x[there]).rolling(bars).rank(pct=True).to_numpy()
    return out


def flag(x: Floats, limit: float) -> Floats:
    return np.where(np.isnan(x), np.nan, (x > limit).astype(float))


def day_imbalance(b: Bars) -> Floats:
    side = normal(b)
    there = ~np.isnan(side)
    bought = by_session(b, np.where(there, side * b.volume, 0.0))
    return np.where(there, ratio(bought, by_session(b, np.where(there, b.volume, 0.0))), np.nan)


def correlation(x: Floats, y: Floats) -> float:
    return float(np.corrcoef(x, y)[0, 1])


def informed(b: Bars) -> Floats:
    """The partial correlation from the t-value of the regression."""
    returns, volume = b.log_return, np.log(b.volume + 1.0)
    shock = volume - old(b, b.mean(volume, 130))
    inputs = np.column_stack([returns, old(b, returns), old(b, returns * shock)])
    out = np.full(len(returns), np.nan)
    for i in range(260, len(returns)):
        window = inputs[i - 259 : i + 1]
        if not np.isnan(window).any():
            fit = sm.OLS(window[:, 0], sm.add_constant(window[:, 1:])).fit()
            out[i] = fit.tvalues[2] / np.sqrt(fit.tvalues[2] ** 2 + fit.df_resid)
    return out


def side(b: Bars) -> Floats:
    return b.before(b.close, lambda was, now: np.sign(now - was)) * np.sign(placed(b))


def lagged(b: Bars, x: Floats, y: Floats) -> Floats:
    return b.pairs(x, old(b, y), 130, correlation)


REFEREES: dict[str, Callable[[Bars], Floats]] = {
    "micro_volumemomentum_10_log": pace,
    "micro_volumeacceleration_10_log": lambda b: pace(b) - old(b, pace(b), 10),
    "micro_volumetrend_130_log": lambda b: np.log(b.mean(b.volume, 26) / b.mean(b.volume, 130)),
    "micro_volumerank_130_share": lambda b: rank(b.volume, 130),
    "micro_unusualvolume_20_zscore": unusual,
    "micro_unusualvolume_26_share": lambda b: b.mean(flag(unusual(b), 2.0), 26),
    "micro_slotvolume_20_ratio": lambda b: b.volume / by_slot(b, b.volume, lambda w: w.mean()),
    "micro_volumeclock_20_ratio": lambda b: (
        by_session(b, b.volume) / by_slot(b, by_session(b, b.volume), lambda w: w.mean())
    ),
    "micro_bulknormal_5_mean": lambda b: share(b, normal(b), 5),
    "micro_bulkstudent_20_mean": lambda b: share(b, student(b), 20),
    "micro_bulkstudent_130_mean": lambda b: share(b, student(b), 130),
    "micro_bulkplace_130_mean": lambda b: share(b, placed(b), 130),
    "micro_bulkday_1_mean": day_imbalance,
    "micro_vpin_26_value": lambda b: vpin(b, 26),
    "micro_vpin_520_value": lambda b: vpin(b, 520),
    "micro_toxicity_260_rank": lambda b: rank(vpin(b), 260),
    "micro_toxicity_260_flag": lambda b: flag(rank(vpin(b), 260), 0.9),
    "micro_flowmemory_130_correlation": lambda b: lagged(b, normal(b) * b.volume, normal(b) * b.volume),
    "micro_flowahead_130_correlation": lambda b: lagged(b, b.log_return, normal(b) * b.volume),
    "micro_informed_260_partial": informed,
    "micro_volumemove_130_correlation": lambda b: b.pairs(np.log(b.volume + 1.0), abs(b.log_return), 130, correlation),
    "micro_flowside_26_agreement": lambda b: b.mean(side(b), 26),
}


@pytest.mark.parametrize("name", CATALOGUE.names)
def test_feature_equals_its_referee(name: str, agree: Callable[..., None]) -> None:
    agree(name, REFEREES[name], tolerance=1e-8)

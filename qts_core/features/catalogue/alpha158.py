"""The 158 features of qlib's Alpha158 under its own names: candle, prices, and 29 kinds over five windows.

They are the values that qlib 0.9.7 gives on the same bars wherever its window is full; docs/concepts/alpha158.md lists
where there is a value on one side only. `EPSILON` is qlib's: a ratio without base is 0, not missing.
"""

from __future__ import annotations

from math import inf, sqrt

from qts_core.features import ops
from qts_core.features.catalogue.declare import ANY, FRACTION, NOT_NEGATIVE, RETURN, SIGNED, family
from qts_core.features.graph import Node
from qts_core.features.spec import FeatureSpec

__all__ = ["FEATURES", "WINDOWS"]

WINDOWS = (5, 10, 20, 30, 60)
EPSILON = 1e-12
AT_LEAST_ONE = (1.0, inf)
Bounds = tuple[float, float]

declare = family("alpha158")
open_, high, low, close, volume = ops.open_, ops.high, ops.low, ops.close, ops.volume


def feature(name: str, expression: Node, unit: str, bounds: Bounds, doc: str) -> FeatureSpec:
    """Declare a feature of Alpha158."""
    return declare(name, expression, unit, bounds, doc, "qlib Alpha158")


def balance(name: str, up: Node, down: Node, size: Node, word: str, window: int) -> tuple[FeatureSpec, ...]:
    """Declare the shares of rises and falls in all change of `window` bars, and their difference."""
    rises, falls = ops.rolling_sum(up, window), ops.rolling_sum(down, window)
    base = ops.rolling_sum(size, window) + EPSILON
    return (
        feature(f"{name}P{window}", rises / base, "ratio", FRACTION,
                f"Share of rises in all change of {word} over {window} bars; 0 if none."),
        feature(f"{name}N{window}", falls / base, "ratio", FRACTION,
                f"Share of falls in all change of {word} over {window} bars; 0 if none."),
        feature(f"{name}D{window}", (rises - falls) / base, "ratio", SIGNED,
                f"Share of rises less that of falls in all change of {word} over {window} bars."),
    )  # fmt: skip


def candle() -> tuple[FeatureSpec, ...]:
    """Return body, range, shadows and place of the close, over the open and over the range."""
    body, span = close - open_, high - low
    upper, lower = high - ops.maximum(open_, close), ops.minimum(open_, close) - low
    shift, base = 2.0 * close - high - low, high - low + EPSILON
    return (
        feature("KMID", body / open_, "ratio", RETURN, "Body of the bar over its open."),
        feature("KLEN", span / open_, "ratio", NOT_NEGATIVE, "Range of the bar over its open."),
        feature("KMID2", body / base, "ratio", SIGNED, "Body of the bar over its range; 0 without range."),
        feature("KUP", upper / open_, "ratio", NOT_NEGATIVE, "Upper shadow over the open."),
        feature("KUP2", upper / base, "ratio", FRACTION, "Upper shadow over the range; 0 without range."),
        feature("KLOW", lower / open_, "ratio", FRACTION, "Lower shadow over the open."),
        feature("KLOW2", lower / base, "ratio", FRACTION, "Lower shadow over the range; 0 without range."),
        feature("KSFT", shift / open_, "ratio", ANY, "Twice the close less high and low, over the open."),
        feature("KSFT2", shift / base, "ratio", SIGNED, "Twice the close less high and low, over the range."),
    )


def prices() -> tuple[FeatureSpec, ...]:
    """Return the bar's other prices over its close."""
    return (
        feature("OPEN0", open_ / close, "ratio", NOT_NEGATIVE, "Open over the close."),
        feature("HIGH0", high / close, "ratio", AT_LEAST_ONE, "High over the close."),
        feature("LOW0", low / close, "ratio", FRACTION, "Low over the close."),
        feature("VWAP0", ops.typical_price() / close, "ratio", NOT_NEGATIVE,
                "Mean of high, low and close over the close, in the place of qlib's vwap."),
    )  # fmt: skip


def levels(d: int) -> tuple[FeatureSpec, ...]:
    """Return where the close stands to its last `d` values, their line and their extremes."""
    line = ops.line(close, d)
    top, bottom = ops.rolling_max(high, d), ops.rolling_min(low, d)
    top_age, bottom_age = ops.bars_since_max(high, d, oldest=True), ops.bars_since_min(low, d, oldest=True)
    rank, lower, upper = ops.rank_and_quantiles(close, d, 0.2, 0.8)
    return (
        feature(f"ROC{d}", ops.lag(close, d) / close, "ratio", NOT_NEGATIVE, f"Close {d} bars ago over the close."),
        feature(f"MA{d}", ops.sma(close, d) / close, "ratio", NOT_NEGATIVE, f"Mean close of {d} bars over the close."),
        feature(f"STD{d}", ops.std(close, d) / close, "ratio", NOT_NEGATIVE,
                f"Sample deviation of {d} closes over the close."),
        feature(f"BETA{d}", line.slope / close, "ratio", ANY, f"Slope per bar of a line of {d} closes over the close."),
        feature(f"RSQR{d}", line.r_squared, "ratio", FRACTION,
                f"Share of the variance of {d} closes that their line explains; none where they are equal."),
        feature(f"RESI{d}", line.residual / close, "ratio", ANY,
                f"Close less the line of {d} closes, over the close."),
        feature(f"MAX{d}", top / close, "ratio", AT_LEAST_ONE, f"Highest high of {d} bars over the close."),
        feature(f"MIN{d}", bottom / close, "ratio", FRACTION, f"Lowest low of {d} bars over the close."),
        feature(f"QTLU{d}", upper / close, "ratio", NOT_NEGATIVE, f"80 % quantile of {d} closes over the close."),
        feature(f"QTLD{d}", lower / close, "ratio", NOT_NEGATIVE, f"20 % quantile of {d} closes over the close."),
        feature(f"RANK{d}", rank, "ratio", FRACTION,
                f"Rank of the close among {d}, over {d}; equal ones share the mean rank."),
        feature(f"RSV{d}", (close - bottom) / (top - bottom + EPSILON), "ratio", FRACTION,
                f"Place of the close in the range of {d} bars; 0 without range."),
        feature(f"IMAX{d}", (float(d) - top_age) / float(d), "ratio", FRACTION,
                f"Place of the highest high among {d} bars, oldest 1/{d}, latest 1; the oldest of equal ones."),
        feature(f"IMIN{d}", (float(d) - bottom_age) / float(d), "ratio", FRACTION,
                f"Place of the lowest low among {d} bars, oldest 1/{d}, latest 1; the oldest of equal ones."),
        feature(f"IMXD{d}", (bottom_age - top_age) / float(d), "ratio", SIGNED,
                f"Place of the highest high less that of the lowest low among {d} bars, over {d}."),
    )  # fmt: skip


def moves(d: int) -> tuple[FeatureSpec, ...]:
    """Return how closes moved with volume over `d` bars, and how often and how far up and down."""
    before, volume_before = ops.lag(close, 1), ops.lag(volume, 1)
    risen, fallen = ops.sma(ops.greater(close, before), d), ops.sma(ops.greater(before, close), d)
    change = close - before
    pace = ops.log(volume / volume_before + 1.0)
    return (
        feature(f"CORR{d}", ops.correlation(close, ops.log(volume + 1.0), d), "ratio", SIGNED,
                f"Correlation of {d} closes with log volume; none where either is constant."),
        feature(f"CORD{d}", ops.correlation(close / before, pace, d), "ratio", SIGNED,
                f"Correlation of {d} close ratios with log volume ratios; a bar after one without volume is skipped."),
        feature(f"CNTP{d}", risen, "ratio", FRACTION, f"Share of {d} bars that closed higher."),
        feature(f"CNTN{d}", fallen, "ratio", FRACTION, f"Share of {d} bars that closed lower."),
        feature(f"CNTD{d}", risen - fallen, "ratio", SIGNED, f"Share of {d} bars that closed higher less lower."),
        *balance("SUM", ops.positive_part(change), ops.positive_part(before - close), abs(change), "closes", d),
    )  # fmt: skip


def volumes(d: int) -> tuple[FeatureSpec, ...]:
    """Return the level, spread and direction of volume over `d` bars."""
    change = ops.difference(volume)
    fallen = ops.positive_part(ops.lag(volume, 1) - volume)
    moved = abs(close / ops.lag(close, 1) - 1.0) * volume
    return (
        feature(f"VMA{d}", ops.sma(volume, d) / volume, "ratio", NOT_NEGATIVE,
                f"Mean volume of {d} bars over the volume; none without volume."),
        feature(f"VSTD{d}", ops.std(volume, d) / volume, "ratio", NOT_NEGATIVE,
                f"Sample deviation of {d} volumes over the volume; none without volume."),
        feature(f"WVMA{d}", ops.std(moved, d) / (ops.sma(moved, d) + EPSILON), "ratio", (0.0, sqrt(d)),
                f"Sample deviation over mean of absolute returns times volume of {d} bars; 0 where nothing moved."),
        *balance("VSUM", ops.positive_part(change), fallen, abs(change), "volume", d),
    )  # fmt: skip


def in_order() -> tuple[FeatureSpec, ...]:
    """Return all in qlib's order: the rolling ones kind by kind, windows ascending."""
    by_window = [(*levels(d), *moves(d), *volumes(d)) for d in WINDOWS]
    return (*candle(), *prices(), *(spec for kind in zip(*by_window, strict=True) for spec in kind))


FEATURES = in_order()

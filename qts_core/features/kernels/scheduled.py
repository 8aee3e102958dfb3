"""Statistics that are heavy by nature, computed anew at every k-th value and held between (specification 6.2).

The schedule is counted in the symbol's own values: first when the window is full, then after each `every` more. It is
anchored in the data and travels in the state, so batch, one live bar and a restart from a snapshot compute at the same
bars and hold the same bits. Where the statistic is undefined nothing is held: the old value is not carried on.

State per symbol: ``[values since the last computation, place in the ring, statistic, known, ring of `window`]``.
"""

from __future__ import annotations

import numpy as np

from qts_core.features.kernels.dependence import hurst_of, ljung_box_of, partial_autocorrelation_of
from qts_core.features.kernels.jit import kernel
from qts_core.features.kernels.stability import half_distance_of, trend_breaks_of, variance_break_of
from qts_core.features.kernels.unit_root import dickey_fuller_of, kpss_of
from qts_core.market.panel import Floats

__all__ = [
    "dickey_fuller",
    "half_distance",
    "hurst",
    "kpss",
    "ljung_box",
    "partial_autocorrelation",
    "trend_break",
    "trend_break_age",
    "variance_break",
]

(
    LJUNG_BOX, PARTIAL, HURST, DICKEY_FULLER, KPSS, TREND_BREAK, TREND_BREAK_AGE, VARIANCE_BREAK, HALF_DISTANCE,
) = range(9)  # fmt: skip


@kernel
def is_due(s: Floats, window: int, every: int, value: float) -> bool:
    """Put `value` into the ring; return whether the statistic is to be computed now."""
    place = int(s[1])
    s[4 + place] = value
    s[1] = place + 1 if place + 1 < window else 0
    s[0] += 1.0
    if s[0] < window:
        return False
    s[0] = window - every
    return True


@kernel
def in_order(s: Floats, window: int, values: Floats) -> None:
    """Copy the ring, oldest first."""
    place = int(s[1])
    values[: window - place] = s[4 + place : 4 + window]
    values[window - place :] = s[4 : 4 + place]


@kernel
def statistic(kind: int, values: Floats, lags: int) -> float:
    """Return one statistic of the values in their order."""
    if kind == LJUNG_BOX:
        return ljung_box_of(values, lags)
    if kind == PARTIAL:
        return partial_autocorrelation_of(values, lags)
    if kind == HURST:
        return hurst_of(values, lags)
    if kind == DICKEY_FULLER:
        return dickey_fuller_of(values, lags)
    if kind == KPSS:
        return kpss_of(values, lags)
    if kind == VARIANCE_BREAK:
        return variance_break_of(values)
    if kind == HALF_DISTANCE:
        return half_distance_of(values)
    largest, at = trend_breaks_of(values, lags)
    return largest if kind == TREND_BREAK else at


@kernel
def scheduled(x: Floats, out: Floats, state: Floats, window: int, every: int, kind: int, lags: int) -> None:
    """Write a statistic of the last `window` values, computed anew at every `every`-th."""
    values = np.empty(window)
    for n in range(x.shape[1]):
        s = state[n]
        for t in range(x.shape[0]):
            value = x[t, n]
            if value != value:
                out[t, n] = np.nan
                continue
            if is_due(s, window, every, value):
                in_order(s, window, values)
                s[2], s[3] = statistic(kind, values, lags), 1.0
            out[t, n] = s[2] if s[3] > 0.0 else np.nan


def ljung_box(x: Floats, out: Floats, state: Floats, window: int, every: int, lags: int) -> None:
    """Write the Ljung-Box statistic of `lags` autocorrelations; computed at every `every`-th value."""
    scheduled(x, out, state, window, every, LJUNG_BOX, lags)


def partial_autocorrelation(x: Floats, out: Floats, state: Floats, window: int, every: int, lags: int) -> None:
    """Write the partial autocorrelation at lag `lags`; computed at every `every`-th value."""
    scheduled(x, out, state, window, every, PARTIAL, lags)


def hurst(x: Floats, out: Floats, state: Floats, window: int, every: int, shortest: int) -> None:
    """Write the Hurst exponent by rescaled range, from `shortest` values up; computed at every `every`-th value."""
    scheduled(x, out, state, window, every, HURST, shortest)


def dickey_fuller(x: Floats, out: Floats, state: Floats, window: int, every: int, lags: int) -> None:
    """Write the augmented Dickey-Fuller t with a constant; computed at every `every`-th value."""
    scheduled(x, out, state, window, every, DICKEY_FULLER, lags)


def kpss(x: Floats, out: Floats, state: Floats, window: int, every: int, lags: int) -> None:
    """Write the KPSS statistic of level stationarity; computed at every `every`-th value."""
    scheduled(x, out, state, window, every, KPSS, lags)


def trend_break(x: Floats, out: Floats, state: Floats, window: int, every: int, edge: int) -> None:
    """Write the largest Chow F of a break in the line on time, `edge` values off the ends; at every `every`-th."""
    scheduled(x, out, state, window, every, TREND_BREAK, edge)


def trend_break_age(x: Floats, out: Floats, state: Floats, window: int, every: int, edge: int) -> None:
    """Write how many values stand after the break with the largest Chow F; computed at every `every`-th value."""
    scheduled(x, out, state, window, every, TREND_BREAK_AGE, edge)


def variance_break(x: Floats, out: Floats, state: Floats, window: int, every: int) -> None:
    """Write Inclan and Tiao's statistic of a break in variance; computed at every `every`-th value."""
    scheduled(x, out, state, window, every, VARIANCE_BREAK, 0)


def half_distance(x: Floats, out: Floats, state: Floats, window: int, every: int) -> None:
    """Write the Kolmogorov-Smirnov distance of the window's two halves; computed at every `every`-th value."""
    scheduled(x, out, state, window, every, HALF_DISTANCE, 0)

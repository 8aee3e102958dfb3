"""Recursions: exponential and adaptive averages, running totals, trailing stops.

Seeds follow TA-Lib: an average starts as the plain mean of its first `window` values. A recursion forgets its seed at
a geometric rate, so its error does not grow with time; the running total carries a compensation (Neumaier 1974).
"""

from __future__ import annotations

import numpy as np

from qts_core.features.kernels.jit import kernel
from qts_core.market.panel import Floats

__all__ = [
    "adaptive_mean",
    "count_bars",
    "exponential_mean",
    "parabolic_stop",
    "running_total",
    "trailing_band",
    "wilder_total",
]


@kernel
def exponential_mean(x: Floats, out: Floats, state: Floats, window: int, weight: float) -> None:
    """Write ``mean += weight * (x - mean)``, seeded with the mean of `window` values. State: count, mean."""
    # Each mean waits for the one before it; row by row the symbols are done several at a time, as if all had a seed.
    means = state[:, 1].copy()
    for t in range(x.shape[0]):
        for n in range(x.shape[1]):
            value = x[t, n]
            mean = means[n] + weight * (value - means[n])
            out[t, n] = mean
            means[n] = mean if value == value else means[n]
    for n in range(x.shape[1]):
        s = state[n]
        count, mean = s[0], s[1]
        if count >= window:
            s[1] = means[n]
            continue
        for t in range(x.shape[0]):
            value = x[t, n]
            if value != value:
                out[t, n] = np.nan
            elif count < window:
                count += 1.0
                mean += value
                if count == window:
                    mean /= window
                out[t, n] = mean if count == window else np.nan
            else:
                mean += weight * (value - mean)
                out[t, n] = mean
        s[0], s[1] = count, mean


@kernel
def wilder_total(x: Floats, out: Floats, state: Floats, window: int) -> None:
    """Write ``total += x - total / window``, seeded with the sum of ``window - 1`` values. State: count, total."""
    totals = state[:, 1].copy()
    for t in range(x.shape[0]):
        for n in range(x.shape[1]):
            value = x[t, n]
            total = totals[n] + (value - totals[n] / window)
            out[t, n] = total
            totals[n] = total if value == value else totals[n]
    for n in range(x.shape[1]):
        s = state[n]
        count, total = s[0], s[1]
        if count >= window - 1:
            s[1] = totals[n]
            continue
        for t in range(x.shape[0]):
            value = x[t, n]
            if value != value:
                out[t, n] = np.nan
            elif count < window - 1:
                count += 1.0
                total += value
                out[t, n] = np.nan
            else:
                total += value - total / window
                out[t, n] = total
        s[0], s[1] = count, total


@kernel
def adaptive_mean(x: Floats, efficiency: Floats, out: Floats, state: Floats, fast: int, slow: int) -> None:
    """Write Kaufman's average; it starts at the value before the first efficiency. State: mean, seen, started."""
    slow_weight = 2.0 / (slow + 1.0)
    range_weight = 2.0 / (fast + 1.0) - slow_weight
    for n in range(x.shape[1]):
        s = state[n]
        mean, seen, started = s[0], s[1], s[2]
        for t in range(x.shape[0]):
            value, ratio = x[t, n], efficiency[t, n]
            if value != value:
                out[t, n] = np.nan
                continue
            if ratio == ratio and seen > 0.0:
                started = 1.0
                weight = slow_weight + ratio * range_weight
                mean += weight * weight * (value - mean)
            elif started == 0.0:
                mean = value
            seen = 1.0
            out[t, n] = mean if started > 0.0 else np.nan
        s[0], s[1], s[2] = mean, seen, started


@kernel
def running_total(x: Floats, out: Floats, state: Floats) -> None:
    """Write the sum of everything so far. State: total, compensation."""
    for n in range(x.shape[1]):
        s = state[n]
        total, lost = s[0], s[1]
        for t in range(x.shape[0]):
            value = x[t, n]
            if value != value:
                out[t, n] = np.nan
                continue
            joined = total + value
            lost += (total - joined) + value if abs(total) >= abs(value) else (value - joined) + total
            total = joined
            out[t, n] = total + lost
        s[0], s[1] = total, lost


@kernel
def count_bars(x: Floats, out: Floats, state: Floats) -> None:
    """Write how many values came before this one. State: count."""
    for n in range(x.shape[1]):
        count = state[n, 0]
        for t in range(x.shape[0]):
            if x[t, n] != x[t, n]:
                out[t, n] = np.nan
                continue
            out[t, n] = count
            count += 1.0
        state[n, 0] = count


@kernel
def parabolic_stop(high: Floats, low: Floats, out: Floats, state: Floats, step: float, ceiling: float) -> None:
    """Write Wilder's parabolic stop and reverse, seeded as in TA-Lib.

    State: bars seen, side (1 long, -1 short), extreme, stop, acceleration, previous high, previous low. A short
    position is a long one on the negated axis, so both sides share the arithmetic.
    """
    for n in range(high.shape[1]):
        s = state[n]
        seen, side, extreme, stop, pace, last_high, last_low = s[0], s[1], s[2], s[3], s[4], s[5], s[6]
        for t in range(high.shape[0]):
            h, w = high[t, n], low[t, n]
            if h != h or w != w:
                out[t, n] = np.nan
                continue
            seen += 1.0
            if seen == 1.0:
                out[t, n] = np.nan
                last_high, last_low = h, w
                continue
            if seen == 2.0:
                down = last_low - w
                side = -1.0 if down > 0.0 and h - last_high < down else 1.0
                extreme, stop = (h, last_low) if side > 0.0 else (w, last_high)
                pace, last_high, last_low = step, h, w
            near, far = (w, h) if side > 0.0 else (h, w)
            last_near = last_low if side > 0.0 else last_high
            if side * near <= side * stop:
                # Reversed: the stop jumps to the extreme, outside the last two bars, and starts from there.
                last_far = last_high if side > 0.0 else last_low
                guard = max(side * last_far, side * far)
                stop = side * max(side * extreme, guard)
                out[t, n] = stop
                pace, extreme = step, near
                stop = side * max(side * (stop + pace * (extreme - stop)), guard)
                side = -side
            else:
                out[t, n] = stop
                if side * far > side * extreme:
                    extreme = far
                    pace = min(pace + step, ceiling)
                stop += pace * (extreme - stop)
                stop = side * min(side * stop, side * last_near, side * near)
            last_high, last_low = h, w
        s[0], s[1], s[2], s[3], s[4], s[5], s[6] = seen, side, extreme, stop, pace, last_high, last_low


@kernel
def trailing_band(middle: Floats, width: Floats, close: Floats, out: Floats, state: Floats) -> None:
    """Write the SuperTrend: a band around `middle` that only tightens until the close breaks it.

    State: started, whether rising, upper, lower, previous close.
    """
    for n in range(close.shape[1]):
        s = state[n]
        started, is_rising, upper, lower, before = s[0], s[1], s[2], s[3], s[4]
        for t in range(close.shape[0]):
            m, w, c = middle[t, n], width[t, n], close[t, n]
            if m != m or w != w or c != c:
                out[t, n] = np.nan
                continue
            if started == 0.0:
                started, is_rising = 1.0, 1.0 if c >= m else 0.0
                upper, lower = m + w, m - w
            else:
                if m + w < upper or before > upper:
                    upper = m + w
                if m - w > lower or before < lower:
                    lower = m - w
            is_rising = 0.0 if c <= (lower if is_rising > 0.0 else upper) else 1.0
            out[t, n] = lower if is_rising > 0.0 else upper
            before = c
        s[0], s[1], s[2], s[3], s[4] = started, is_rising, upper, lower, before

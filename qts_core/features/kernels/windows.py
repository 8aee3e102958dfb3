"""Rolling sums, means and extremes in constant time per value, without drift.

Time is cut into blocks of one window per symbol. A window that ends inside a block is the tail of the block before,
whose suffix aggregates were formed when it ended, joined with the running aggregate of the block so far (van Herk
1992; Gil and Werman 1993). Nothing is ever subtracted, so a large value leaves no trace once it has left the window,
and the error does not grow with time.

State per symbol: ``[place in block, whether a block came before, running aggregate ..., window slots ...]``. A slot
holds the suffix aggregate of the old block until it is consumed, then the new value.
"""

from __future__ import annotations

import numpy as np

from qts_core.features.kernels.jit import kernel
from qts_core.market.panel import Floats

__all__ = ["bars_since_extreme", "lag", "rolling_extreme", "rolling_sum", "weighted_mean"]


@kernel
def lag(x: Floats, out: Floats, state: Floats, bars: int) -> None:
    """Write the value `bars` existing bars ago. State: place, whether filled once, ring."""
    if bars == 1:
        # The commonest: row by row the symbols are done several at a time. Nothing before is a missing value before.
        before = np.empty(x.shape[1])
        for n in range(x.shape[1]):
            before[n] = state[n, 2] if state[n, 1] > 0.0 else np.nan
        for t in range(x.shape[0]):
            for n in range(x.shape[1]):
                value = x[t, n]
                is_there = value == value
                out[t, n] = before[n] if is_there else np.nan
                before[n] = value if is_there else before[n]
        for n in range(x.shape[1]):
            if before[n] == before[n]:
                state[n, 1], state[n, 2] = 1.0, before[n]
        return
    for n in range(x.shape[1]):
        s = state[n]
        place, is_full = int(s[0]), s[1]
        for t in range(x.shape[0]):
            value = x[t, n]
            if value != value:
                out[t, n] = np.nan
                continue
            out[t, n] = s[2 + place] if is_full > 0.0 else np.nan
            s[2 + place] = value
            place += 1
            if place == bars:
                place = 0
                is_full = 1.0
        s[0], s[1] = place, is_full


@kernel
def rolling_sum(x: Floats, out: Floats, state: Floats, window: int, divisor: float) -> None:
    """Write the sum of the last `window` values over `divisor` (1, or the window for a mean)."""
    for n in range(x.shape[1]):
        s = state[n]
        slots = s[3:]
        place, is_full, prefix = int(s[0]), s[1], s[2]
        for t in range(x.shape[0]):
            value = x[t, n]
            if value != value:
                out[t, n] = np.nan
                continue
            prefix = value if place == 0 else prefix + value
            slot = place
            place += 1
            if place < window:
                out[t, n] = (slots[place] + prefix) / divisor if is_full > 0.0 else np.nan
                slots[slot] = value
            else:
                out[t, n] = prefix / divisor
                slots[slot] = value
                tail = 0.0
                for i in range(window - 1, 0, -1):
                    tail += slots[i]
                    slots[i] = tail
                place = 0
                is_full = 1.0
        s[0], s[1], s[2] = place, is_full, prefix


@kernel
def rolling_extreme(x: Floats, out: Floats, state: Floats, window: int, side: float) -> None:
    """Write the largest (`side` 1) or smallest (`side` -1) of the last `window` values."""
    for n in range(x.shape[1]):
        s = state[n]
        slots = s[3:]
        place, is_full, prefix = int(s[0]), s[1], s[2]
        for t in range(x.shape[0]):
            value = side * x[t, n]
            if value != value:
                out[t, n] = np.nan
                continue
            prefix = value if place == 0 else max(prefix, value)
            slot = place
            place += 1
            if place < window:
                out[t, n] = side * max(slots[place], prefix) if is_full > 0.0 else np.nan
                slots[slot] = value
            else:
                out[t, n] = side * prefix
                slots[slot] = value
                tail = value
                for i in range(window - 2, 0, -1):
                    tail = max(tail, slots[i])
                    slots[i] = tail
                place = 0
                is_full = 1.0
        s[0], s[1], s[2] = place, is_full, prefix


@kernel
def bars_since_extreme(x: Floats, out: Floats, state: Floats, window: int, side: float) -> None:
    """Write how many bars ago the extreme of the last `window` values stood; the latest of equal ones counts."""
    for n in range(x.shape[1]):
        s = state[n]
        slots, where = s[4 : 4 + window], s[4 + window :]
        place, is_full, prefix, prefix_at = int(s[0]), s[1], s[2], s[3]
        for t in range(x.shape[0]):
            value = side * x[t, n]
            if value != value:
                out[t, n] = np.nan
                continue
            if place == 0 or value >= prefix:
                prefix, prefix_at = value, float(place)
            slot = place
            place += 1
            after = place if place < window else 0
            slots[slot], old, old_at = value, slots[after], where[after]
            where[slot] = slot
            if place < window:
                if is_full == 0.0:
                    out[t, n] = np.nan
                elif old > prefix:
                    out[t, n] = slot + window - old_at
                else:
                    out[t, n] = slot - prefix_at
            else:
                out[t, n] = slot - prefix_at
                for i in range(window - 2, 0, -1):
                    if slots[i + 1] >= slots[i]:
                        slots[i], where[i] = slots[i + 1], where[i + 1]
                place = 0
                is_full = 1.0
        s[0], s[1], s[2], s[3] = place, is_full, prefix, prefix_at


@kernel
def weighted_mean(x: Floats, out: Floats, state: Floats, window: int) -> None:
    """Write the mean of the last `window` values with weights 1 (oldest) to `window` (latest)."""
    total = 0.5 * window * (window + 1)
    for n in range(x.shape[1]):
        s = state[n]
        sums, ramps = s[4 : 4 + window], s[4 + window :]
        place, is_full, prefix, ramp = int(s[0]), s[1], s[2], s[3]
        for t in range(x.shape[0]):
            value = x[t, n]
            if value != value:
                out[t, n] = np.nan
                continue
            if place == 0:
                prefix, ramp = 0.0, 0.0
            # `ramp` weighs the values of this block 1, 2, ...; `ramps` those of a suffix of the old block likewise.
            slot = place
            place += 1
            prefix += value
            ramp += place * value
            if place < window:
                older = window - place
                out[t, n] = (ramps[place] + older * prefix + ramp) / total if is_full > 0.0 else np.nan
                sums[slot] = value
            else:
                out[t, n] = ramp / total
                sums[slot] = value
                ramps[slot] = value
                for i in range(window - 2, 0, -1):
                    sums[i] += sums[i + 1]
                    ramps[i] = ramps[i + 1] + sums[i]
                place = 0
                is_full = 1.0
        s[0], s[1], s[2], s[3] = place, is_full, prefix, ramp

"""How long ago the oldest extreme of a window stood, in constant time per value on average.

A queue holds the values that no later one has beaten, largest first; equal ones stay, so that its head is the oldest
extreme (Lemire 2006, Streaming maximum-minimum filter). Values are only moved, never recomputed.
"""

from __future__ import annotations

import numpy as np

from qts_core.features.kernels.jit import kernel
from qts_core.market.panel import Floats

__all__ = ["bars_since_oldest_extreme"]


@kernel
def bars_since_oldest_extreme(x: Floats, out: Floats, state: Floats, window: int, side: float) -> None:
    """Write how many bars ago the extreme of the last `window` values stood; the oldest of equal ones counts.

    State: values so far, head and length of the queue, its values and their numbers.
    """
    for n in range(x.shape[1]):
        s = state[n]
        values, numbers = s[3 : 3 + window], s[3 + window :]
        number, head, length = s[0], int(s[1]), int(s[2])
        for t in range(x.shape[0]):
            value = side * x[t, n]
            if value != value:
                out[t, n] = np.nan
                continue
            if length > 0 and numbers[head] <= number - window:
                head, length = (head + 1) % window, length - 1
            while length > 0 and values[(head + length - 1) % window] < value:
                length -= 1
            last = (head + length) % window
            values[last], numbers[last] = value, number
            length += 1
            number += 1.0
            out[t, n] = number - 1.0 - numbers[head] if number >= window else np.nan
        s[0], s[1], s[2] = number, head, length

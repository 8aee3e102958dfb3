"""Kernels that break their contract, one rule each, and some that keep it; in a file, for kernels have a source."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"
# Series have no annotation: that is how they differ from parameters.
from __future__ import annotations

import math

import numpy as np

from qts_core.features import block_kernel, kernel
from qts_core.features.kernels.jit import kernel as compiled

RATE = 0.25


def eased(mean, x):
    return mean + RATE * (x - mean)


@kernel(state=2)
def ease(state, x):
    """Write the mean that follows the series; the first value is its own."""
    state[0] = eased(state[0], x) if state[1] > 0.0 else x
    state[1] = 1.0
    return state[0]


@block_kernel(state=lambda window: window + 2, warm_up=lambda window: window)
def ago(x, out, state, window: int):
    """Write the value `window` values before."""
    for n in range(x.shape[1]):
        for t in range(x.shape[0]):
            out[t, n] = np.nan
            if x[t, n] == x[t, n]:
                place = 1 + int(state[n, 0]) % window
                if state[n, 0] >= window:
                    out[t, n] = state[n, place]
                state[n, place] = x[t, n]
                state[n, 0] += 1.0


@block_kernel()
def looks_ahead(x, out):
    for n in range(x.shape[1]):
        for t in range(x.shape[0]):
            out[t, n] = x[min(t + 1, x.shape[0] - 1), n] + 0.0 * x[t, n]


@block_kernel()
def wraps_around(x, out):
    for n in range(x.shape[1]):
        for t in range(x.shape[0]):
            out[t, n] = x[t - 1, n] + 0.0 * x[t, n]


@block_kernel()
def depends_on_the_block(x, out):
    for n in range(x.shape[1]):
        for t in range(x.shape[0]):
            out[t, n] = x[t, n] * x.shape[0]


@block_kernel()
def forgets_state(x, out):
    for n in range(x.shape[1]):
        total = 0.0
        for t in range(x.shape[0]):
            out[t, n] = np.nan
            if x[t, n] == x[t, n]:
                total += x[t, n]
                out[t, n] = total


@block_kernel()
def writes_its_input(x, out):
    for n in range(x.shape[1]):
        for t in range(x.shape[0]):
            out[t, n] = x[t, n]
            x[t, n] = 1.0


@block_kernel(state=1)
def is_poisoned_by_a_gap(x, out, state):
    for n in range(x.shape[1]):
        for t in range(x.shape[0]):
            state[n, 0] += x[t, n]
            out[t, n] = state[n, 0]


@block_kernel(state=1)
def fills_gaps(x, out, state):
    for n in range(x.shape[1]):
        for t in range(x.shape[0]):
            if x[t, n] == x[t, n]:
                state[n, 0] = x[t, n]
            out[t, n] = state[n, 0]


@block_kernel()
def ranks_symbols(x, out):
    for t in range(x.shape[0]):
        for n in range(x.shape[1]):
            below = 0.0
            for m in range(x.shape[1]):
                below += 1.0 if x[t, m] < x[t, n] else 0.0
            out[t, n] = below if x[t, n] == x[t, n] else np.nan


@block_kernel()
def leaves_values_unwritten(x, out):
    for n in range(x.shape[1]):
        for t in range(x.shape[0]):
            if x[t, n] == x[t, n]:
                out[t, n] = x[t, n]


@kernel()
def throws_dice(x):
    return x + np.random.random()  # noqa: NPY002


@kernel(state=1)
def writes_beyond_its_state(state, x):
    state[3] = x
    return x


@kernel(state=1, warm_up=3)
def speaks_before_its_warm_up(state, x):
    state[0] += 1.0
    return state[0]


@kernel(state=1, warm_up=3)
def speaks_after_its_warm_up(state, x):
    state[0] += 1.0
    return state[0] if state[0] > 10.0 else math.nan


@kernel()
def raises(x):
    if x > 0.0:
        raise ValueError("too high")
    return x


@kernel()
def cannot_be_compiled(x):
    return {"value": x}["value"].lower()


@block_kernel()
def returns_its_result(x, out):
    out[:] = x
    return out


@compiled
def helper(x: float) -> float:
    """Return half."""
    return x / 2.0


@kernel()
def calls_a_compiled_function(x):
    return helper(x)

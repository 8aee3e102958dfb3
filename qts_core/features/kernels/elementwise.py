"""Value-by-value kernels: arithmetic, comparison and masks; no state, NaN in gives NaN out."""

from __future__ import annotations

import math

import numpy as np

from qts_core.features.kernels.jit import kernel
from qts_core.market.panel import Floats

__all__ = [
    "absolute",
    "add",
    "affine",
    "clip",
    "cosine",
    "divide",
    "divide_by",
    "divide_into",
    "exponential",
    "fill",
    "greater",
    "keep_where",
    "logarithm",
    "maximum",
    "minimum",
    "multiply",
    "normal_probability",
    "normal_quantile",
    "sign",
    "sine",
    "square_root",
    "subtract",
]


@kernel
def affine(x: Floats, out: Floats, scale: float, shift: float) -> None:
    """Write ``scale * x + shift``."""
    for t in range(x.shape[0]):
        for n in range(x.shape[1]):
            out[t, n] = scale * x[t, n] + shift


@kernel
def add(x: Floats, y: Floats, out: Floats) -> None:
    """Write ``x + y``."""
    for t in range(x.shape[0]):
        for n in range(x.shape[1]):
            out[t, n] = x[t, n] + y[t, n]


@kernel
def subtract(x: Floats, y: Floats, out: Floats) -> None:
    """Write ``x - y``."""
    for t in range(x.shape[0]):
        for n in range(x.shape[1]):
            out[t, n] = x[t, n] - y[t, n]


@kernel
def multiply(x: Floats, y: Floats, out: Floats) -> None:
    """Write ``x * y``."""
    for t in range(x.shape[0]):
        for n in range(x.shape[1]):
            out[t, n] = x[t, n] * y[t, n]


@kernel
def divide(x: Floats, y: Floats, out: Floats) -> None:
    """Write ``x / y``, NaN where ``y`` is zero: a ratio without a base says nothing."""
    for t in range(x.shape[0]):
        for n in range(x.shape[1]):
            base = y[t, n]
            out[t, n] = x[t, n] / base if base != 0.0 else np.nan


@kernel
def divide_by(x: Floats, out: Floats, divisor: float) -> None:
    """Write ``x / divisor``."""
    for t in range(x.shape[0]):
        for n in range(x.shape[1]):
            out[t, n] = x[t, n] / divisor


@kernel
def divide_into(x: Floats, out: Floats, numerator: float) -> None:
    """Write ``numerator / x``, NaN where ``x`` is zero."""
    for t in range(x.shape[0]):
        for n in range(x.shape[1]):
            base = x[t, n]
            out[t, n] = numerator / base if base != 0.0 else np.nan


@kernel
def maximum(x: Floats, y: Floats, out: Floats) -> None:
    """Write the larger of the two, NaN if either is NaN."""
    for t in range(x.shape[0]):
        for n in range(x.shape[1]):
            a, b = x[t, n], y[t, n]
            out[t, n] = a if a >= b or a != a else b


@kernel
def minimum(x: Floats, y: Floats, out: Floats) -> None:
    """Write the smaller of the two, NaN if either is NaN."""
    for t in range(x.shape[0]):
        for n in range(x.shape[1]):
            a, b = x[t, n], y[t, n]
            out[t, n] = a if a <= b or a != a else b


@kernel
def clip(x: Floats, out: Floats, low: float, high: float) -> None:
    """Write ``x`` held inside ``[low, high]``."""
    for t in range(x.shape[0]):
        for n in range(x.shape[1]):
            value = x[t, n]
            if value < low:
                value = low
            elif value > high:
                value = high
            out[t, n] = value


@kernel
def absolute(x: Floats, out: Floats) -> None:
    """Write ``|x|``."""
    for t in range(x.shape[0]):
        for n in range(x.shape[1]):
            out[t, n] = abs(x[t, n])


@kernel
def sign(x: Floats, out: Floats) -> None:
    """Write -1, 0 or 1."""
    for t in range(x.shape[0]):
        for n in range(x.shape[1]):
            value = x[t, n]
            if value > 0.0:
                value = 1.0
            elif value < 0.0:
                value = -1.0
            out[t, n] = value


@kernel
def square_root(x: Floats, out: Floats) -> None:
    """Write the square root, NaN below zero."""
    for t in range(x.shape[0]):
        for n in range(x.shape[1]):
            value = x[t, n]
            out[t, n] = math.sqrt(value) if value >= 0.0 else np.nan


@kernel
def logarithm(x: Floats, out: Floats) -> None:
    """Write the natural logarithm, NaN at and below zero."""
    for t in range(x.shape[0]):
        for n in range(x.shape[1]):
            value = x[t, n]
            out[t, n] = math.log(value) if value > 0.0 else np.nan


@kernel
def exponential(x: Floats, out: Floats) -> None:
    """Write e to the power of ``x``."""
    for t in range(x.shape[0]):
        for n in range(x.shape[1]):
            out[t, n] = math.exp(x[t, n])


@kernel
def sine(x: Floats, out: Floats) -> None:
    """Write the sine of ``x`` radians."""
    for t in range(x.shape[0]):
        for n in range(x.shape[1]):
            out[t, n] = math.sin(x[t, n])


@kernel
def cosine(x: Floats, out: Floats) -> None:
    """Write the cosine of ``x`` radians."""
    for t in range(x.shape[0]):
        for n in range(x.shape[1]):
            out[t, n] = math.cos(x[t, n])


@kernel
def normal_probability(x: Floats, out: Floats) -> None:
    """Write the standard normal distribution function of ``x``."""
    for t in range(x.shape[0]):
        for n in range(x.shape[1]):
            out[t, n] = 0.5 * math.erfc(-x[t, n] / math.sqrt(2.0))


@kernel
def lower_tail(p: float) -> float:
    """Return the standard normal quantile of ``0 < p < 1/2``.

    A rational approximation (Abramowitz and Stegun 1964, 26.2.23; error below 4.5e-4), then three steps of Halley's
    method on the distribution function, each of which triples the number of right digits.
    """
    r = math.sqrt(-2.0 * math.log(p))
    x = (2.515517 + r * (0.802853 + r * 0.010328)) / (1.0 + r * (1.432788 + r * (0.189269 + r * 0.001308))) - r
    for _ in range(3):
        excess = 0.5 * math.erfc(-x / math.sqrt(2.0)) - p
        step = excess * math.sqrt(2.0 * math.pi) * math.exp(0.5 * x * x)
        x -= step / (1.0 + 0.5 * x * step)
    return x


@kernel
def normal_quantile(x: Floats, out: Floats) -> None:
    """Write the standard normal quantile of ``x``, a probability; NaN outside (0, 1)."""
    for t in range(x.shape[0]):
        for n in range(x.shape[1]):
            p = x[t, n]
            if not 0.0 < p < 1.0:
                out[t, n] = np.nan
            elif p == 0.5:
                out[t, n] = 0.0
            else:
                out[t, n] = lower_tail(p) if p < 0.5 else -lower_tail(1.0 - p)


@kernel
def greater(x: Floats, y: Floats, out: Floats) -> None:
    """Write 1 where ``x > y``, else 0; NaN if either is NaN."""
    for t in range(x.shape[0]):
        for n in range(x.shape[1]):
            a, b = x[t, n], y[t, n]
            out[t, n] = np.nan if a != a or b != b else (1.0 if a > b else 0.0)


@kernel
def keep_where(x: Floats, condition: Floats, out: Floats) -> None:
    """Write ``x`` where the condition is above zero, else NaN."""
    for t in range(x.shape[0]):
        for n in range(x.shape[1]):
            out[t, n] = x[t, n] if condition[t, n] > 0.0 else np.nan


@kernel
def fill(x: Floats, gate: Floats, out: Floats, value: float) -> None:
    """Write ``x``, or `value` where ``x`` is missing and the gate is not."""
    for t in range(x.shape[0]):
        for n in range(x.shape[1]):
            is_filled = x[t, n] != x[t, n] and gate[t, n] == gate[t, n]
            out[t, n] = value if is_filled else x[t, n]

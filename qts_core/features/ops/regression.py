"""Least-squares lines and parabolas on time; time ticks with the symbol's own bars (specification 6.2)."""

from __future__ import annotations

from dataclasses import dataclass

from qts_core.features.graph import Node, apply, refusal
from qts_core.features.kernels import polynomial
from qts_core.features.ops.arithmetic import sqrt
from qts_core.features.ops.statistics import beta, correlation, fitted, residual_std, std
from qts_core.features.ops.windows import count_bars

__all__ = ["Line", "Parabola", "line", "parabola"]


@dataclass(frozen=True, slots=True)
class Line:
    """The line through the last values.

    Attributes
    ----------
    slope : Node
        Units of x per bar.
    slope_error : Node
        Its standard error.
    t : Node
        Slope over its standard error.
    r_squared : Node
        Share of the variance that the line explains.
    residual : Node
        Latest value less the line.
    error : Node
        Standard error of the regression, two degrees of freedom less than values.
    """

    slope: Node
    slope_error: Node
    t: Node
    r_squared: Node
    residual: Node
    error: Node


@dataclass(frozen=True, slots=True)
class Parabola:
    """The parabola through the last values.

    Attributes
    ----------
    curvature : Node
        Second derivative, units of x per bar and bar.
    velocity : Node
        First derivative at the latest value, units of x per bar.
    residual : Node
        Latest value less the parabola.
    gain : Node
        Share of the variance that it explains beyond the line.
    """

    curvature: Node
    velocity: Node
    residual: Node
    gain: Node


def line(x: Node, window: int) -> Line:
    """Fit a line on time to the last `window` values."""
    if window < 3:
        raise refusal("A window is too short for a line and its error.", found=window, expected="at least 3")
    clock = count_bars(x)
    slope, r = beta(x, clock, window), correlation(x, clock, window)
    error = residual_std(x, clock, window)
    return Line(
        slope=slope,
        slope_error=error / (window * (window * window - 1.0) / 12.0) ** 0.5,
        t=r * sqrt((window - 2.0) / (1.0 - r * r)),
        r_squared=r * r,
        residual=x - fitted(x, clock, window),
        error=error,
    )


def parabola(x: Node, window: int) -> Parabola:
    """Fit a parabola on time to the last `window` values."""
    if window < 4:
        raise refusal("A window is too short for a parabola.", found=window, expected="at least 4")
    curvature, velocity, end = (
        apply("parabola", x, window=window, kind=kind)
        for kind in (polynomial.CURVATURE, polynomial.VELOCITY, polynomial.FITTED)
    )
    squares = window * (window**2 - 1.0) * (window**2 - 4.0) / 180.0 / (window - 1.0)
    bend = 0.5 * curvature / std(x, window)
    return Parabola(curvature=curvature, velocity=velocity, residual=x - end, gain=bend * bend * squares)

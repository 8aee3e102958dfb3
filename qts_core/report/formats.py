"""How numbers are written: thousands separated, units beside, negatives in parentheses."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from qts_core.analytics.definitions import Unit

__all__ = [
    "FORMATS",
    "MISSING",
    "Format",
    "bps",
    "count",
    "decimals",
    "dollars",
    "percent",
    "probability",
    "short_decimals",
    "short_dollars",
    "short_percent",
]

Format = Callable[[float], str]

MISSING: Final = "–"


def _signed(value: float, text: Callable[[float], str]) -> str:
    """Write `value` by `text` of its size, in parentheses when it is negative after rounding."""
    if math.isnan(value):
        return MISSING
    if math.isinf(value):
        return "∞" if value > 0 else "(∞)"
    written = text(abs(value))
    is_zero = not any(c in "123456789" for c in written)
    return f"({written})" if value < 0 and not is_zero else written


def percent(value: float, places: int = 2) -> str:
    """Write a ratio in percent: 0.0123 as "1.23 %"."""
    return _signed(value, lambda v: f"{v * 100:,.{places}f} %")


def decimals(value: float, places: int = 2) -> str:
    """Write a plain number with `places` decimals."""
    return _signed(value, lambda v: f"{v:,.{places}f}")


def dollars(value: float, places: int = 0) -> str:
    """Write USD with thousands separated."""
    return _signed(value, lambda v: f"${v:,.{places}f}")


def short_dollars(value: float) -> str:
    """Write USD for an axis: $950, $12k, $1.05M."""

    def text(v: float) -> str:
        for size, letter in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
            if v >= size:
                return f"${v / size:.4g}{letter}"
        return f"${v:.4g}"

    return _signed(value, text)


def short_percent(value: float) -> str:
    """Write a ratio in percent for an axis, with no more decimals than it has: 5 %, 2.5 %."""
    return _signed(value, lambda v: f"{_short(v * 100)} %")


def short_decimals(value: float) -> str:
    """Write a number for an axis, with no more decimals than it has: 2, 1.5."""
    return _signed(value, _short)


def _short(size: float) -> str:
    text = f"{size:,.6f}"
    return text.rstrip("0").rstrip(".")


def count(value: float) -> str:
    """Write a whole number; an infinite or undefined one as such."""
    return _signed(value, lambda v: f"{v:,.0f}")


def bps(value: float) -> str:
    """Write basis points with one decimal."""
    return _signed(value, lambda v: f"{v:,.1f} bp")


def probability(value: float) -> str:
    """Write a probability; rounding never turns it into certainty."""
    if math.isnan(value):
        return MISSING
    if value < 0.0005:
        return "< 0.001"
    if value >= 0.9995:
        return "> 0.999"
    return f"{value:.3f}"


FORMATS: Final[dict[Unit, Format]] = {
    Unit.PERCENT: percent,
    Unit.RATIO: decimals,
    Unit.DOLLARS: dollars,
    Unit.BPS: bps,
    Unit.SESSIONS: count,
    Unit.BARS: lambda value: decimals(value, 1),
    Unit.COUNT: count,
    Unit.PROBABILITY: probability,
}

"""What happened in the crises that everyone remembers, where the data reach them (specification 11.3)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from qts_core.analytics.drawdown import max_drawdown
from qts_core.analytics.returns import DailyCurve, total_return
from qts_core.market.panel import Floats
from qts_core.market.time import day_number

__all__ = ["STRESS_WINDOWS", "StressLine", "StressWindow", "stress"]


@dataclass(frozen=True, slots=True)
class StressWindow:
    """A stretch of market history; both days belong to it.

    Attributes
    ----------
    what : str
        What happened, in a few words.
    """

    name: str
    first: date
    last: date
    what: str


STRESS_WINDOWS: Final = (
    StressWindow("2008-09", date(2008, 9, 2), date(2009, 3, 9), "Lehman Brothers fails, to the low of the S&P 500"),
    StressWindow("2010 flash crash", date(2010, 5, 6), date(2010, 5, 20), "a trillion dollars for half an hour"),
    StressWindow("2011", date(2011, 7, 25), date(2011, 10, 3), "United States downgraded, euro crisis"),
    StressWindow("2015-08", date(2015, 8, 18), date(2015, 8, 25), "renminbi devalued, halts at the open of the 24th"),
    StressWindow("2018-02", date(2018, 1, 29), date(2018, 2, 8), "short-volatility products collapse"),
    StressWindow("2018-12", date(2018, 12, 3), date(2018, 12, 24), "rates and tariffs, the worst December since 1931"),
    StressWindow("2020-03", date(2020, 2, 20), date(2020, 3, 23), "pandemic, four market-wide halts"),
    StressWindow("2022", date(2022, 1, 4), date(2022, 10, 12), "inflation and rising rates"),
)
"""Declared once. Long ones run from the close of a high of the S&P 500 to that of the low."""


@dataclass(frozen=True, slots=True)
class StressLine:
    """Results over the `n` sessions of a window.

    Attributes
    ----------
    total, benchmark : float
        Compound returns, ratios; the benchmark's is NaN without one.
    worst : float
        Worst session, ratio.
    max_drawdown : float
        At session closes within the window, positive ratio.
    """

    window: StressWindow
    n: int
    total: float
    benchmark: float
    worst: float
    max_drawdown: float


def stress(
    curve: DailyCurve, benchmark: Floats | None = None, *, windows: Sequence[StressWindow] = STRESS_WINDOWS
) -> tuple[StressLine, ...]:
    """Measure `curve` over the windows that lie wholly within it, oldest first.

    Parameters
    ----------
    benchmark : float64 [D], optional
        Returns of a benchmark on the same sessions.
    """
    if not len(curve):
        return ()
    returns, lines = curve.returns, []
    for window in windows:
        first, last = day_number(window.first), day_number(window.last)
        if first < curve.days[0] or last > curve.days[-1]:
            continue
        inside = (curve.days >= first) & (curve.days <= last)
        own = returns[inside]
        if not len(own):
            continue
        lines.append(
            StressLine(
                window,
                len(own),
                total_return(own),
                math.nan if benchmark is None else total_return(benchmark[inside]),
                float(own.min()),
                max_drawdown(np.r_[1.0, np.cumprod(1.0 + own)]),
            )
        )
    return tuple(lines)

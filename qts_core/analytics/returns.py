"""From an equity curve to returns by session, month and year (specification 11.3)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from qts_core.market.panel import Floats
from qts_core.market.timeline import SESSIONS_PER_YEAR, Timeline

__all__ = [
    "DailyCurve",
    "PeriodReturn",
    "annualised_return",
    "annualised_volatility",
    "is_constant",
    "monthly_returns",
    "total_return",
    "yearly_returns",
]


@dataclass(frozen=True, slots=True, eq=False)
class DailyCurve:
    """Equity at the close of each of D sessions.

    Attributes
    ----------
    days : int32 [D]
        Trading dates, days since 1970-01-01, increasing.
    equity : float64 [D]
        Equity at the close, USD.
    initial : float
        Equity before the first session, USD.
    """

    days: NDArray[np.int32]
    equity: Floats
    initial: float

    @classmethod
    def of(cls, timeline: Timeline, equity: Floats, *, initial: float) -> DailyCurve:
        """Take the last bar of each session from bar equity [T].

        Raises
        ------
        ValueError
            If the lengths differ.
        """
        if len(timeline) != len(equity):
            raise ValueError(f"{len(timeline)} bars but {len(equity)} equity values")
        last = np.flatnonzero(np.r_[np.diff(timeline.session) != 0, True]) if len(equity) else np.array([], dtype=int)
        return cls(timeline.session[last], equity[last], initial)

    @property
    def returns(self) -> Floats:
        """Simple return of each session over the close before, ratio [D]."""
        before: Floats = np.r_[self.initial, self.equity[:-1]]
        return self.equity / before - 1

    @property
    def dates(self) -> tuple[date, ...]:
        """The D trading dates."""
        return tuple(date.fromordinal(719_163 + int(day)) for day in self.days)

    def __len__(self) -> int:
        return len(self.days)


@dataclass(frozen=True, slots=True)
class PeriodReturn:
    """Compound return of one month, or of one year when `month` is 0, over `n` sessions."""

    year: int
    month: int
    ratio: float
    n: int


def is_constant(values: Floats) -> bool:
    """Return whether all values are equal up to rounding, so that a ratio over their deviation means nothing."""
    if not len(values):
        return True
    # Squares of differences below 1e-100 vanish in float64.
    return float(np.ptp(values)) <= max(1e-14 * float(np.max(np.abs(values))), 1e-100)


def total_return(returns: Floats) -> float:
    """Return the compound return of simple returns [n], ratio."""
    return float(np.prod(1 + returns) - 1)


def annualised_return(returns: Floats, *, periods_per_year: int = SESSIONS_PER_YEAR) -> float:
    """Return the compound growth rate per year of simple returns [n], ratio; -1 once everything is lost."""
    growth = 1 + total_return(returns)
    if not len(returns):
        return math.nan
    return float(growth ** (periods_per_year / len(returns)) - 1) if growth > 0 else -1.0


def annualised_volatility(returns: Floats, *, periods_per_year: int = SESSIONS_PER_YEAR) -> float:
    """Return the sample standard deviation times the root of `periods_per_year`, ratio; NaN below two values."""
    return float(np.std(returns, ddof=1) * math.sqrt(periods_per_year)) if len(returns) > 1 else math.nan


def monthly_returns(curve: DailyCurve) -> tuple[PeriodReturn, ...]:
    """Return the compound return of each calendar month that has a session, oldest first."""
    return tuple(_periods(curve, by_month=True))


def yearly_returns(curve: DailyCurve) -> tuple[PeriodReturn, ...]:
    """Return the compound return of each calendar year that has a session, oldest first."""
    return tuple(_periods(curve, by_month=False))


def _periods(curve: DailyCurve, *, by_month: bool) -> Iterator[PeriodReturn]:
    keyed = zip(((d.year, d.month if by_month else 0) for d in curve.dates), curve.returns, strict=True)
    for (year, month), group in groupby(keyed, key=lambda pair: pair[0]):
        values = np.array([r for _, r in group])
        yield PeriodReturn(year, month, total_return(values), len(values))

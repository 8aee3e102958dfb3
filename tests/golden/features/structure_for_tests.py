"""The windows of returns from which factors and graphs are found, cut in plain numpy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.golden.features.market_for_tests import Bars, Floats, Market

WINDOW, EVERY = 520, 5


@dataclass(frozen=True)
class Cut:
    """The symbols that take part, calmest first, their returns [window, m] with means for what is missing."""

    some: NDArray[np.int64]
    returns: Floats
    deviations: Floats

    @property
    def correlations(self) -> Floats:
        found: Floats = np.asarray(np.corrcoef(self.returns, rowvar=False))
        return found

    @property
    def units(self) -> Floats:
        """Returns with mean 0 and deviation 1."""
        found: Floats = (self.returns - self.returns.mean(axis=0)) / self.returns.std(axis=0)
        return found


def cut(values: Floats) -> Cut:
    """Return who takes part in a window [window, N]: four fifths of the returns are there."""
    some = np.flatnonzero((~np.isnan(values)).mean(axis=0) >= 0.8)
    deviations = np.nanstd(values[:, some], axis=0, ddof=1)
    order = np.argsort(deviations)
    some, deviations = some[order], deviations[order]
    filled = np.where(np.isnan(values[:, some]), np.nanmean(values[:, some], axis=0), values[:, some])
    return Cut(some, filled, deviations)


def held(market: Market, function: Callable[[Cut], Mapping[str, Floats | float]]) -> dict[str, Floats]:
    """Return what `function` says of the last window before every fifth session, on all bars until the next."""
    returns = market.scatter(lambda b: b.log_return)
    rows = np.flatnonzero(~np.isnan(returns).all(axis=1))
    session = market.panel.timeline.session[rows]
    firsts = np.flatnonzero(np.r_[False, session[1:] != session[:-1]])
    out: dict[str, Floats] = {}
    full = firsts[firsts >= WINDOW][::EVERY]
    for first, following in zip(full, [*full[1:], len(rows)], strict=True):
        window = cut(returns[rows[first - WINDOW : first]])
        today = rows[first:following]
        for name, values in function(window).items():
            column = out.setdefault(name, np.full(returns.shape, np.nan))
            column[np.ix_(today, window.some)] = values
    return {name: np.where(np.isnan(returns), np.nan, values) for name, values in out.items()}


def over_time(market: Market, values: Floats, function: Callable[[Bars, Floats], Floats]) -> Floats:
    """Apply `function` to each symbol's values on its own bars."""
    out = np.full(values.shape, np.nan)
    for column, b in enumerate(market.bars):
        out[b.rows, column] = function(b, values[b.rows, column])
    return out


def step(x: Floats, bars: int) -> Floats:
    """Return the change over some existing values."""
    there = np.flatnonzero(~np.isnan(x))
    out = np.full(len(x), np.nan)
    out[there[bars:]] = x[there[bars:]] - x[there[:-bars]]
    return out

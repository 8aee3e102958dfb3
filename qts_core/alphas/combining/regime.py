"""Which regime the market is in, from closed bars: the rule of the ensembles' threshold detector, bar by bar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import numpy as np

from qts_core.alphas.history import ReturnHistory, Rows
from qts_core.market.panel import Floats

__all__ = ["RegimeReader"]

SPAN_BARS = 130
"""Bars of the market's volatility and trend: five sessions."""

HIGH_RANK, LOW_RANK = 0.75, 0.25
TRENDING, REVERTING, TURBULENT, CALM = range(4)
"""Places in :data:`qts_core.models.regimes.detectors.REGIMES`."""


class RegimeReader:
    """A fold over chain-linked closes.

    The market is the mean return of all symbols. Its volatility is the deviation of its last 130 returns, its trend the
    part of the way that was straight: the absolute sum over the sum of the absolute. Both are ranked among the last
    `window_bars` bars: volatility at the top or bottom quarter decides, the trend's half otherwise.

    Parameters
    ----------
    window_bars, breadth : int
    """

    def __init__(self, window_bars: int, breadth: int) -> None:
        self._history = ReturnHistory(1, breadth)
        self._market = Rows(SPAN_BARS, 1)
        self._observed = Rows(window_bars, 2)

    @property
    def observations(self) -> Floats:
        """Volatility and trend of the last bars, float64 [window, 2], oldest first."""
        return self._observed.values

    def update(self, linked_close: Floats) -> int:
        """Take a bar's closes [N] and return the regime in force at them; -1 while too little is known."""
        self._history.update(linked_close)
        moves = self._history.returns[-1]
        known = moves[~np.isnan(moves)]
        self._market.push(np.array([known.mean() if len(known) else 0.0]))
        market = self._market.values[:, 0]
        if np.isnan(market[0]):
            return -1
        way = float(np.abs(market).sum())
        trend = abs(float(market.sum())) / way if way > 0.0 else 0.0
        self._observed.push(np.array([market.std(), trend]))
        volatility, trend = (self._rank(column) for column in (0, 1))
        if volatility >= HIGH_RANK:
            return TURBULENT
        if volatility <= LOW_RANK:
            return CALM
        return TRENDING if trend >= 0.5 else REVERTING

    def snapshot(self) -> dict[str, object]:
        """Return the state, exact, as JSON values."""
        return {
            "history": self._history.snapshot(),
            "market": self._market.snapshot(),
            "observed": self._observed.snapshot(),
        }

    def restore(self, state: Mapping[str, object]) -> None:
        """Take up the state of :meth:`snapshot`."""
        self._history.restore(cast(dict[str, object], state["history"]))
        self._market.restore(state["market"])
        self._observed.restore(state["observed"])

    def _rank(self, column: int) -> float:
        """Return the share of the window below the newest value, of equal ones half."""
        values = self._observed.values[:, column]
        known = values[~np.isnan(values)]
        newest = values[-1]
        return float(np.count_nonzero(known < newest) + 0.5 * np.count_nonzero(known == newest)) / len(known)

"""The cross-sectional family: where a symbol ranks among the others in a chosen figure (9.2)."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from qts_core.alphas.base import MeasuredAlpha, State
from qts_core.alphas.history import ReturnHistory, Rows
from qts_core.alphas.ml import FULL_STRENGTH_DEVIATIONS
from qts_core.alphas.windows import MINIMUM_BREADTH, average_ranks, total_and_deviation
from qts_core.market.bars import BarSlice
from qts_core.market.panel import Floats

__all__ = ["RankAlpha", "Ranked", "ranks"]


class Ranked(StrEnum):
    """What symbols are ranked by."""

    SCORE = "score"
    """The model's score of the bar."""
    RETURN = "return"
    """The return over the window."""
    VOLATILITY = "volatility"
    """The standard deviation of returns over the window."""
    DOLLAR_VOLUME = "dollar_volume"
    """The mean traded value over the window."""


class RankAlpha(MeasuredAlpha):
    """The rank of a figure among all symbols: the largest is strength 1, the smallest -1, the median 0.

    Confidence is the share of the symbols that stand further in the middle.

    Parameters
    ----------
    ranked : Ranked
    lookback_bars : int
        Window of the figure; of no meaning for scores.
    is_reversed : bool
        Whether the smallest is the best.
    """

    def __init__(
        self, name: str, horizon_bars: int, breadth: int, lookback_bars: int, *, ranked: Ranked = Ranked.SCORE,
        is_reversed: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(name, horizon_bars, breadth)
        self.ranked = ranked
        self._sign = -1.0 if is_reversed else 1.0
        needs_returns = ranked in (Ranked.RETURN, Ranked.VOLATILITY)
        self._history = ReturnHistory(lookback_bars, breadth) if needs_returns else None
        self._values = Rows(lookback_bars, breadth) if ranked is Ranked.DOLLAR_VOLUME else None

    def measure(self, bars: BarSlice, score: Floats) -> Floats:
        """Return the ranks as deviations [N]; NaN where the symbol has no figure."""
        return self._sign * FULL_STRENGTH_DEVIATIONS * ranks(self._figure(bars, score))

    def confidence(self, deviation: Floats) -> Floats:
        """Return how far from the median the rank is, from 0 to 1."""
        return np.abs(deviation) / FULL_STRENGTH_DEVIATIONS

    def memory(self) -> dict[str, object]:
        """Return the window."""
        if self._history is not None:
            return self._history.snapshot()
        return {} if self._values is None else {"values": self._values.snapshot()}

    def recall(self, state: State) -> None:
        """Take up the window."""
        if self._history is not None:
            self._history.restore(dict(state))
        elif self._values is not None:
            self._values.restore(state["values"])

    def _figure(self, bars: BarSlice, score: Floats) -> Floats:
        if self._history is not None:
            self._history.update(bars.close * bars.factor)
            total, deviation, _ = total_and_deviation(self._history.returns)
            figure = total if self.ranked is Ranked.RETURN else deviation
        elif self._values is not None:
            self._values.push(bars.close * bars.volume)
            total, _, count = total_and_deviation(self._values.values)
            figure = total / count
        else:
            return score
        return np.where(np.isnan(bars.close), np.nan, figure)


def ranks(values: Floats) -> Floats:
    """Return the ranks of `values` [N] from -1 (smallest) to 1 (largest), equal ones at their mean.

    NaN stays NaN; with fewer than five values all are.
    """
    known = np.isfinite(values)
    count = int(known.sum())
    found = np.full(len(values), np.nan)
    if count >= MINIMUM_BREADTH:
        found[known] = 2.0 * (average_ranks(values[known]) - 1.0) / (count - 1) - 1.0
    return found

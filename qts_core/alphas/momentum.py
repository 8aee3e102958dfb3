"""Momentum: what rose goes on rising - against its own past, against the others, out of its channel (9.2)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qts_core.alphas.base import MeasuredAlpha, State
from qts_core.alphas.history import ReturnHistory, Rows
from qts_core.alphas.ml import FULL_STRENGTH_DEVIATIONS
from qts_core.alphas.windows import standardised, total_and_deviation
from qts_core.market.arrays import from_list, to_list
from qts_core.market.bars import BarSlice
from qts_core.market.panel import Floats

__all__ = ["Breakout", "CrossSectionalMomentum", "TimeSeriesMomentum"]


class TimeSeriesMomentum(MeasuredAlpha):
    """A symbol's return over a window, in its standard deviations: t-statistic of the mean return.

    Parameters
    ----------
    lookback_bars : int
        Bars of the return.
    skip_bars : int
        Newest bars left out, where reversion is stronger than momentum.

    References
    ----------
    Moskowitz, Ooi and Pedersen (2012), "Time series momentum", Journal of Financial Economics 104.
    """

    def __init__(self, name: str, horizon_bars: int, breadth: int, lookback_bars: int, skip_bars: int = 0) -> None:
        super().__init__(name, horizon_bars, breadth)
        self.skip_bars = skip_bars
        self._history = ReturnHistory(lookback_bars + skip_bars, breadth)

    def measure(self, bars: BarSlice, score: Floats) -> Floats:
        """Return the t-statistics [N]; NaN where the symbol has no bar or too few returns."""
        self._history.update(bars.close * bars.factor)
        returns = self._history.returns
        total, deviation, count = total_and_deviation(returns[: len(returns) - self.skip_bars])
        with np.errstate(divide="ignore", invalid="ignore"):
            found = np.where(deviation > 0.0, total / (deviation * np.sqrt(count)), 0.0)
        return np.where(np.isnan(total) | np.isnan(bars.close), np.nan, found)

    def memory(self) -> dict[str, object]:
        """Return the window."""
        return self._history.snapshot()

    def recall(self, state: State) -> None:
        """Take up the window."""
        self._history.restore(dict(state))


class CrossSectionalMomentum(TimeSeriesMomentum):
    """A symbol's return over a window against the other symbols', in standard deviations across them.

    References
    ----------
    Jegadeesh and Titman (1993), "Returns to buying winners and selling losers", Journal of Finance 48.
    """

    def measure(self, bars: BarSlice, score: Floats) -> Floats:
        """Return the standardised returns [N]; NaN where the symbol has no bar or too few returns."""
        self._history.update(bars.close * bars.factor)
        returns = self._history.returns
        total, _, _ = total_and_deviation(returns[: len(returns) - self.skip_bars])
        return standardised(np.where(np.isnan(bars.close), np.nan, total))


class Breakout(MeasuredAlpha):
    """Out of the channel of the last highs and lows, until the channel of half the length is left on the other side.

    While a breakout is in force, strength is the place of the close between the middle of the channel (0) and the edge
    it broke through (1); it is 0 in the other half, and where there is none.

    Parameters
    ----------
    lookback_bars : int
        Bars of the channel, the present one not among them.
    """

    def __init__(self, name: str, horizon_bars: int, breadth: int, lookback_bars: int) -> None:
        super().__init__(name, horizon_bars, breadth)
        self._high = Rows(lookback_bars, breadth)
        self._low = Rows(lookback_bars, breadth)
        self._side: Floats = np.zeros(breadth)

    def measure(self, bars: BarSlice, score: Floats) -> Floats:
        """Return strength as deviations [N]; NaN where the symbol has no bar or its channel a gap of half or more."""
        close = bars.close * bars.factor
        top, bottom, is_known = _channel(self._high.values, self._low.values)
        half = self._high.length // 2
        exit_top, exit_bottom, _ = _channel(self._high.values[-max(half, 1) :], self._low.values[-max(half, 1) :])
        side = self._side
        side = np.where((side > 0.0) & (close < exit_bottom) | (side < 0.0) & (close > exit_top), 0.0, side)
        side = np.where(is_known & (close > top), 1.0, np.where(is_known & (close < bottom), -1.0, side))
        self._side = side
        self._high.push(bars.high * bars.factor)
        self._low.push(bars.low * bars.factor)
        middle, reach = (top + bottom) / 2.0, (top - bottom) / 2.0
        with np.errstate(divide="ignore", invalid="ignore"):
            place = np.where(reach > 0.0, (close - middle) / reach, np.sign(close - middle))
        strength = side * np.clip(side * place, 0.0, 1.0)
        return np.where(is_known & ~np.isnan(close), strength * FULL_STRENGTH_DEVIATIONS, np.nan)

    def memory(self) -> dict[str, object]:
        """Return the channel and the side."""
        return {"high": self._high.snapshot(), "low": self._low.snapshot(), "side": to_list(self._side)}

    def recall(self, state: State) -> None:
        """Take up the channel and the side."""
        self._high.restore(state["high"])
        self._low.restore(state["low"])
        self._side = from_list(state["side"])


def _channel(high: Floats, low: Floats) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Return the highest high and lowest low of each symbol, and whether more than half the bars are known."""
    known = ~np.isnan(high)
    is_any = known.any(axis=0)
    top = np.where(is_any, np.where(known, high, -np.inf).max(axis=0), np.nan)
    bottom = np.where(is_any, np.where(known, low, np.inf).min(axis=0), np.nan)
    return top, bottom, known.sum(axis=0) * 2 > len(high)

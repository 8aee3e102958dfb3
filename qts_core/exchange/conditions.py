"""What was known of a symbol's volume and volatility before a bar: the inputs of slippage and spread models (11.2)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qts_core.market.bars import BarSlice
from qts_core.market.membership import Flags
from qts_core.market.panel import Floats

__all__ = ["Conditions", "Weather"]

SESSIONS_A_YEAR = 252.0
ASSUMED_ANNUAL_VOLATILITY = 0.30
CURRENT_HALF_LIFE_BARS = 13.0
USUAL_HALF_LIFE_BARS = 520.0
FEWEST_BARS = 20
CLOSE, MOVES, ROWS = 0, 5, 6


@dataclass(frozen=True, slots=True)
class Conditions:
    """One symbol at one moment.

    Attributes
    ----------
    volume : float
        Usual shares a bar.
    volatility : float
        Usual standard deviation of a bar's return, ratio.
    turbulence : float
        Current over usual volatility; 1 is a usual day.
    """

    volume: float
    volatility: float
    turbulence: float = 1.0

    def participation(self, shares: float) -> float:
        """Return `shares` over the usual volume; without any volume, all of it."""
        if shares <= 0.0:
            return 0.0
        return shares / self.volume if self.volume > 0.0 else 1.0


class Weather:
    """Exponential means of volume and squared return per symbol: a fold over closed bars, in today's share units.

    A bar's conditions are read before :meth:`observe` has seen it. Until twenty bars of a symbol have been seen its
    usual volume is the bar's own and its volatility 30 % a year.
    """

    def __init__(self) -> None:
        self._symbols: tuple[str, ...] = ()
        self._index: dict[str, int] = {}
        self._state: Floats = np.empty((ROWS, 0))

    def observe(self, bars: BarSlice) -> None:
        """Take a closed bar."""
        if bars.symbols is not self._symbols and bars.symbols != self._symbols:
            self._cover(bars.symbols)
        close, volume, current, usual, count, moves = self._state
        linked = bars.close * bars.factor
        present = ~np.isnan(linked)
        change = np.log(linked / close)
        is_move = ~np.isnan(change)
        square = change * change
        count += present
        moves += is_move
        _blend(current, square, is_move, moves, CURRENT_HALF_LIFE_BARS)
        _blend(usual, square, is_move, moves, USUAL_HALF_LIFE_BARS)
        traded = np.where(np.isnan(bars.volume), 0.0, bars.volume) / bars.factor
        _blend(volume, traded, present, count, USUAL_HALF_LIFE_BARS)
        np.copyto(close, linked, where=present)

    def of(self, bars: BarSlice, column: int) -> Conditions:
        """Return the conditions of the symbol in `column` of `bars`, before that bar."""
        place = self._index.get(bars.symbols[column])
        if place is None or self._state[MOVES, place] < FEWEST_BARS:
            own = float(bars.volume[column])
            sigma = ASSUMED_ANNUAL_VOLATILITY / (SESSIONS_A_YEAR * bars.slots) ** 0.5
            return Conditions(own if own > 0.0 else 0.0, sigma)
        _, volume, current, usual, _, _ = self._state[:, place].tolist()
        turbulence = (current / usual) ** 0.5 if usual > 0.0 else 1.0
        return Conditions(volume * float(bars.factor[column]), usual**0.5, turbulence)

    def _cover(self, symbols: tuple[str, ...]) -> None:
        state = np.zeros((ROWS, len(symbols)))
        state[CLOSE] = np.nan
        for column, symbol in enumerate(symbols):
            if symbol in self._index:
                state[:, column] = self._state[:, self._index[symbol]]
        self._symbols, self._state = symbols, state
        self._index = {symbol: i for i, symbol in enumerate(symbols)}


def _blend(mean: Floats, value: Floats, where: Flags, count: Floats, half_life: float) -> None:
    # The first bars are plain means, so that the start value weighs no more than any other bar.
    weight = np.maximum(1.0 - 0.5 ** (1.0 / half_life), 1.0 / np.maximum(count, 1.0))
    np.copyto(mean, mean + weight * (value - mean), where=where)

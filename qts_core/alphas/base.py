"""What every alpha is: a fold from closed bars and scores to expiring signals, and the part that all share (9.2).

An alpha says of each symbol by how many standard deviations it stands out. From that follow strength and confidence,
the same way for every family, so that the signals of different alphas can be compared and combined.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol, cast

import numpy as np
from scipy.special import erf

from qts_core.alphas.ml import FULL_STRENGTH_DEVIATIONS, SQRT_TWO
from qts_core.alphas.signal import Signals
from qts_core.market.arrays import from_list, to_list
from qts_core.market.bars import BarSlice
from qts_core.market.panel import Floats

__all__ = ["Alpha", "Horizon", "MeasuredAlpha", "State", "horizon_of"]

State = Mapping[str, object]

SHORT_BARS = 4
MEDIUM_BARS = 20


class Horizon(StrEnum):
    """The three horizons of specification 2.1."""

    SHORT = "short"
    """1 to 4 bars: reversion, bursts of momentum."""
    MEDIUM = "medium"
    """5 to 20 bars: trends, breakouts."""
    LONG = "long"
    """More than 20 bars: lasting trends, regimes."""


def horizon_of(bars: int) -> Horizon:
    """Return which horizon `bars` is."""
    if bars <= SHORT_BARS:
        return Horizon.SHORT
    return Horizon.MEDIUM if bars <= MEDIUM_BARS else Horizon.LONG


class Alpha(Protocol):
    """A fold over the closed bars of N symbols.

    Attributes
    ----------
    name : str
        By which it is scored and weighed.
    horizon_bars : int
        Bars for which its opinions stand and over whose return they are scored.
    """

    name: str
    horizon_bars: int

    def update(self, bars: BarSlice, score: Floats) -> Signals:
        """Take one closed bar and the model's scores [N] of it, and return what is thought at its close."""

    def snapshot(self) -> dict[str, object]:
        """Return the state, exact, as JSON values."""

    def restore(self, state: State) -> None:
        """Take up the state of :meth:`snapshot`."""


class MeasuredAlpha(ABC):
    """An alpha that measures each symbol in standard deviations.

    Strength is a third of the deviation, within [-1, 1]; confidence the share of a normal population that stands out
    less: the scale of :class:`~qts_core.alphas.ml.MlAlpha`.

    Parameters
    ----------
    name : str
    horizon_bars : int
    breadth : int
        N.
    """

    def __init__(self, name: str, horizon_bars: int, breadth: int) -> None:
        self.name = name
        self.horizon_bars = horizon_bars
        self.breadth = breadth
        self._age: Floats = np.full(breadth, np.inf)

    @abstractmethod
    def measure(self, bars: BarSlice, score: Floats) -> Floats:
        """Return by how many standard deviations each symbol stands out [N]; NaN = no opinion at this bar."""

    @abstractmethod
    def memory(self) -> dict[str, object]:
        """Return what :meth:`measure` remembers, exact, as JSON values."""

    @abstractmethod
    def recall(self, state: State) -> None:
        """Take up what :meth:`memory` returned."""

    def confidence(self, deviation: Floats) -> Floats:
        """Return the share of a population that stands out less, from 0 to 1."""
        return np.asarray(erf(np.abs(deviation) / SQRT_TWO))

    def update(self, bars: BarSlice, score: Floats) -> Signals:
        """Take one closed bar and the scores [N] of it, and return the signals at its close."""
        deviation = self.measure(bars, score)
        self._age = np.where(np.isnan(deviation), self._age + 1.0, 0.0)
        strength = np.clip(deviation / FULL_STRENGTH_DEVIATIONS, -1.0, 1.0)
        is_expired = self._age > self.horizon_bars
        return Signals(strength, self.confidence(deviation), is_expired, self.horizon_bars, self.name)

    def snapshot(self) -> dict[str, object]:
        """Return the state, exact, as JSON values."""
        return {"age": to_list(self._age), "memory": self.memory()}

    def restore(self, state: State) -> None:
        """Take up the state of :meth:`snapshot`."""
        age = from_list(state["age"])
        self._age = np.where(np.isnan(age), np.inf, age)
        self.recall(cast(State, state["memory"]))

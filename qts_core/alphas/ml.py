"""The machine-learning alpha: a model's scores, standardised, smoothed and expiring (specification 9.1).

A score is an expected return over the model's horizon. At each bar it is compared with the other symbols' scores and
divided by the usual spread of such differences, which moves slowly: on a bar where the model sees nothing special no
symbol stands out. Scores of overlapping horizons share most of what they predict, so their mean over some bars says
the same with less noise, and noise is what would be traded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

from qts_core.alphas.signal import Signals
from qts_core.market.arrays import from_list, to_list
from qts_core.market.panel import Floats

__all__ = ["MlAlpha", "MlAlphaSettings"]

FULL_STRENGTH_DEVIATIONS = 3.0
"""Standard deviations that count as strength 1."""

SQRT_TWO = float(np.sqrt(2.0))


@dataclass(frozen=True, slots=True)
class MlAlphaSettings:
    """How scores become strengths.

    Attributes
    ----------
    smoothing_bars : int
        Half-life of the score's moving average, bars; 0 = none.
    spread_bars : int
        Half-life of the spread by which scores are divided, bars.
    expiry_bars : int
        Bars that an opinion stands without a new one; the model's horizon.
    is_cross_sectional : bool
        Whether scores are taken relative to the mean of all symbols.
    minimum_breadth : int
        Scores needed at a bar for a mean over symbols; with fewer, scores are taken as they are.
    """

    smoothing_bars: int = 13
    spread_bars: int = 260
    expiry_bars: int = 26
    is_cross_sectional: bool = True
    minimum_breadth: int = 5


class MlAlpha:
    """A fold over the scores of N symbols.

    Parameters
    ----------
    settings : MlAlphaSettings
    breadth : int
        N.
    """

    def __init__(self, settings: MlAlphaSettings, breadth: int) -> None:
        self.settings = settings
        self._smoothed: Floats = np.full(breadth, np.nan)
        self._age = np.full(breadth, np.inf)
        self._mean_square = np.nan
        self._keep = 0.5 ** (1.0 / settings.smoothing_bars) if settings.smoothing_bars else 0.0
        self._keep_spread = 0.5 ** (1.0 / settings.spread_bars) if settings.spread_bars else 0.0

    def update(self, score: Floats) -> Signals:
        """Take the scores of one bar and return the signals.

        Parameters
        ----------
        score : float64 [N]
            Expected return over the horizon, ratio; NaN = no opinion at this bar.
        """
        known = np.isfinite(score)
        count = int(np.count_nonzero(known))
        self._age += 1.0
        is_expired = self._age > self.settings.expiry_bars
        if count == 0:
            nothing = np.full(len(score), np.nan)
            return Signals(nothing, nothing, is_expired)
        deviation = self._centred(np.where(known, score, 0.0), known, count)
        has_history = known & ~is_expired
        before = np.where(has_history, self._smoothed, deviation)
        smoothed = self._keep * before + (1.0 - self._keep) * deviation
        self._smoothed = np.where(known, smoothed, self._smoothed)
        self._age[known] = 0.0
        is_expired &= ~known
        mean_square = float(np.square(smoothed[known]).sum()) / count
        if np.isnan(self._mean_square):
            self._mean_square = mean_square
        else:
            self._mean_square = self._keep_spread * self._mean_square + (1.0 - self._keep_spread) * mean_square
        return self._signals(smoothed, known, is_expired)

    def snapshot(self) -> dict[str, object]:
        """Return the state, exact, as JSON values."""
        mean_square = None if np.isnan(self._mean_square) else self._mean_square
        return {"smoothed": to_list(self._smoothed), "age": to_list(self._age), "mean_square": mean_square}

    def restore(self, state: Mapping[str, object]) -> None:
        """Take up the state of :meth:`snapshot`."""
        self._smoothed = from_list(state["smoothed"])
        age = from_list(state["age"])
        self._age = np.where(np.isnan(age), np.inf, age)
        mean_square = state["mean_square"]
        self._mean_square = float(mean_square) if isinstance(mean_square, (int, float)) else np.nan

    def _centred(self, score: Floats, known: NDArray[np.bool_], count: int) -> Floats:
        if not self.settings.is_cross_sectional or count < self.settings.minimum_breadth:
            return score
        centred: Floats = np.where(known, score - score.sum() / count, 0.0)
        return centred

    def _signals(self, smoothed: Floats, known: NDArray[np.bool_], is_expired: NDArray[np.bool_]) -> Signals:
        spread = float(np.sqrt(self._mean_square))
        deviations = smoothed / spread if spread > 0.0 else np.zeros(len(smoothed))
        deviations = np.where(known, deviations, np.nan)
        strength = np.minimum(np.maximum(deviations / FULL_STRENGTH_DEVIATIONS, -1.0), 1.0)
        return Signals(strength, erf(np.abs(deviations) / SQRT_TWO), is_expired)

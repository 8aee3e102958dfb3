"""The machine-learning alpha: a model's scores, standardised, smoothed and expiring (specification 9.1).

A score is an expected return over the model's horizon. At each bar it is compared with the other symbols' scores and
divided by the usual spread of such differences, which moves slowly: on a bar where the model sees nothing special no
symbol stands out. Scores of overlapping horizons share most of what they predict, so their mean over some bars says
the same with less noise, and noise is what would be traded.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

from qts_core.alphas.signal import Signals
from qts_core.features.kernels.jit import kernel
from qts_core.features.kernels.sums import pairwise_sum
from qts_core.market.arrays import from_list, to_list
from qts_core.market.bars import BarSlice
from qts_core.market.panel import Floats

__all__ = ["MlAlpha", "MlAlphaSettings"]

FULL_STRENGTH_DEVIATIONS = 3.0
"""Standard deviations that count as strength 1."""

SQRT_TWO = float(np.sqrt(2.0))

NEVER = sys.maxsize
"""More symbols than there can be: scores are taken as they are."""


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
    name : str
        By which it is scored and weighed.
    """

    def __init__(self, settings: MlAlphaSettings, breadth: int, name: str = "ml") -> None:
        self.settings = settings
        self.name = name
        self.horizon_bars = settings.expiry_bars
        self._smoothed: Floats = np.full(breadth, np.nan)
        self._age = np.full(breadth, np.inf)
        self._mean_square = float("nan")
        self._keep = 0.5 ** (1.0 / settings.smoothing_bars) if settings.smoothing_bars else 0.0
        self._keep_spread = 0.5 ** (1.0 / settings.spread_bars) if settings.spread_bars else 0.0

    def update(self, bars: BarSlice, score: Floats) -> Signals:
        """Take one closed bar and its scores [N]; of the bar itself nothing is used."""
        return self.take(score)

    def take(self, score: Floats) -> Signals:
        """Take the scores of one bar and return the signals.

        Parameters
        ----------
        score : float64 [N]
            Expected return over the horizon, ratio; NaN = no opinion at this bar.
        """
        breadth = len(score)
        strength, deviations = np.empty(breadth), np.empty(breadth)
        is_expired = np.empty(breadth, dtype=np.bool_)
        chosen = self.settings
        minimum = chosen.minimum_breadth if chosen.is_cross_sectional else NEVER
        self._mean_square = _advance(
            score, self._smoothed, self._age, self._mean_square, self._keep, self._keep_spread,
            float(chosen.expiry_bars), minimum, strength, deviations, is_expired,
        )  # fmt: skip
        return Signals(strength, erf(deviations), is_expired, self.horizon_bars, self.name)

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


@kernel
def _advance(
    score: Floats, smoothed: Floats, age: Floats, mean_square: float, keep: float, keep_spread: float,
    expiry: float, minimum: int, strength: Floats, deviations: Floats, is_expired: NDArray[np.bool_],
) -> float:  # fmt: skip
    """Move `smoothed` and `age` on by one bar, write the signals, and return the new mean square.

    `deviations` get the argument of the error function: the absolute deviation over the root of two.
    """
    breadth = len(score)
    known = np.isfinite(score)
    count = 0
    centred = np.zeros(breadth)
    for i in range(breadth):
        age[i] += 1.0
        is_expired[i] = age[i] > expiry
        strength[i] = deviations[i] = np.nan
        if known[i]:
            centred[i] = score[i]
            count += 1
    if count == 0:
        return mean_square
    mean = pairwise_sum(centred) / count if count >= minimum else 0.0
    squares = np.empty(count)
    place = 0
    for i in range(breadth):
        if not known[i]:
            continue
        deviation = centred[i] - mean
        before = deviation if is_expired[i] else smoothed[i]
        smoothed[i] = keep * before + (1.0 - keep) * deviation
        age[i] = 0.0
        is_expired[i] = False
        squares[place] = smoothed[i] * smoothed[i]
        place += 1
    now = pairwise_sum(squares) / count
    mean_square = now if np.isnan(mean_square) else keep_spread * mean_square + (1.0 - keep_spread) * now
    spread = np.sqrt(mean_square)
    for i in range(breadth):
        if known[i]:
            deviation = smoothed[i] / spread if spread > 0.0 else 0.0
            strength[i] = min(max(deviation / FULL_STRENGTH_DEVIATIONS, -1.0), 1.0)
            deviations[i] = abs(deviation) / SQRT_TWO
    return mean_square

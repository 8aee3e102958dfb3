"""A signal per symbol: direction, strength, confidence and how long it stands (specification 4.1, 9.1; X-33)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qts_core.market.light import light
from qts_core.market.panel import Floats

__all__ = ["Signals"]


@light
@dataclass(frozen=True, slots=True, eq=False)
class Signals:
    """What one alpha, or the combination of all, says of N symbols at one bar.

    Attributes
    ----------
    strength : float64 [N]
        -1 (short) to 1 (long). NaN = no opinion, which is neither zero nor flat: whatever was decided before stands.
    confidence : float64 [N]
        0 to 1: the share of a normal population that stands out less; NaN where there is no strength.
    is_expired : bool [N]
        Whether the last opinion is older than its horizon: nothing stands any more and a holding has lost its reason.
    horizon_bars : int
        Bars for which an opinion stands and over whose return it is scored; 0 = it does not say.
    source : str
        Name of the alpha or combination; empty = it does not say.
    """

    strength: Floats
    confidence: Floats
    is_expired: NDArray[np.bool_]
    horizon_bars: int = 0
    source: str = ""

    @property
    def direction(self) -> Floats:
        """Sign of the strength; NaN where there is no opinion."""
        return np.sign(self.strength)

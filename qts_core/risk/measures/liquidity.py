"""How long it would take to get out, trading a share of the market's volume (specification 10.3)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qts_core.market.panel import Floats
from qts_core.market.timeline import BARS_PER_SESSION

__all__ = ["Liquidity", "bars_to_liquidate", "liquidity"]


@dataclass(frozen=True, slots=True)
class Liquidity:
    """How liquid a book is.

    Attributes
    ----------
    slowest_bars, mean_bars : float
        Bars until the last position is closed, and their mean weighted by value; 0 for no position.
    slowest_sessions : float
        The first in sessions of 26 bars.
    liquid_ratio : float
        Share of the gross value that is closed within one session; 1 for no position.
    """

    slowest_bars: float
    mean_bars: float
    slowest_sessions: float
    liquid_ratio: float


def bars_to_liquidate(value: Floats, bar_volume: Floats, *, participation: float = 0.1) -> Floats:
    """Return the bars that closing each position takes, float64 [N]; infinite without volume.

    Parameters
    ----------
    value, bar_volume : float64 [N]
        USD held, signed, and traded in a usual bar.
    participation : float
        Share of the volume that one may be, ratio in (0, 1].
    """
    size = np.abs(np.nan_to_num(value))
    pace = np.nan_to_num(bar_volume) * participation
    bars: Floats = np.divide(size, pace, out=np.full(len(size), np.inf), where=pace > 0.0)
    return np.where(size == 0.0, 0.0, bars)


def liquidity(value: Floats, bar_volume: Floats, *, participation: float = 0.1) -> Liquidity:
    """Return how liquid a book of `value` USD [N] is; parameters as in :func:`bars_to_liquidate`."""
    bars = bars_to_liquidate(value, bar_volume, participation=participation)
    size = np.abs(np.nan_to_num(value))
    gross = float(size.sum())
    if gross == 0.0:
        return Liquidity(0.0, 0.0, 0.0, 1.0)
    held = size > 0.0
    share = np.minimum(1.0, BARS_PER_SESSION / np.maximum(bars[held], 1e-12))
    slowest = float(bars.max())
    return Liquidity(
        slowest, float((size[held] * bars[held]).sum() / gross), slowest / BARS_PER_SESSION,
        float((size[held] * share).sum() / gross),
    )  # fmt: skip

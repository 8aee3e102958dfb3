"""Which symbols to hold, and in which direction: entry, exit with hysteresis, and slots (specification 9.2)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qts_core.alphas.signal import Signals
from qts_core.market.panel import Floats
from qts_core.portfolio.settings import PortfolioSettings

__all__ = ["select"]


def select(
    signals: Signals, held: Floats, can_open_long: NDArray[np.bool_], can_open_short: NDArray[np.bool_],
    settings: PortfolioSettings,
) -> Floats:  # fmt: skip
    """Return the wanted direction of each symbol: -1, 0 or 1.

    A held symbol stays while its signal keeps at least `exit_threshold` of strength in its direction, and while there
    is no opinion that has not expired. A flat one is opened from `entry_threshold`, strongest first, as long as its
    side has slots; a slot is free when the position is gone, not when its exit is sent. An opposite signal closes;
    the other side can only be opened from flat, at a later bar.

    Parameters
    ----------
    held : float64 [N]
        Signed weight or quantity held or on order; only its sign counts.
    can_open_long, can_open_short : bool [N]
        Whether the symbol may be opened at this bar.
    """
    strength = signals.strength
    direction = np.sign(held)
    along = strength * direction
    # NaN compares false: no opinion is no reason to leave.
    leaves = (along < settings.exit_threshold) | signals.is_expired
    wanted: Floats = np.where(leaves, 0.0, direction)
    flat = direction == 0.0
    sure = flat & (signals.confidence >= settings.confidence_threshold)
    _fill(wanted, 1.0, direction, np.where(sure & can_open_long, strength, -np.inf), settings)
    if not settings.is_long_only:
        _fill(wanted, -1.0, direction, np.where(sure & can_open_short, -strength, -np.inf), settings)
    return wanted


def _fill(wanted: Floats, side: float, direction: Floats, appeal: Floats, settings: PortfolioSettings) -> None:
    taken = int(np.count_nonzero(direction)), int(np.count_nonzero(direction == side))
    opened = int(np.count_nonzero((direction == 0.0) & (wanted != 0.0)))
    free = min(settings.slots_per_side - taken[1], settings.max_positions - taken[0] - opened)
    if free <= 0:
        return
    candidates = np.flatnonzero(appeal >= settings.entry_threshold)
    if len(candidates) > free:
        best = np.argsort(-appeal[candidates], kind="stable")[:free]
        candidates = candidates[best]
    wanted[candidates] = side

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
    eager = (np.abs(strength) >= settings.entry_threshold) & (signals.confidence >= settings.confidence_threshold)
    candidates = eager & (direction == 0.0)
    if candidates.any():
        _fill(wanted, 1.0, direction, candidates & (strength > 0.0) & can_open_long, strength, settings)
        if not settings.is_long_only:
            _fill(wanted, -1.0, direction, candidates & (strength < 0.0) & can_open_short, -strength, settings)
    return wanted


def _fill(
    wanted: Floats, side: float, direction: Floats, candidates: NDArray[np.bool_], appeal: Floats,
    settings: PortfolioSettings,
) -> None:  # fmt: skip
    columns = np.flatnonzero(candidates)
    if not len(columns):
        return
    taken = int(np.count_nonzero(direction))
    opened = int(np.count_nonzero((direction == 0.0) & (wanted != 0.0)))
    on_side = int(np.count_nonzero(direction == side))
    free = min(settings.slots_per_side - on_side, settings.max_positions - taken - opened)
    if free <= 0:
        return
    if len(columns) > free:
        columns = columns[np.argsort(-appeal[columns], kind="stable")[:free]]
    wanted[columns] = side

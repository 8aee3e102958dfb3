"""Which symbols to hold, and in which direction: entry, exit with hysteresis, and slots (specification 9.2)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qts_core.alphas.signal import Signals
from qts_core.features.kernels.jit import kernel
from qts_core.market.panel import Floats
from qts_core.portfolio.settings import PortfolioSettings

__all__ = ["select"]

Flags = NDArray[np.bool_]


def select(
    signals: Signals, held: Floats, can_open_long: Flags, can_open_short: Flags,
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
    wanted = np.empty(len(held))
    sides = 1 if settings.is_long_only else 2
    _choose(
        signals.strength, signals.confidence, signals.is_expired, held, can_open_long, can_open_short,
        settings.exit_threshold, settings.entry_threshold, settings.confidence_threshold, settings.max_positions,
        settings.slots_per_side, sides, wanted,
    )  # fmt: skip
    return wanted


@kernel
def _choose(
    strength: Floats, confidence: Floats, is_expired: Flags, held: Floats, can_open_long: Flags,
    can_open_short: Flags, exit_threshold: float, entry_threshold: float, confidence_threshold: float,
    max_positions: int, slots_per_side: int, sides: int, wanted: Floats,
) -> None:  # fmt: skip
    direction = np.sign(held)
    # NaN compares false: no opinion is no reason to leave.
    for i in range(len(held)):
        leaves = strength[i] * direction[i] < exit_threshold or is_expired[i]
        wanted[i] = 0.0 if leaves else direction[i]
    room = max_positions - np.count_nonzero(direction)
    for k in range(sides):
        side, can_open = (1.0, can_open_long) if k == 0 else (-1.0, can_open_short)
        appeal = np.full(len(held), -1.0)
        for i in range(len(held)):
            is_eager = abs(strength[i]) >= entry_threshold and confidence[i] >= confidence_threshold
            if is_eager and direction[i] == 0.0 and can_open[i] and strength[i] * side > 0.0:
                appeal[i] = strength[i] * side
        free = min(slots_per_side - np.count_nonzero(direction == side), room)
        while free > 0 and appeal.max() > 0.0:
            # The first of equals: the order of the symbols decides.
            column = int(appeal.argmax())
            wanted[column] = side
            appeal[column] = -1.0
            free -= 1
            room -= 1

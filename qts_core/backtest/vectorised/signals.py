"""From entries and exits to the direction that each symbol is in: long, flat or short."""

from __future__ import annotations

import numpy as np

from qts_core.backtest.vectorised.orders import HOLD, Directions
from qts_core.features.kernels.jit import kernel
from qts_core.market.errors import ConfigurationError
from qts_core.market.membership import Flags

__all__ = ["as_directions", "directions_of"]


def directions_of(
    entries: Flags, exits: Flags, short_entries: Flags | None = None, short_exits: Flags | None = None
) -> Directions:
    """Return the direction that follows from entries and exits, int8 [T, N]: 1 long, 0 flat, -1 short.

    A symbol is flat until its first entry and stays in its direction until something ends it. An entry of the other
    side turns it round. At one bar an exit comes before an entry, and where both sides are entered at once the
    symbol stays as it is.

    Parameters
    ----------
    entries, exits : bool [T, N]
        When a long begins and ends.
    short_entries, short_exits : bool [T, N], optional
        The same of shorts; none by default.

    Raises
    ------
    ConfigurationError
        If shapes differ.
    """
    given = [entries, exits, short_entries, short_exits]
    nothing = np.zeros_like(entries, dtype=np.bool_)
    found = [nothing if each is None else np.ascontiguousarray(each, dtype=np.bool_) for each in given]
    shapes = sorted({str(each.shape) for each in found})
    if len(shapes) > 1 or entries.ndim != 2:
        raise ConfigurationError(
            "QTS-EXEC-041", "signals have the wrong shape", found=" and ".join(shapes), expected="one shape [T, N]"
        )
    directions = np.zeros(entries.shape, dtype=np.int8)
    _follow(found[0], found[1], found[2], found[3], directions)
    return directions


@kernel
def _follow(entries: Flags, exits: Flags, short_entries: Flags, short_exits: Flags, out: Directions) -> None:
    bars, breadth = out.shape
    now = np.zeros(breadth, dtype=np.int8)
    for row in range(bars):
        for i in range(breadth):
            if (now[i] == 1 and exits[row, i]) or (now[i] == -1 and short_exits[row, i]):
                now[i] = 0
            if entries[row, i] != short_entries[row, i]:
                now[i] = 1 if entries[row, i] else -1
            out[row, i] = now[i]


def as_directions(values: object, shape: tuple[int, ...]) -> Directions:
    """Return directions as the loop reads them.

    Parameters
    ----------
    values : array of bool or number [T, N]
        Positive long, zero flat, negative short; NaN = leave as it is. An int8 array is taken as it stands.

    Raises
    ------
    ConfigurationError
        If the shape is another, or an int8 is not one of -1, 0, 1 and 2 = leave as it is.
    """
    given = np.asarray(values)
    if given.shape != shape:
        raise ConfigurationError(
            "QTS-EXEC-041", "signals have the wrong shape", found=str(given.shape), expected=str(shape)
        )
    if given.dtype == np.bool_:
        return np.ascontiguousarray(given.view(np.int8))
    if given.dtype == np.int8:
        if given.size and not -1 <= int(given.min()) <= int(given.max()) <= HOLD:
            raise ConfigurationError(
                "QTS-EXEC-041", "a direction is none", found=f"{given.min()} to {given.max()}", expected="-1, 0, 1 or 2"
            )
        return np.ascontiguousarray(given)
    signs = np.sign(given.astype(np.float64))
    return np.where(np.isnan(signs), HOLD, signs).astype(np.int8)

"""From target weights or directions to orders, compiled: the shares that the trading core would order (9.3)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qts_core.backtest.vectorised.money import MILLION, SHARE, UNITS, price_taken, units_of, value_of
from qts_core.features.kernels.jit import kernel
from qts_core.market.membership import Flags
from qts_core.market.panel import Floats

__all__ = [
    "BUYING_POWER", "FRACTIONAL_SHORT", "HELD", "HOLD", "MARGIN_CALL", "MARK", "NOTHING", "NO_SHORTING", "OPENING",
    "PENDING", "QUANTITY", "SIZE", "TOO_LARGE", "WORTH", "Directions", "Power", "Wishes", "maintenance",
    "order_directions", "order_weights", "why_refused",
]  # fmt: skip

Integers = NDArray[np.int64]
Directions = NDArray[np.int8]

NOTHING, TOO_LARGE, FRACTIONAL_SHORT, BUYING_POWER, MARGIN_CALL, NO_SHORTING = 0, 1, 2, 3, 4, 5
"""Why a run cannot go on."""

HOLD = 2
"""The direction that leaves a symbol as it is."""

HELD, PENDING = 0, 1
"""Rows of `shares`, int64 [2, N]: signed billionths of a share held and on order."""

QUANTITY, MARK, WORTH, SIZE, OPENING = 0, 1, 2, 3, 4
"""Rows of `figures`, float64 [5, N]: signed shares, last close in USD (0 before the first), signed and absolute value,
and what a pending order that opens needs, USD. Few arrays, because passing one at every bar costs more than its use."""

MINIMUM_EQUITY = 2_000.0
SHORT_COLLAR = 1.03
CAREFUL = 1.0 - 1e-9
"""Sums here are floats; what is this near to the limit counts as beyond it."""


class Wishes(NamedTuple):
    """What to hold, decided at each close; one of `weights` and `directions` has no rows.

    Attributes
    ----------
    weights : float64 [T, N]
        Share of equity; NaN = leave as it is.
    directions : int8 [T, N]
        1 long, 0 flat, -1 short, 2 = leave as it is.
    size : float64 [N]
        Of a position: share of equity when it is opened, or shares.
    is_shares : bool
        Whether `size` counts shares.
    """

    weights: Floats
    directions: Directions
    size: Floats
    is_shares: bool


Power = tuple[float, float, float]
"""Equity, maintenance and gross exposure at the previous session's end, USD."""


@kernel
def order_weights(
    target: Floats, close: Floats, is_fractional: Flags, half_spread: int, equity: float, shares: Integers,
    figures: Floats,
) -> int:  # fmt: skip
    """Note the orders that bring the holdings to the weights `target`; return how many are open, < 0 what stops it."""
    held, pending, opening = shares[HELD], shares[PENDING], figures[OPENING]
    quantity, mark = figures[QUANTITY], figures[MARK]
    count = 0
    for i in range(len(held)):
        if pending[i] != 0:
            count += 1
            continue
        weight, has = target[i], quantity[i]
        if np.isnan(weight) or np.isnan(close[i]):
            continue
        wanted = 0.0 if weight * has < 0.0 else weight * equity / close[i]
        if np.trunc(wanted) == has and not is_fractional[i]:
            continue
        # A target that is what is held trades nothing, whatever rounding makes of its shares.
        if abs(wanted - has) <= 1e-9 * abs(has) and weight == has * mark[i] / equity:
            continue
        delta, need = order_for(held[i], billionths(wanted, is_fractional[i]), mark[i], half_spread)
        if need < 0.0:
            return -FRACTIONAL_SHORT
        pending[i], opening[i] = delta, need
        count += delta != 0
    return count


@kernel
def order_directions(
    directions: Directions, size: Floats, is_shares: bool, close: Floats, is_fractional: Flags, half_spread: int,
    equity: float, shares: Integers, figures: Floats,
) -> int:  # fmt: skip
    """Note the orders that bring the holdings to the directions; return as :func:`order_weights` does."""
    held, pending, opening, mark = shares[HELD], shares[PENDING], figures[OPENING], figures[MARK]
    count = 0
    for i in range(len(held)):
        direction, has = directions[i], held[i]
        side = (has > 0) * 1 - (has < 0) * 1
        if pending[i] != 0:
            count += 1
            continue
        if side == direction or direction == HOLD or np.isnan(close[i]):
            continue
        wanted = 0.0
        if side == 0:
            wanted = direction * size[i]
            if not is_shares:
                wanted = wanted * equity / close[i]
        delta, need = order_for(has, billionths(wanted, is_fractional[i]), mark[i], half_spread)
        if need < 0.0:
            return -FRACTIONAL_SHORT
        pending[i], opening[i] = delta, need
        count += delta != 0
    return count


@kernel
def billionths(shares: float, is_fractional: bool) -> int:
    """Return shares cut towards zero; parts of a share as the core writes them, to eight places, long only."""
    if is_fractional and shares > 0.0:
        return np.int64(np.rint(shares * 1e8)) * 10  # type: ignore[return-value]
    return np.int64(shares) * SHARE  # type: ignore[return-value]


@kernel
def order_for(held: int, wanted: int, mark: float, half_spread: int) -> tuple[int, float]:
    """Return the order that makes what is held what is wanted, and the USD it needs: 0 to close, < 0 not possible."""
    delta = wanted - held
    if delta == 0 or (held != 0 and (held > 0) != (delta > 0)):
        return delta, 0.0
    is_part = delta % SHARE != 0
    need = abs(delta) / SHARE * mark * (1.0 + half_spread / MILLION)
    if delta < 0:
        return delta, -1.0 if is_part else need * SHORT_COLLAR
    if is_part and need < 1.01:
        # The broker takes parts of a share from one dollar on.
        units, _ = value_of(delta, price_taken(units_of(mark), 1, half_spread))
        if units < UNITS:
            return 0, 0.0
    return delta, need


@kernel
def why_refused(equity: float, gross: float, cash: float, shares: Integers, figures: Floats, power: Power) -> int:
    """Return why the broker would refuse one of the opening orders, 0 when it would not.

    Parameters
    ----------
    equity, gross, cash : float
        At this close, USD.
    """
    opening, pending = figures[OPENING], shares[PENDING]
    needed, is_short = 0.0, False
    for i in range(len(opening)):
        needed += opening[i]
        is_short |= opening[i] > 0.0 and pending[i] < 0
    if needed == 0.0:
        return NOTHING
    if equity < MINIMUM_EQUITY:
        if is_short:
            return NO_SHORTING
        free = cash
    else:
        grown = max(0.0, gross - power[2])
        free = min(4.0 * (power[0] - power[1]) - grown, 4.0 * equity - gross)
    return BUYING_POWER if needed > free * CAREFUL else NOTHING


@kernel
def maintenance(figures: Floats) -> float:
    """Return the maintenance margin of all positions, USD, by the broker's usual rates."""
    mark, quantity = figures[MARK], figures[QUANTITY]
    total = 0.0
    for i in range(len(mark)):
        price, shares = mark[i], quantity[i]
        if shares > 0.0:
            total += shares * price * (1.0 if price < 6.0 else 0.3)
        elif shares < 0.0:
            rate, floor = (1.0, 2.5) if price < 5.0 else (0.3, 5.0)
            total += max(-shares * floor, -shares * price * rate)
    return total

"""From target weights or directions to orders, compiled: the shares that the trading core would order (9.3)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qts_core.backtest.vectorised.compiled import inlined
from qts_core.backtest.vectorised.money import MILLION, SHARE, UNITS, steps_taken, units_of, value_of
from qts_core.backtest.vectorised.state import (
    BUYING_POWER,
    HELD,
    MARK,
    NO_SHORTING,
    NOTHING,
    OPENING,
    PENDING,
    QUANTITY,
    Integers,
)
from qts_core.features.kernels.jit import kernel
from qts_core.market.membership import Flags
from qts_core.market.panel import Floats

__all__ = [
    "HOLD", "Directions", "Power", "Wishes", "maintenance", "note_needs", "order_directions", "order_weights",
    "why_refused",
]  # fmt: skip

Directions = NDArray[np.int8]

HOLD = 2
"""The direction that leaves a symbol as it is."""

MINIMUM_EQUITY = 2_000.0
SHORT_COLLAR = 1.03
NEAR = 1e-9
"""Of the shares held: a target so near may be what is held."""

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
    row: int, weights: Floats, closes: Floats, is_fractional: Flags, equity: float, shares: Integers, figures: Floats
) -> bool:
    """Note the orders that bring the holdings to the `weights` of a row; return whether there are any."""
    waiting, near = ask_weights(row, weights, closes, is_fractional, equity, shares, figures)
    if near:
        # A target that is what is held trades nothing, whatever rounding makes of its shares.
        for i in range(shares.shape[1]):
            has, mark = figures[QUANTITY, i], figures[MARK, i]
            is_near = abs(weights[row, i] * equity / mark - has) <= NEAR * abs(has)
            if is_near and closes[row, i] == closes[row, i] and weights[row, i] == has * mark / equity:
                shares[PENDING, i] = 0
    return waiting > 0


@kernel
def ask_weights(
    row: int, weights: Floats, closes: Floats, is_fractional: Flags, equity: float, shares: Integers, figures: Floats
) -> tuple[int, int]:
    """Note orders; return how many there are, and how many of the targets may be what is held.

    Without branches and on rows by themselves, so that one instruction decides for several symbols.
    """
    target, close = weights[row], closes[row]
    held, pending, quantity, mark = shares[HELD], shares[PENDING], figures[QUANTITY], figures[MARK]
    waiting, near = 0, 0
    for i in range(len(held)):
        weight, has, may_part = target[i], quantity[i], is_fractional[i]
        wanted = 0.0 if weight * has < 0.0 else weight * equity / mark[i]
        is_same = (np.trunc(wanted) == has) & (not may_part)
        # What waits for a bar has none here.
        is_asked = (weight == weight) & (close[i] == close[i]) & (not is_same)
        delta = billionths(wanted if is_asked else 0.0, may_part) - held[i]
        pending[i] = delta if is_asked else pending[i]
        near += is_asked & (has != 0.0) & (abs(wanted - has) <= NEAR * abs(has))
        waiting += pending[i] != 0
    return waiting, near


@kernel
def order_directions(
    row: int, wishes: Wishes, closes: Floats, is_fractional: Flags, equity: float, shares: Integers
) -> bool:
    """Note the orders that bring the holdings to the directions of a row; return whether there are any."""
    due, waiting, breadth = 0, 0, len(is_fractional)
    for i in range(breadth):
        direction, has = wishes.directions[row, i], shares[HELD, i]
        due += (direction != (has > 0) * 1 - (has < 0) * 1) & (direction != HOLD)
        waiting += shares[PENDING, i] != 0
    if due == 0:
        return waiting > 0
    for i in range(breadth):
        direction, has = wishes.directions[row, i], shares[HELD, i]
        side = (has > 0) * 1 - (has < 0) * 1
        if side == direction or direction == HOLD or np.isnan(closes[row, i]):
            continue
        wanted = 0.0
        if side == 0:
            wanted = direction * wishes.size[i]
            if not wishes.is_shares:
                wanted = wanted * equity / closes[row, i]
        shares[PENDING, i] = billionths(wanted, is_fractional[i]) - has
        waiting += shares[PENDING, i] != 0
    return waiting > 0


@inlined
def billionths(shares: float, is_fractional: bool) -> int:
    """Return shares cut towards zero; parts of a share as the core writes them, to eight places, long only."""
    may_part = is_fractional & (shares > 0.0)
    steps = np.int64(np.rint(shares * 1e8) if may_part else shares)
    return steps * (10 if may_part else SHARE)  # type: ignore[return-value]


@kernel
def note_needs(half_spread: int, shares: Integers, figures: Floats) -> bool:
    """Note the USD that orders need which open a position; return whether there are orders.

    An order for part of a share is taken back when it is worth less than a dollar, from which on the broker takes them.
    """
    waiting, small, breadth, dear = 0, 0, shares.shape[1], 1.0 + half_spread / MILLION
    for i in range(breadth):
        delta, has = shares[PENDING, i], shares[HELD, i]
        is_closing = ((has > 0) & (delta < 0)) | ((has < 0) & (delta > 0))
        price = figures[MARK, i] * dear * (SHORT_COLLAR if delta < 0 else 1.0)
        need = 0.0 if is_closing else abs(delta) * (1.0 / SHARE) * price
        figures[OPENING, i] = need
        small += (need > 0.0) & (need < 1.01)
        waiting += delta != 0
    if small == 0:
        return waiting > 0
    for i in range(breadth):
        delta = shares[PENDING, i]
        if 0.0 < figures[OPENING, i] < 1.01 and delta > 0 and delta % SHARE != 0:
            units, _ = value_of(delta, steps_taken(units_of(figures[MARK, i]), 1, half_spread))
            if units < UNITS:
                shares[PENDING, i], figures[OPENING, i] = 0, 0.0
                waiting -= 1
    return waiting > 0


@kernel
def why_refused(equity: float, gross: float, cash: float, shares: Integers, figures: Floats, power: Power) -> int:
    """Return why the broker would refuse one of the opening orders, 0 when it would not.

    Parameters
    ----------
    equity, gross, cash : float
        At this close, USD.
    """
    needed, breadth = 0.0, shares.shape[1]
    for i in range(breadth):
        needed += figures[OPENING, i]
    if needed == 0.0:
        return NOTHING
    if equity < MINIMUM_EQUITY:
        for i in range(breadth):
            if figures[OPENING, i] > 0.0 and shares[PENDING, i] < 0:
                return NO_SHORTING
        free = cash
    else:
        grown = max(0.0, gross - power[2])
        free = min(4.0 * (power[0] - power[1]) - grown, 4.0 * equity - gross)
    return BUYING_POWER if needed > free * CAREFUL else NOTHING


@kernel
def maintenance(figures: Floats) -> float:
    """Return the maintenance margin of all positions, USD, by the broker's usual rates."""
    total = 0.0
    for i in range(figures.shape[1]):
        price, shares = figures[MARK, i], figures[QUANTITY, i]
        if shares > 0.0:
            total += shares * price * (1.0 if price < 6.0 else 0.3)
        elif shares < 0.0:
            rate, floor = (1.0, 2.5) if price < 5.0 else (0.3, 5.0)
            total += max(-shares * floor, -shares * price * rate)
    return total

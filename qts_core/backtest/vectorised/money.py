"""Exact money in compiled code: cash and prices as integers, fills and fees to the cent (specification 11.1).

Prices and cash are int64 in units of 1e-8 USD. Parts of a share make smaller amounts: those are crumbs of 1e-17 USD,
fewer than make one unit. Shares are int64 in billionths, which is how fine the broker keeps them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from qts_core.backtest.vectorised.compiled import inlined
from qts_core.features.kernels.jit import kernel

__all__ = [
    "CENTS", "CRUMBS", "MILLION", "PRICE_STEP", "SHARE", "UNITS", "Costs", "cents_half_even", "divided",
    "payment_of", "per_share", "share_of_value", "steps_taken", "units_of", "value_of",
]  # fmt: skip

UNITS = 100_000_000
"""Units in one dollar."""

CRUMBS = 1_000_000_000
"""Crumbs in one unit."""

SHARE = 1_000_000_000
"""Billionths in one share."""

PRICE_STEP = 10_000
"""Units in the step to which fill prices are rounded, 0.0001 USD."""

CENTS = 1_000_000
"""Units in a cent."""

MILLION = 1_000_000

STEP_CRUMBS = 10_000
"""A billionth of a share times one price step, in crumbs."""

PARTS_PER_UNIT = 100_000
"""Billionths of a share times price steps in one unit."""


class Costs(NamedTuple):
    """Costs as integers.

    Attributes
    ----------
    half_spread, taking : int
        Millionths of the price: half the spread alone, and with slippage.
    commission : int
        Millionths of the value.
    sec : int
        Cents per million dollars sold.
    taf, taf_cap : int
        Units per share sold, and cents at most.
    cat : int
        Units per share, both sides.
    """

    half_spread: int
    taking: int
    commission: int
    sec: int
    taf: int
    taf_cap: int
    cat: int


@inlined
def units_of(price: float) -> int:
    """Return a price in USD as units."""
    return np.int64(np.rint(price * UNITS))  # type: ignore[return-value]


@inlined
def divided(number: int, divisor: int) -> tuple[int, int]:
    """Return quotient and remainder of `number`, not negative, by `divisor`, from 10,000 on.

    Processors divide four floats or more at once but integers one by one; the float is one off at most, and mended.
    """
    found = np.int64(number * (1.0 / divisor))
    rest = number - found * divisor
    over, under = rest >= divisor, rest < 0
    rest += (divisor if under else 0) - (divisor if over else 0)
    return found + over - under, rest  # type: ignore[return-value]


@inlined
def half_even(number: int, divisor: int) -> int:
    """Return the quotient rounded to the nearest integer, halves to even."""
    found, rest = divided(number, divisor)
    return found + ((2 * rest > divisor) | ((2 * rest == divisor) & (found & 1)))


@inlined
def ceiling(number: int, divisor: int) -> int:
    """Return the quotient rounded up."""
    found, rest = divided(number, divisor)
    return found + (rest > 0)


@inlined
def steps_taken(reference: int, side: int, ratio: int) -> int:
    """Return what taking liquidity around `reference` units costs, price steps, `ratio` in millionths."""
    return half_even(reference * (MILLION + side * ratio), MILLION * PRICE_STEP)


@inlined
def value_of(shares: int, steps: int) -> tuple[int, int]:
    """Return units and crumbs of `shares` billionths, not negative, at a price of so many steps."""
    whole, part = divided(shares, SHARE)
    units, rest = divided(part * steps, PARTS_PER_UNIT)
    return whole * (steps * PRICE_STEP) + units, rest * STEP_CRUMBS


@kernel
def payment_of(shares: int, per_share: int) -> tuple[int, int]:
    """Return units and crumbs that `shares` billionths, not negative, get at `per_share` units, below 92 USD."""
    whole = shares // SHARE
    product = (shares - whole * SHARE) * per_share
    units = product // SHARE
    return whole * per_share + units, product - units * SHARE


@inlined
def per_share(shares: int, units: int) -> int:
    """Return `units` a share on `shares` billionths in cents, rounded up."""
    whole, part = divided(shares, SHARE)
    return ceiling(whole * units + ceiling(part * units, SHARE), CENTS)


@inlined
def share_of_value(units: int, crumbs: int, ratio: int, divisor: int) -> int:
    """Return value in price steps times `ratio` over `divisor`, rounded up; steps keep the products within 64 bits."""
    steps, rest = divided(units, PRICE_STEP)
    more = ceiling(rest * ratio + ceiling(crumbs * ratio, CRUMBS), PRICE_STEP)
    return ceiling(steps * ratio + more, divisor)


@kernel
def cents_half_even(units: int, ratio: int, divisor: int) -> int:
    """Return units times `ratio` over `divisor`, rounded to a cent, halves to even, in units."""
    return half_even(units * ratio, divisor * CENTS) * CENTS

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
    "CENTS", "CRUMBS", "MILLION", "SHARE", "UNITS", "Costs", "cents_half_even", "fees_of", "payment_of", "price_taken",
    "units_of", "value_of",
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


@kernel
def units_of(price: float) -> int:
    """Return a price in USD as units."""
    return np.int64(np.rint(price * UNITS))  # type: ignore[return-value]


@inlined
def half_even(number: int, divisor: int) -> int:
    """Return a positive quotient rounded to the nearest integer, halves to even."""
    quotient = number // divisor
    twice = (number - quotient * divisor) * 2
    if twice > divisor or (twice == divisor and quotient % 2 == 1):
        quotient += 1
    return quotient


@inlined
def ceiling(number: int, divisor: int) -> int:
    """Return the quotient rounded up."""
    return -((-number) // divisor)


@kernel
def price_taken(reference: int, side: int, ratio: int) -> int:
    """Return what taking liquidity around `reference` costs, units, `ratio` in millionths, to 0.0001 USD."""
    return half_even(reference * (MILLION + side * ratio), MILLION * PRICE_STEP) * PRICE_STEP


@kernel
def value_of(shares: int, price: int) -> tuple[int, int]:
    """Return units and crumbs of `shares` billionths, not negative, at a price of whole steps."""
    whole = shares // SHARE
    part = shares - whole * SHARE
    if part == 0:
        return whole * price, 0
    product = part * (price // PRICE_STEP)
    units = product // PARTS_PER_UNIT
    return whole * price + units, (product - units * PARTS_PER_UNIT) * STEP_CRUMBS


@kernel
def payment_of(shares: int, per_share: int) -> tuple[int, int]:
    """Return units and crumbs that `shares` billionths, not negative, get at `per_share` units, below 92 USD."""
    whole = shares // SHARE
    product = (shares - whole * SHARE) * per_share
    units = product // SHARE
    return whole * per_share + units, product - units * SHARE


@kernel
def per_share(shares: int, units: int) -> int:
    """Return `units` a share on `shares` billionths in cents, rounded up."""
    whole = shares // SHARE
    return ceiling(whole * units + ceiling((shares - whole * SHARE) * units, SHARE), CENTS)


@kernel
def fees_of(side: int, shares: int, units: int, crumbs: int, costs: Costs) -> int:
    """Return the fees of a fill in units, each rounded up to a cent.

    Parameters
    ----------
    side : int
        1 buys, -1 sells.
    shares : int
        Billionths, not negative.
    units, crumbs : int
        Its value.
    """
    cents = 0
    if costs.commission:
        cents += share_of_value(units, crumbs, costs.commission, MILLION * 100)
    if costs.cat:
        cents += per_share(shares, costs.cat)
    if side < 0:
        if costs.sec:
            cents += share_of_value(units, crumbs, costs.sec, MILLION * 10_000)
        if costs.taf:
            cents += min(per_share(shares, costs.taf), costs.taf_cap)
    return cents * CENTS


@kernel
def share_of_value(units: int, crumbs: int, ratio: int, divisor: int) -> int:
    """Return value in price steps times `ratio` over `divisor`, rounded up; steps keep the products within 64 bits."""
    steps = units // PRICE_STEP
    rest = units - steps * PRICE_STEP
    more = 0
    if rest or crumbs:
        more = ceiling(rest * ratio + ceiling(crumbs * ratio, CRUMBS), PRICE_STEP)
    return ceiling(steps * ratio + more, divisor)


@kernel
def cents_half_even(units: int, ratio: int, divisor: int) -> int:
    """Return units times `ratio` over `divisor`, rounded to a cent, halves to even, in units."""
    return half_even(units * ratio, divisor * CENTS) * CENTS

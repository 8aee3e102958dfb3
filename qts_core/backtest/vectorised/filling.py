"""Fills, compiled: what is on order meets the opens of a bar."""

from __future__ import annotations

from qts_core.backtest.vectorised.fees import fees_of
from qts_core.backtest.vectorised.money import (
    CRUMBS,
    MILLION,
    PRICE_STEP,
    SHARE,
    UNITS,
    Costs,
    steps_taken,
    units_of,
    value_of,
)
from qts_core.backtest.vectorised.state import (
    COLUMN,
    DELTA,
    HALF,
    HELD,
    LOST,
    OPEN,
    PENDING,
    QUANTITY,
    REST,
    TURNED,
    VALUE,
    Integers,
)
from qts_core.features.kernels.jit import kernel
from qts_core.market.panel import Floats

__all__ = ["fill"]

LARGEST_VALUE = 4e10
"""USD of one fill; beyond, its value in units times a fee no longer fits 64 bits."""


@kernel
def gather(row: int, opens: Floats, closes: Floats, shares: Integers, figures: Floats) -> int:
    """Put what is on order and has a bar side by side, without branches; return how many."""
    open_, close, pending = opens[row], closes[row], shares[PENDING]
    column, delta, price = shares[COLUMN], shares[DELTA], figures[OPEN]
    count = 0
    for i in range(len(pending)):
        column[count], delta[count], price[count] = i, pending[i], open_[i]
        count += (pending[i] != 0) & (close[i] == close[i])
    return count


@kernel
def trade(count: int, costs: Costs, cash: Integers, shares: Integers, figures: Floats) -> int:
    """Exchange shares and cash, without fees; return how many amounts are too large."""
    deltas, value, crumbs = shares[DELTA], shares[VALUE], shares[REST]
    opens, lost, half, turned = figures[OPEN], figures[LOST], figures[HALF], figures[TURNED]
    taking, spread = costs.taking, costs.half_spread / MILLION
    paid, rest, too_large = 0, 0, 0
    for i in range(count):
        is_sale, size = deltas[i] < 0, abs(deltas[i])
        reference = units_of(opens[i])
        steps = steps_taken(reference, -1 if is_sale else 1, taking)
        units, more = value_of(size, steps)
        value[i], crumbs[i] = units, more
        paid += -units if is_sale else units
        rest += -more if is_sale else more
        price, traded = steps * PRICE_STEP, size * (1.0 / SHARE)
        too_large += traded * opens[i] > LARGEST_VALUE
        impact = abs(price - reference) * traded * (1.0 / UNITS)
        lost[i] = impact
        half[i] = min(impact, reference * spread * traded * (1.0 / UNITS))
        turned[i] = price * traded * (1.0 / UNITS)
    rest = cash[1] - rest
    whole = rest // CRUMBS
    cash[0], cash[1] = cash[0] - paid + whole, rest - whole * CRUMBS
    return too_large


@kernel
def book(count: int, shares: Integers, figures: Floats) -> tuple[float, float, float]:
    """Take the fills into the holdings; return what they paid for the spread and in all, and their value, USD."""
    spread, lost, turned = 0.0, 0.0, 0.0
    for i in range(count):
        at = shares[COLUMN, i]
        shares[HELD, at] += shares[DELTA, i]
        shares[PENDING, at] = 0
        figures[QUANTITY, at] = shares[HELD, at] / SHARE
        spread += figures[HALF, i]
        lost += figures[LOST, i]
        turned += figures[TURNED, i]
    return spread, lost, turned


@kernel
def fill(
    row: int, opens: Floats, closes: Floats, costs: Costs, cash: Integers, shares: Integers, figures: Floats
) -> tuple[int, float, float, float, int]:
    """Fill what is pending at the opens of a row.

    Returns
    -------
    int, float, float, float, int
        How many filled, -1 where an amount is too large; spread and slippage with it, traded value, USD; fees, units.
    """
    count = gather(row, opens, closes, shares, figures)
    if trade(count, costs, cash, shares, figures):
        return -1, 0.0, 0.0, 0.0, 0
    fees = fees_of(count, costs, shares)
    cash[0] -= fees
    spread, lost, turned = book(count, shares, figures)
    return count, spread, lost, turned, fees

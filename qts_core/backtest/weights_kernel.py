"""The compiled loop of the vectorised engine: whole shares and exact money in integers (specification 11.1).

Cash and prices are int64 in units of 1e-8 USD, so every sum is exact: the loop gives the cents of the event engine,
whose book is decimal. It knows what the trading core and the simulated exchange do with target weights: orders fill at
the next bar's open, a flip closes first, one order per symbol, no order after a session's last bar, day orders expire.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from qts_core.market.panel import Floats

__all__ = ["UNITS", "Costs", "Ledger", "run_weights"]

Integers = NDArray[np.int64]

UNITS = 100_000_000
"""Units in one dollar."""

PRICE_STEP = 10_000
"""Units in the step to which fill prices are rounded, 0.0001 USD."""

CENTS = 1_000_000
"""Units in a cent."""

MILLION = 1_000_000


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
    """

    half_spread: int
    taking: int
    commission: int
    sec: int
    taf: int
    taf_cap: int


class Ledger(NamedTuple):
    """What the loop writes, one row per bar: cash and costs in units, shares, equity in USD, traded value in USD."""

    cash: Integers
    quantity: Integers
    equity: Floats
    spread: Integers
    slippage: Integers
    fees: Integers
    traded: Floats


def _half_even(number: int, divisor: int) -> int:
    quotient = number // divisor
    twice = 2 * (number - quotient * divisor)
    if twice > divisor or (twice == divisor and quotient % 2 == 1):
        quotient += 1
    return quotient


half_even = njit(cache=True)(_half_even)


def _ceiling_cents(number: int, divisor: int) -> int:
    return -((-number) // divisor)


ceiling_cents = njit(cache=True)(_ceiling_cents)


def _fees(side: int, shares: int, value: int, costs: Costs) -> int:
    """Return the fees of a fill of `value` units in units, each rounded up to a cent."""
    # A value is a whole number of price steps, which keeps the products within 64 bits.
    steps = value // PRICE_STEP
    cents = ceiling_cents(steps * costs.commission, MILLION * 100)
    if side < 0:
        cents += ceiling_cents(steps * costs.sec, MILLION * 10_000)
        cents += min(ceiling_cents(shares * costs.taf, CENTS), costs.taf_cap)
    return int(cents * CENTS)


fees = njit(cache=True)(_fees)


def _fill(row: int, opens: Integers, cash: int, held: Integers, pending: Integers, costs: Costs, ledger: Ledger) -> int:
    """Fill what is pending at the open of `row` and return the cash after it."""
    for i in range(len(held)):
        delta = pending[i]
        if delta == 0 or opens[row, i] < 0:
            continue
        side = 1 if delta > 0 else -1
        reference = opens[row, i]
        price = half_even(reference * (MILLION + side * costs.taking), MILLION * PRICE_STEP) * PRICE_STEP
        shares = delta * side
        fee = fees(side, shares, shares * price, costs)
        cash -= delta * price + fee
        held[i] += delta
        pending[i] = 0
        impact = abs(price - reference) * shares
        share = min(impact, reference * costs.half_spread // MILLION * shares)
        ledger.spread[row] += share
        ledger.slippage[row] += impact - share
        ledger.fees[row] += fee
        ledger.traded[row] += shares * price / UNITS
    return cash


fill = njit(cache=True)(_fill)


def _order(
    row: int, weights: Floats, closes: Floats, equity: float, held: Integers, pending: Integers, mark: Floats
) -> None:
    """Note the orders that bring the holdings to the weights of `row`."""
    for i in range(len(held)):
        close = closes[row, i]
        if pending[i] != 0 or np.isnan(close) or np.isnan(weights[row, i]):
            continue
        current = held[i] * mark[i] / equity
        target = weights[row, i]
        if target * current < 0.0:
            target = 0.0
        if target == current:
            continue
        shares = target * equity / close
        wanted = 0 if shares * held[i] < 0.0 else int(shares)
        pending[i] = wanted - held[i]


order = njit(cache=True)(_order)


def _run_weights(
    opens: Integers,
    closes: Floats,
    weights: Floats,
    last_of_session: NDArray[np.bool_],
    actions: Integers,
    cash: int,
    costs: Costs,
    ledger: Ledger,
) -> int:
    """Fill `ledger` and return the row of the first action that leaves part of a share, -1 if none does.

    Parameters
    ----------
    opens : int64 [T, N]
        Units; -1 = no bar.
    closes, weights : float64 [T, N]
        USD, and ratios of equity; NaN = no bar, no change.
    last_of_session : bool [T]
    actions : int64 [A, 4]
        Row, column, and new and old shares; a dividend has its cash per share in units and old shares 0. Sorted by
        row, dividends first.
    """
    bars, breadth = opens.shape
    held = np.zeros(breadth, dtype=np.int64)
    pending = np.zeros(breadth, dtype=np.int64)
    mark = np.full(breadth, np.nan)
    next_action = 0
    for row in range(bars):
        while next_action < len(actions) and actions[next_action, 0] == row:
            _, column, new, old = actions[next_action]
            next_action += 1
            if old == 0:
                cash += held[column] * new
            else:
                if (held[column] * new) % old != 0:
                    return row
                held[column] = held[column] * new // old
                mark[column] *= old / new
        cash = fill(row, opens, cash, held, pending, costs, ledger)
        value = 0.0
        for i in range(breadth):
            if not np.isnan(closes[row, i]):
                mark[i] = closes[row, i]
            if held[i] != 0:
                value += held[i] * mark[i]
        equity = cash / UNITS + value
        ledger.cash[row] = cash
        ledger.quantity[row] = held
        ledger.equity[row] = equity
        if last_of_session[row]:
            pending[:] = 0
        elif equity > 0.0:
            order(row, weights, closes, equity, held, pending, mark)
    return -1


run_weights = njit(cache=True)(_run_weights)

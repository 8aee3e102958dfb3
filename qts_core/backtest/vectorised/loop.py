"""The compiled loop of the vectorised engine, bar by bar (specification 11.1).

It knows what the trading core and the simulated exchange do with target weights when no limit binds: orders fill at
the next bar's open, a flip closes first, one order per symbol, no order after a session's last bar, day orders expire,
corporate actions before the first bar of their session, carrying costs after the last one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from qts_core.backtest.vectorised.filling import fill
from qts_core.backtest.vectorised.money import CRUMBS, SHARE, UNITS, Costs, cents_half_even, payment_of, units_of
from qts_core.backtest.vectorised.orders import (
    Wishes,
    maintenance,
    note_needs,
    order_directions,
    order_weights,
    why_refused,
)
from qts_core.backtest.vectorised.state import (
    FIGURES,
    FRACTIONAL_SHORT,
    HELD,
    MARGIN_CALL,
    MARK,
    NOTHING,
    PENDING,
    QUANTITY,
    SHARES,
    TOO_LARGE,
    WORTH,
    Integers,
)
from qts_core.features.kernels.jit import kernel
from qts_core.features.kernels.sums import pairwise_sum
from qts_core.market.membership import Flags
from qts_core.market.panel import Floats

__all__ = ["Actions", "Bars", "Ledger", "Terms", "simulate"]

YEAR_BPS = 360 * 10_000 * 100
"""Hundredths of a basis point in a year of 360 days."""

SPREAD, SLIPPAGE, FEES, CARRY = 0, 1, 2, 3
"""Rows of the costs."""


class Bars(NamedTuple):
    """What the market does.

    Attributes
    ----------
    opens, closes : float64 [T, N]
        USD; NaN = no bar.
    is_last : bool [T]
        Whether a bar is the last of its session.
    nights : int64 [T]
        For how many days carrying is charged after the bar.
    """

    opens: Floats
    closes: Floats
    is_last: Flags
    nights: Integers


class Actions(NamedTuple):
    """Splits and dividends, by row, dividends first.

    Attributes
    ----------
    table : int64 [A, 4]
        Row, column, and new and old shares; a dividend has its cash per share in units and old shares 0.
    price_ratio : float64 [A]
        What a split multiplies prices with.
    """

    table: Integers
    price_ratio: Floats


class Terms(NamedTuple):
    """How orders fill and what carrying costs.

    Attributes
    ----------
    costs : int64 [7]
        The fields of :class:`Costs`; flat, because loops over many runs take no tuple within a tuple.
    cash : int
        Units at the start.
    borrow : int64 [N]
        Hundredths of a basis point a year.
    interest : int
        Hundredths of a basis point a year on borrowed cash.
    is_fractional : bool [N]
        Whether parts of a share are ordered; never short.
    """

    costs: Integers
    cash: int
    borrow: Integers
    interest: int
    is_fractional: Flags


class Ledger(NamedTuple):
    """What the loop writes, a row per bar as of its close; USD, but `fills`, which counts.

    Attributes
    ----------
    equity, cash, gross, net, traded : float64 [T]
    costs : float64 [4, T]
        Spread, slippage, fees, carrying.
    fills : int64 [T]
    quantity : float64 [T, N] or [0, N]
        Signed shares; left out where it has no rows.
    """

    equity: Floats
    cash: Floats
    gross: Floats
    net: Floats
    traded: Floats
    costs: Floats
    fills: Integers
    quantity: Floats


@kernel
def added(have: tuple[int, int], units: int, crumbs: int, sign: int) -> tuple[int, int]:
    """Return cash after an amount came (1) or went (-1), crumbs carried over where they make a unit."""
    whole, rest = have[0] + sign * units, have[1] + sign * crumbs
    if rest < 0:
        return whole - 1, rest + CRUMBS
    if rest >= CRUMBS:
        return whole + 1, rest - CRUMBS
    return whole, rest


@kernel
def act(row: int, first: int, actions: Actions, cash: Integers, shares: Integers, figures: Floats) -> int:
    """Book the actions of `row` and return the number of the next one; -1 when a short would hold part of a share."""
    number = first
    while number < len(actions.table) and actions.table[number, 0] == row:
        column, new, old = actions.table[number, 1], actions.table[number, 2], actions.table[number, 3]
        held = shares[HELD, column]
        side = 1 if held > 0 else -1
        if old == 0:
            units, crumbs = payment_of(held * side, new)
            cash[0], cash[1] = added((cash[0], cash[1]), units, crumbs, side)
        else:
            whole = held * side // old
            held = (whole * new + (held * side - whole * old) * new // old) * side
            if held < 0 and held % SHARE != 0:
                return -1
            shares[HELD, column] = held
            figures[QUANTITY, column] = held / SHARE
            figures[MARK, column] *= actions.price_ratio[number]
        number += 1
    return number


@kernel
def carry(nights: int, terms: Terms, cash: Integers, shares: Integers, figures: Floats) -> float:
    """Charge borrowed shares and borrowed cash for some nights; return USD, -1 where it is too much."""
    paid = 0
    for i in range(shares.shape[1]):
        held, mark = shares[HELD, i], figures[MARK, i]
        if held < 0 and terms.borrow[i] > 0:
            ratio, size = terms.borrow[i] * nights, -held // SHARE
            if size * mark * UNITS * ratio > LARGEST_PRODUCT:
                return -1.0
            paid += cents_half_even(size * units_of(mark), ratio, YEAR_BPS)
    cash[0] -= paid
    if terms.interest > 0 and cash[0] < 0:
        ratio = terms.interest * nights
        if -cash[0] * 1.0 * ratio > LARGEST_PRODUCT:
            return -1.0
        fee = cents_half_even(-cash[0], ratio, YEAR_BPS)
        cash[0] -= fee
        paid += fee
    return paid / UNITS


LARGEST_PRODUCT = 9e18
"""Just below what 64 bits hold."""


@kernel
def dollars_of(units: int, crumbs: int) -> float:
    """Return exact cash in USD."""
    return units / UNITS if crumbs == 0 else (units + crumbs / CRUMBS) / UNITS


@kernel
def value(row: int, closes: Floats, figures: Floats) -> tuple[float, float]:
    """Mark to the closes of a row and return net and gross value, USD."""
    shorts, breadth = 0, figures.shape[1]
    for i in range(breadth):
        close = closes[row, i]
        figures[MARK, i] = close if close == close else figures[MARK, i]
    for i in range(breadth):
        figures[WORTH, i] = figures[QUANTITY, i] * figures[MARK, i]
        shorts += figures[QUANTITY, i] < 0.0
    net = pairwise_sum(figures[WORTH])
    return net, net if shorts == 0 else pairwise_sum(np.abs(figures[WORTH]))


@kernel
def simulate(bars: Bars, wishes: Wishes, actions: Actions, terms: Terms, ledger: Ledger) -> tuple[int, int]:
    """Fill `ledger`; return a row and why the run cannot go on there, 0 when it went to the end.

    Parameters
    ----------
    bars : Bars
    wishes : Wishes
        Target weights or directions, decided at each bar's close.
    actions : Actions
    terms : Terms
    ledger : Ledger
        Of zeros.
    """
    count, breadth = bars.closes.shape
    cash = np.array([terms.cash, 0])
    shares, figures = np.zeros((SHARES, breadth), dtype=np.int64), np.zeros((FIGURES, breadth))
    power = (terms.cash / UNITS, 0.0, 0.0)
    given, may_part = terms.costs, terms.is_fractional
    costs = Costs(given[0], given[1], given[2], given[3], given[4], given[5], given[6])
    is_pending, action, why, last_action = False, 0, NOTHING, len(actions.table)
    is_weights, has_positions = len(wishes.weights) > 0, len(ledger.quantity) > 0
    for row in range(count):
        if action < last_action and actions.table[action, 0] == row:
            action = act(row, action, actions, cash, shares, figures)
            if action < 0:
                return row, FRACTIONAL_SHORT
        if is_pending:
            filled, spread, lost, turned, fees = fill(row, bars.opens, bars.closes, costs, cash, shares, figures)
            why = TOO_LARGE if filled < 0 else NOTHING
            ledger.fills[row], ledger.traded[row], ledger.costs[FEES, row] = filled, turned, fees / UNITS
            ledger.costs[SPREAD, row], ledger.costs[SLIPPAGE, row] = spread, lost - spread
        net, gross = value(row, bars.closes, figures)
        equity = dollars_of(cash[0], cash[1]) + net
        if bars.is_last[row]:
            shares[PENDING] = 0
            is_pending = False
            paid = carry(bars.nights[row], terms, cash, shares, figures)
            ledger.costs[CARRY, row] = paid
            power = (dollars_of(cash[0], cash[1]) + net, maintenance(figures), gross)
            why = TOO_LARGE if paid < 0.0 else max(why, MARGIN_CALL * (power[1] > power[0]))
        elif equity > 0.0:
            if is_weights:
                is_pending = order_weights(row, wishes.weights, bars.closes, may_part, equity, shares, figures)
            else:
                is_pending = order_directions(row, wishes, bars.closes, may_part, equity, shares)
            if is_pending and note_needs(costs.half_spread, shares, figures):
                why = max(why, why_refused(equity, gross, equity - net, shares, figures, power))
        ledger.net[row], ledger.gross[row] = net, gross
        ledger.cash[row] = dollars_of(cash[0], cash[1])
        ledger.equity[row] = ledger.cash[row] + net
        if has_positions:
            ledger.quantity[row] = figures[QUANTITY]
        if why != NOTHING:
            return row, why
    return count, NOTHING

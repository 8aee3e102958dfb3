"""Fees of the fills of a bar, compiled: by floats where these decide to which cent is rounded up, otherwise exactly."""

from __future__ import annotations

import numpy as np

from qts_core.backtest.vectorised.compiled import inlined
from qts_core.backtest.vectorised.money import (
    CENTS,
    CRUMBS,
    MILLION,
    PRICE_STEP,
    SHARE,
    Costs,
    per_share,
    share_of_value,
)
from qts_core.backtest.vectorised.state import DELTA, REST, VALUE, Integers
from qts_core.features.kernels.jit import kernel

__all__ = ["fees_of"]

NO_CAP = 1 << 62


@kernel
def fees_of(count: int, costs: Costs, shares: Integers) -> int:
    """Return the fees of the first `count` fills of `shares` in units, each rounded up to a cent."""
    cents = 0
    if costs.commission:
        cents += fees_by_value(count, costs.commission, MILLION * 100, 0, shares)
    if costs.cat:
        cents += fees_by_share(count, costs.cat, NO_CAP, 0, shares)
    if costs.sec:
        cents += fees_by_value(count, costs.sec, MILLION * 10_000, 1, shares)
    if costs.taf:
        cents += fees_by_share(count, costs.taf, costs.taf_cap, 1, shares)
    return cents * CENTS


@inlined
def is_unsure(cents: float) -> bool:
    """Return whether `cents` is so near an integer that only its exact value can be rounded up."""
    found: bool = abs(cents - np.rint(cents)) <= 1e-6 + 1e-15 * cents
    return found


@kernel
def fees_by_value(count: int, ratio: int, divisor: int, only_sales: int, shares: Integers) -> int:
    """Return the sum of cents of `ratio` over `divisor` of the values, 1e-4 USD, each rounded up."""
    deltas, units, crumbs = shares[DELTA], shares[VALUE], shares[REST]
    total, unsure, rate = 0, 0, ratio / divisor / PRICE_STEP
    for i in range(count):
        cents = (units[i] + crumbs[i] * (1.0 / CRUMBS)) * rate
        is_due = (deltas[i] < 0) | (only_sales == 0)
        total += np.int64(np.ceil(cents)) * is_due
        unsure += is_unsure(cents)
    if unsure:
        total = 0
        for i in range(count):
            if deltas[i] < 0 or only_sales == 0:
                total += share_of_value(units[i], crumbs[i], ratio, divisor)
    return total


@kernel
def fees_by_share(count: int, units: int, cap: int, only_sales: int, shares: Integers) -> int:
    """Return the sum of cents of `units` a share, each rounded up and at most `cap`."""
    deltas = shares[DELTA]
    total, unsure, rate = 0, 0, units / (1.0 * SHARE * CENTS)
    for i in range(count):
        cents = abs(deltas[i]) * rate
        is_due = (deltas[i] < 0) | (only_sales == 0)
        total += min(np.int64(np.ceil(cents)), cap) * is_due
        unsure += is_unsure(cents)
    if unsure:
        total = 0
        for i in range(count):
            if deltas[i] < 0 or only_sales == 0:
                total += min(per_share(abs(deltas[i]), units), cap)
    return total

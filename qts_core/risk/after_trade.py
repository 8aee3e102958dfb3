"""After the fills: how good they were, what they cost against the estimate, and whether the books agree (10.4)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from qts_core.market.orders import OrderSide
from qts_core.risk.in_flight import BPS, slippage_bps
from qts_core.risk.verdict import Verdict

__all__ = ["CostTally", "FilledOrder", "Quality", "QualitySettings", "book_differences", "quality"]


@dataclass(frozen=True, slots=True)
class QualitySettings:
    """When an execution is remarkable.

    Attributes
    ----------
    max_shortfall_bps : float
        Cost of the fills against the price at arrival, commissions included.
    max_over_estimate_bps : float
        Cost beyond the estimate.
    """

    max_shortfall_bps: float = 30.0
    max_over_estimate_bps: float = 15.0


@dataclass(frozen=True, slots=True)
class FilledOrder:
    """A finished order.

    Attributes
    ----------
    client_order_id, symbol : str
    side : OrderSide
    quantity : float
        Shares filled.
    average_price, arrival_price, market_price : float
        Of the fills, at the decision, and the volume-weighted price of the bars in which it worked; USD, NaN = unknown.
    commission, estimate_bps : float
        USD, and the cost that was expected, basis points of the value at arrival.
    """

    client_order_id: str
    symbol: str
    side: OrderSide
    quantity: float
    average_price: float
    arrival_price: float
    market_price: float
    commission: float
    estimate_bps: float


@dataclass(frozen=True, slots=True)
class Quality:
    """How good one execution was; costs in basis points of the value at arrival, positive = paid.

    Attributes
    ----------
    arrival_bps, market_bps : float
        Against the price at arrival and against the market's mean price.
    cost_bps : float
        `arrival_bps` and commissions.
    over_estimate_bps : float
        `cost_bps` less the estimate.
    verdicts : tuple of Verdict
        What is remarkable.
    """

    arrival_bps: float
    market_bps: float
    cost_bps: float
    over_estimate_bps: float
    verdicts: tuple[Verdict, ...]


def quality(order: FilledOrder, settings: QualitySettings) -> Quality:
    """Return how good the execution of `order` was."""
    arrival = slippage_bps(order.side, order.average_price, order.arrival_price)
    market = slippage_bps(order.side, order.average_price, order.market_price)
    cost = arrival + order.commission / (order.quantity * order.arrival_price) * BPS
    over = cost - order.estimate_bps
    checks = (
        ("after.shortfall", settings.max_shortfall_bps, cost, "the execution cost more than is usual"),
        ("after.estimate", settings.max_over_estimate_bps, over, "the execution cost more than was expected of it"),
    )
    verdicts = tuple(
        Verdict(name, order.symbol, False, reason, limit, value)
        for name, limit, value, reason in checks
        if not value <= limit
    )
    return Quality(arrival, market, cost, over, verdicts)


class CostTally:
    """Costs of many orders against their estimates, weighted by value: is the cost model right?"""

    def __init__(self) -> None:
        self._value = 0.0
        self._cost = 0.0
        self._estimate = 0.0
        self._over: list[float] = []

    def add(self, order: FilledOrder, found: Quality) -> None:
        """Count one finished order."""
        value = order.quantity * order.arrival_price
        self._value += value
        self._cost += value * found.cost_bps
        self._estimate += value * order.estimate_bps
        self._over.append(found.over_estimate_bps)

    def snapshot(self) -> dict[str, object]:
        """Return the sums, exact, as JSON values."""
        return {"cost": self._cost, "estimate": self._estimate, "over": list(self._over), "value": self._value}

    def restore(self, state: Mapping[str, object]) -> None:
        """Take up the state of :meth:`snapshot`."""
        self._cost, self._estimate, self._value = (
            float(cast(float, state[name])) for name in ("cost", "estimate", "value")
        )
        self._over = [float(each) for each in cast(list[float], state["over"])]

    def judge(self, *, orders: int = 30, deviations: float = 3.0) -> Verdict | None:
        """Return a verdict once the mean excess over the estimate is `deviations` standard errors above zero."""
        count = len(self._over)
        if count < max(orders, 2):
            return None
        mean = math.fsum(self._over) / count
        spread = math.sqrt(math.fsum((x - mean) ** 2 for x in self._over) / (count - 1))
        statistic = mean / (spread / math.sqrt(count)) if spread > 0.0 else math.copysign(math.inf, mean) if mean else 0
        if statistic <= deviations:
            return None
        reason = (
            f"{count} orders cost {self._cost / self._value:.1f} bps, {self._estimate / self._value:.1f} were expected"
        )
        return Verdict("after.cost_model", "*", False, reason, deviations, statistic)


def book_differences(booked: Mapping[str, float], reported: Mapping[str, float]) -> tuple[Verdict, ...]:
    """Return a verdict for each symbol whose shares differ between our book and the broker's, by symbol."""
    symbols: Sequence[str] = sorted(booked.keys() | reported.keys())
    return tuple(
        Verdict("after.reconciliation", symbol, False, "book and broker hold different amounts",
                booked.get(symbol, 0.0), reported.get(symbol, 0.0))
        for symbol in symbols
        if booked.get(symbol, 0.0) != reported.get(symbol, 0.0)
    )  # fmt: skip

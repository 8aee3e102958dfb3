"""Costs of many orders: means by order and by size with intervals, and the shortfall's parts added up (12.3)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

import numpy as np
from scipy.special import stdtrit

from qts_core.analytics.significance import Interval
from qts_core.analytics.tca.measure import Benchmark, OrderCost
from qts_core.analytics.tca.shortfall import Shortfall
from qts_core.market.money import ZERO
from qts_core.market.panel import Floats

__all__ = ["BenchmarkCost", "CostGroup", "group", "mean_interval", "ratio_interval"]

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class BenchmarkCost:
    """Slippage of `n` orders against one benchmark, basis points.

    Attributes
    ----------
    n : int
        Orders for which it is known.
    mean_bps, interval
        Each order counts alike; Student's t interval.
    weighted_bps, weighted_interval
        Each dollar counts alike; interval of a ratio of sums.
    spread_bps : float
        Standard deviation between orders.
    """

    n: int
    mean_bps: float
    interval: Interval
    weighted_bps: float
    weighted_interval: Interval
    spread_bps: float


@dataclass(frozen=True, slots=True)
class CostGroup:
    """What a group of orders cost.

    Attributes
    ----------
    n : int
    notional : float
        Traded, USD.
    fill_ratio : float
        Filled dollars over asked ones, at the decisions' prices.
    costs : mapping of Benchmark to BenchmarkCost
    shortfall : Shortfall
        The parts added up, USD.
    participation : float
        Mean share of the market's volume, by order.
    divided : int
        Orders whose prices within bars were assumed (X-36).
    """

    n: int
    notional: float
    fill_ratio: float
    costs: Mapping[Benchmark, BenchmarkCost]
    shortfall: Shortfall
    participation: float
    divided: int


def group(orders: Sequence[OrderCost]) -> CostGroup:
    """Return the costs of `orders` together."""
    parts = [o.shortfall for o in orders]
    added = Shortfall(
        _sum(p.delay for p in parts), _sum(p.trading for p in parts), _sum(p.opportunity for p in parts),
        _sum(p.fees for p in parts), _sum(p.notional for p in parts),
    )  # fmt: skip
    decided = [float(o.shortfall.notional / o.quantity) for o in orders]
    filled = sum(float(o.filled) * price for o, price in zip(orders, decided, strict=True))
    known = [o.participation for o in orders if not math.isnan(o.participation)]
    return CostGroup(
        n=len(orders),
        notional=sum(o.notional for o in orders),
        fill_ratio=filled / float(added.notional) if added.notional else math.nan,
        costs=MappingProxyType({b: _cost(orders, b) for b in Benchmark}),
        shortfall=added,
        participation=sum(known) / len(known) if known else math.nan,
        divided=sum(o.is_divided for o in orders),
    )


def mean_interval(values: Floats, confidence: float = CONFIDENCE) -> tuple[float, Interval]:
    """Return the mean of values [n] and its Student's t interval; NaN bounds below two values."""
    return ratio_interval(values, np.ones(len(values)), confidence)


def ratio_interval(values: Floats, weights: Floats, confidence: float = CONFIDENCE) -> tuple[float, Interval]:
    """Return ``sum(values) / sum(weights)`` [n] and its interval; NaN bounds below two values.

    References
    ----------
    Cochran (1977), "Sampling Techniques", section 6.4: the linearised error of a ratio of sums.
    """
    n, total = len(values), float(weights.sum())
    if not total > 0:
        return math.nan, Interval(math.nan, math.nan, confidence)
    ratio = float(values.sum()) / total
    if n < 2:
        return ratio, Interval(math.nan, math.nan, confidence)
    error = math.sqrt(n / (n - 1) * float(np.sum((values - ratio * weights) ** 2))) / total
    margin = float(stdtrit(n - 1, 0.5 + confidence / 2)) * error
    return ratio, Interval(ratio - margin, ratio + margin, confidence)


def _cost(orders: Sequence[OrderCost], benchmark: Benchmark) -> BenchmarkCost:
    pairs = [(o.slippage_bps[benchmark], o.weight(benchmark)) for o in orders]
    table = np.array([p for p in pairs if not math.isnan(p[0])], dtype=np.float64).reshape(-1, 2)
    slippage, weights = table[:, 0], table[:, 1]
    mean, interval = mean_interval(slippage)
    weighted, weighted_interval = ratio_interval(slippage * weights, weights)
    spread = float(slippage.std(ddof=1)) if len(slippage) > 1 else math.nan
    return BenchmarkCost(len(slippage), mean, interval, weighted, weighted_interval, spread)


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)

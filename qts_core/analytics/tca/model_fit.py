"""Expected against realised slippage: whether the cost model may be believed (12.3)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qts_core.analytics.significance import Interval, wilson_interval
from qts_core.analytics.tca.groups import mean_interval
from qts_core.analytics.tca.measure import Benchmark, OrderCost

__all__ = ["ModelFit", "model_fit"]

TWO_SIDED_95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class ModelFit:
    """Realised slippage against arrival beside what was expected, basis points.

    Attributes
    ----------
    n : int
        Orders with both.
    expected_bps, realised_bps : float
        Means.
    bias_bps, bias_interval
        Realised less expected: above zero, the model flatters.
    slope, intercept : float
        Least squares of realised on expected: 1 and 0 for a model that is right; NaN where expectations are all alike.
    correlation : float
    judged : int
        Orders with a stated risk.
    inside, inside_interval
        Share of them within 1.96 stated standard deviations, and Wilson's interval: 0.95 when risk is stated well.
    """

    n: int
    expected_bps: float
    realised_bps: float
    bias_bps: float
    bias_interval: Interval
    slope: float
    intercept: float
    correlation: float
    judged: int
    inside: float
    inside_interval: Interval


def model_fit(orders: Sequence[OrderCost]) -> ModelFit | None:
    """Return how the model did; None when no order has an expectation and a fill."""
    rows = [(o.expected_bps, o.slippage_bps[Benchmark.ARRIVAL], o.expected_risk_bps) for o in orders]
    table = np.array([r for r in rows if not (math.isnan(r[0]) or math.isnan(r[1]))], dtype=np.float64).reshape(-1, 3)
    if not len(table):
        return None
    expected, realised, risk = table.T
    bias, interval = mean_interval(realised - expected)
    slope = intercept = correlation = math.nan
    about, around = expected - expected.mean(), realised - realised.mean()
    spread, other = float(about @ about), float(around @ around)
    if spread > 0:
        slope = float(about @ around) / spread
        intercept = float(realised.mean() - slope * expected.mean())
        correlation = float(about @ around) / math.sqrt(spread * other) if other > 0 else math.nan
    known = risk > 0
    judged = int(known.sum())
    hits = int(np.sum(np.abs(realised - expected)[known] <= TWO_SIDED_95 * risk[known]))
    return ModelFit(
        len(table), float(expected.mean()), float(realised.mean()), bias, interval, slope, intercept, correlation,
        judged, hits / judged if judged else math.nan, wilson_interval(hits, judged),
    )  # fmt: skip

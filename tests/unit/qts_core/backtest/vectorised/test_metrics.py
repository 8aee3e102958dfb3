"""The compiled metrics are those of the analytics package."""

from __future__ import annotations

import numpy as np
import pytest

from qts_core.analytics import drawdown, ratios, returns
from qts_core.analytics.returns import DailyCurve
from qts_core.backtest.vectorised import METRIC_NAMES, run_vectorised_backtest
from qts_core.exchange import fill_settings
from tests.support.decision_market import panel


def test_each_metric_is_the_one_of_its_name() -> None:
    bars = panel(breadth=4, volatility=0.01)
    weights = np.random.default_rng(3).normal(0.0, 0.2, (len(bars), 4))
    result = run_vectorised_backtest(bars, weights, fills=fill_settings("realistic"))
    curve = DailyCurve.of(result.timeline, result.equity, initial=result.initial_cash)
    r = curve.returns
    expected = {
        "final_equity": result.equity[-1],
        "total_return": returns.total_return(r),
        "annualised_return": returns.annualised_return(r),
        "annualised_volatility": returns.annualised_volatility(r),
        "sharpe_ratio": ratios.sharpe_ratio(r),
        "sortino_ratio": ratios.sortino_ratio(r),
        "calmar_ratio": ratios.calmar_ratio(r),
        "max_drawdown": drawdown.max_drawdown(np.r_[curve.initial, result.equity]),
        "average_gross_exposure": result.gross_exposure.mean(),
        "time_in_market": (result.gross_exposure > 0).mean(),
        "total_costs": sum(paid.sum() for paid in result.costs.values()),
        "traded_value": (result.turnover * result.equity).sum(),
        "fills": result.fills.sum(),
    }
    assert tuple(expected) == METRIC_NAMES
    assert dict(result.metrics) == pytest.approx(expected, rel=1e-9)


def test_a_curve_that_never_moves_has_no_ratios() -> None:
    bars = panel(breadth=2)
    result = run_vectorised_backtest(bars, np.zeros((len(bars), 2)), fills=fill_settings("realistic"))
    found = result.metrics
    assert all(np.isnan(found[name]) for name in ("sharpe_ratio", "sortino_ratio", "calmar_ratio"))
    assert (found["max_drawdown"], found["fills"], found["annualised_volatility"]) == (0.0, 0.0, 0.0)

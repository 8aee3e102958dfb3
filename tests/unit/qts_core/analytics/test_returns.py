"""From equity to returns by session, month and year."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pandas as pd
import pytest

from qts_core.analytics.returns import (
    DailyCurve,
    annualised_return,
    annualised_volatility,
    is_constant,
    monthly_returns,
    total_return,
    yearly_returns,
)
from qts_core.market.calendar import xnys
from qts_core.market.timeline import Timeline


def test_a_session_ends_with_its_last_bar_also_on_a_half_day() -> None:
    line = Timeline.between(xnys(), date(2024, 11, 27), date(2024, 12, 2))
    curve = DailyCurve.of(line, np.arange(len(line), dtype=np.float64) + 1, initial=1.0)
    assert curve.dates == (date(2024, 11, 27), date(2024, 11, 29), date(2024, 12, 2))
    assert curve.equity.tolist() == [26.0, 26.0 + 14.0, 26.0 + 14.0 + 26.0]
    assert curve.returns.tolist() == pytest.approx([25.0, 14.0 / 26.0, 26.0 / 40.0])


def test_lengths_that_differ_are_refused() -> None:
    line = Timeline.between(xnys(), date(2024, 11, 27), date(2024, 11, 27))
    with pytest.raises(ValueError, match="26 bars but 3"):
        DailyCurve.of(line, np.ones(3), initial=1.0)


def test_no_bars_give_an_empty_curve() -> None:
    line = Timeline.between(xnys(), date(2024, 11, 28), date(2024, 11, 28))
    curve = DailyCurve.of(line, np.array([]), initial=1.0)
    assert len(curve) == 0
    assert curve.returns.tolist() == []
    assert monthly_returns(curve) == ()


def test_months_and_years_equal_pandas() -> None:
    line = Timeline.between(xnys(), date(2023, 11, 1), date(2024, 2, 15))
    equity = np.asarray(1000.0 * np.cumprod(1 + np.random.default_rng(1).normal(0, 0.001, len(line))), dtype=np.float64)
    curve = DailyCurve.of(line, equity, initial=1000.0)
    series = pd.Series(1 + curve.returns, index=pd.DatetimeIndex(curve.dates))
    months = series.resample("ME").prod() - 1
    assert [(m.year, m.month) for m in monthly_returns(curve)] == [(2023, 11), (2023, 12), (2024, 1), (2024, 2)]
    assert [m.ratio for m in monthly_returns(curve)] == pytest.approx(months.tolist(), rel=1e-12)
    assert [m.n for m in monthly_returns(curve)] == series.resample("ME").count().tolist()
    years = series.resample("YE").prod() - 1
    assert [y.ratio for y in yearly_returns(curve)] == pytest.approx(years.tolist(), rel=1e-12)
    assert sum(y.n for y in yearly_returns(curve)) == len(curve)


def test_total_and_annualised_return_by_hand() -> None:
    returns = np.array([0.10, -0.10])
    assert total_return(returns) == pytest.approx(-0.01)
    assert annualised_return(returns, periods_per_year=2) == pytest.approx(-0.01)
    assert annualised_return(returns, periods_per_year=4) == pytest.approx(0.99**2 - 1)
    assert annualised_return(np.array([-1.0, 0.5])) == -1.0
    assert math.isnan(annualised_return(np.array([])))


def test_annualised_volatility_by_hand() -> None:
    assert annualised_volatility(np.array([0.01, 0.03]), periods_per_year=4) == pytest.approx(0.02 / math.sqrt(2) * 2)
    assert math.isnan(annualised_volatility(np.array([0.01])))


def test_rounding_does_not_make_a_constant_series_vary() -> None:
    assert is_constant(np.array([0.1 + 0.2, 0.3, 0.3]))
    assert not is_constant(np.array([0.3, 0.3000001]))
    assert is_constant(np.array([]))

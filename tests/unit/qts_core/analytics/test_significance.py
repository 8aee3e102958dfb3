"""Sharpe significance against the tables of the papers."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from qts_core.analytics.significance import (
    SharpeEstimate,
    deflated_sharpe_ratio,
    expected_maximum_sharpe,
    minimum_track_record_length,
    probabilistic_sharpe_ratio,
    sharpe_interval,
    sharpe_standard_error,
    t_test,
    wilson_interval,
)


def annual(sharpe: float, n: int, periods: int, skewness: float = 0.0, kurtosis: float = 3.0) -> SharpeEstimate:
    return SharpeEstimate(sharpe / math.sqrt(periods), n, skewness, kurtosis)


def monthly(case: dict[str, Any]) -> float:
    given = case["inputs"]
    estimate = SharpeEstimate(given["mean"] / given["std"], given["n"], given["skew"], given["kurt"])
    return probabilistic_sharpe_ratio(estimate)


def deflated(case: dict[str, Any]) -> float:
    given = {"sr_ann": 2.5, "T": 1250, "skew": -3, "kurt": 10, "var_sr_annual": 0.5} | case["inputs"]
    estimate = annual(given["sr_ann"], given["T"], 250, given["skew"], given["kurt"])
    return deflated_sharpe_ratio(estimate, trials=given["N"], variance=given["var_sr_annual"] / 250)


def track_record(case: dict[str, Any]) -> float:
    """Return the length in the case's unit: years when it names periods, observations when it does not."""
    given = case["inputs"]
    if "periods" not in given:
        return minimum_track_record_length(SharpeEstimate(given["sr"], 2), benchmark=given["bench"])
    periods = given["periods"]
    estimate = annual(given["sr_ann"], 2, periods, given["skew"], given["kurt"])
    benchmark = given["bench_ann"] / math.sqrt(periods)
    return minimum_track_record_length(estimate, benchmark=benchmark, confidence=1 - given["alpha"]) / float(periods)


def of_case(case: dict[str, Any]) -> float:
    name, given = case["name"], case["inputs"]
    if name.startswith("DSR paper: SR0"):
        return expected_maximum_sharpe(trials=given["N"], variance=given["var_sr_annual"] / given["periods"])
    if name.startswith("mlfinlab PSR"):
        return probabilistic_sharpe_ratio(SharpeEstimate(given["sr"], given["n"]), benchmark=given["bench"])
    if name.startswith("mlfinlab DSR"):
        return expected_maximum_sharpe(trials=given["N"], variance=given["std"] ** 2)
    if name.startswith("DSR paper"):
        return deflated(case)
    if "MinTRL" in name:
        with_defaults = {**case, "inputs": {"bench_ann": 1, "alpha": 0.05, **given}}
        return track_record(case if "sr" in given else with_defaults)
    return monthly(case)


def test_every_figure_of_the_papers_comes_out_within_its_printed_digits(golden: Path) -> None:
    cases = json.loads((golden / "papers" / "psr_dsr_mintrl.json").read_text())["cases"]
    assert len(cases) == 13
    for case in cases:
        assert of_case(case) == pytest.approx(case["published"], abs=case["tolerance"]), case["name"]
        assert of_case(case) == pytest.approx(case["recomputed"], rel=1e-9), case["name"]


def test_estimate_of_returns_uses_the_sample_deviation_and_population_moments() -> None:
    returns = np.random.default_rng(3).standard_t(5, 400) * 0.01
    estimate = SharpeEstimate.of(returns)
    assert estimate.sharpe == pytest.approx(returns.mean() / returns.std(ddof=1), rel=1e-14)
    assert estimate.n == 400
    assert estimate.skewness == pytest.approx(stats.skew(returns), rel=1e-10)
    assert estimate.kurtosis == pytest.approx(stats.kurtosis(returns, fisher=False), rel=1e-10)
    assert estimate.annualised(252) == pytest.approx(estimate.sharpe * math.sqrt(252))


def test_standard_error_is_the_spread_of_the_ratio_over_many_samples() -> None:
    generator = np.random.default_rng(11)
    samples = generator.normal(0.1, 1.0, size=(4000, 200))
    ratios = samples.mean(axis=1) / samples.std(axis=1, ddof=1)
    assert sharpe_standard_error(SharpeEstimate(0.1, 200)) == pytest.approx(ratios.std(), rel=0.03)


def test_interval_covers_the_true_ratio_as_often_as_it_says() -> None:
    generator = np.random.default_rng(5)
    hits = 0
    for _ in range(600):
        interval = sharpe_interval(SharpeEstimate.of(generator.normal(0.05, 1.0, 250)))
        hits += interval.low <= 0.05 <= interval.high
    assert 0.93 <= hits / 600 <= 0.97


def test_t_test_equals_scipy() -> None:
    returns = np.random.default_rng(8).normal(0.001, 0.01, 77)
    expected = stats.ttest_1samp(returns, 0.0)
    found = t_test(returns)
    assert found.statistic == pytest.approx(expected.statistic, rel=1e-12)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-10)
    assert found.n == 77


@pytest.mark.parametrize(("wins", "n"), [(0, 10), (7, 10), (10, 10), (2600, 5000)])
def test_wilson_interval_equals_statsmodels(wins: int, n: int) -> None:
    low, high = proportion_confint(wins, n, alpha=0.05, method="wilson")
    found = wilson_interval(wins, n)
    assert found.low == pytest.approx(low, abs=1e-12)
    assert found.high == pytest.approx(high, abs=1e-12)


@pytest.mark.parametrize("returns", [np.array([]), np.array([0.01]), np.full(50, 0.001)])
def test_undefined_estimates_are_nan_and_so_denied_by_any_threshold(returns: np.ndarray) -> None:
    estimate = SharpeEstimate.of(returns)
    for value in (
        estimate.sharpe,
        probabilistic_sharpe_ratio(estimate),
        deflated_sharpe_ratio(estimate, trials=5),
        minimum_track_record_length(estimate),
        t_test(returns).p_value,
    ):
        assert math.isnan(value)
        assert not value >= 0.0
    assert math.isnan(wilson_interval(0, 0).low)


def test_a_ratio_below_the_benchmark_never_gets_long_enough() -> None:
    assert minimum_track_record_length(SharpeEstimate(0.05, 100), benchmark=0.05) == math.inf


def test_one_trial_deflates_nothing() -> None:
    estimate = SharpeEstimate(0.1, 252)
    assert deflated_sharpe_ratio(estimate, trials=1) == probabilistic_sharpe_ratio(estimate)


def test_expected_maximum_is_near_the_simulated_one() -> None:
    best = np.random.default_rng(2).normal(size=(20_000, 50)).max(axis=1).mean()
    assert expected_maximum_sharpe(trials=50, variance=1.0) == pytest.approx(best, rel=0.02)


@pytest.mark.parametrize(("trials", "variance"), [(0, 1.0), (3, -0.1)])
def test_impossible_trials_are_refused(trials: int, variance: float) -> None:
    with pytest.raises(ValueError, match="needs trials"):
        expected_maximum_sharpe(trials=trials, variance=variance)


@given(
    sharpe=st.floats(-0.3, 0.5),
    n=st.integers(30, 3000),
    few=st.integers(1, 400),
    more=st.integers(0, 400),
)
def test_more_trials_never_make_a_ratio_more_credible(sharpe: float, n: int, few: int, more: int) -> None:
    estimate = SharpeEstimate(sharpe, n)
    fewer = deflated_sharpe_ratio(estimate, trials=few)
    assert 0.0 <= deflated_sharpe_ratio(estimate, trials=few + more) <= fewer <= 1.0

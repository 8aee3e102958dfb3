"""Bands hold as often as they say, also when outcomes repeat each other."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
from scipy.stats import binomtest

from qts_core.analytics.coverage import binomial_band, coverage, effective_samples, intraclass_correlation


def test_independent_outcomes_all_count() -> None:
    held = (np.random.default_rng(1).random((500, 20)) < 0.9).astype(float)
    assert effective_samples(held, horizon_bars=1) == pytest.approx(10_000, rel=0.15)


def test_symbols_that_move_as_one_count_as_one() -> None:
    held = np.repeat((np.random.default_rng(2).random((500, 1)) < 0.9).astype(float), 20, axis=1)
    assert intraclass_correlation(held) == pytest.approx(1.0)
    assert effective_samples(held, horizon_bars=1) == pytest.approx(500)
    assert effective_samples(held, horizon_bars=25) == pytest.approx(20)


@pytest.mark.parametrize("tie", [0.2, 0.5])
def test_the_correlation_of_a_common_cause_is_found(tie: float) -> None:
    rng = np.random.default_rng(3)
    common, own = rng.random((20_000, 1)), rng.random((20_000, 8))
    held = (np.where(rng.random((20_000, 8)) < np.sqrt(tie), common, own) < 0.8).astype(float)
    # each pair shares its draw with probability `tie`
    assert intraclass_correlation(held) == pytest.approx(tie, abs=0.02)


@pytest.mark.parametrize(("level", "count"), [(0.9, 100), (0.8, 37), (0.95, 1000)])
def test_the_band_holds_what_an_exact_test_does_not_reject(level: float, count: int) -> None:
    low, high = binomial_band(level, count)
    inside = [k for k in range(count + 1) if low <= k / count <= high]
    chances = [comb(count, k) * level**k * (1.0 - level) ** (count - k) for k in inside]
    assert sum(chances) >= 0.95
    assert binomtest(inside[0], count, level).pvalue > 0.01
    assert binomtest(inside[-1], count, level).pvalue > 0.01


def test_overlapping_and_correlated_outcomes_stay_within_the_band_as_often_as_promised() -> None:
    rng, kept, rounds, horizon = np.random.default_rng(6), 0, 300, 10
    for _ in range(rounds):
        blocks = rng.random((40, 12)) * 0.7 + rng.random((40, 1)) * 0.3
        held = np.repeat((blocks < np.quantile(_mixed(rng), 0.9)).astype(float), horizon, axis=0)
        kept += coverage(held, horizon_bars=horizon, level=0.9).is_inside
    assert kept / rounds > 0.9


def _mixed(rng: np.random.Generator) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return rng.random(100_000) * 0.7 + rng.random(100_000) * 0.3


def test_counting_every_outcome_as_new_would_have_cried_wolf() -> None:
    rng = np.random.default_rng(8)
    outside = 0
    for _ in range(200):
        held = np.repeat((rng.random((20, 1)) < 0.9).astype(float), 26, axis=0) * np.ones((1, 30))
        low, high = binomial_band(0.9, held.size)
        outside += not low <= held.mean() <= high
    assert outside / 200 > 0.5


def test_without_outcomes_nothing_is_inside() -> None:
    nothing = coverage(np.full((5, 2), np.nan), horizon_bars=2, level=0.9)
    assert (nothing.samples, nothing.is_inside) == (0, False)
    assert np.isnan(nothing.share)


def test_the_figures_have_names() -> None:
    found = coverage(np.ones((50, 2)), horizon_bars=5, level=0.9)
    assert set(found.metrics("sets")) == {"sets", "sets_low", "sets_high", "sets_effective"}

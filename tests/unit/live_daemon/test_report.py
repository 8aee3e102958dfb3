"""Health of the live model: rank correlation within the session and drift of the scores."""

from __future__ import annotations

import math

import numpy as np

from live_daemon.report import live_rank_ic, population_stability


def test_population_stability_of_shifted_deciles_equals_the_hand_computed_sum() -> None:
    # Siddiqi's formula by hand: ten equal bins before; after, everything of the first five bins moved to the last five.
    before = np.arange(1000, dtype=float)
    after = np.concatenate([np.arange(500, 1000, dtype=float), np.arange(500, 1000, dtype=float)])
    by_hand = 5 * (1e-4 - 0.1) * math.log(1e-4 / 0.1) + 5 * (0.2 - 0.1) * math.log(0.2 / 0.1)
    assert math.isclose(population_stability(before, after), by_hand, rel_tol=1e-9)


def test_the_same_sample_has_no_drift_and_a_small_one_none_that_counts() -> None:
    sample = np.random.default_rng(3).normal(size=500)
    assert population_stability(sample, sample) == 0.0
    assert math.isnan(population_stability(sample, sample[:50]))


def test_without_decisions_there_is_no_rank_correlation() -> None:
    value, bars = live_rank_ic([])
    assert math.isnan(value)
    assert bars == 0

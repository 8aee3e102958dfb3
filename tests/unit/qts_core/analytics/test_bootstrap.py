"""Bootstrap intervals against theory."""

from __future__ import annotations

import math

import numpy as np
import pytest

from qts_core.analytics.bootstrap import bootstrap_interval, stationary_indices
from qts_core.analytics.trades import profit_factor


def mean(values: np.ndarray) -> float:
    return float(np.mean(values))


def test_interval_of_a_mean_is_that_of_the_normal_approximation() -> None:
    values = np.random.default_rng(1).normal(0.0, 1.0, 400)
    found = bootstrap_interval(values, mean, np.random.default_rng(2), draws=4000)
    margin = 1.96 * values.std() / math.sqrt(400)
    assert found.low == pytest.approx(values.mean() - margin, abs=0.01)
    assert found.high == pytest.approx(values.mean() + margin, abs=0.01)


def test_blocks_are_geometric_with_the_mean_length_asked_for() -> None:
    indices = stationary_indices(np.random.default_rng(3), 500, mean_block=10, draws=200)
    assert indices.shape == (200, 500)
    assert indices.min() >= 0
    assert indices.max() < 500
    steps = (np.diff(indices, axis=1) % 500) == 1
    # A block goes on with probability 1 - 1/10, or by chance.
    assert steps.mean() == pytest.approx(0.9, abs=0.01)


def test_blocks_widen_the_interval_of_returns_that_hang_together() -> None:
    generator = np.random.default_rng(4)
    noise = generator.normal(size=1000)
    values = np.zeros(1000)
    for i in range(1, 1000):
        values[i] = 0.8 * values[i - 1] + noise[i]
    plain = bootstrap_interval(values, mean, np.random.default_rng(5), draws=800)
    blocks = bootstrap_interval(values, mean, np.random.default_rng(5), draws=800, mean_block=40)
    assert blocks.high - blocks.low > 1.8 * (plain.high - plain.low)


def test_the_same_generator_gives_the_same_interval() -> None:
    values = np.arange(20.0)
    first, again = (bootstrap_interval(values, mean, np.random.default_rng(7)) for _ in range(2))
    assert first == again


def test_resamples_without_a_loss_make_the_upper_end_infinite_not_an_error() -> None:
    found = bootstrap_interval(np.array([1.0, 1.0, 1.0, -1.0]), profit_factor, np.random.default_rng(1))
    assert found.high == math.inf


def test_too_few_values_give_no_interval() -> None:
    assert math.isnan(bootstrap_interval(np.array([1.0]), mean, np.random.default_rng(1)).low)
    assert math.isnan(bootstrap_interval(np.zeros(5), profit_factor, np.random.default_rng(1)).low)

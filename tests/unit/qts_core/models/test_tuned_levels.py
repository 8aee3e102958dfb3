"""Experts of several rates: the published algorithm step by step, and the levels that outcomes are measured by."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from qts_core.models.conformal import ScoreTable
from qts_core.models.online import moved
from qts_core.models.tuned_levels import Experts, Tuning

RATES = (0.001, 0.008, 0.064)
TUNING = Tuning(RATES, 500)


def by_the_paper(betas: list[float], alpha: float, eta: float, sigma: float) -> tuple[list[float], list[float]]:
    """Return alphas and weights after DtACI as Gibbs and Candès (2024) print it: one outcome at a time, no arrays."""
    alphas, weights = [alpha] * len(RATES), [1.0] * len(RATES)
    for beta in betas:
        losses = [alpha * (beta - a) - min(0.0, beta - a) for a in alphas]
        shrunk = [w * math.exp(-eta * loss) for w, loss in zip(weights, losses, strict=True)]
        weights = [(1.0 - sigma) * w + sum(shrunk) * sigma / len(RATES) for w in shrunk]
        alphas = [a + g * (alpha - (1.0 if beta < a else 0.0)) for a, g in zip(alphas, RATES, strict=True)]
    return alphas, [w / sum(weights) for w in weights]


def test_steps_are_those_of_the_published_algorithm() -> None:
    rng, alpha = np.random.default_rng(1), 0.1
    betas = np.concatenate([rng.random(300), 0.3 * rng.random(300)])
    # the speed by the paper's formula for |I| = 500 and k = 3, written out
    eta = math.sqrt(3.0 / 500.0) * math.sqrt((math.log(1500.0) + 2.0) / (0.9**2 * 0.1**3 + 0.1**2 * 0.9**3))
    assert TUNING.speed(alpha) == pytest.approx(eta, rel=1e-12)
    assert TUNING.share == 1.0 / 1000.0
    experts = Experts.starting(alpha, 3)
    for beta in betas:
        experts = experts.after(experts.alphas, np.array([beta]), alpha=alpha, tuning=TUNING)
    alphas, weights = by_the_paper(betas.tolist(), alpha, eta, 1.0 / 1000.0)
    np.testing.assert_allclose(experts.alphas, alphas, rtol=1e-9)
    np.testing.assert_allclose(experts.weights, weights, rtol=1e-9)
    assert experts.level == pytest.approx(sum(a * w for a, w in zip(alphas, weights, strict=True)))


def test_each_expert_moves_as_adaptive_inference_of_its_rate_does() -> None:
    betas = np.array([0.02, 0.5, 0.08, 0.9])
    experts = Experts.starting(0.1, 3).after(np.full(3, 0.1), betas, alpha=0.1, tuning=TUNING)
    for rate, found in zip(RATES, experts.alphas, strict=True):
        alone = moved({}, np.array([1.0, 0.0, 1.0, 0.0]), [""] * 4, alpha=0.1, rate=rate)
        assert found == pytest.approx(alone[""])


def test_after_a_shift_the_fast_expert_is_heard_and_no_expert_is_ever_out_of_the_race() -> None:
    experts = Experts.starting(0.1, 3)
    for beta in np.random.default_rng(2).random(2000) * 0.2:
        experts = experts.after(experts.alphas, np.array([beta]), alpha=0.1, tuning=TUNING)
    assert experts.weights.argmax() > 0
    assert experts.weights.min() >= TUNING.share / 3
    assert experts.weights.sum() == pytest.approx(1.0)


@pytest.mark.parametrize("count", [9, 99, 137, 9000])
def test_an_outcome_is_missed_from_just_that_level_on_at_which_its_quantile_is_too_small(count: int) -> None:
    rng = np.random.default_rng(count)
    table = ScoreTable.of(rng.exponential(size=count))
    scores = np.concatenate([rng.exponential(size=200), table.values[::7], [0.0, 1e9]])
    betas = table.missed_from(scores)
    for alpha in [*np.arange(1, 40) / 40.0, 1.0 / (count + 1), 0.5 / (count + 1)]:
        missed = scores > table.quantile(float(alpha))
        np.testing.assert_array_equal(missed, betas <= alpha)
    assert np.isnan(table.missed_from(np.array([np.nan]))).all()


def test_state_travels_exactly() -> None:
    experts = Experts(np.array([0.1 + 1e-17, 1.0 / 3.0]), np.array([0.7, 0.3]))
    again = Experts.from_dict(json.loads(json.dumps(experts.to_dict())))
    np.testing.assert_array_equal(again.alphas, experts.alphas)
    np.testing.assert_array_equal(again.weights, experts.weights)

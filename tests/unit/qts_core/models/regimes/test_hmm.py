"""The hidden Markov model finds planted regimes, filters as statsmodels does, and knows nothing of the future."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from statsmodels.tsa.regime_switching.markov_regression import MarkovRegression

from qts_core.market.errors import TrainingError
from qts_core.market.panel import Floats
from qts_core.models.regimes.hmm import STICKINESS, GaussianHmm

MOVES = np.array([[0.98, 0.02], [0.03, 0.97]])
MEANS, SPREADS = np.array([0.3, -0.5]), np.array([0.5, 2.0])


def planted(bars: int = 4000, seed: int = 0) -> tuple[NDArray[np.int64], Floats]:
    rng = np.random.default_rng(seed)
    state = [0]
    for _ in range(bars - 1):
        state.append(int(rng.choice(2, p=MOVES[state[-1]])))
    states = np.array(state)
    return states, (MEANS[states] + SPREADS[states] * rng.standard_normal(bars))[:, None]


@pytest.fixture(scope="module")
def fitted() -> GaussianHmm:
    found = GaussianHmm.fit(planted()[1], 2)
    return found.ordered([int(i) for i in np.argsort(found.variances[:, 0])])


def test_planted_regimes_are_recovered(fitted: GaussianHmm) -> None:
    states, observations = planted()
    np.testing.assert_allclose(fitted.means[:, 0], MEANS, atol=0.1)
    np.testing.assert_allclose(np.sqrt(fitted.variances[:, 0]), SPREADS, rtol=0.05)
    np.testing.assert_allclose(fitted.transition, MOVES, atol=0.02)
    assert (fitted.filtered(observations).argmax(axis=1) == states).mean() > 0.94


def test_filtered_probabilities_and_likelihood_are_those_of_statsmodels(fitted: GaussianHmm) -> None:
    _, observations = planted(bars=600, seed=5)
    # statsmodels takes one step before the first observation: the stationary start does not mind
    model = GaussianHmm(fitted.stationary, fitted.transition, fitted.means, fitted.variances)
    referee = MarkovRegression(observations[:, 0], k_regimes=2, switching_variance=True)
    moves = (model.transition[0, 0], model.transition[1, 0])
    result = referee.filter(np.array([*moves, *model.means[:, 0], *model.variances[:, 0]]))
    np.testing.assert_allclose(model.filtered(observations), result.filtered_marginal_probabilities, atol=1e-10)
    assert model.log_likelihood(observations) == pytest.approx(result.llf, rel=1e-10)


def test_each_step_of_the_fit_raises_the_likelihood_with_the_prior_that_regimes_last() -> None:
    _, observations = planted(bars=800)
    found = [GaussianHmm.fit(observations, 2, iterations=n, tolerance=-1.0, restarts=1) for n in (1, 3, 10, 40)]
    prior = [STICKINESS * float(np.log(np.diag(model.transition)).sum()) for model in found]
    likelihoods = [model.log_likelihood(observations) + p for model, p in zip(found, prior, strict=True)]
    assert likelihoods == sorted(likelihoods)


@pytest.mark.parametrize("end", [1, 50, 299])
def test_probabilities_of_a_prefix_are_the_prefix_of_the_probabilities(fitted: GaussianHmm, end: int) -> None:
    _, observations = planted(bars=300, seed=7)
    altered = observations.copy()
    altered[end:] = 1e3
    for read in (fitted.filtered, lambda x: fitted.windowed(x, 40)):
        whole = read(observations)[:end]
        assert whole.tobytes() == read(observations[:end]).tobytes()
        assert whole.tobytes() == read(altered)[:end].tobytes()


def test_the_window_is_all_that_a_windowed_filter_knows(fitted: GaussianHmm) -> None:
    _, observations = planted(bars=500, seed=8)
    whole = fitted.windowed(observations, 60)
    for t in (59, 200, 499):
        assert whole[t].tobytes() == fitted.windowed(observations[t - 59 : t + 1], 60)[-1].tobytes()


def test_a_long_window_forgets_where_it_began(fitted: GaussianHmm) -> None:
    _, observations = planted(bars=2000, seed=9)
    gap = np.abs(fitted.windowed(observations, 390) - fitted.filtered(observations))
    assert gap[390:].max() < 1e-6


def test_a_missing_observation_tells_nothing(fitted: GaussianHmm) -> None:
    _, observations = planted(bars=100, seed=3)
    observations[60] = np.nan
    found = fitted.filtered(observations)
    np.testing.assert_allclose(found[60], found[59] @ fitted.transition, rtol=1e-12)


def test_the_same_seed_gives_the_same_bits_and_too_few_bars_are_refused() -> None:
    _, observations = planted(bars=400)
    one, two = GaussianHmm.fit(observations, 2), GaussianHmm.fit(observations, 2)
    assert one.means.tobytes() == two.means.tobytes()
    with pytest.raises(TrainingError, match="QTS-MODEL-053"):
        GaussianHmm.fit(observations[:30], 2)

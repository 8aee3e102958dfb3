"""Detectors name the four regimes of a planted market, keep their names, and look back only."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from numpy.typing import NDArray

from qts_core.market.panel import Floats
from qts_core.models.regimes.detectors import (
    REGIMES,
    ClassifierDetector,
    HmmDetector,
    RegimeDetector,
    ThresholdDetector,
    detector_from,
    regimes_by_threshold,
    state_order,
)

CENTRES = np.array([[1.0, 40.0], [1.0, 10.0], [3.0, 25.0], [0.3, 25.0]])
"""Volatility and trend of each regime, in the order of REGIMES."""


def market(bars: int = 2400, spell: int = 100, seed: int = 0) -> tuple[NDArray[np.int64], Floats]:
    rng = np.random.default_rng(seed)
    regime = rng.integers(0, 4, bars // spell).repeat(spell)
    return regime, CENTRES[regime] + rng.standard_normal((bars, 2)) * [0.1, 2.0]


def detectors() -> list[RegimeDetector]:
    _, observations = market()
    return [
        HmmDetector.fit(observations, window=130, seed=7),
        ThresholdDetector(130),
        ClassifierDetector.fit(observations, window=130, ahead=5),
    ]


def test_the_model_names_planted_regimes_whatever_order_it_found_them_in() -> None:
    regime, observations = market()
    for seed in (1, 2, 3):
        found = HmmDetector.fit(observations, window=130, seed=seed).probabilities(observations)
        assert (found.argmax(axis=1) == regime).mean() > 0.97


@pytest.mark.parametrize("order", list(permutations(range(4)))[::5])
def test_names_go_by_volatility_and_trend_not_by_number(order: tuple[int, ...]) -> None:
    found = state_order(CENTRES[list(order)])
    assert [order[place] for place in found] == [0, 1, 2, 3]


def test_thresholds_are_ranks_among_the_last_bars() -> None:
    observations = np.array([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0], [4.0, 4.0], [2.5, 0.5], [2.6, 9.0], [np.nan, 1.0]])
    found = regimes_by_threshold(observations, 4)
    # the fourth is the highest of four: rank 3.5 / 4; the fifth and sixth lie between
    assert [REGIMES[i] for i in found[3:6]] == ["high_volatility", "mean_reverting", "trending"]
    assert found[6] == -1


@pytest.mark.parametrize("place", range(3))
def test_no_detector_knows_a_later_bar_or_one_before_its_window(place: int) -> None:
    detector = detectors()[place]
    _, observations = market(bars=400, seed=3)
    whole, altered = detector.probabilities(observations), observations.copy()
    altered[301:] = 99.0
    assert whole[:301].tobytes() == detector.probabilities(altered)[:301].tobytes()
    alone = detector.probabilities(observations[300 - detector.window + 1 : 301])[-1]
    assert whole[300].tobytes() == alone.tobytes()


@pytest.mark.parametrize("place", range(3))
def test_a_detector_comes_back_from_its_numbers_to_the_bit(place: int) -> None:
    detector = detectors()[place]
    _, observations = market(bars=300, seed=4)
    again = detector_from(detector.kind, detector.to_dict())
    assert again.probabilities(observations).tobytes() == detector.probabilities(observations).tobytes()
    np.testing.assert_allclose(detector.probabilities(observations).sum(axis=1), 1.0)
    assert detector.neutral.sum() == pytest.approx(1.0)


def wandering(bars: int, seed: int) -> Floats:
    """Return volatility and trend that come back slowly to their means."""
    noise, values = np.random.default_rng(seed).standard_normal((bars, 2)), np.zeros((bars, 2))
    for t in range(1, bars):
        values[t] = 0.98 * values[t - 1] + noise[t]
    return values


def test_the_classifier_foretells_the_regime_ahead_better_than_the_commonest_one() -> None:
    detector, fresh = ClassifierDetector.fit(wandering(4000, 1), window=130, ahead=5), wandering(4000, 2)
    ahead = regimes_by_threshold(fresh, 130)[5:]
    found = detector.probabilities(fresh).argmax(axis=1)[:-5]
    commonest = np.bincount(ahead).max() / len(ahead)
    assert (found == ahead).mean() > 1.5 * commonest

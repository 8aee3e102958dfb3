"""From scores to strengths, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from qts_core.alphas.combine import combine
from qts_core.alphas.ml import MlAlpha, MlAlphaSettings
from qts_core.alphas.signal import Signals

NAN = float("nan")
RAW = MlAlphaSettings(smoothing_bars=0, expiry_bars=3)


def test_a_score_is_measured_against_the_others_and_their_spread() -> None:
    signals = MlAlpha(RAW, 5).take(np.array([1.0, 2.0, 3.0, 4.0, 5.0]) / 128)
    # mean 3/128, root mean square of the deviations sqrt(2)/128; three of these are strength 1
    expected = [-2, -1, 0, 1, 2]
    assert signals.strength.tolist() == pytest.approx([e / math.sqrt(2) / 3 for e in expected])
    assert signals.direction.tolist() == [-1, -1, 0, 1, 1]


def test_confidence_is_the_share_of_a_normal_population_that_stands_out_less() -> None:
    signals = MlAlpha(RAW, 5).take(np.array([-1.0, 1.0, -1.0, 1.0, 0.0]))
    one = 1.0 / math.sqrt(0.8)
    assert signals.confidence[1] == pytest.approx(math.erf(one / math.sqrt(2)))


def test_no_score_is_no_opinion_and_neither_zero_nor_flat() -> None:
    signals = MlAlpha(RAW, 6).take(np.array([0.01, NAN, 0.03, 0.02, 0.05, 0.0]))
    assert np.isnan(signals.strength[1])
    assert np.isnan(signals.confidence[1])
    assert not np.isnan(np.delete(signals.strength, 1)).any()


def test_a_missing_score_does_not_enter_the_mean_of_the_others() -> None:
    values = np.array([0.01, 0.02, 0.03, 0.04, 0.05])
    with_gap = MlAlpha(RAW, 6).take(np.append(values, NAN))
    assert with_gap.strength[:5].tolist() == MlAlpha(RAW, 5).take(values).strength.tolist()


def test_an_opinion_expires_after_its_horizon_without_a_new_one() -> None:
    alpha = MlAlpha(RAW, 5)
    alpha.take(np.arange(5.0))
    silent = np.array([NAN, 1.0, 2.0, 3.0, 4.0])
    assert [bool(alpha.take(silent).is_expired[0]) for _ in range(4)] == [False, False, False, True]
    assert not alpha.take(np.arange(5.0)).is_expired.any()


def test_with_few_symbols_the_score_is_taken_as_it_is() -> None:
    signals = MlAlpha(RAW, 1).take(np.array([0.02]))
    assert signals.strength[0] == pytest.approx(1 / 3)


def test_smoothing_halves_the_weight_of_a_score_per_half_life() -> None:
    alpha = MlAlpha(MlAlphaSettings(smoothing_bars=1, is_cross_sectional=False, spread_bars=10**9), 1)
    alpha.take(np.array([1.0]))
    strengths = [float(alpha.take(np.array([0.0])).strength[0]) for _ in range(3)]
    assert strengths == pytest.approx([1 / 6, 1 / 12, 1 / 24], rel=1e-6)


def test_equal_scores_say_nothing() -> None:
    assert MlAlpha(RAW, 5).take(np.full(5, 0.01)).strength.tolist() == [0.0] * 5


def test_a_snapshot_resumes_bit_for_bit() -> None:
    rng = np.random.default_rng(5)
    rows = rng.normal(size=(40, 6))
    rows[rng.random(rows.shape) < 0.2] = NAN
    one, other = MlAlpha(MlAlphaSettings(), 6), MlAlpha(MlAlphaSettings(), 6)
    for row in rows[:20]:
        one.take(row)
    other.restore(one.snapshot())
    for row in rows[20:]:
        a, b = one.take(row), other.take(row)
        assert a.strength.tobytes() == b.strength.tobytes()
        assert a.is_expired.tolist() == b.is_expired.tolist()


def test_combining_weighs_only_the_alphas_that_have_an_opinion() -> None:
    none = np.zeros(3, dtype=np.bool_)
    one = Signals(np.array([0.2, NAN, NAN]), np.array([0.5, NAN, NAN]), none)
    two = Signals(np.array([0.8, 0.6, NAN]), np.array([0.1, 0.4, NAN]), ~none)
    both = combine([one, two], weights=[2.0, 1.0])
    assert both.strength[:2].tolist() == pytest.approx([0.4, 0.6])
    assert np.isnan(both.strength[2])
    assert not both.is_expired.any()

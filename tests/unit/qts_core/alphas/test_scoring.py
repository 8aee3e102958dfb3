"""Scores of past signals by hand and by scipy; none before its horizon is over."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from qts_core.alphas.scoring import SignalScorer, hit_rate, information_coefficient
from qts_core.alphas.signal import Signals
from qts_core.market.panel import Floats
from tests.support.alpha_bars import random_closes

NAN = float("nan")


def said(strength: Floats) -> Signals:
    return Signals(strength, np.abs(strength), np.zeros(len(strength), dtype=np.bool_))


def test_the_coefficient_is_spearmans() -> None:
    rng = np.random.default_rng(1)
    one, two = rng.integers(0, 6, 30).astype(float), rng.normal(size=30)
    assert information_coefficient(one, two) == pytest.approx(stats.spearmanr(one, two).statistic)
    assert np.isnan(information_coefficient(np.ones(30), two))
    assert np.isnan(information_coefficient(one[:4], two[:4]))


def test_flat_signals_and_flat_prices_are_neither_hits_nor_misses() -> None:
    assert hit_rate(np.array([1.0, -1.0, 0.5, 0.0, 0.5, NAN]), np.array([0.1, 0.1, 0.2, 0.1, 0.0, 0.1])) == 2 / 3
    assert np.isnan(hit_rate(np.zeros(3), np.ones(3)))


def test_a_signal_is_scored_when_its_horizon_is_over_and_not_before() -> None:
    rng = np.random.default_rng(2)
    closes, strength = random_closes(rng, 12, 8), rng.uniform(-1, 1, (12, 8))
    scorer = SignalScorer([3], 8, 50)
    for t in range(12):
        scorer.observe(closes[t], [said(strength[t])])
        card = scorer.card()
        assert card.count[0] == max(t - 2, 0)
        if t >= 3:
            expected = [stats.spearmanr(strength[s], closes[s + 3] / closes[s] - 1).statistic for s in range(t - 2)]
            assert card.ic[0] == pytest.approx(np.mean(expected))


def test_what_comes_later_changes_no_score() -> None:
    rng = np.random.default_rng(3)
    closes, strength = random_closes(rng, 30, 8), rng.uniform(-1, 1, (30, 8))
    other = closes.copy()
    other[20:] *= rng.uniform(0.5, 2.0, (10, 8))
    one, two = SignalScorer([4], 8, 50), SignalScorer([4], 8, 50)
    for t in range(20):
        one.observe(closes[t], [said(strength[t])])
        two.observe(other[t], [said(strength[t])])
    assert one.card().ic.tobytes() == two.card().ic.tobytes()
    assert one.card().gain.tobytes() == two.card().gain.tobytes()


def test_a_gain_is_that_of_the_standing_signals_in_equal_parts() -> None:
    scorer = SignalScorer([2], 2, 10)
    closes = np.array([[100.0, 100.0], [110.0, 100.0], [110.0, 90.0]])
    for close, strength in zip(closes, ([1.0, -1.0], [1.0, 1.0], [0.0, 0.0]), strict=True):
        scorer.observe(close, [said(np.array(strength))])
    # second bar: one long of 10 %, one short of nothing: 5 %; third: two parts long of nothing, the other parts cancel
    assert scorer._gains.values[-2:, 0].tolist() == pytest.approx([0.05, 0.0])
    assert scorer.card().gain[0] == pytest.approx(0.025)
    assert scorer.card().deviation[0] == pytest.approx(np.std([0.05, 0.0], ddof=1))


def test_a_score_belongs_to_the_regime_in_which_the_signal_was_given() -> None:
    rng = np.random.default_rng(4)
    closes, strength = random_closes(rng, 9, 6), rng.uniform(-1, 1, (9, 6))
    scorer = SignalScorer([2], 6, 20)
    for t in range(9):
        scorer.observe(closes[t], [said(strength[t])], regime=int(t >= 5))
    # signals of bars 0 to 4 belong to regime 0, those of 5 and 6 to regime 1; 7 and 8 are not over
    assert scorer.card(0).count[0] == 5
    assert scorer.card(1).count[0] == 2
    expected = [stats.spearmanr(strength[s], closes[s + 2] / closes[s] - 1).statistic for s in (5, 6)]
    assert scorer.card(1).ic[0] == pytest.approx(np.mean(expected))


def test_a_symbol_without_a_bar_is_scored_at_its_last_close_and_gives_no_signal() -> None:
    closes = np.array([[10.0] * 6, [11.0, 12.0, 13.0, 14.0, 15.0, NAN]])
    strength = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 0.0]) / 5
    scorer = SignalScorer([1], 6, 5)
    scorer.observe(closes[0], [said(strength)])
    scorer.observe(closes[1], [said(strength)])
    # the sixth stayed at 10: last of all, as was said
    assert scorer.card().ic[0] == pytest.approx(1.0)


def test_covariances_are_numpys() -> None:
    rng = np.random.default_rng(5)
    closes = random_closes(rng, 40, 6)
    scorer = SignalScorer([1, 3], 6, 60)
    for close in closes:
        scorer.observe(close, [said(rng.uniform(-1, 1, 6)), said(rng.uniform(-1, 1, 6))])
    gains = scorer._gains.values
    gains = gains[~np.isnan(gains).any(axis=1)]
    assert scorer.card().covariance == pytest.approx(np.cov(gains.T))

"""Combiners as folds: weights follow scores, on schedule or early, and never what is not over."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qts_core.alphas.combine import combine
from qts_core.alphas.combining.combiner import EqualCombiner, ScoredCombiner, build_combiner
from qts_core.alphas.combining.settings import CombinerSettings, Weighting
from qts_core.alphas.signal import Signals
from qts_core.market.panel import Floats
from tests.support.alpha_bars import bars_of, random_closes

BREADTH = 8
QUICK = CombinerSettings(Weighting.IC, window_bars=60, minimum_scores=10, every_bars=5)


def said(strength: Floats) -> Signals:
    return Signals(strength, np.abs(strength), np.zeros(len(strength), dtype=np.bool_))


def prophets(closes: Floats, t: int) -> list[Signals]:
    """Return one alpha that knows the next move and one that says the opposite."""
    ahead = np.sign(closes[t + 1] / closes[t] - 1.0) * np.linspace(0.5, 1.0, closes.shape[1])
    return [said(ahead), said(-ahead)]


def run(settings: CombinerSettings, bars: int) -> ScoredCombiner:
    closes = random_closes(np.random.default_rng(1), bars + 1, BREADTH)
    combiner = ScoredCombiner(settings, [1, 1], BREADTH)
    for t, bar in zip(range(bars), bars_of(closes), strict=False):
        combiner.update(bar, prophets(closes, t))
    return combiner


def test_equal_weights_are_the_plain_mean_and_remember_nothing() -> None:
    combiner = build_combiner(CombinerSettings(), [1, 4], BREADTH)
    assert isinstance(combiner, EqualCombiner)
    closes = random_closes(np.random.default_rng(2), 2, BREADTH)
    signals = [said(np.full(BREADTH, 0.2)), said(np.full(BREADTH, 0.6))]
    found = combiner.update(next(bars_of(closes)), signals)
    assert found.strength.tolist() == combine(signals).strength.tolist() == pytest.approx([0.4] * BREADTH)
    assert combiner.snapshot() == {}


def test_one_alpha_goes_through_untouched() -> None:
    closes = random_closes(np.random.default_rng(2), 2, BREADTH)
    signals = said(np.full(BREADTH, 0.2))
    assert build_combiner(QUICK, [3], BREADTH).update(next(bars_of(closes)), [signals]) is signals


def test_the_alpha_that_was_right_gets_all_the_weight_once_enough_is_over() -> None:
    # ten scores are known at the eleventh bar; weights are set at every fifth
    assert run(QUICK, 10).weights.tolist() == [0.5, 0.5]
    assert run(QUICK, 15).weights.tolist() == [1.0, 0.0]


@pytest.mark.parametrize("weighting", [Weighting.SHARPE, Weighting.PERFORMANCE, Weighting.MAXIMUM_SHARPE])
def test_gains_find_the_right_one_too(weighting: Weighting) -> None:
    weights = run(replace(QUICK, weighting=weighting), 20).weights
    assert weights.sum() == pytest.approx(1.0, abs=1e-6)
    assert weights[0] > 0.5 + 1e-6


def test_weights_move_no_faster_than_allowed() -> None:
    settings = replace(QUICK, max_turnover=0.2)
    assert run(settings, 15).weights.tolist() == pytest.approx([0.6, 0.4])
    assert run(settings, 20).weights.tolist() == pytest.approx([0.7, 0.3])


def test_a_loss_sets_weights_early() -> None:
    slow = replace(QUICK, every_bars=10_000)
    closes = random_closes(np.random.default_rng(1), 40, BREADTH)
    found = {}
    for trigger in (0.0, 0.01):
        combiner = ScoredCombiner(replace(slow, loss_trigger=trigger), [1, 1], BREADTH)
        for t, bar in zip(range(39), bars_of(closes), strict=False):
            right, wrong = prophets(closes, t)
            # One is mostly right, the other always wrong: together they lose.
            combiner.update(bar, [said(np.where(np.arange(BREADTH) >= 3, right.strength, -right.strength)), wrong])
        found[trigger] = combiner.weights.tolist()
    assert found[0.0] == [0.5, 0.5]
    assert found[0.01] != [0.5, 0.5]


def test_who_does_not_count_keeps_no_holding_alive() -> None:
    stale = Signals(np.array([np.nan]), np.array([np.nan]), np.array([True]))
    fresh = Signals(np.array([0.5]), np.array([0.5]), np.array([False]))
    assert combine([stale, fresh], weights=[1.0, 0.0]).is_expired.tolist() == [True]
    assert np.isnan(combine([stale, fresh], weights=[1.0, 0.0]).strength[0])


def test_alphas_that_all_lose_fall_back_visibly() -> None:
    closes = random_closes(np.random.default_rng(1), 30, BREADTH)
    combiner = ScoredCombiner(replace(QUICK, weighting=Weighting.MAXIMUM_SHARPE), [1, 1], BREADTH)
    for t, bar in zip(range(29), bars_of(closes), strict=False):
        combiner.update(bar, [prophets(closes, t)[1]] * 2)
    assert combiner.fallback_reason is not None
    assert combiner.weights.tolist() == [0.5, 0.5]


def test_in_each_regime_the_alpha_that_is_right_there_counts() -> None:
    rng = np.random.default_rng(3)
    # calm and turbulent stretches in turn; in one the first alpha is right, in the other the second
    scale = np.where(np.arange(1200) // 200 % 2 == 0, 0.002, 0.03)
    closes = 100.0 * np.exp(np.cumsum(rng.normal(size=(1200, BREADTH)) * scale[:, np.newaxis], axis=0))
    settings = replace(QUICK, window_bars=900, is_regime_conditional=True, regime_bars=400)
    combiner = ScoredCombiner(settings, [1, 1], BREADTH)
    seen: dict[int, list[float]] = {}
    for t, bar in zip(range(1199), bars_of(closes), strict=False):
        signals = prophets(closes, t)
        combiner.update(bar, signals if scale[t] < 0.01 else signals[::-1])
        # the last quarter of a stretch, when volatility over five sessions is the stretch's own
        if t > 800 and t % 200 > 150 and combiner.regime in (2, 3):
            seen.setdefault(combiner.regime, []).append(float(combiner.weights[0]))
    assert np.mean(seen[2]) < 0.5
    assert np.mean(seen[3]) > 0.5

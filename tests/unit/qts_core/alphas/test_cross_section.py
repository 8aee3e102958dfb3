"""Ranks by hand and by scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from qts_core.alphas.cross_section import RankAlpha, Ranked, ranks
from tests.support.alpha_bars import bars_of, random_closes

NAN = float("nan")


def test_the_largest_is_one_the_smallest_minus_one_and_equal_ones_share() -> None:
    assert ranks(np.array([3.0, 1.0, 2.0, 2.0, NAN, 9.0])).tolist()[:4] == [0.5, -1.0, -0.25, -0.25]
    assert np.isnan(ranks(np.array([1.0, 2.0, 3.0, 4.0]))).all()


def test_ranks_are_scipys() -> None:
    values = np.random.default_rng(1).integers(0, 9, 40).astype(float)
    assert ranks(values) == pytest.approx(2.0 * (stats.rankdata(values) - 1.0) / 39 - 1.0)


def test_strength_is_the_rank_and_confidence_its_distance_from_the_median() -> None:
    closes = random_closes(np.random.default_rng(2), 1, 5)
    signals = RankAlpha("r", 3, 5, 26).update(next(bars_of(closes)), np.array([5.0, 4.0, 3.0, 2.0, 1.0]))
    assert signals.strength.tolist() == pytest.approx([1.0, 0.5, 0.0, -0.5, -1.0])
    assert signals.confidence.tolist() == pytest.approx([1.0, 0.5, 0.0, 0.5, 1.0])


@pytest.mark.parametrize("ranked", [Ranked.RETURN, Ranked.VOLATILITY, Ranked.DOLLAR_VOLUME])
def test_figures_of_bars_are_ranked_over_their_window(ranked: Ranked) -> None:
    closes = random_closes(np.random.default_rng(3), 50, 7)
    alpha = RankAlpha("r", 3, 7, 20, ranked=ranked, is_reversed=True)
    for bars in bars_of(closes):
        signals = alpha.update(bars, bars.close)
    returns = np.diff(np.log(closes[-21:]), axis=0)
    figure = {
        Ranked.RETURN: returns.sum(axis=0),
        Ranked.VOLATILITY: returns.std(axis=0),
        Ranked.DOLLAR_VOLUME: closes[-20:].mean(axis=0),
    }[ranked]
    assert signals.strength == pytest.approx(-(2.0 * (stats.rankdata(figure) - 1.0) / 6 - 1.0))

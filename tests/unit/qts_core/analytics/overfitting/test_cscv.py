"""Probability of overfitting: analytic extremes, and the definition split by split."""

from __future__ import annotations

from itertools import combinations
from math import comb, log

import numpy as np
import pytest
from scipy.stats import rankdata

from qts_core.analytics.overfitting import probability_of_overfitting


def noise(seed: int, sessions: int = 160, trials: int = 20) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((sessions, trials)) * 0.01


def by_definition(returns: np.ndarray, blocks: int) -> tuple[float, float, float]:
    """Steps 1 to 5 of the paper, word by word."""
    length = len(returns) // blocks
    parts = [returns[len(returns) - (blocks - i) * length :][:length] for i in range(blocks)]
    logits, losses = [], []
    for inside in combinations(range(blocks), blocks // 2):
        sample = np.concatenate([parts[i] for i in inside])
        rest = np.concatenate([parts[i] for i in range(blocks) if i not in inside])
        best = int(np.argmax(sample.mean(axis=0) / sample.std(axis=0)))
        outside = rest.mean(axis=0) / rest.std(axis=0)
        rank = rankdata(outside)[best] / (returns.shape[1] + 1)
        logits.append(log(rank / (1 - rank)))
        losses.append(outside[best] <= 0)
    low, lost = np.array(logits) <= 1e-12, np.array(losses)
    return float(low.mean()), float((low & lost).mean()), float(lost.mean())


@pytest.mark.parametrize(("seed", "sessions", "trials", "blocks"), [(0, 64, 7, 8), (1, 65, 2, 6), (2, 130, 12, 10)])
def test_it_is_the_papers_definition_split_by_split(seed: int, sessions: int, trials: int, blocks: int) -> None:
    table = noise(seed, sessions, trials)
    found = probability_of_overfitting(table, blocks=blocks)
    assert (found.probability, found.losing, found.loss) == pytest.approx(by_definition(table, blocks))
    assert found.splits == comb(blocks, blocks // 2)


def test_a_trial_that_dominates_in_every_block_gives_zero() -> None:
    table = noise(0)
    table[:, 3] += 0.05
    found = probability_of_overfitting(table)
    assert (found.probability, found.losing, found.loss) == (0.0, 0.0, 0.0)


def test_when_the_best_in_sample_is_always_the_worst_out_of_sample_it_is_one() -> None:
    """Each trial's blocks sum to zero, so whoever gained inside lost just that outside."""
    generator = np.random.default_rng(1)
    blocks, length, trials = 8, 10, 6
    gain = generator.standard_normal((blocks, 1, trials))
    gain -= gain.mean(axis=0)
    wiggle = np.tile([1.0, -1.0], length // 2)[None, :, None]
    table = (gain + 5.0 * wiggle).reshape(blocks * length, trials)
    found = probability_of_overfitting(table, blocks=blocks)
    assert found.probability == 1.0
    assert found.losing > 0.9


def test_noise_gives_one_half_on_average_and_so_does_equal_skill_which_does_not_lose() -> None:
    pure = [probability_of_overfitting(noise(i), blocks=10) for i in range(80)]
    skilled = [probability_of_overfitting(noise(i) + 0.004, blocks=10) for i in range(80)]
    assert np.mean([p.probability for p in pure]) == pytest.approx(0.5, abs=0.07)
    assert np.mean([p.probability for p in skilled]) == pytest.approx(0.5, abs=0.07)
    assert np.mean([p.losing for p in pure]) > 0.4
    assert np.mean([p.losing for p in skilled]) < 0.02


def test_copies_share_a_rank() -> None:
    table = np.repeat(noise(4, trials=1), 5, axis=1)
    assert probability_of_overfitting(table).probability == 1.0


def test_a_trial_that_never_trades_counts_as_zero() -> None:
    table = noise(5, trials=3) - 0.01
    table[:, 1] = 0.0
    assert probability_of_overfitting(table).probability == 0.0


def test_the_scale_of_the_returns_does_not_matter() -> None:
    table = noise(6)
    assert probability_of_overfitting(table * 1e-9) == probability_of_overfitting(table)


def test_a_remainder_at_the_start_is_left_out() -> None:
    table = noise(7, sessions=165)
    assert probability_of_overfitting(table) == probability_of_overfitting(table[5:])


@pytest.mark.parametrize(
    ("table", "blocks"), [(noise(0), 7), (noise(0), 0), (noise(0, trials=1), 16), (noise(0, sessions=31), 16)]
)
def test_what_cannot_be_split_is_refused(table: np.ndarray, blocks: int) -> None:
    with pytest.raises(ValueError, match="even number of blocks"):
        probability_of_overfitting(table, blocks=blocks)


def test_an_undefined_return_is_refused() -> None:
    table = noise(0)
    table[3, 3] = np.nan
    with pytest.raises(ValueError, match="finite"):
        probability_of_overfitting(table)

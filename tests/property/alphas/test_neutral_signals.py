"""Whatever symbols are missing and however exposures repeat, what is neutral has no exposure left."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from qts_core.alphas.combining.settings import CombinerSettings
from qts_core.alphas.combining.weights import constrained
from qts_core.alphas.neutral import neutralised, sector_columns
from qts_core.alphas.neutraliser import Against, Neutraliser, NeutralSettings
from qts_core.alphas.orthogonal import correlations, gram_schmidt, principal
from qts_core.alphas.signal import Signals
from tests.support.alpha_bars import bars_of, random_closes

SEEDS = st.integers(0, 2**32 - 1)


@given(seed=SEEDS, breadth=st.integers(1, 60), factors=st.integers(0, 8), spread=st.floats(0, 6))
def test_residual_exposure_is_under_a_billionth(seed: int, breadth: int, factors: int, spread: float) -> None:
    rng = np.random.default_rng(seed)
    sectors = [f"s{i}" for i in rng.integers(0, 5, breadth)]
    own = rng.standard_t(3, (breadth, factors)) * 10.0 ** rng.uniform(-spread / 2, spread / 2, factors)
    own[rng.random(own.shape) < 0.02] = np.nan
    # The market repeats the sectors and one factor repeats another, up to its scale.
    exposures = np.hstack([np.ones((breadth, 1)), sector_columns(sectors), own, 2.0 * own[:, :1]])
    values = np.where(rng.random(breadth) < 0.2, np.nan, rng.uniform(-1, 1, breadth))
    found = neutralised(values, exposures)
    known = ~np.isnan(found)
    assert (known == (~np.isnan(values) & ~np.isnan(exposures).any(axis=1))).all()
    if known.any():
        size = np.maximum(1.0, np.linalg.norm(exposures[known], axis=0))
        assert np.abs(exposures[known].T @ found[known] / size).max() < 1e-9
        assert float(found[known] @ found[known]) <= float(values[known] @ values[known]) + 1e-12


@given(seed=SEEDS, against=st.sets(st.sampled_from(list(Against)), min_size=1))
def test_signals_stay_within_bounds_and_keep_no_exposure(seed: int, against: set[Against]) -> None:
    rng = np.random.default_rng(seed)
    sectors = [f"s{i}" for i in rng.integers(0, 3, 15)]
    fold = Neutraliser(NeutralSettings(tuple(sorted(against)), lookback_bars=12), sectors)
    for bars in bars_of(random_closes(rng, 28, 15, missing=0.03)):
        strength = np.where(rng.random(15) < 0.1, np.nan, rng.uniform(-1, 1, 15))
        found = fold.update(bars, Signals(strength, np.abs(strength), np.zeros(15, dtype=np.bool_))).strength
        known = ~np.isnan(found)
        assert (np.abs(found[known]) <= 1.0).all()
        if known.any():
            assert np.abs(fold.exposures[known].T @ found[known]).max() < 1e-9


@given(
    seed=SEEDS, count=st.integers(1, 8), room=st.floats(1.0, 4.0), spread=st.floats(0.0, 1.0),
    turnover=st.floats(0.01, 2.0), total=st.floats(0.1, 1.0),
)  # fmt: skip
def test_weights_keep_every_constraint(
    seed: int, count: int, room: float, spread: float, turnover: float, total: float
) -> None:
    rng = np.random.default_rng(seed)
    most = 1.0 / count + spread * (1.0 - 1.0 / count)
    settings = CombinerSettings(
        max_weight=room * total / count, max_concentration=most, max_turnover=turnover, total=total
    )
    weights = np.full(count, total / count)
    for _ in range(4):
        merit = np.where(rng.random(count) < 0.2, np.nan, rng.exponential(size=count) * (rng.random(count) < 0.7))
        before, weights = weights, constrained(merit, weights, settings)
        assert abs(weights.sum() - total) < 1e-12
        assert (weights >= -1e-15).all()
        assert weights.max() <= settings.max_weight + 1e-12
        assert ((weights / total) ** 2).sum() <= most + 1e-12
        assert np.abs(weights - before).sum() <= turnover + 1e-12


@given(seed=SEEDS, count=st.integers(1, 7), rank=st.integers(1, 7))
def test_what_was_made_orthogonal_is(seed: int, count: int, rank: int) -> None:
    rng = np.random.default_rng(seed)
    strength = rng.normal(size=(count, rank)) @ rng.normal(size=(rank, 50))
    given_, _ = correlations(strength @ strength.T)
    for rows in (principal(given_, 0.001), gram_schmidt(given_, range(count), 0.001)):
        kept = np.abs(rows).sum(axis=1) > 0.0
        assert 1 <= kept.sum() <= min(count, rank)
        product = rows[kept] @ given_ @ rows[kept].T
        assert np.abs(product - np.eye(int(kept.sum()))).max() < 1e-6

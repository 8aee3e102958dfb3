"""Correlations and clusters, against pandas and scipy's graphs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from qts_core.market.panel import Floats
from qts_core.risk.measures.clusters import Clusters, clusters_of, correlation_breakdown, correlations


def returns(seed: int = 1, missing: float = 0.1, shape: tuple[int, int] = (120, 7)) -> Floats:
    rng = np.random.default_rng(seed)
    values = rng.normal(0.0, 0.01, shape) + rng.normal(0.0, 0.01, (shape[0], 1))
    values[rng.random(shape) < missing] = np.nan
    return values


@pytest.mark.parametrize("missing", [0.0, 0.1, 0.7])
def test_correlations_are_those_of_pandas_over_common_bars(missing: float) -> None:
    values = returns(missing=missing)
    expected = pd.DataFrame(values).corr(min_periods=30).to_numpy()
    np.testing.assert_allclose(correlations(values, minimum=30), expected, atol=1e-12, rtol=1e-12)


def test_a_symbol_that_does_not_move_correlates_with_nothing() -> None:
    values = returns(missing=0.0)
    values[:, 2] = 0.0
    found = correlations(values)
    assert np.isnan(found[2]).all()
    assert clusters_of(found).count >= 2
    assert np.isnan(correlations(np.full((5, 3), np.nan))).all()


@given(st.integers(0, 10_000), st.integers(1, 12), st.floats(0.05, 0.95))
def test_clusters_are_the_connected_components_of_the_strong_pairs(seed: int, breadth: int, threshold: float) -> None:
    rng = np.random.default_rng(seed)
    matrix = rng.uniform(-1.0, 1.0, (breadth, breadth))
    matrix = np.tril(matrix) + np.tril(matrix, -1).T
    matrix[rng.random((breadth, breadth)) < 0.2] = np.nan
    matrix = np.where(np.isnan(matrix.T), np.nan, matrix)
    found = clusters_of(matrix, threshold=threshold)
    count, labels = connected_components(csr_matrix(np.abs(np.nan_to_num(matrix)) > threshold), directed=False)
    assert found.count == count
    assert len({(a, b) for a, b in zip(found.index.tolist(), labels.tolist(), strict=True)}) == count
    firsts = [found.index.tolist().index(i) for i in range(found.count)]
    assert firsts == sorted(firsts), "numbered by their first members"


def test_the_boundary_itself_joins_nothing_and_a_chain_joins_its_ends() -> None:
    def pair(a: float, b: float) -> Floats:
        return np.array([[1.0, a, 0.0], [a, 1.0, b], [0.0, b, 1.0]])

    assert clusters_of(pair(0.7, 0.0)).count == 3
    assert clusters_of(pair(0.71, -0.71)).index.tolist() == [0, 0, 0], "a mirror image moves together too"


def test_exposure_of_a_cluster_is_the_sum_of_absolute_weights() -> None:
    found = Clusters(np.array([0, 1, 0]), 2)
    assert found.gross(np.array([0.1, 0.2, -0.3])).tolist() == pytest.approx([0.4, 0.2])
    again = Clusters.from_snapshot(found.snapshot())
    assert (again.index.tolist(), again.count) == ([0, 1, 0], 2)


def test_a_breakdown_is_a_distance_and_a_direction() -> None:
    usual = np.eye(3)
    recent = np.array([[1.0, 0.3, 0.0], [0.3, 1.0, 0.6], [0.0, 0.6, 1.0]])
    distance, shift = correlation_breakdown(recent, usual)
    assert distance == pytest.approx(np.sqrt((0.09 + 0.36) / 3))
    assert shift == pytest.approx(0.3)
    assert np.isnan(correlation_breakdown(np.full((2, 2), np.nan), np.eye(2))[0])

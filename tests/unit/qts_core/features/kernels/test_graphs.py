"""Graph measures against scipy, scikit-learn and numpy."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from sklearn.metrics import silhouette_samples

from qts_core.features.kernels.graphs import average_linkage, centrality_of, numbered, silhouettes_of


def distances_of(seed: int, size: int = 24) -> NDArray[np.float64]:
    random = np.random.default_rng(seed)
    points = random.normal(size=(size, 3)) + 4.0 * random.integers(0, 3, size=(size, 1))
    matrix: NDArray[np.float64] = np.linalg.norm(points[:, None] - points[None], axis=2)
    return matrix


def test_centrality_is_the_eigenvector_of_the_largest_eigenvalue() -> None:
    weights = np.abs(np.corrcoef(np.random.default_rng(3).normal(size=(20, 60))))
    np.fill_diagonal(weights, 0.0)
    expected = np.abs(np.linalg.eigh(weights)[1][:, -1])
    np.testing.assert_allclose(centrality_of(weights), expected / expected.mean(), rtol=1e-10)


def test_in_a_star_the_centre_counts_most_although_the_graph_is_bipartite() -> None:
    weights = np.zeros((5, 5))
    weights[0, 1:] = weights[1:, 0] = 1.0
    np.testing.assert_allclose(centrality_of(weights), np.array([2, 1, 1, 1, 1]) * 5 / 6, rtol=1e-10)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("clusters", [2, 3, 5])
def test_groups_are_those_of_scipy(seed: int, clusters: int) -> None:
    distances = distances_of(seed)
    expected = fcluster(linkage(squareform(distances), "average"), clusters, "maxclust")
    found = average_linkage(distances.copy(), clusters)
    np.testing.assert_array_equal(found[:, None] == found, expected[:, None] == expected)


def test_groups_are_numbered_by_size_then_by_their_first_point() -> None:
    numbers, sizes = numbered(np.array([0, 1, 2, 2, 1, 2, 6]))
    assert numbers.tolist() == [2, 1, 0, 0, 1, 0, 3]
    assert sizes.tolist() == [1, 2, 3, 3, 2, 3, 1]


@pytest.mark.parametrize("seed", range(5))
def test_silhouettes_are_those_of_scikit_learn(seed: int) -> None:
    distances = distances_of(seed)
    numbers, sizes = numbered(average_linkage(distances.copy(), 4))
    expected = silhouette_samples(distances, numbers, metric="precomputed")
    np.testing.assert_allclose(silhouettes_of(distances, numbers, sizes), expected, atol=1e-12)

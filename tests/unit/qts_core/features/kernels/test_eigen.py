"""The eigenvalue solver against LAPACK's."""

from __future__ import annotations

import numpy as np
import pytest

from qts_core.features.kernels.eigen import symmetric_eigen


@pytest.mark.parametrize("size", [1, 2, 3, 4, 7, 20, 50, 91])
def test_values_and_vectors_are_those_of_lapack(size: int) -> None:
    random = np.random.default_rng(size)
    matrix = np.corrcoef(random.normal(size=(size, 120)) + random.normal(size=120)).reshape(size, size)
    values, vectors = symmetric_eigen(matrix.copy())
    np.testing.assert_allclose(values, np.linalg.eigvalsh(matrix)[::-1], rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(vectors @ vectors.T, np.eye(size), atol=1e-13)
    np.testing.assert_allclose(vectors.T * values @ vectors, matrix, atol=1e-13)


@pytest.mark.parametrize(
    "matrix",
    [np.eye(6), np.ones((5, 5)), np.zeros((4, 4)), np.diag([3.0, -1.0, 2.0]), np.kron(np.eye(3), np.ones((2, 2)))],
)
def test_equal_eigenvalues_and_missing_couplings_are_no_trouble(matrix: np.ndarray) -> None:
    values, vectors = symmetric_eigen(matrix.copy())
    np.testing.assert_allclose(values, np.linalg.eigvalsh(matrix)[::-1], atol=1e-14)
    np.testing.assert_allclose(vectors.T * values @ vectors, matrix, atol=1e-14)

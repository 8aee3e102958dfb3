"""Overlap taken out: against numpy's decompositions, and by hand."""

from __future__ import annotations

import numpy as np
import pytest

from qts_core.alphas.orthogonal import correlations, gram_schmidt, most_information, principal, without_redundant
from qts_core.market.panel import Floats


def correlation(seed: int, count: int = 5) -> Floats:
    x = np.random.default_rng(seed).normal(size=(count, 40))
    x[1] += x[0]
    return correlations(x @ x.T)[0]


def test_correlations_are_sums_of_products_over_their_sizes() -> None:
    found, size = correlations(np.array([[4.0, 3.0, 0.0], [3.0, 9.0, 0.0], [0.0, 0.0, 0.0]]))
    assert found.tolist() == [[1.0, 0.5, 0.0], [0.5, 1.0, 0.0], [0.0, 0.0, 1.0]]
    assert size.tolist() == [2.0, 3.0, 0.0]


def test_components_are_uncorrelated_with_variance_one_and_numpys() -> None:
    given = correlation(1)
    rows = principal(given, 0.0)
    assert rows @ given @ rows.T == pytest.approx(np.eye(5), abs=1e-12)
    _, _, vectors = np.linalg.svd(given)
    for row, vector in zip(rows, vectors, strict=True):
        assert abs(row @ vector) == pytest.approx(float(np.linalg.norm(row)))
        assert row.sum() >= 0.0


def test_a_small_component_is_left_out() -> None:
    rows = principal(np.array([[1.0, 0.98], [0.98, 1.0]]), 0.05)
    # eigenvalues 1.98 and 0.02, of which the second is 1 %
    assert rows == pytest.approx(np.array([[1.0, 1.0], [0.0, 0.0]]) / np.sqrt(2 * 1.98))


def test_gram_schmidt_is_the_inverse_cholesky_factor() -> None:
    given = correlation(2)
    assert gram_schmidt(given, range(5), 0.0) == pytest.approx(np.linalg.inv(np.linalg.cholesky(given)), abs=1e-10)


def test_an_alpha_that_repeats_others_is_left_out_of_gram_schmidt() -> None:
    rows = gram_schmidt(np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]), range(3), 0.05)
    assert rows.tolist() == [[1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 1.0]]


def test_of_two_that_overlap_the_better_stays() -> None:
    given = np.array([[1.0, 0.9, 0.1], [0.9, 1.0, 0.2], [0.1, 0.2, 1.0]])
    assert np.diagonal(without_redundant(given, np.array([0.01, 0.03, 0.02]), 0.7)).tolist() == [0.0, 1.0, 1.0]
    assert np.diagonal(without_redundant(given, np.array([0.03, 0.01, 0.02]), 0.7)).tolist() == [1.0, 0.0, 1.0]


def test_the_information_of_the_parts_adds_up_to_that_of_the_whole() -> None:
    given, ic = correlation(3), np.random.default_rng(4).normal(scale=0.05, size=5)
    rows = most_information(given, ic, 0.0)
    own = rows @ ic
    assert (own >= 0.0).all()
    assert float(own @ own) == pytest.approx(float(ic @ np.linalg.solve(given, ic)))
    assert rows @ given @ rows.T == pytest.approx(np.eye(5), abs=1e-10)


def test_an_alpha_whose_remainder_knows_nothing_is_left_out() -> None:
    # the second says half of the first and nothing else: its coefficient is half of the first's
    rows = most_information(np.array([[1.0, 0.5], [0.5, 1.0]]), np.array([0.06, 0.03]), 0.01)
    assert rows.tolist() == [[1.0, 0.0], [0.0, 0.0]]

"""The sequential comparison by its formula, and at its edges."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate, stats

from qts_core.analytics.sequential import BLOCKS_IN_MIND, compare_in_sequence

SPREAD, ALPHA = 0.15, 0.05
LEVEL = -2.0 * math.log(ALPHA)
RHO = BLOCKS_IN_MIND * SPREAD**2 / (LEVEL + math.log1p(LEVEL))


def evidence(differences: np.ndarray) -> float:
    """Integrate exp(l S - l^2 V / 2) over l ~ N(0, 1 / rho) numerically."""
    total, squares = differences.sum(), (differences**2).sum()
    prior = stats.norm(scale=1.0 / math.sqrt(RHO))
    centre, width = total / (squares + RHO), 12.0 / math.sqrt(squares + RHO)

    def integrand(slope: float) -> float:
        return float(np.exp(slope * total - slope**2 * squares / 2.0) * prior.pdf(slope))

    return float(integrate.quad(integrand, centre - width, centre + width)[0])


def test_the_evidence_is_the_mixture_that_numerical_integration_gives() -> None:
    differences = np.random.default_rng(3).normal(0.05, SPREAD, 40)
    found = compare_in_sequence(differences, spread=SPREAD, alpha=ALPHA)
    largest = max(1.0, *(evidence(differences[:n]) for n in range(1, 41)))
    assert found.e_value == pytest.approx(largest, rel=1e-8)
    assert found.p_value == pytest.approx(1.0 / largest, rel=1e-8)


def test_the_ends_of_the_confidence_sequence_are_where_the_test_begins_to_refuse() -> None:
    differences = np.random.default_rng(4).normal(0.05, SPREAD, 120)
    found = compare_in_sequence(differences, spread=SPREAD, alpha=ALPHA)
    assert evidence(differences - found.low) == pytest.approx(1.0 / ALPHA, rel=0.05)
    assert evidence(differences - found.high) == pytest.approx(1.0 / ALPHA, rel=0.05)
    assert found.low < found.mean < found.high


def test_a_decision_once_made_stays() -> None:
    clear = np.full(60, 0.2) + np.random.default_rng(5).normal(0.0, 0.05, 60)
    assert compare_in_sequence(clear, spread=SPREAD).is_decided
    assert compare_in_sequence(np.append(clear, np.zeros(500)), spread=SPREAD).is_decided


def test_nothing_is_said_before_the_first_block_and_little_after_three() -> None:
    none = compare_in_sequence(np.array([np.nan]), spread=SPREAD)
    assert (none.n, none.e_value, none.sentence) == (0, 1.0, "nothing to compare yet")
    few = compare_in_sequence(np.array([0.1, 0.2, -0.1]), spread=SPREAD)
    assert (few.low, few.high, few.is_decided) == (-math.inf, math.inf, False)
    assert few.sentence.startswith("no difference shown after 3 blocks")


@pytest.mark.parametrize(("spread", "alpha"), [(0.0, 0.05), (0.1, 0.0), (0.1, 1.0)])
def test_settings_out_of_range_are_refused(spread: float, alpha: float) -> None:
    with pytest.raises(ValueError, match="spread"):
        compare_in_sequence(np.zeros(3), spread=spread, alpha=alpha)

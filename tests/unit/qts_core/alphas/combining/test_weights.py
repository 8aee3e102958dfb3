"""Weights in closed form and under constraints, by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qts_core.alphas.combining.settings import CombinerSettings, Weighting
from qts_core.alphas.combining.weights import constrained, merits
from qts_core.alphas.scoring import Scorecard
from qts_core.market.errors import ConfigurationError

NAN = float("nan")
FREE = CombinerSettings(minimum_scores=10)
CARD = Scorecard(
    ic=np.array([0.06, 0.02, -0.01]), hit_rate=np.array([0.55, 0.51, 0.49]), count=np.array([100.0, 100.0, 100.0]),
    gain=np.array([0.002, 0.001, -0.001]), deviation=np.array([0.01, 0.002, 0.004]),
    gains=np.array([100.0, 100.0, 100.0]), covariance=np.diag([0.01, 0.002, 0.004]) ** 2,
)  # fmt: skip


def weights(weighting: Weighting, card: Scorecard = CARD) -> list[float]:
    settings = replace(FREE, weighting=weighting)
    return [float(weight) for weight in constrained(merits(card, settings), None, settings)]


def test_equal_weights() -> None:
    assert weights(Weighting.EQUAL) == pytest.approx([1 / 3, 1 / 3, 1 / 3])


def test_weights_by_information_coefficient_leave_out_what_is_wrong() -> None:
    assert weights(Weighting.IC) == pytest.approx([0.75, 0.25, 0.0])


def test_weights_by_sharpe_ratio() -> None:
    # ratios 0.2, 0.5 and -0.25
    assert weights(Weighting.SHARPE) == pytest.approx([2 / 7, 5 / 7, 0.0])


def test_weights_by_inverse_volatility() -> None:
    # 100, 500 and 250
    assert weights(Weighting.INVERSE_VOLATILITY) == pytest.approx([2 / 17, 10 / 17, 5 / 17])


def test_exponential_weights_of_performance() -> None:
    # t-statistics 2, 5 and -2.5; half of each in the exponent
    parts = np.exp(np.array([1.0, 2.5, -1.25]))
    assert weights(Weighting.PERFORMANCE) == pytest.approx(parts / parts.sum())


def test_an_alpha_with_too_few_scores_counts_as_an_average_one() -> None:
    card = replace(CARD, count=np.array([100.0, 5.0, 100.0]))
    # 0.06, unknown, 0: the unknown counts 0.03
    assert weights(Weighting.IC, card) == pytest.approx([2 / 3, 1 / 3, 0.0])


def test_without_any_merit_weights_are_equal() -> None:
    card = replace(CARD, ic=np.array([-0.1, -0.2, -0.3]))
    assert weights(Weighting.IC, card) == pytest.approx([1 / 3] * 3)


def test_what_a_bound_leaves_over_goes_to_the_others_in_proportion() -> None:
    settings = replace(FREE, max_weight=0.5)
    assert constrained(np.array([8.0, 1.0, 1.0]), None, settings).tolist() == pytest.approx([0.5, 0.25, 0.25])
    # 0.6, 0.3, 0.1: the cut of the first pushes the second over its bound too
    assert constrained(np.array([6.0, 3.0, 1.0]), None, replace(FREE, max_weight=0.37)).tolist() == pytest.approx(
        [0.37, 0.37, 0.26]
    )


def test_weights_add_up_to_the_total() -> None:
    found = constrained(np.array([3.0, 1.0]), None, replace(FREE, total=0.8))
    assert found.tolist() == pytest.approx([0.6, 0.2])


def test_concentration_is_brought_down_to_the_most_allowed() -> None:
    found = constrained(np.array([1.0, 0.0]), None, replace(FREE, max_concentration=0.68))
    # 0.8 squared and 0.2 squared
    assert found.tolist() == pytest.approx([0.8, 0.2])


def test_turnover_goes_a_part_of_the_way() -> None:
    found = constrained(np.array([1.0, 0.0]), np.array([0.5, 0.5]), replace(FREE, max_turnover=0.2))
    assert found.tolist() == pytest.approx([0.6, 0.4])


@pytest.mark.parametrize("wrong", [{"max_weight": 0.3}, {"max_concentration": 0.3}])
def test_constraints_that_nothing_satisfies_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigurationError, match="QTS-EXEC-045"):
        CombinerSettings(**wrong).check(3)  # type: ignore[arg-type]

"""The Sharpe ratio that early stopping watches, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from qts_core.market.errors import TrainingError
from qts_core.models.boosting.sharpe import SharpeMetric
from qts_core.models.context import ValidationTail


def tail(returns: list[float], bars: list[int], signs: tuple[float, ...] = (-1.0, 1.0)) -> ValidationTail:
    count = len(returns)
    return ValidationTail(np.zeros((count, 1)), np.zeros(count), None, np.array(returns), np.array(bars), signs)


def test_by_hand() -> None:
    metric = SharpeMetric(tail([0.01, -0.03, 0.02, 0.04, np.nan], [7, 7, 9, 9, 9]))
    # bar 7: (2 * 0.01 + -1 * -0.03) / 3; bar 9: (-1 * 0.02 + 3 * 0.04) / 4, the unknown return is not held
    first, second = 0.05 / 3, 0.10 / 4
    expected = (first + second) / 2 / (abs(first - second) / np.sqrt(2))
    assert metric(np.array([2.0, -1.0, -1.0, 3.0, 5.0])) == pytest.approx(expected, rel=1e-12)


def test_scale_of_the_scores_does_not_matter_their_sign_does() -> None:
    rng = np.random.default_rng(1)
    metric = SharpeMetric(tail(list(rng.standard_normal(60)), [i // 6 for i in range(60)]))
    scores = rng.standard_normal(60)
    assert metric(1000 * scores) == pytest.approx(metric(scores), rel=1e-12)
    assert metric(-scores) == pytest.approx(-metric(scores), rel=1e-12)


def test_classes_are_held_by_their_sign() -> None:
    rng = np.random.default_rng(2)
    returns, bars = list(rng.standard_normal(30)), [i // 3 for i in range(30)]
    chances = rng.dirichlet((1, 1, 1), 30)
    three = SharpeMetric(tail(returns, bars, (-1.0, 0.0, 1.0)))
    assert three(chances) == pytest.approx(three(chances[:, 2] - chances[:, 0]), rel=1e-12)
    two = SharpeMetric(tail(returns, bars))
    up = rng.random(30)
    assert two.of_up(up) == pytest.approx(two(2 * up - 1), rel=1e-12)


def test_nothing_held_or_a_single_bar_gives_zero() -> None:
    assert SharpeMetric(tail([0.1, 0.2], [0, 1]))(np.zeros(2)) == 0.0
    assert SharpeMetric(tail([0.1, 0.2], [0, 0]))(np.ones(2)) == 0.0


def test_returns_are_needed() -> None:
    with pytest.raises(TrainingError, match="needs forward returns"):
        SharpeMetric(ValidationTail(np.zeros((2, 1)), np.zeros(2)))

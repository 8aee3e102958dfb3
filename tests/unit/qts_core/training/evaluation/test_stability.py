"""Figures across folds, refereed by numpy and scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import linregress

from qts_core.training.evaluation.stability import stability


def test_variance_sign_worst_and_trend() -> None:
    values = [0.05, -0.01, 0.03, 0.02]
    found = stability([{"rank_ic": v, "auc": 0.6} for v in values])
    assert found["stability.rank_ic.variance"] == pytest.approx(np.var(values, ddof=1))
    assert found["stability.rank_ic.right_sign"] == 0.75
    assert found["stability.rank_ic.worst"] == -0.01
    assert found["stability.rank_ic.trend"] == pytest.approx(linregress(range(4), values).slope)
    assert found["stability.auc.right_sign"] == 1.0


def test_a_fold_without_the_figure_keeps_its_place_in_time() -> None:
    found = stability([{"rank_ic": 0.0}, {"rank_ic": float("nan")}, {"rank_ic": 0.2}])
    assert found["stability.rank_ic.trend"] == pytest.approx(0.1)
    assert stability([{"rank_ic": 0.1}]) == {}

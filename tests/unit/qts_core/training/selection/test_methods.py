"""Single methods against hand values, numpy, scipy and scikit-learn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import chi2_contingency, spearmanr
from sklearn.feature_selection import SequentialFeatureSelector, VarianceThreshold
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score

from qts_core.config.models import FeatureSelection
from qts_core.market.panel import Floats
from qts_core.training.selection import TrainingRows, select
from qts_core.training.selection.base import Selection
from qts_core.training.selection.chi_square import evidence
from qts_core.training.selection.correlation import rank_correlations
from qts_core.training.selection.linear import RIDGE, LinearJudge
from qts_core.training.selection.nulls import moved, p_values
from qts_core.training.selection.splits import purged_splits, purged_tail
from qts_core.training.selection.trees import grown, shap_shares
from tests.unit.qts_core.training.selection.rows_for_tests import rows_of


def run(rows: TrainingRows, method: str, **settings: object) -> Selection:
    return select(rows, FeatureSelection.model_validate({"method": method, **settings}), np.random.default_rng(0))


def test_variance_is_that_of_scikit_learn_and_constants_go() -> None:
    rows = rows_of(1, columns=5)
    features: Floats = rows.features * np.array([1.0, 0.1, 3.0, 0.0, 1.0]) + 0.1
    rows = replace(rows, features=features)
    assert run(rows, "variance").names == ("f00", "f01", "f02", "f04")
    found = run(rows, "variance", threshold=0.5)
    judge = VarianceThreshold(0.5).fit(features)
    assert found.names == tuple(np.array(rows.names)[judge.get_support()])
    np.testing.assert_allclose([found.scores[n] for n in rows.names], judge.variances_, atol=1e-12)


def test_of_features_alike_the_most_central_one_speaks() -> None:
    rng = np.random.default_rng(2)
    base = rng.standard_normal(400)
    columns = [base + 0.3 * rng.standard_normal(400), base, -np.exp(base), rng.standard_normal(400)]
    features: Floats = np.column_stack(columns).astype(np.float64)
    rows = replace(rows_of(1, count=400, columns=4), features=features)
    # columns 1 and 2 are the same in ranks; column 0 is close to both
    assert run(rows, "correlation", threshold=0.9).names == ("f01", "f03")
    assert run(rows, "correlation", threshold=0.999).names == ("f00", "f01", "f03")
    expected: Floats = np.asarray(spearmanr(features).statistic, dtype=np.float64)
    np.testing.assert_allclose(rank_correlations(features), expected, atol=1e-12)


def test_evidence_of_dependence_is_that_of_scipy() -> None:
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 3, 500)
    code = np.clip(labels + rng.integers(0, 4, 500), 0, 5)
    table = np.array([[((code == i) & (labels == j)).sum() for j in range(3)] for i in range(6)])
    expected = -np.log(chi2_contingency(table[table.sum(axis=1) > 0], correction=False).pvalue)
    assert evidence(code, labels, 3) == pytest.approx(expected, rel=1e-9)
    assert evidence(np.zeros(500, dtype=int), labels, 3) == 0.0


def test_chi_square_refuses_numbers() -> None:
    with pytest.raises(ValueError, match="class labels"):
        run(rows_of(1), "chi_square")


@pytest.mark.parametrize("classes", [0, 3])
def test_the_linear_judge_is_ridge_on_purged_splits(classes: int) -> None:
    rows = rows_of(4, signal=0.5, classes=classes)
    x, y = rows.standardised(), rows.outcomes()
    for picked in ([0], [0, 1], [2, 5, 7]):
        scores = []
        for fitted, judged in purged_splits(rows):
            model = Ridge(alpha=RIDGE * len(fitted), fit_intercept=False)
            model.fit(x[fitted][:, picked], y[fitted] - y[fitted].mean(axis=0))
            error = ((y[judged] - model.predict(x[judged][:, picked]).reshape(y[judged].shape)) ** 2).sum()
            scores.append(1 - error / (y[judged] ** 2).sum())
            if not classes:
                assert scores[-1] == pytest.approx(r2_score(y[judged], model.predict(x[judged][:, picked])), abs=0.02)
        assert LinearJudge(rows).score(picked) == pytest.approx(np.mean(scores), rel=1e-9)
    judge = LinearJudge(rows)
    np.testing.assert_allclose(judge.singles(), [judge.score([i]) for i in range(20)], rtol=1e-9)
    other = moved(rows, np.random.default_rng(1))
    np.testing.assert_allclose(judge.singles(other), LinearJudge(other).singles(), rtol=1e-9)


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_sequences_are_those_of_scikit_learn(direction: str) -> None:
    rows = rows_of(11, count=900, signal=0.6, columns=8)
    found = run(rows, f"sequential_{direction}")
    judge = SequentialFeatureSelector(
        Ridge(alpha=RIDGE * 600), n_features_to_select=len(found.names), direction=direction, cv=purged_splits(rows)
    ).fit(rows.standardised(), rows.labels)
    assert 2 <= len(found.names) <= 4
    assert found.names == tuple(np.array(rows.names)[judge.get_support()])


def test_no_row_is_fitted_whose_label_meets_a_row_that_judges() -> None:
    rows = rows_of(5)
    splits = [*purged_splits(rows), purged_tail(rows)]
    assert len(splits) == 4
    for fitted, judged in splits:
        lives = {bar for i in judged for bar in range(rows.row[i], rows.end_row[i] + 1)}
        assert len(fitted) > 300
        assert not any(bar in lives for i in fitted for bar in range(rows.row[i], rows.end_row[i] + 1))
    assert sorted(np.concatenate([judged for _, judged in splits[:3]])) == list(range(len(rows)))


def test_labels_of_other_times_keep_their_order_and_p_values_count_chance() -> None:
    rows = rows_of(6)
    other = moved(rows, np.random.default_rng(0)).labels
    shift = next(k for k in range(len(rows)) if np.array_equal(np.roll(rows.labels, k), other))
    assert len(rows) // 10 <= shift <= len(rows) - len(rows) // 10
    scores = iter([np.array([5.0, 1.0]), *(np.array([0.0, 2.0]) for _ in range(50))])
    _, p = p_values(
        lambda _: next(scores), rows.columns(np.array([0, 1])), alpha=0.1, rounds=2, rng=np.random.default_rng()
    )
    np.testing.assert_allclose(p, [1 / 51, 26 / 51])


def test_shap_values_add_up_to_the_prediction_and_noise_gets_little() -> None:
    rows = rows_of(8, signal=1.0)
    booster = grown(rows, 1)
    contributions: Floats = np.asarray(booster.predict(rows.features, pred_contrib=True))
    predicted: Floats = np.asarray(booster.predict(rows.features))
    np.testing.assert_allclose(contributions.sum(axis=1), predicted, atol=1e-9)
    np.testing.assert_allclose(shap_shares(booster, rows), np.abs(contributions[:, :-1]).mean(axis=0))


def test_none_keeps_everything_and_nothing_is_refused() -> None:
    rows = rows_of(9)
    assert run(rows, "none").names == rows.names
    with pytest.raises(ValueError, match="nothing to select"):
        run(rows.at(np.array([], dtype=np.int64)), "none")
    with pytest.raises(ValueError, match="no feature has a value"):
        run(replace(rows, features=np.full(rows.features.shape, np.nan)), "variance")
    with pytest.raises(ValueError, match="finite"):
        rows.relabelled(np.full(len(rows), np.nan))

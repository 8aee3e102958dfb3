"""What members are weighed by comes from rows they did not learn from; a cheat is caught, and referees agree."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.ensemble import StackingRegressor
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from qts_core.market.errors import TrainingError
from qts_core.market.panel import Floats
from qts_core.models.ensemble.combinations import Level1
from qts_core.models.ensemble.stacking import LinearStack
from qts_core.training.audit import fold_faults
from qts_core.training.ensembles.out_of_fold import out_of_fold, scored_splits, unseen_faults
from qts_core.training.entry import TrainingEntry
from qts_core.training.fitting import fit_fold, score_rows
from qts_core.training.folds import Fold, FoldPlan
from qts_core.training.samples import TrainingSet
from tests.unit.qts_core.training.ensembles.ensembles_for_tests import (
    EVERY,
    MEMBERS,
    TREES,
    ensemble,
    plan_of,
    samples_of,
)

SAMPLES = samples_of(30)
PLAN = plan_of(SAMPLES)
FOLD = PLAN.folds[0]


def cheat(entry: TrainingEntry, samples: TrainingSet, plan: FoldPlan, fold: Fold, places: NDArray[np.int64]) -> Floats:
    """Fit on the rows that are scored, as a stack does that uses in-fold predictions."""
    known = replace(fold, train=fold.test)
    guardless = replace(plan, guards=())
    fitted = fit_fold(entry, samples, guardless, replace(known, test=FOLD.test), "cheat")
    return score_rows(fitted, samples.features[places])


@pytest.mark.parametrize("method", ["stacking", "blending", "adaptive"])
def test_no_member_knows_the_outcomes_of_the_rows_it_scores(method: str) -> None:
    entry = ensemble(method=method)
    assert entry.ensemble is not None
    assert list(unseen_faults(entry.ensemble, SAMPLES, PLAN, FOLD)) == []


def test_a_stack_on_in_fold_predictions_is_caught() -> None:
    entry = ensemble(method="stacking")
    assert entry.ensemble is not None
    faults = unseen_faults(entry.ensemble, SAMPLES, PLAN, FOLD, score_fold=cheat)
    assert {fault.partition(":")[0] for fault in faults} == {"alpha", "beta", "gamma"}


@pytest.mark.parametrize("name", ["ridge", "blending", "adaptive", "hmm", "per_class"])
def test_nothing_that_a_fold_learns_changes_with_what_it_must_not_see(name: str) -> None:
    assert fold_faults(ensemble(**EVERY[name]), SAMPLES, PLAN, folds=(FOLD,)) == ()


def test_k_fold_scores_every_training_row_and_a_walk_only_what_came_later() -> None:
    stacked, adaptive = ensemble(method="stacking").ensemble, ensemble(method="adaptive").ensemble
    assert stacked is not None
    assert adaptive is not None
    learned = PLAN.train_samples(FOLD, SAMPLES)
    np.testing.assert_array_equal(out_of_fold(stacked, SAMPLES, PLAN, FOLD).places, learned)
    _, splits = scored_splits(adaptive, PLAN, FOLD)
    assert all(max(r.stop for r in s.train) <= min(r.start for r in s.test) for s in splits)


def test_no_label_of_a_scored_row_reaches_the_outer_test() -> None:
    for method in ("stacking", "blending", "adaptive"):
        chosen = ensemble(method=method).ensemble
        assert chosen is not None
        found = out_of_fold(chosen, SAMPLES, PLAN, FOLD)
        assert SAMPLES.end_row[found.places].max() < FOLD.test[0].start


def test_labels_of_a_members_target_that_are_missing_are_asked_for() -> None:
    chosen = ensemble().ensemble
    assert chosen is not None
    with pytest.raises(TrainingError, match="QTS-MODEL-051"):
        out_of_fold(chosen, replace(SAMPLES, others={}), PLAN, FOLD)


class Column(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """A linear regression on one column, to scikit-learn's rules."""

    def __init__(self, place: int = 0) -> None:
        self.place = place

    def fit(self, features: Floats, labels: Floats) -> Column:
        self.model_ = LinearRegression().fit(features[:, [self.place]], labels)
        return self

    def predict(self, features: Floats) -> Floats:
        return np.asarray(self.model_.predict(features[:, [self.place]]))


@pytest.mark.parametrize(("alpha", "passthrough"), [(10.0, False), (10.0, True), (0.0, False)])
def test_a_stack_is_that_of_scikit_learn_on_given_folds(alpha: float, passthrough: bool) -> None:
    rng = np.random.default_rng(0)
    features = rng.standard_normal((300, 3))
    labels = features @ [0.5, -0.2, 0.1] + rng.standard_normal(300)
    parts = np.array_split(np.arange(300), 5)
    splits = [(np.setdiff1d(np.arange(300), part), part) for part in parts]
    final = Ridge(alpha) if alpha else LinearRegression()
    referee = StackingRegressor(
        [(f"m{i}", Column(i)) for i in range(3)], make_pipeline(StandardScaler(), final), cv=splits,
        passthrough=passthrough,
    ).fit(features, labels)  # fmt: skip
    scores = np.empty((300, 3))
    for train, test in splits:
        for i in range(3):
            scores[test, i] = Column(i).fit(features[train], labels[train]).predict(features[test])
    beside = features if passthrough else np.empty((300, 0))
    ours = LinearStack.fit(Level1(scores, scores, beside, scores), labels, alpha=alpha)
    fresh = rng.standard_normal((50, 3))
    base = np.column_stack([Column(i).fit(features, labels).predict(fresh) for i in range(3)])
    seen = Level1(base, base, fresh if passthrough else np.empty((50, 0)), base)
    np.testing.assert_allclose(ours.combine(seen), referee.predict(fresh), rtol=1e-9)


def test_a_stack_takes_a_silent_member_for_its_mean_and_has_no_opinion_when_all_are_silent() -> None:
    rng = np.random.default_rng(1)
    scores = rng.standard_normal((200, 2)) + np.array([1.0, -2.0])
    none = np.empty((200, 0))
    stack = LinearStack.fit(Level1(scores, scores, none, scores), scores @ [0.3, 0.4], alpha=0.0)
    asked = np.array([[1.5, np.nan], [np.nan, np.nan]])
    found = stack.combine(Level1(asked, asked, np.empty((2, 0)), asked))
    assert found[0] == pytest.approx(0.3 * 1.5 + 0.4 * scores[:, 1].mean())
    assert np.isnan(found[1])


def test_members_are_weighed_by_what_a_search_found_up_to_their_fold() -> None:
    own = {**TREES, "num_leaves": 3}
    later, alone = (
        ensemble(members=tuple(replace(m, entry=replace(m.entry, **change)) for m in MEMBERS), method="stacking")
        for change in ({"window_parameters": (own,)}, {"parameters": own})
    )
    first, last = PLAN.folds[0], PLAN.final_fold
    one, two = (fit_fold(entry, SAMPLES, PLAN, first, "").model.to_files() for entry in (later, alone))
    assert one == two
    plain = ensemble(method="stacking")
    one, two = (fit_fold(entry, SAMPLES, PLAN, last, "").model.to_files() for entry in (later, plain))
    assert one == two

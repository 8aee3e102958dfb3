"""Features are chosen by each fold's training rows alone, and the live model computes only what it was trained on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qts_core.config.models import FeatureSelection
from qts_core.features.drift import DriftReference, reference_of
from qts_core.models.base import ModelType
from qts_core.models.bundle import DRIFT_REFERENCE, SELECTION
from qts_core.models.preprocessing import Method
from qts_core.targets import parse_target
from qts_core.training.folds import FoldPlan, walk_forward
from qts_core.training.samples import TrainingSet
from qts_core.training.selection import METHODS, Selection
from qts_core.training.trainer import TrainingEntry, TrainingResult, train_walk_forward
from tests.unit.qts_core.training.samples_for_tests import sample_set

ENTRY = TrainingEntry(
    "toy", "lightgbm", ModelType.REGRESSOR, parse_target("return_26bar"),
    {"n_estimators": 10, "num_leaves": 7, "min_data_in_leaf": 20},
    selection=FeatureSelection(method="lasso", rows=1000),
)  # fmt: skip


@pytest.fixture(scope="module")
def samples() -> TrainingSet:
    return sample_set(sessions=36)


@pytest.fixture(scope="module")
def plan(samples: TrainingSet) -> FoldPlan:
    return walk_forward(
        samples.timeline, train_sessions=15, test_sessions=5, step_sessions=5, horizon_bars=26, embargo_bars=2
    )


@pytest.fixture(scope="module")
def result(samples: TrainingSet, plan: FoldPlan) -> TrainingResult:
    return train_walk_forward(replace(ENTRY, preprocessing=Method.ZSCORE), samples, plan)


def test_the_signal_is_chosen_in_every_fold(result: TrainingResult) -> None:
    assert all("signal" in fold.selection.names for fold in result.folds)
    assert result.overall.rank_ic_mean > 0.2


def test_the_bundle_names_and_sees_only_what_was_chosen(result: TrainingResult, samples: TrainingSet) -> None:
    stored = Selection.from_json(result.bundle.files[SELECTION])
    live = result.bundle.open()
    assert live.feature_names == stored.names == live.model.feature_names
    assert set(stored.reasons) == set(samples.names)
    assert len(stored.names) < len(samples.names)
    hashes = dict(zip(samples.names, samples.feature_hashes, strict=True))
    assert {f.name: f.hash for f in result.bundle.manifest.features} == {name: hashes[name] for name in stored.names}
    assert result.bundle.golden[0].shape[1] == len(stored.names)


@pytest.mark.parametrize("method", [*METHODS, "none"])
def test_what_a_fold_is_judged_on_changes_nothing_that_it_chose_or_learned(
    samples: TrainingSet, plan: FoldPlan, method: str
) -> None:
    is_classes = method == "chi_square"
    choice = FeatureSelection.model_validate({"method": method, "rows": 500, "maximum": 2, "alpha": 0.4})
    entry = ENTRY
    if is_classes:
        entry = replace(ENTRY, model_type=ModelType.CLASSIFIER, target=parse_target("direction_26bar"))
        samples = replace(samples, labels=np.where(np.isnan(samples.labels), np.nan, samples.labels > 0))
    entry, one = replace(entry, selection=choice), replace(plan, folds=plan.folds[:1])
    unseen = samples.end_row >= plan.folds[0].test[0].start
    features, labels, returns = samples.features.copy(), samples.labels.copy(), samples.returns.copy()
    features[unseen] = features[unseen][:, ::-1] * -7.0
    labels[unseen] = 1.0 - labels[unseen] if is_classes else labels[unseen] * -50.0
    returns[unseen] *= -3.0
    other = replace(samples, features=features, labels=labels, returns=returns)
    honest, altered = (train_walk_forward(entry, given, one).folds[0] for given in (samples, other))
    assert honest.selection == altered.selection
    assert honest.in_sample == altered.in_sample


def test_the_seed_decides_and_nothing_else(samples: TrainingSet, plan: FoldPlan, result: TrainingResult) -> None:
    entry = replace(ENTRY, preprocessing=Method.ZSCORE)
    assert dict(train_walk_forward(entry, samples, plan).bundle.files) == dict(result.bundle.files)


def test_choices_enter_the_identity_of_a_trial_only_when_made() -> None:
    assert ENTRY.as_dict()["selection.method"] == "lasso"
    plain = replace(ENTRY, selection=FeatureSelection()).as_dict()
    assert not any("selection" in name or "weights" in name for name in plain)
    assert replace(ENTRY, sample_weights="uniqueness").as_dict()["sample_weights"] == "uniqueness"


def test_a_model_without_selection_is_as_before_but_for_its_reference(samples: TrainingSet, plan: FoldPlan) -> None:
    bundle = train_walk_forward(replace(ENTRY, selection=FeatureSelection()), samples, plan).bundle
    assert SELECTION not in bundle.files
    assert bundle.open().feature_names == samples.names


def test_the_bundle_carries_what_its_features_looked_like_in_training(
    samples: TrainingSet, plan: FoldPlan, result: TrainingResult
) -> None:
    reference = DriftReference.from_json(result.bundle.files[DRIFT_REFERENCE])
    names = result.bundle.open().feature_names
    used = samples.features[plan.final_samples(samples)][:, [samples.names.index(name) for name in names]]
    usable = np.isnan(used).sum(axis=1) <= 0.5 * len(names)
    expected = reference_of(used[usable], names)
    assert reference.names == names
    # samples without most of their features were left out before anything was chosen
    assert reference.samples == pytest.approx(expected.samples, rel=0.01)
    np.testing.assert_allclose(reference.quantiles, expected.quantiles, atol=0.05)


def test_weights_by_uniqueness_change_what_is_learned(samples: TrainingSet, plan: FoldPlan) -> None:
    entry = replace(ENTRY, selection=FeatureSelection(), sample_weights="uniqueness")
    rng = np.random.default_rng(0)
    ends = np.minimum(samples.row + rng.integers(1, 27, len(samples)), samples.end_row).astype(np.int32)
    given = replace(samples, end_row=ends)
    weighted, equal = (
        train_walk_forward(e, given, plan).predictions for e in (entry, replace(entry, sample_weights="equal"))
    )
    assert np.isfinite(weighted).sum() == np.isfinite(equal).sum()
    assert (weighted[np.isfinite(weighted)] != equal[np.isfinite(equal)]).any()


def test_three_classes_are_learned_and_scored_by_their_signs(samples: TrainingSet, plan: FoldPlan) -> None:
    spread = np.nanstd(samples.labels)
    classes = np.where(
        np.isnan(samples.labels), np.nan, 1.0 + (samples.labels > spread / 2) - (samples.labels < -spread / 2)
    )
    given = replace(samples, labels=classes)
    for name in ("direction_flat_26bar", "triple_barrier_26bar"):
        entry = replace(ENTRY, model_type=ModelType.CLASSIFIER, target=parse_target(name))
        result = train_walk_forward(entry, given, plan)
        assert result.overall.rank_ic_mean > 0.2
        live = result.bundle.open()
        rows = np.ascontiguousarray(samples.features[:60][:, [samples.names.index(n) for n in live.feature_names]])
        chances = live.model.predict_proba(rows)
        assert chances.shape == (60, 3)
        np.testing.assert_allclose(chances.sum(axis=1), 1.0)
        np.testing.assert_array_equal(live.model.predict(rows), chances.argmax(axis=1))
        scores = live.score(rows)
        expected = (chances[:, 2] - chances[:, 0]) * live.manifest.label_scale
        known = np.isfinite(scores)
        np.testing.assert_allclose(scores[known], expected[known], rtol=1e-12)
        np.testing.assert_array_equal(np.concatenate([live.score(row[None]) for row in rows]), scores)


def test_chi_square_needs_classes() -> None:
    with pytest.raises(ValueError, match="classification only"):
        replace(ENTRY, selection=FeatureSelection(method="chi_square"))

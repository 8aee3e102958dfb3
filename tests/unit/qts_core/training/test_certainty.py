"""What calibrates a fold is nothing that its model learned from, nothing that judges it, and nothing later."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qts_core.config.uncertainty import AbstainSettings, UncertaintySettings
from qts_core.market.errors import ModelLoadError, TrainingError
from qts_core.market.panel import Floats
from qts_core.models.base import ModelType
from qts_core.models.uncertainty import Spread, UncertaintyModel
from qts_core.targets import parse_target
from qts_core.training import certainty
from qts_core.training.certainty import doubt_rows, fit_certain
from qts_core.training.entry import TrainingEntry
from qts_core.training.fitting import fit_fold, score_rows
from qts_core.training.folds import FoldPlan, walk_forward
from qts_core.training.samples import TrainingSet
from tests.unit.qts_core.training.samples_for_tests import sample_set

TREES = {"n_estimators": 20, "num_leaves": 7, "min_data_in_leaf": 20}
PLAIN = TrainingEntry("toy", "lightgbm", ModelType.REGRESSOR, parse_target("return_5bar"), TREES)
SPLIT = UncertaintySettings(intervals="split", level=0.8, calibration_share=0.3)
DOUBTING = replace(PLAIN, uncertainty=SPLIT)


@pytest.fixture(scope="module")
def samples() -> TrainingSet:
    return sample_set(sessions=36, horizon_bars=5)


@pytest.fixture(scope="module")
def classes(samples: TrainingSet) -> TrainingSet:
    up = np.where(np.isfinite(samples.labels), (samples.labels > 0.0).astype(float), np.nan)
    return replace(samples, labels=up)


@pytest.fixture(scope="module")
def plan(samples: TrainingSet) -> FoldPlan:
    return walk_forward(
        samples.timeline, train_sessions=20, test_sessions=5, step_sessions=5, horizon_bars=5, embargo_bars=2
    )


def classifier(**uncertainty: object) -> TrainingEntry:
    chosen = UncertaintySettings.model_validate({"calibration_share": 0.4, **uncertainty})
    return replace(PLAIN, model_type=ModelType.CLASSIFIER, target=parse_target("direction_5bar"), uncertainty=chosen)


def test_without_the_wish_it_is_fit_fold_byte_for_byte(samples: TrainingSet, plan: FoldPlan) -> None:
    one, two = (fit(PLAIN, samples, plan, plan.folds[0], "f") for fit in (fit_certain, fit_fold))
    assert one.model.to_files() == two.model.to_files()
    assert one.uncertainty is None


def test_rules_alone_cost_the_model_no_sample(samples: TrainingSet, plan: FoldPlan) -> None:
    entry = replace(PLAIN, uncertainty=UncertaintySettings(abstain=AbstainSettings(max_disagreement=0.01)))
    found = fit_certain(entry, samples, plan, plan.folds[0], "f")
    assert found.model.to_files() == fit_fold(PLAIN, samples, plan, plan.folds[0], "f").model.to_files()
    assert found.uncertainty is not None
    assert found.uncertainty.intervals is None


@pytest.mark.parametrize("which", ["fold", "final"])
def test_the_tail_is_purged_from_what_the_model_learns_and_from_the_test(
    samples: TrainingSet, plan: FoldPlan, which: str
) -> None:
    fold = plan.folds[0] if which == "fold" else plan.final_fold
    kept = certainty._kept_back(plan, fold, 0.3)
    learned = kept.train_samples(kept.folds[0], samples)
    judged = kept.test_samples(kept.folds[0], samples)
    judged = judged[np.isfinite(samples.labels[judged])]
    assert kept.overlap(samples) == 0
    assert samples.end_row[learned].max() + plan.embargo_bars < samples.row[judged].min()
    until = fold.test[0].start
    assert samples.end_row[judged].max() + plan.embargo_bars < until
    assert set(learned) | set(judged) <= set(plan.train_samples(fold, samples).tolist())
    fitted = fit_certain(DOUBTING, samples, plan, fold, "f")
    assert set(fitted.samples.tolist()) <= set(learned.tolist())
    assert fitted.last_row == samples.end_row[judged].max()


@pytest.mark.parametrize("how", ["tail", "inner"])
def test_the_quantile_is_that_of_residuals_recomputed_from_the_definition(
    samples: TrainingSet, plan: FoldPlan, how: str
) -> None:
    entry = replace(DOUBTING, uncertainty=SPLIT.model_copy(update={"calibrate_on": how}))
    fitted = fit_certain(entry, samples, plan, plan.folds[0], "f")
    assert fitted.uncertainty is not None
    assert fitted.uncertainty.intervals is not None
    residuals: list[Floats] = []
    if how == "tail":
        kept = certainty._kept_back(plan, plan.folds[0], 0.3)
        parts = [(fitted, kept.test_samples(kept.folds[0], samples))]
    else:
        inner = plan.inner(plan.folds[0], groups=5)
        parts = [(fit_fold(PLAIN, samples, inner, f, "x"), inner.test_samples(f, samples)) for f in inner.folds]
    for model, places in parts:
        found = np.abs(samples.labels[places] - score_rows(model, samples.features[places]))
        residuals.append(found[np.isfinite(found)])
    ordered = np.sort(np.concatenate(residuals))
    rank = int(np.ceil((len(ordered) + 1) * 0.8 - 1e-9))
    assert fitted.uncertainty.intervals.tables[""].quantile(0.2) == pytest.approx(ordered[rank - 1], abs=0)


@pytest.mark.parametrize("how", ["tail", "inner"])
def test_nothing_after_the_test_begins_changes_what_was_fitted(samples: TrainingSet, plan: FoldPlan, how: str) -> None:
    entry = replace(DOUBTING, uncertainty=SPLIT.model_copy(update={"calibrate_on": how}))
    start = plan.folds[0].test[0].start
    features, labels = samples.features.copy(), samples.labels.copy()
    features[samples.row >= start] *= -3.0
    labels[samples.end_row >= start] = 99.0
    altered = replace(samples, features=features, labels=labels)
    one, two = (fit_certain(entry, given, plan, plan.folds[0], "f").uncertainty for given in (samples, altered))
    assert one is not None
    assert two is not None
    assert one.to_json() == two.to_json()


def test_probabilities_and_sets_are_fitted_on_halves_that_share_no_bar(classes: TrainingSet, plan: FoldPlan) -> None:
    places = plan.train_samples(plan.folds[0], classes)
    fitted = fit_fold(classifier(), classes, plan, plan.folds[0], "f")
    (early,), (late,) = certainty._halves(classes, [certainty._Judged(places, fitted)])
    assert classes.end_row[early.places].max() < classes.row[late.places].min()
    assert len(early.places) > 0.3 * len(places)


@pytest.mark.parametrize("method", ["platt", "isotonic"])
def test_a_calibrated_score_is_the_surplus_of_calibrated_probabilities(
    classes: TrainingSet, plan: FoldPlan, method: str
) -> None:
    fitted = fit_certain(classifier(calibration=method, sets="lac"), classes, plan, plan.folds[0], "f")
    rows = classes.features[:200]
    chances = doubt_rows(fitted, rows).chances
    assert chances is not None
    expected = (chances[:, 1] - chances[:, 0]) * fitted.label_scale
    np.testing.assert_allclose(score_rows(fitted, rows), expected, atol=1e-15)


def test_a_scale_that_the_model_does_not_see_is_refused(samples: TrainingSet, plan: FoldPlan) -> None:
    entry = replace(DOUBTING, uncertainty=SPLIT.model_copy(update={"scale": "moon"}))
    with pytest.raises(TrainingError, match="moon") as caught:
        fit_certain(entry, samples, plan, plan.folds[0], "f")
    assert caught.value.code == "QTS-MODEL-060"


def test_a_scale_has_a_floor_and_a_usual_size_for_what_is_missing() -> None:
    made = Spread.fit("v", np.concatenate([np.linspace(0.0, 1.0, 101), [np.nan]]))
    found = made.of(np.array([0.0, -0.8, np.nan]))
    np.testing.assert_allclose(found, [0.0595, 0.8, 0.505], atol=1e-9)


def test_what_travels_is_what_was_fitted_and_damage_is_told(classes: TrainingSet, plan: FoldPlan) -> None:
    entry = classifier(calibration="isotonic", sets="aps", intervals="split", scale="noise_a", groups={"one": ("SA",)})
    made = fit_certain(entry, classes, plan, plan.folds[0], "f").uncertainty
    assert made is not None
    assert UncertaintyModel.from_json(made.to_json()).to_json() == made.to_json()
    with pytest.raises(ModelLoadError, match="QTS-MODEL-059"):
        UncertaintyModel.from_json(made.to_json().replace(b'"level"', b'"lebel"'))


@pytest.mark.parametrize("how", ["tail", "inner"])
def test_what_a_search_found_in_later_windows_is_used_nowhere_in_an_earlier_fold(
    samples: TrainingSet, plan: FoldPlan, how: str
) -> None:
    own = {**TREES, "num_leaves": 3}
    asked = UncertaintySettings.model_validate({"intervals": "split", "calibration_share": 0.3, "calibrate_on": how})
    later = replace(PLAIN, uncertainty=asked, window_parameters=(own,), parameters={**TREES, "num_leaves": 31})
    alone = replace(PLAIN, uncertainty=asked, parameters=own)
    one, two = (fit_certain(entry, samples, plan, plan.folds[0], "f") for entry in (later, alone))
    assert one.model.to_files() == two.model.to_files()
    assert one.uncertainty is not None
    assert two.uncertainty is not None
    assert one.uncertainty.to_json() == two.uncertainty.to_json()
    # the fold after has no window of its own
    last = fit_certain(later, samples, plan, plan.folds[1], "f").model.to_files()
    assert (
        last
        == fit_certain(replace(alone, parameters=later.parameters), samples, plan, plan.folds[1], "f").model.to_files()
    )

"""Inputs are scaled by what each fold's training rows say, in training, judging and live alike."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qts_core.config.models import ModelFeatures
from qts_core.market.errors import ModelLoadError
from qts_core.models.base import ModelType
from qts_core.models.bundle import MANIFEST, SCALER, ModelBundle
from qts_core.models.preprocessing import Method, Preprocessor
from qts_core.targets import parse_target
from qts_core.training.folds import FoldPlan, walk_forward
from qts_core.training.samples import TrainingSet
from qts_core.training.trainer import TrainingEntry, train_walk_forward
from tests.unit.qts_core.training.samples_for_tests import sample_set

PLAIN = TrainingEntry(
    "toy", "lightgbm", ModelType.REGRESSOR, parse_target("return_26bar"),
    {"n_estimators": 15, "num_leaves": 7, "min_data_in_leaf": 20},
)  # fmt: skip
ENTRY = replace(PLAIN, preprocessing=Method.ZSCORE)


@pytest.fixture(scope="module")
def samples() -> TrainingSet:
    return sample_set(sessions=36)


@pytest.fixture(scope="module")
def plan(samples: TrainingSet) -> FoldPlan:
    return walk_forward(
        samples.timeline, train_sessions=15, test_sessions=5, step_sessions=5, horizon_bars=26, embargo_bars=2
    )


def test_the_bundle_scales_live_rows_as_training_did(samples: TrainingSet, plan: FoldPlan) -> None:
    result = train_walk_forward(ENTRY, samples, plan)
    final = plan.final_samples(samples)
    used = samples.features[final]
    expected = Preprocessor.fit(Method.ZSCORE, used[np.isnan(used).sum(axis=1) <= 0.5 * used.shape[1]], samples.names)
    assert result.bundle.files[SCALER] == expected.to_json()
    live = result.bundle.open()
    rows = samples.features[final[:50]]
    direct = live.model.predict(expected.transform(rows))
    scores = live.score(rows)
    np.testing.assert_array_equal(scores[np.isfinite(scores)], direct[np.isfinite(scores)])
    np.testing.assert_array_equal(np.concatenate([live.score(row[None]) for row in rows]), scores)


def test_no_fold_knows_the_scale_of_what_comes_later(
    samples: TrainingSet, plan: FoldPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each fit sees that fold's training rows alone, and bars after a fold change none of its predictions."""
    seen: list[int] = []
    fit = Preprocessor.fit

    def watched(method: Method, features: np.ndarray, names: tuple[str, ...]) -> Preprocessor:
        seen.append(len(features))
        return fit(method, features, names)

    monkeypatch.setattr(Preprocessor, "fit", watched)
    honest = train_walk_forward(ENTRY, samples, plan)
    assert seen[:-1] == [fold.train_samples for fold in honest.folds]
    end = plan.folds[0].test[0].stop
    features = samples.features.copy()
    features[samples.row >= end] *= 1000.0
    altered = train_walk_forward(ENTRY, replace(samples, features=features), plan)
    np.testing.assert_array_equal(altered.predictions[:end], honest.predictions[:end])


def test_a_model_without_a_scaler_is_the_bytes_it_was(samples: TrainingSet, plan: FoldPlan) -> None:
    result = train_walk_forward(PLAIN, samples, plan)
    assert SCALER not in result.bundle.files
    assert "preprocessing" not in PLAIN.as_dict()
    assert ENTRY.as_dict()["preprocessing"] == "zscore"
    assert result.bundle.open().preprocessor is None


def test_a_scaler_that_was_changed_or_taken_away_is_refused(samples: TrainingSet, plan: FoldPlan) -> None:
    bundle = train_walk_forward(ENTRY, samples, plan).bundle
    other = Preprocessor.fit(Method.ZSCORE, 2.0 * samples.features, samples.names).to_json()
    with pytest.raises(ModelLoadError, match="QTS-MODEL-002"):
        ModelBundle({**bundle.files, SCALER: other}).open()
    with pytest.raises(ModelLoadError, match="QTS-MODEL-002"):
        ModelBundle({name: data for name, data in bundle.files.items() if name != SCALER}).open()
    assert bundle.files[MANIFEST].count(b"preprocessing.json") == 1


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, None),
        ({"normalization_method": "robust"}, None),
        ({"normalize": True}, "zscore"),
        ({"normalize": True, "normalization_method": "quantile"}, "quantile"),
    ],
)
def test_models_yaml_names_the_scaler(given: dict[str, object], expected: str | None) -> None:
    found = ModelFeatures.model_validate(given).preprocessing
    assert found == expected
    assert found is None or Method(found)

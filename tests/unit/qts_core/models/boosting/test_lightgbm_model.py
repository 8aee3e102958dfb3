"""LightGBM behind the model interface, refereed by the bare library."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import lightgbm
import numpy as np
import pytest

from qts_core.market.errors import (
    InvalidConfigError,
    ModelLoadError,
    ModelNotFoundError,
    PredictionError,
    TrainingError,
)
from qts_core.models.base import FitContext, ModelType, TradingModel
from qts_core.models.factory import create_model, task_type

NAMES = ("alpha", "beta", "gamma")
UNTIL = datetime(2024, 6, 28, 20, tzinfo=UTC)
PARAMETERS = {"n_estimators": 25, "num_leaves": 7, "min_data_in_leaf": 20}
KINDS = [ModelType.REGRESSOR, ModelType.CLASSIFIER]


def data(model_type: ModelType) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(11)
    features = rng.standard_normal((3000, 3))
    labels = 0.6 * features[:, 0] + 0.3 * features[:, 1] * features[:, 0] + rng.standard_normal(3000)
    features[rng.random(features.shape) < 0.05] = np.nan
    return features, labels if model_type is ModelType.REGRESSOR else (labels > 0).astype(float)


def fitted(model_type: ModelType, seed: int = 5) -> TradingModel:
    features, labels = data(model_type)
    model = create_model("lightgbm", model_type, name="toy", seed=seed, parameters=PARAMETERS)
    return model.fit(features, labels, FitContext(NAMES, UNTIL))


@pytest.mark.parametrize("model_type", KINDS)
def test_the_interface_of_the_specification_is_there(model_type: ModelType) -> None:
    model = create_model("lightgbm", model_type, name="toy", version="2.1.0", parameters=PARAMETERS)
    assert (model.name, model.version, model.model_type, model.is_fitted) == ("toy", "2.1.0", model_type, False)
    features, labels = data(model_type)
    assert model.fit(features, labels, FitContext(NAMES, UNTIL)) is model
    assert model.is_fitted
    assert model.feature_names == NAMES
    assert model.training_timestamp == UNTIL
    model.record_metrics({"rank_ic": 0.25})
    assert model.training_metrics == {"rank_ic": 0.25}
    assert model.set_params(num_leaves=15) is model
    assert model.get_params()["num_leaves"] == 15


def test_predictions_equal_the_bare_library() -> None:
    features, labels = data(ModelType.REGRESSOR)
    parameters = {
        "objective": "regression", "learning_rate": 0.05, "num_leaves": 7, "max_bin": 63, "min_data_in_leaf": 20,
        "deterministic": True, "force_row_wise": True, "seed": 5, "verbosity": -1,
    }  # fmt: skip
    bare = lightgbm.train(parameters, lightgbm.Dataset(features, label=labels, params=parameters), num_boost_round=25)
    np.testing.assert_allclose(fitted(ModelType.REGRESSOR).predict(features), bare.predict(features), rtol=1e-12)


@pytest.mark.parametrize("model_type", KINDS)
def test_a_batch_gives_what_its_rows_give_one_by_one_bit_for_bit(model_type: ModelType) -> None:
    model, features = fitted(model_type), data(model_type)[0]
    batch = model.predict(features)
    single = np.concatenate([model.predict(features[i : i + 1]) for i in range(0, 3000, 7)])
    np.testing.assert_array_equal(batch[::7], single)
    # a large batch is predicted by two threads
    large = np.tile(features, (2, 1))
    np.testing.assert_array_equal(model.predict(large)[:3000], batch)


@pytest.mark.parametrize("model_type", KINDS)
def test_same_seed_gives_the_same_bytes(model_type: ModelType) -> None:
    assert fitted(model_type).to_files() == fitted(model_type).to_files()
    assert all(b"pickle" not in content for content in fitted(model_type).to_files().values())


@pytest.mark.parametrize("model_type", KINDS)
def test_saving_and_loading_changes_no_bit(model_type: ModelType, tmp_path: Path) -> None:
    model, features = fitted(model_type), data(model_type)[0]
    model.record_metrics({"rank_ic": 0.1})
    model.save(tmp_path / "model")
    again = create_model("lightgbm", model_type, name="other").load(tmp_path / "model")
    np.testing.assert_array_equal(again.predict(features), model.predict(features))
    assert again.name == "toy"
    assert again.feature_names == NAMES
    assert again.training_timestamp == UNTIL
    assert again.training_metrics == {"rank_ic": 0.1}
    assert again.get_params() == model.get_params()
    assert again.to_files() == model.to_files()


def test_saving_over_an_older_model_leaves_nothing_of_it(tmp_path: Path) -> None:
    target = tmp_path / "model"
    target.mkdir()
    (target / "old.txt").write_text("old")
    fitted(ModelType.REGRESSOR).save(target)
    assert sorted(p.name for p in target.iterdir()) == ["model.json", "model.txt"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["model"]


def test_probabilities_sum_to_one_and_agree_with_the_class() -> None:
    model, (features, labels) = fitted(ModelType.CLASSIFIER), data(ModelType.CLASSIFIER)
    chances = model.predict_proba(features)
    assert chances.shape == (3000, 2)
    np.testing.assert_allclose(chances.sum(axis=1), 1.0)
    np.testing.assert_array_equal(model.predict(features), (chances[:, 1] > 0.5).astype(float))
    assert (model.predict(features) == labels).mean() > 0.6


def test_importance_is_a_share_of_gain_and_finds_what_matters() -> None:
    importance = fitted(ModelType.REGRESSOR).get_feature_importance()
    assert sum(importance.values()) == pytest.approx(1.0)
    assert max(importance, key=importance.__getitem__) == "alpha"
    assert create_model("lightgbm", ModelType.REGRESSOR, name="toy").get_feature_importance() == {}


def test_no_rows_give_no_predictions() -> None:
    assert fitted(ModelType.REGRESSOR).predict(np.empty((0, 3))).shape == (0,)


def test_misuse_is_refused_in_words() -> None:
    unfitted = create_model("lightgbm", ModelType.REGRESSOR, name="toy")
    with pytest.raises(PredictionError, match="not fitted"):
        unfitted.predict(np.zeros((1, 3)))
    with pytest.raises(PredictionError, match="not fitted"):
        unfitted.to_files()
    with pytest.raises(PredictionError, match="wrong shape"):
        fitted(ModelType.REGRESSOR).predict(np.zeros((1, 4)))
    with pytest.raises(PredictionError, match="no class probabilities"):
        fitted(ModelType.REGRESSOR).predict_proba(np.zeros((1, 3)))


@pytest.mark.parametrize("labels", [np.array([]), np.array([1.0, np.nan])])
def test_nothing_to_learn_is_refused(labels: np.ndarray) -> None:
    model = create_model("lightgbm", ModelType.REGRESSOR, name="toy")
    with pytest.raises(TrainingError, match="nothing to train on"):
        model.fit(np.zeros((len(labels), 3)), labels, FitContext(NAMES, UNTIL))


@pytest.mark.parametrize(
    "broken", [{}, {"model.txt": b"tree", "model.json": b"{}"}, {"model.txt": b"x", "model.json": b"\xff"}]
)
def test_damaged_files_are_refused(broken: dict[str, bytes]) -> None:
    with pytest.raises(ModelLoadError, match="not a lightgbm model"):
        create_model("lightgbm", ModelType.REGRESSOR, name="toy").from_files(broken)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError, match="no model folder"):
        create_model("lightgbm", ModelType.REGRESSOR, name="toy").load(tmp_path / "nowhere")


def test_unknown_kinds_and_tasks_are_refused_with_what_exists() -> None:
    with pytest.raises(InvalidConfigError, match="lightgbm regressor"):
        create_model("oracle", ModelType.REGRESSOR, name="toy")
    with pytest.raises(InvalidConfigError, match="regression"):
        task_type("divination")
    assert task_type("classification") is ModelType.CLASSIFIER

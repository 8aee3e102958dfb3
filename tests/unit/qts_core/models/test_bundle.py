"""Bundles open only when every byte is what training wrote."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from qts_core.market.errors import ExitCode, ModelLoadError, ModelNotFoundError
from qts_core.models.base import ModelType
from qts_core.models.bundle import ModelBundle
from qts_core.models.context import FitContext
from qts_core.models.factory import create_model
from qts_core.models.manifest import FeatureReference, Manifest, TrainingSpan

NAMES = ("alpha", "beta", "gamma", "delta")
WHEN = datetime(2024, 6, 28, 20, tzinfo=UTC)


def features_of(rows: int) -> np.ndarray:
    rng = np.random.default_rng(3)
    features = rng.standard_normal((rows, 4))
    features[::5, 2] = np.nan
    return features


def bundle_of(model_type: ModelType = ModelType.REGRESSOR) -> ModelBundle:
    features = features_of(2000)
    labels = 0.01 * features[:, 0] + 0.01 * np.random.default_rng(4).standard_normal(2000)
    labels = labels if model_type is ModelType.REGRESSOR else (labels > 0).astype(float)
    model = create_model("lightgbm", model_type, name="toy", seed=1, parameters={"n_estimators": 20})
    model.fit(features, labels, FitContext(NAMES, WHEN))
    manifest = Manifest(
        name="toy", version="1.0.0", kind="lightgbm", model_type=model_type, target="return_26bar", horizon_bars=26,
        bar_minutes=15, features=tuple(FeatureReference(name=n, hash=n[0] * 64) for n in NAMES),
        catalogue_hash="c" * 64,
        training=TrainingSpan(
            first=WHEN, last=WHEN, samples=2000, symbols=("AAA", "BBB"), data_hash="d", fold_plan_hash="f"
        ),
        seed=1, parameters={"n_estimators": 20}, metrics={"rank_ic": 0.1, "hit_ratio": None}, label_scale=0.008,
        dispersion=0.0123, libraries={"lightgbm": "4"},
    )  # fmt: skip
    return ModelBundle.build(model, manifest, features[:16])


def changed(bundle: ModelBundle, name: str, content: bytes) -> ModelBundle:
    return ModelBundle({**bundle.files, name: content})


def test_a_bundle_travels_through_a_folder_unchanged(tmp_path: Path) -> None:
    bundle = bundle_of()
    bundle.save(tmp_path / "bundle")
    again = ModelBundle.load(tmp_path / "bundle")
    assert dict(again.files) == dict(bundle.files)
    assert again.sha256 == bundle.sha256
    loaded = again.open()
    assert loaded.model_id == f"toy-{bundle.sha256[:8]}"
    assert loaded.feature_names == NAMES
    assert (loaded.horizon_bars, loaded.dispersion, loaded.catalogue_hash) == (26, 0.0123, "c" * 64)


def test_scores_of_a_regressor_are_its_predictions() -> None:
    loaded, features = bundle_of().open(), features_of(50)
    np.testing.assert_array_equal(loaded.score(features), loaded.model.predict(features))


def test_scores_of_a_classifier_are_the_surplus_of_up_times_the_typical_move() -> None:
    loaded, features = bundle_of(ModelType.CLASSIFIER).open(), features_of(50)
    up = loaded.model.predict_proba(features)[:, 1]
    np.testing.assert_allclose(loaded.score(features), (2 * up - 1) * 0.008, rtol=1e-12)


def test_a_row_with_more_than_half_of_its_features_missing_gets_no_opinion() -> None:
    nan = np.nan
    rows = np.array([[1.0, 1.0, nan, nan], [1.0, nan, nan, nan], [nan, nan, nan, nan], [0.0, 0.0, 0.0, 0.0]])
    assert np.isnan(bundle_of().open().score(rows)).tolist() == [False, True, True, False]


def test_one_row_scores_as_it_does_in_a_batch() -> None:
    loaded, features = bundle_of(ModelType.CLASSIFIER).open(), features_of(200)
    single = np.concatenate([loaded.score(features[i : i + 1]) for i in range(200)])
    np.testing.assert_array_equal(loaded.score(features), single)


@pytest.mark.parametrize("name", ["model.txt", "model.json", "golden.json"])
def test_a_single_flipped_bit_in_any_file_is_found(name: str) -> None:
    bundle = bundle_of()
    content = bytearray(bundle.files[name])
    content[len(content) // 2] ^= 1
    with pytest.raises(ModelLoadError, match="was changed") as caught:
        changed(bundle, name, bytes(content)).open()
    assert caught.value.exit_code is ExitCode.CORRUPT


def test_a_missing_and_an_additional_file_are_found() -> None:
    bundle = bundle_of()
    with pytest.raises(ModelLoadError, match="other files"):
        changed(bundle, "extra.pkl", b"\x80\x04").verify()
    with pytest.raises(ModelLoadError, match="other files"):
        ModelBundle({k: v for k, v in bundle.files.items() if k != "model.txt"}).verify()
    with pytest.raises(ModelLoadError, match="missing"):
        _ = ModelBundle({}).sha256


def test_weights_that_predict_otherwise_are_refused_even_with_matching_checksums() -> None:
    good, other = bundle_of(), bundle_of(ModelType.REGRESSOR)
    golden = json.loads(good.files["golden.json"])
    golden["scores"][0] += 1e-6
    forged = (json.dumps(golden, sort_keys=True) + "\n").encode()
    manifest = other.manifest
    files = {**manifest.files, "golden.json": hashlib.sha256(forged).hexdigest()}
    sealed = manifest.model_copy(update={"files": files}).to_bytes()
    with pytest.raises(ModelLoadError, match="other predictions"):
        ModelBundle({**good.files, "golden.json": forged, "manifest.json": sealed}).open()


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", b'{"format": 1, "surprise": 2}'])
def test_a_damaged_manifest_is_refused_with_the_place(content: bytes) -> None:
    with pytest.raises(ModelLoadError, match="manifest"):
        changed(bundle_of(), "manifest.json", content).open()


def test_a_manifest_of_an_unknown_format_is_refused() -> None:
    bundle = bundle_of()
    future = bundle.manifest.model_copy(update={"format": 2}).to_bytes()
    with pytest.raises(ModelLoadError, match="unknown bundle format"):
        changed(bundle, "manifest.json", future).open()


def test_a_missing_folder_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError, match="no model folder"):
        ModelBundle.load(tmp_path / "none")


@pytest.mark.slow
def test_opening_a_bundle_imports_neither_mlflow_nor_dagster(tmp_path: Path) -> None:
    bundle_of().save(tmp_path / "bundle")
    code = (
        "import sys; from qts_core.models.bundle import ModelBundle; "
        f"ModelBundle.load({str(tmp_path / 'bundle')!r}).open(); "
        "assert not {'mlflow', 'dagster', 'torch', 'sqlalchemy', 'matplotlib'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

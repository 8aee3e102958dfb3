"""Same seed same bytes, bundles that change no bit, a batch that equals its rows, and the contract of features."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from qts_core.market.errors import ModelLoadError, ModelNotFoundError, PredictionError
from qts_core.models.base import STATE, ModelType
from qts_core.models.bundle import ModelBundle
from qts_core.models.libraries import library_versions
from qts_core.models.manifest import FeatureReference, Manifest, TrainingSpan
from tests.contract.models.cases import CASES, NAMES, UNTIL, Case, context, every

PICKLE = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")


@every(CASES)
def test_same_seed_gives_the_same_bytes(case: Case) -> None:
    files = case.fitted().to_files()
    assert files == case.fitted().to_files()
    assert STATE in files
    assert not any(content.startswith(PICKLE) or b"pickle" in content for content in files.values())


@every(CASES)
def test_saving_and_loading_changes_no_bit(case: Case, tmp_path: Path) -> None:
    model, (features, _) = case.fitted(), case.problem(seed=21)
    model.record_metrics({"rank_ic": 0.1})
    model.save(tmp_path / "model")
    again = type(model)("other").load(tmp_path / "model")
    np.testing.assert_array_equal(case.rising(again, features), case.rising(model, features))
    np.testing.assert_array_equal(again.predict(features), model.predict(features))
    assert again.to_files() == model.to_files()
    assert (again.name, again.version, again.seed) == ("toy", "1.2.0", 5)
    assert again.feature_names == NAMES
    assert again.training_timestamp == UNTIL
    assert again.training_metrics == {"rank_ic": 0.1}
    assert again.get_params() == model.get_params()
    assert again.get_feature_importance() == model.get_feature_importance()


def bundle_of(case: Case, names: tuple[str, ...] = NAMES) -> ModelBundle:
    target = {2: "direction_26bar", 3: "triple_barrier_26bar"}[case.classes] if case.is_classifier else "return_26bar"
    span = TrainingSpan(
        first=datetime(2024, 1, 2, tzinfo=UTC), last=UNTIL, samples=10, symbols=("A",), data_hash="d",
        fold_plan_hash="f",
    )  # fmt: skip
    manifest = Manifest(
        name="toy", version="1.2.0", kind=case.kind, model_type=case.model_type, target=target, horizon_bars=26,
        bar_minutes=15, features=tuple(FeatureReference(name=name, hash="0") for name in names), catalogue_hash="c",
        training=span, seed=5, parameters={}, metrics={}, label_scale=0.01, dispersion=0.1,
        libraries=library_versions(case.kind),
    )  # fmt: skip
    return ModelBundle.build(case.fitted(), manifest, case.problem()[0][:16])


@every(CASES)
def test_a_bundle_opens_with_its_golden_scores_and_says_which_library_made_them(case: Case) -> None:
    bundle = bundle_of(case)
    rows, scores = bundle.golden
    np.testing.assert_array_equal(bundle.open().score(rows), scores)
    assert bundle.sha256 == bundle_of(case).sha256
    assert bundle.manifest.libraries or case.kind == "outside"


@every(CASES)
def test_a_bundle_whose_features_stand_in_another_order_does_not_open(case: Case) -> None:
    with pytest.raises(ModelLoadError, match="different features"):
        bundle_of(case, names=NAMES[::-1]).open()


@every(CASES)
def test_a_batch_gives_what_its_rows_give_one_by_one_bit_for_bit(case: Case) -> None:
    model, (features, _) = case.fitted(), case.problem(seed=22, rows=9000)
    batch = case.rising(model, features)
    alone = np.concatenate([case.rising(model, features[i : i + 1]) for i in range(0, 9000, 45)])
    np.testing.assert_array_equal(batch[::45], alone)
    np.testing.assert_array_equal(case.rising(model, features[3:64]), batch[3:64])
    # memory laid out column by column, and rows that skip, as a view of a larger table
    np.testing.assert_array_equal(case.rising(model, np.asfortranarray(features)), batch)
    np.testing.assert_array_equal(case.rising(model, np.repeat(features, 2, axis=0)[::2]), batch)


@every(CASES)
def test_values_missing_or_huge_still_give_a_finite_prediction(case: Case) -> None:
    """The policy for NaN is stated in the class's documentation; whatever it is, a prediction stays a number."""
    model = case.fitted()
    assert any("NaN" in (part.__doc__ or "") for part in type(model).__mro__[:3])
    features = case.problem(seed=23, rows=50)[0]
    features[0], features[1, 0], features[2], features[3] = np.nan, np.nan, 1e300, -1e300
    rising = case.rising(model, features)
    assert np.isfinite(rising[[0, 1]]).all()
    if case.kind != "outside":
        assert np.isfinite(rising).all()
    np.testing.assert_array_equal(rising, case.rising(model, features))


@every(CASES)
def test_a_column_that_has_no_value_at_all_is_no_obstacle(case: Case) -> None:
    features, labels = case.problem()
    features[:, 3] = np.nan
    model = case.make().fit(features, labels, context())
    assert np.isfinite(case.rising(model, features)).all()
    assert model.get_feature_importance()["delta"] == pytest.approx(0.0, abs=1e-12)


@every(CASES)
def test_the_number_of_features_is_part_of_the_contract(case: Case) -> None:
    model = case.fitted()
    for wrong in (np.zeros((2, 3)), np.zeros((2, 5)), np.zeros(4)):
        with pytest.raises(PredictionError, match="wrong shape"):
            model.predict(wrong)
    assert model.predict(np.empty((0, len(NAMES)))).shape == (0,)
    if case.is_classifier:
        assert model.predict_proba(np.empty((0, len(NAMES)))).shape == (0, case.classes)


@every(CASES)
def test_an_unfitted_model_says_so(case: Case) -> None:
    model = case.make()
    assert not model.is_fitted
    with pytest.raises(PredictionError, match="not fitted"):
        model.predict(np.zeros((1, len(NAMES))))
    with pytest.raises(PredictionError, match="not fitted"):
        model.to_files()


@every(CASES)
def test_damaged_files_are_refused_in_one_line(case: Case, tmp_path: Path) -> None:
    files = case.fitted().to_files()
    weights = next(name for name in files if name != STATE)
    broken = [{}, {STATE: files[STATE]}, {**files, weights: b"\xff\x00nonsense"}, {**files, STATE: b"[]"}]
    for given in broken:
        with pytest.raises(ModelLoadError) as refusal:
            case.make().from_files(given)
        assert "\n" not in str(refusal.value)
    with pytest.raises(ModelNotFoundError, match="no model folder"):
        case.make().load(tmp_path / "nowhere")


@every(CASES)
def test_the_interface_of_the_specification_is_there(case: Case) -> None:
    model = case.fitted()
    assert (model.name, model.version, model.model_type) == ("toy", "1.2.0", case.model_type)
    assert model.model_type in ModelType
    assert model.training_timestamp == UNTIL
    model.record_metrics({"sharpe": 1.5, "rank_ic": 0.25})
    assert list(model.training_metrics) == ["rank_ic", "sharpe"]
    assert model.set_params() is model

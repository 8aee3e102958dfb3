"""Strategies of boosted trees: each is obeyed, as seen in predictions and trees, and refused where it cannot be."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import catboost
import numpy as np
import pytest
import xgboost

from qts_core.market.errors import InvalidConfigError, TrainingError
from qts_core.market.panel import Floats
from qts_core.models.base import FitContext, ModelType, Parameter, Strategy, TradingModel
from qts_core.models.boosting import base, catboost_model, lightgbm_model, xgboost_model
from qts_core.models.boosting.base import isolated_groups, scheduled
from qts_core.models.boosting.catboost_model import CatBoostModel
from qts_core.models.boosting.lightgbm_model import LightGBMModel
from qts_core.models.boosting.xgboost_model import XGBoostModel
from qts_core.models.context import NO_STRATEGY, Device, Metric
from qts_core.models.factory import create_model

NAMES = ("rise", "noise", "day", "other")
UNTIL = datetime(2024, 6, 28, 20, tzinfo=UTC)
KINDS = ("lightgbm", "xgboost", "catboost")
CHEAP: dict[str, dict[str, Parameter]] = {
    "lightgbm": {"n_estimators": 40, "num_leaves": 15, "min_data_in_leaf": 5, "learning_rate": 0.2},
    "xgboost": {"n_estimators": 40, "max_depth": 4, "learning_rate": 0.2},
    "catboost": {"iterations": 40, "depth": 4, "learning_rate": 0.2},
}


def data(rows: int = 1500) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(3)
    features = rng.standard_normal((rows, 4))
    features[:, 2] = rng.integers(0, 5, rows)
    # days 1 and 3 rise: no order of the codes tells
    labels = features[:, 0] + 1.5 * np.isin(features[:, 2], (1, 3)) + features[:, 1] * features[:, 3]
    return features, labels + rng.standard_normal(rows)


def model(kind: str, strategy: Strategy = NO_STRATEGY, /, **more: Parameter) -> TradingModel:
    given = {**CHEAP[kind], **more}
    return create_model(kind, ModelType.REGRESSOR, name="toy", seed=5, parameters=given, strategy=strategy)


def grown(kind: str, strategy: Strategy = NO_STRATEGY, /, **more: Parameter) -> Floats:
    features, labels = data()
    fitted = model(kind, strategy, **more).fit(features, labels, context())
    return fitted.predict(features)


def told(of: TradingModel) -> dict[str, object]:
    """Return what the library is given."""
    assert isinstance(of, LightGBMModel | XGBoostModel | CatBoostModel)
    return of._library_parameters(NAMES)


def context(weights: Floats | None = None) -> FitContext:
    return FitContext(NAMES, UNTIL, weights)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sign", [1, -1])
def test_a_monotone_constraint_holds_everywhere(kind: str, sign: int) -> None:
    features, labels = data()
    free, bound = (model(kind, Strategy(monotone_constraints=given)) for given in ({}, {"ris*": sign}))
    steps = np.repeat(features[:30, None, :], 60, axis=1)
    steps[:, :, 0] = np.linspace(-4, 4, 60)
    flat = steps.reshape(-1, 4)
    for fitted, holds in ((free, False), (bound, True)):
        fitted.fit(features, labels, context())
        moves = sign * np.diff(fitted.predict(flat).reshape(30, 60), axis=1)
        assert (moves >= -1e-12).all() == holds


@pytest.mark.parametrize("kind", ["lightgbm", "xgboost"])
def test_features_of_different_groups_never_meet_in_a_branch(kind: str) -> None:
    """Where they do not meet, a prediction is a sum of parts: mixed differences vanish."""
    features, labels = data()
    groups = (("rise", "day"),)
    free, bound = model(kind), model(kind, Strategy(interaction_constraints=groups))
    rows = np.repeat(features[:50], 4, axis=0)
    rows[1::4, 1] += 1.0
    rows[2::4, 3] += 1.0
    rows[3::4, [1, 3]] += 1.0
    for fitted, meets in ((free, True), (bound, False)):
        p = fitted.fit(features, labels, context()).predict(rows).reshape(50, 4)
        assert (np.abs(p[:, 3] - p[:, 2] - p[:, 1] + p[:, 0]).max() > 1e-3) == meets


@pytest.mark.parametrize("kind", KINDS)
def test_categories_are_told_apart_that_no_order_separates(kind: str) -> None:
    features, labels = data()
    shallow: dict[str, dict[str, Parameter]] = {
        "lightgbm": {"num_leaves": 2, "min_data_per_group": 1, "cat_smooth": 1}, "xgboost": {"max_depth": 1},
        "catboost": {"depth": 1},
    }  # fmt: skip
    named = Strategy(categorical_features=("day",))
    as_size, as_name = (model(kind, s, **shallow[kind]) for s in (NO_STRATEGY, named))
    errors = []
    for fitted in (as_size, as_name):
        fitted.fit(features, labels, context())
        errors.append(((fitted.predict(features) - labels) ** 2).mean())
        again = type(fitted)("other").from_files(fitted.to_files())
        np.testing.assert_array_equal(again.predict(features), fitted.predict(features))
        alone = np.concatenate([fitted.predict(features[i : i + 1]) for i in range(0, 1500, 60)])
        np.testing.assert_array_equal(alone, fitted.predict(features)[::60])
    assert errors[1] < errors[0] - 0.02
    unseen = features[:3].copy()
    unseen[:, 2] = (77, np.nan, 4)
    assert np.isfinite(as_name.predict(unseen)).all()
    assert as_name.get_feature_importance()["day"] > 0.1
    assert as_name.to_files() == model(kind, named, **shallow[kind]).fit(features, labels, context()).to_files()


@pytest.mark.parametrize("kind", KINDS)
def test_a_category_that_is_no_code_is_refused(kind: str) -> None:
    features, labels = data()
    for wrong in (0.5, -1.0, 70_000.0):
        features[7, 2] = wrong
        with pytest.raises(TrainingError, match="more than codes"):
            model(kind, Strategy(categorical_features=("day",))).fit(features, labels, context())


@pytest.mark.parametrize("kind", ["lightgbm", "xgboost"])
def test_a_schedule_that_stands_still_is_the_hyperparameter_itself_and_one_that_moves_is_not(kind: str) -> None:
    name = {"lightgbm": "lambda_l2", "xgboost": "reg_lambda"}[kind]
    plain = grown(kind, **{name: 50.0})
    np.testing.assert_array_equal(grown(kind, Strategy(regularisation_schedule={name: (50.0, 50.0)})), plain)
    moving = grown(kind, Strategy(regularisation_schedule={name: (0.0, 50.0)}))
    assert not np.array_equal(moving, plain)
    # less regularisation in early rounds fits closer, more than none less close
    spread = [grown(kind, **{name: 0.0}).std(), moving.std(), plain.std()]
    assert spread == sorted(spread, reverse=True)


def test_a_schedule_is_a_straight_line() -> None:
    assert scheduled({"a": (1.0, 3.0)}, 5) == {"a": [1.0, 1.5, 2.0, 2.5, 3.0]}
    assert isolated_groups(((0, 2),), 4) == [[0, 2], [1], [3]]


@pytest.mark.parametrize("kind", KINDS)
def test_going_on_from_a_model_keeps_its_trees(kind: str) -> None:
    """Half the trees, then the other half: the same as all at once, but for what is drawn at random."""
    features, labels = data()
    count = {"lightgbm": "num_iterations", "xgboost": "n_estimators", "catboost": "iterations"}[kind]
    fixed: dict[str, Parameter] = {"bootstrap_type": "No", "random_strength": 0.0} if kind == "catboost" else {}
    cheap = {k: v for k, v in CHEAP[kind].items() if k not in ("n_estimators", "iterations")}

    def make(trees: int) -> TradingModel:
        return create_model(kind, ModelType.REGRESSOR, name="toy", seed=5, parameters={**cheap, **fixed, count: trees})

    half = make(20).fit(features, labels, context())
    before = half.to_files()
    both = make(20).fit(features, labels, replace(context(), start=half))
    whole = make(40).fit(features, labels, context())
    np.testing.assert_allclose(both.predict(features), whole.predict(features), rtol=1e-4, atol=1e-4)
    assert half.to_files() == before, "the start is not changed"
    from_bundle = type(half)("toy").from_files(before)
    assert make(20).fit(features, labels, replace(context(), start=from_bundle)).to_files() == both.to_files()
    with pytest.raises(TrainingError, match="other features"):
        make(5).fit(features, labels, FitContext(("a", "b", "c", "d"), UNTIL, start=half))


@pytest.mark.parametrize("kind", KINDS)
def test_the_number_of_threads_changes_no_bit(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    features, labels = data(6000)
    module = {"lightgbm": lightgbm_model, "xgboost": xgboost_model, "catboost": catboost_model}[kind]
    sampled: dict[str, Parameter] = {} if kind == "catboost" else {"subsample": 0.7, "colsample_bytree": 0.7}
    if kind == "lightgbm":
        sampled["bagging_freq"] = 1
    seen = []
    for threads in (1, 2, 4):
        names = {"lightgbm": "num_threads", "xgboost": "nthread", "catboost": "thread_count"}
        monkeypatch.setattr(module, "FIXED", {**module.FIXED, names[kind]: threads})
        monkeypatch.setattr(module, "THREADS", threads)
        monkeypatch.setattr(base, "THREADS", threads)
        fitted = model(kind, **sampled).fit(features, labels, context())
        seen.append((fitted.predict(features), fitted.get_feature_importance()))
    for predicted, importance in seen[1:]:
        np.testing.assert_array_equal(predicted, seen[0][0])
        assert importance == seen[0][1]


@pytest.mark.parametrize(
    ("kind", "said"),
    [("lightgbm", {"device_type": "gpu"}), ("xgboost", {"device": "cuda"}), ("catboost", {"task_type": "GPU"})],
)
def test_on_a_gpu_the_library_is_told_so_and_nothing_else_changes(kind: str, said: dict[str, str]) -> None:
    on_gpu, on_cpu = model(kind, Strategy(device=Device.GPU)), model(kind)
    gpu, cpu = told(on_gpu), told(on_cpu)
    assert said.items() <= gpu.items()
    changed = {name for name in {*gpu, *cpu} if gpu.get(name) != cpu.get(name)}
    assert changed <= {*said, "gpu_use_dp", "force_row_wise"}


@pytest.mark.parametrize(
    ("kind", "strategy", "more", "words"),
    [
        ("lightgbm", Strategy(evaluation_metric=Metric.SHARPE), {}, "without early stopping"),
        ("lightgbm", Strategy(regularisation_schedule={"num_leaves": (3, 9)}), {}, "schedule of num_leaves"),
        ("xgboost", Strategy(regularisation_schedule={"reg_lambda": (-1.0, 9.0)}), {}, "-1"),
        ("xgboost", Strategy(regularisation_schedule={"reg_lambda": (1.0, 9.0)}), {"lambda": 2.0}, "one of the two"),
        (
            "catboost",
            Strategy(device=Device.GPU, evaluation_metric=Metric.SHARPE, early_stopping_rounds=5),
            {},
            "device gpu",
        ),
    ],
)
def test_strategies_that_contradict_each_other_are_refused(
    kind: str, strategy: Strategy, more: dict[str, Parameter], words: str
) -> None:
    with pytest.raises(InvalidConfigError, match=words) as refusal:
        model(kind, strategy, **more)
    assert refusal.value.code == "QTS-MODEL-031"


def test_a_feature_cannot_be_both_a_name_and_a_size_that_rises() -> None:
    features, labels = data()
    both = Strategy(categorical_features=("day",), monotone_constraints={"d*": 1})
    with pytest.raises(InvalidConfigError, match="categorical and monotone"):
        model("lightgbm", both).fit(features, labels, context())


@pytest.mark.parametrize("kind", KINDS)
def test_the_strategy_is_kept_with_the_model(kind: str) -> None:
    chosen = Strategy(monotone_constraints={"rise": 1}, categorical_features=("day",))
    features, labels = data()
    files = model(kind, chosen).fit(features, labels, context()).to_files()
    assert json.loads(files["model.json"])["strategy"] == chosen.as_dict()
    again = create_model(kind, ModelType.REGRESSOR, name="other").from_files(files)
    assert again.strategy == chosen
    assert again.to_files() == files
    assert "strategy" not in json.loads(model(kind).fit(features, labels, context()).to_files()["model.json"])


def test_xgboost_equals_the_bare_library() -> None:
    features, labels = data()
    bare = xgboost.train(
        {"max_depth": 4, "learning_rate": 0.2, "seed": 5, "tree_method": "hist", "objective": "reg:squarederror"},
        xgboost.QuantileDMatrix(features, label=labels), num_boost_round=40,
    )  # fmt: skip
    np.testing.assert_array_equal(grown("xgboost"), bare.predict(xgboost.DMatrix(features)).astype(float))


@pytest.mark.parametrize("chosen", [{}, {"boosting_type": "Ordered"}, {"grow_policy": "Lossguide", "max_leaves": 8}])
def test_catboost_equals_the_bare_library(chosen: dict[str, Parameter]) -> None:
    features, labels = data()
    bare = catboost.CatBoostRegressor(
        iterations=40, depth=4, learning_rate=0.2, random_seed=5, verbose=False, allow_writing_files=False, **chosen
    ).fit(features.astype(np.float32), labels)
    np.testing.assert_array_equal(grown("catboost", **chosen), bare.predict(features.astype(np.float32)))


def test_the_overfitting_detector_asks_for_a_tail_by_itself() -> None:
    assert model("catboost", od_type="IncToDec", od_pval=0.01).wants_validation
    assert model("catboost", od_wait=7).wants_validation
    assert not model("catboost").wants_validation

"""Compiled trees against each library: random trees, and rows on split values, beside them, missing, zero, infinite."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import lightgbm
import numpy as np
import pytest
import xgboost

from qts_core.market.panel import Floats
from qts_core.models.base import FitContext, ModelType, Strategy, TradingModel
from qts_core.models.compiled import CompiledTrees, Uncompilable, compile_model, compiled_or_reason
from qts_core.models.compiled.lightgbm_text import read_lightgbm
from qts_core.models.compiled.verified import probe_rows
from qts_core.models.compiled.xgboost_file import read_xgboost
from qts_core.models.factory import create_model

NAMES = tuple(f"f{i}" for i in range(6))
UNTIL = datetime(2024, 6, 28, 20, tzinfo=UTC)
ROWS = 700

SMALL: Mapping[str, dict[str, bool | int | float | str]] = {
    "lightgbm": {"n_estimators": 25, "num_leaves": 20, "min_data_in_leaf": 5},
    "xgboost": {"n_estimators": 25, "max_depth": 5},
    "catboost": {"iterations": 25, "depth": 5},
}
LARGE: Mapping[str, dict[str, bool | int | float | str]] = {
    "lightgbm": {"n_estimators": 6, "num_leaves": 120, "min_data_in_leaf": 2},
    "xgboost": {"n_estimators": 6, "max_depth": 9, "min_child_weight": 0.0},
    "catboost": {"iterations": 4, "depth": 9},
}
"""More than 64 leaves a tree: these are walked."""


def problem(seed: int, missing: float = 0.1) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(seed)
    features = rng.standard_normal((ROWS, len(NAMES)))
    features[:, 1] = np.round(features[:, 1], 1)
    features[:, 2] = np.where(rng.random(ROWS) < 0.5, 0.0, features[:, 2])
    features[:, 3] *= 1e-35
    features[:, 4] = rng.integers(0, 40, ROWS)
    hidden = features[:, 0] + features[:, 1] ** 2 + np.sin(features[:, 4]) + (features[:, 3] > 0)
    features[rng.random(features.shape) < missing] = np.nan
    return features, hidden + 0.3 * rng.standard_normal(ROWS)


def fitted(
    kind: str, classes: int, parameters: Mapping[str, bool | int | float | str], seed: int, missing: float = 0.1,
    strategy: Strategy | None = None,
) -> TradingModel:  # fmt: skip
    features, labels = problem(seed, missing)
    if strategy is not None:
        features[:, 4] = np.nan_to_num(features[:, 4])
    if classes > 1:
        labels = np.digitize(labels, np.quantile(labels, np.arange(1, classes) / classes)).astype(float)
    model = create_model(
        kind, ModelType.CLASSIFIER if classes > 1 else ModelType.REGRESSOR, name="toy", seed=seed,
        parameters=parameters, classes=max(classes, 2), strategy=strategy or Strategy(),
    )  # fmt: skip
    return model.fit(features, labels, FitContext(NAMES, UNTIL))


def hard_rows(compiled: CompiledTrees, seed: int) -> Floats:
    extreme = np.array(
        [np.inf, -np.inf, 1e300, -1e300, 3.5e38, np.nan, 0.0, -0.0, 1e-36, -1e-36, 5e-324, 39.9, -1.0, 1e9]
    )
    rng = np.random.default_rng(seed)
    return np.concatenate([probe_rows(compiled.flat), rng.choice(extreme, (60, len(NAMES))), problem(seed + 1)[0]])


def assert_same_bits(model: TradingModel, compiled: CompiledTrees, rows: Floats) -> None:
    np.testing.assert_array_equal(compiled.predict(rows), model.predict(rows))
    if model.model_type is ModelType.CLASSIFIER:
        np.testing.assert_array_equal(compiled.predict_proba(rows), model.predict_proba(rows))
    alone = np.concatenate([compiled.predict(rows[i : i + 1]) for i in range(0, len(rows), 29)])
    np.testing.assert_array_equal(alone, compiled.predict(rows)[::29])


@pytest.mark.parametrize("missing", [0.0, 0.1], ids=["whole", "with-gaps"])
@pytest.mark.parametrize("parameters", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("classes", [1, 2, 3])
@pytest.mark.parametrize("kind", ["lightgbm", "xgboost", "catboost"])
def test_every_bit_is_the_librarys(
    kind: str, classes: int, parameters: Mapping[str, dict[str, bool | int | float | str]], missing: float
) -> None:
    for seed in (1, 2):
        model = fitted(kind, classes, parameters[kind], seed, missing)
        compiled = compile_model(model)
        assert_same_bits(model, compiled, hard_rows(compiled, seed))


@pytest.mark.parametrize("kind", ["lightgbm", "xgboost"])
def test_splits_on_categories_send_members_strangers_and_missing_where_the_library_does(kind: str) -> None:
    strategy = Strategy(categorical_features=("f4",))
    model = fitted(kind, 1, SMALL[kind], 3, strategy=strategy)
    compiled = compile_model(model)
    assert any(column.categories for column in compiled.flat.columns)
    rows = problem(4)[0]
    rows[:60, 4] = np.array([np.nan, 0.0, 39.0, 40.0, 1e6, 12.0] * 10)
    assert_same_bits(model, compiled, rows)


def test_zero_that_counts_as_missing_is_read_as_lightgbm_reads_it() -> None:
    features, labels = problem(5)
    data = lightgbm.Dataset(features, labels, params={"zero_as_missing": True, "verbosity": -1})
    booster = lightgbm.train({"zero_as_missing": True, "verbosity": -1, "num_leaves": 15, "num_threads": 1}, data, 20)
    compiled = CompiledTrees(read_lightgbm(booster.model_to_string().encode()), ModelType.REGRESSOR, "toy")
    rows = hard_rows(compiled, 5)
    np.testing.assert_array_equal(compiled.predict(rows), booster.predict(rows, num_threads=1))


def bare_lightgbm(**parameters: object) -> bytes:
    features, labels = problem(6, missing=0.0)
    labels = np.abs(labels)
    given = {"verbosity": -1, "num_leaves": 7, "num_threads": 1, **parameters}
    return lightgbm.train(given, lightgbm.Dataset(features, labels, params=given), 5).model_to_string().encode()


def bare_xgboost(**parameters: object) -> bytes:
    features, labels = problem(6, missing=0.0)
    booster = xgboost.train({"nthread": 1, **parameters}, xgboost.DMatrix(features, np.abs(labels)), 5)
    return bytes(booster.save_raw("ubj"))


@pytest.mark.parametrize(
    ("read", "content", "words"),
    [
        (read_lightgbm, lambda: bare_lightgbm(linear_tree=True), "linear leaves"),
        (read_lightgbm, lambda: bare_lightgbm(objective="poisson"), "objective poisson"),
        (read_lightgbm, lambda: bare_lightgbm(boosting="rf", bagging_freq=1, bagging_fraction=0.5), "averaged"),
        (read_lightgbm, lambda: b"", "not LightGBM's text"),
        (read_xgboost, lambda: bare_xgboost(booster="dart", rate_drop=0.1), "booster dart"),
        (read_xgboost, lambda: bare_xgboost(objective="count:poisson"), "objective count:poisson"),
        (read_xgboost, lambda: bare_xgboost()[:-200], "not XGBoost's UBJ"),
        (read_xgboost, lambda: b"{", "not XGBoost's UBJ"),
    ],
    ids=["linear", "poisson", "rf", "empty", "dart", "count", "cut", "brace"],
)
def test_what_is_not_understood_is_left_to_the_library_with_a_reason(
    read: Callable[[bytes], object], content: Callable[[], bytes], words: str
) -> None:
    with pytest.raises(Uncompilable, match=words):
        read(content())


def test_a_wrong_bit_is_noticed_and_the_library_stays() -> None:
    model = fitted("lightgbm", 1, SMALL["lightgbm"], 7)
    files = model.to_files()
    name = next(name for name in files if name.endswith(".txt"))
    other = fitted("lightgbm", 1, SMALL["lightgbm"], 8).to_files()[name]
    rows = problem(9)[0][:16]
    compiled, reason = compiled_or_reason(model, {**files, name: other}, rows)
    assert compiled is None
    assert "differ from the library" in reason
    compiled, reason = compiled_or_reason(model, files, rows)
    assert compiled is not None
    assert reason == ""


def test_a_comparison_that_is_off_at_equality_is_caught_by_the_probe_rows() -> None:
    model = fitted("xgboost", 1, SMALL["xgboost"], 10)
    compiled = compile_model(model)
    rows = probe_rows(compiled.flat)
    for tree in compiled.flat.trees:
        tree.threshold[:] = np.nextafter(tree.threshold.astype(np.float32), np.float32(np.inf))
    wrong = CompiledTrees(compiled.flat, ModelType.REGRESSOR, "toy")
    assert (wrong.predict(rows) != model.predict(rows)).any()

"""Latency of predictions: compiled trees against each bare library, on one core, in one run (specification 7.2).

``python -m benchmarks.prediction [--rows 50] [--features 250] [--trees 500] [--repeats 400]`` prints p50 and p99 in
milliseconds, whether every bit is the library's, how long reading the trees takes, and the first call of the process.
The two are timed in turn, so a busy machine slows both. Goal: p99 of 1 ms for each library.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import numpy as np
from sklearn.ensemble import RandomForestRegressor

from qts_core.market.panel import Floats
from qts_core.models.base import FitContext, ModelType, Parameter, TradingModel
from qts_core.models.boosting.inputs import single_precision
from qts_core.models.compiled import compile_model
from qts_core.models.factory import create_model

GOAL_MS = 1.0
TRAINING_ROWS = 4000
WARM_UP = 20


def chosen(kind: str, trees: int) -> dict[str, Parameter]:
    """Return hyperparameters of usual size: 31 leaves, or depth 6."""
    sizes: dict[str, dict[str, Parameter]] = {
        "lightgbm": {"n_estimators": trees, "num_leaves": 31, "min_data_in_leaf": 20, "learning_rate": 0.02},
        "xgboost": {"n_estimators": trees, "max_depth": 6, "learning_rate": 0.02},
        "catboost": {"iterations": trees, "depth": 6, "learning_rate": 0.05},
        "random_forest": {"n_estimators": trees, "max_depth": 6, "min_samples_leaf": 5, "max_features": "sqrt"},
    }
    return sizes[kind]


def bare_call(model: TradingModel, rows: Floats, training: tuple[Floats, Floats]) -> Callable[[], Floats]:
    """Return the library's own prediction of `rows` on one thread."""
    if model.kind == "random_forest":
        forest = RandomForestRegressor(**{**chosen("random_forest", int(model.get_params()["n_estimators"]))})
        forest.set_params(random_state=model.seed, n_jobs=2).fit(single_precision(training[0]), training[1])
        forest.set_params(n_jobs=1)
        return lambda: forest.predict(single_precision(rows))
    booster = model._booster  # type: ignore[attr-defined]  # the bare library, without our checks
    if model.kind == "lightgbm":
        return lambda: booster.predict(rows, num_threads=1)
    single = single_precision(rows)
    if model.kind == "xgboost":
        booster.set_param({"nthread": 1})
        return lambda: booster.inplace_predict(single)
    return lambda: booster.predict(single, prediction_type="RawFormulaVal", thread_count=1)


def in_turn(calls: list[Callable[[], Floats]], repeats: int) -> list[tuple[float, float]]:
    """Return p50 and p99 of each call in milliseconds."""
    taken = np.empty((repeats, len(calls)))
    for turn in range(-WARM_UP, repeats):
        for place, call in enumerate(calls):
            start = time.perf_counter()
            call()
            if turn >= 0:
                taken[turn, place] = time.perf_counter() - start
    p50, p99 = np.quantile(taken, [0.5, 0.99], axis=0) * 1e3
    return list(zip(p50.tolist(), p99.tolist(), strict=True))


def main() -> int:
    """Print the table; return 1 where a bit differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("rows", 50), ("features", 250), ("trees", 500), ("repeats", 400)):
        parser.add_argument(f"--{name}", type=int, default=default)
    wanted = parser.parse_args()
    rng = np.random.default_rng(1)
    features = rng.standard_normal((TRAINING_ROWS, wanted.features))
    features[rng.random(features.shape) < 0.02] = np.nan
    labels = np.nan_to_num(features[:, :5]).sum(axis=1) + 3.0 * rng.standard_normal(TRAINING_ROWS)
    rows = features[rng.choice(TRAINING_ROWS, wanted.rows)]
    context = FitContext(tuple(f"f{i}" for i in range(wanted.features)), datetime(2024, 1, 2, tzinfo=UTC))
    heads = ("library p50", "p99", "compiled p50", "p99", "compile ms", "first ms")
    print(f"{'model':<16}" + "".join(f"{head:>13}" for head in heads) + "  bits")
    is_same = True
    for kind in ("lightgbm", "xgboost", "catboost", "random_forest"):
        model = create_model(kind, ModelType.REGRESSOR, name=kind, seed=1, parameters=chosen(kind, wanted.trees))
        model.fit(features, labels, context)
        start = time.perf_counter()
        compiled = model if kind == "random_forest" else compile_model(model)
        made = time.perf_counter()
        ours = compiled.predict(rows)
        first = time.perf_counter()
        bare = bare_call(model, rows, (features, labels))
        equal = bool(np.array_equal(ours, np.asarray(bare(), dtype=np.float64)))
        is_same &= equal
        times = in_turn([bare, partial(compiled.predict, rows)], wanted.repeats)
        figures = [*times[0], *times[1], (made - start) * 1e3, (first - made) * 1e3]
        verdict = ("same" if equal else "DIFFERENT") + (", goal met" if times[1][1] <= GOAL_MS else ", goal missed")
        print(f"{kind:<16}" + "".join(f"{value:>13.3f}" for value in figures) + f"  {verdict}", flush=True)
    return 0 if is_same else 1


if __name__ == "__main__":
    sys.exit(main())

"""What our wrapper costs over the bare library: time and memory to train, on the same arrays, side by side.

    python -m benchmarks.models [--rows 60000] [--features 150] [--rounds 100] [--repeats 3] [--kinds KIND...]

Each figure comes from a process of its own that loads the same file; its peak memory is the operating system's count.
Bare and wrapped take turns, so that a busy machine slows both; the best of the repeats counts, in seconds of processor
time, which a busy machine changes least. Both give the same trees: predictions are compared. The goal is an overhead
below 5 %.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

GOAL = 0.05
SEED = 7
THREADS = 2
KINDS = ("lightgbm", "xgboost", "catboost")

Rows = NDArray[np.float64]


def parameters_of(kind: str, rounds: int) -> dict[str, float]:
    """Return the hyperparameters of both sides."""
    return {
        "lightgbm": {"num_iterations": rounds, "num_leaves": 31, "min_data_in_leaf": 100, "max_bin": 63},
        "xgboost": {"n_estimators": rounds, "max_depth": 5, "max_bin": 64},
        "catboost": {"iterations": rounds, "depth": 5, "border_count": 64},
    }[kind] | {"learning_rate": 0.05}


def wrapped(kind: str, rounds: int, features: Rows, labels: Rows, judged: Rows) -> Rows:
    """Train through the model interface."""
    from qts_core.models.base import FitContext, ModelType
    from qts_core.models.factory import create_model

    model = create_model(kind, ModelType.REGRESSOR, name="b", seed=SEED, parameters=parameters_of(kind, rounds))
    names = tuple(f"f{i}" for i in range(features.shape[1]))
    return model.fit(features, labels, FitContext(names, datetime(2024, 1, 1, tzinfo=UTC))).predict(judged)


def bare(kind: str, rounds: int, features: Rows, labels: Rows, judged: Rows) -> Rows:
    """Train with the library alone, by the same settings."""
    given = parameters_of(kind, rounds)
    if kind == "lightgbm":
        import lightgbm

        fixed = {"deterministic": True, "force_row_wise": True, "num_threads": THREADS, "verbosity": -1, "seed": SEED}
        del given["num_iterations"]
        both = {**given, **fixed, "objective": "regression"}
        grown = lightgbm.train(both, lightgbm.Dataset(features, label=labels, params=both), num_boost_round=rounds)
        return np.asarray(grown.predict(judged), dtype=float)
    if kind == "xgboost":
        import xgboost

        del given["n_estimators"]
        data = xgboost.QuantileDMatrix(features, label=labels, nthread=THREADS, max_bin=int(given["max_bin"]))
        trees = xgboost.train({**given, "seed": SEED, "nthread": THREADS, "tree_method": "hist"}, data, rounds)
        return np.asarray(trees.inplace_predict(judged.astype(np.float32)), dtype=float)
    import catboost

    model = catboost.CatBoost(
        {**given, "random_seed": SEED, "thread_count": THREADS, "loss_function": "RMSE", "logging_level": "Silent",
         "allow_writing_files": False}
    )  # fmt: skip
    model.fit(catboost.Pool(features, label=labels))
    return np.asarray(model.predict(judged), dtype=float)


def measure(side: str, kind: str, rounds: int, path: Path) -> dict[str, float | str]:
    """Train once in this process; return seconds, peak memory above the data in MB, and a hash of the predictions."""
    with np.load(path) as stored:
        features, labels = stored["features"], stored["labels"]
    judged = features[:2000].copy()
    small = slice(0, 500)
    function = wrapped if side == "wrapped" else bare
    # imports, thread pools and first calls count for neither side
    function(kind, 2, features[small].copy(), labels[small], judged[:10])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start, used = time.perf_counter(), time.process_time()
    predictions = function(kind, rounds, features, labels, judged)
    seconds, cpu = time.perf_counter() - start, time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    digest = hashlib.sha256(np.ascontiguousarray(predictions).tobytes()).hexdigest()
    return {"seconds": seconds, "cpu": cpu, "megabytes": (peak - before) / 1024, "peak": peak / 1024, "digest": digest}


def in_own_process(side: str, kind: str, rounds: int, path: Path) -> dict[str, float | str]:
    """Run :func:`measure` in a fresh interpreter."""
    command = [sys.executable, "-m", "benchmarks.models", "--measure", side, kind, str(rounds), str(path)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    measured: dict[str, float | str] = json.loads(answer.splitlines()[-1])
    return measured


def compare(kind: str, rounds: int, repeats: int, path: Path) -> dict[str, float | bool | str]:
    """Return the best of both sides and their ratio."""
    taken: Mapping[str, list[dict[str, float | str]]] = {"bare": [], "wrapped": []}
    for turn in range(repeats):
        for side in ("bare", "wrapped") if turn % 2 == 0 else ("wrapped", "bare"):
            taken[side].append(in_own_process(side, kind, rounds, path))
    figures = ("seconds", "cpu", "peak")
    best = {side: {name: min(float(run[name]) for run in runs) for name in figures} for side, runs in taken.items()}
    equal = len({str(t["digest"]) for runs in taken.values() for t in runs}) == 1
    time_ratio = best["wrapped"]["cpu"] / best["bare"]["cpu"]
    memory_ratio = best["wrapped"]["peak"] / best["bare"]["peak"]
    sides = "   ".join(
        f"{side} {b['seconds']:6.2f} s {b['cpu']:6.2f} cpu s {b['peak']:5.0f} MB" for side, b in best.items()
    )
    verdict = "pass" if max(time_ratio, memory_ratio) < 1 + GOAL and equal else "FAIL"
    same = "same predictions" if equal else "OTHER PREDICTIONS"
    print(f"{kind:9s} {sides}   cpu x{time_ratio:.3f} memory x{memory_ratio:.3f}   {same}   {verdict}", flush=True)
    return {"kind": kind, "time_ratio": time_ratio, "memory_ratio": memory_ratio, "equal": equal}


def main() -> int:
    """Measure every kind; 1 when one misses the goal."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=60_000)
    parser.add_argument("--features", type=int, default=150)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--measure", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        side, kind, rounds, path = given.measure
        print(json.dumps(measure(side, kind, int(rounds), Path(path))))
        return 0
    rng = np.random.default_rng(SEED)
    features = rng.standard_normal((given.rows, given.features))
    labels = 0.1 * features[:, 0] + rng.standard_normal(given.rows)
    features[rng.random(features.shape) < 0.02] = np.nan
    print(f"{given.rows:,} rows x {given.features} features, {given.rounds} rounds, {THREADS} threads")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.npz"
        np.savez(path, features=features, labels=labels)
        del features
        rows = [compare(kind, given.rounds, given.repeats, path) for kind in given.kinds]
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1) + "\n")
    worst = max(max(float(row["time_ratio"]), float(row["memory_ratio"])) for row in rows)
    return 0 if worst < 1 + GOAL and all(row["equal"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())

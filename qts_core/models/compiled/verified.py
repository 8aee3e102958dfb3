"""Compiles a fitted model and believes the result only where it gives the library's bits.

The proof is made on this machine, with the library installed here, each time a bundle is opened: on the bundle's golden
rows, and on rows whose every value lies on a split of the model, next to one, is missing, zero, huge or tiny.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from qts_core.market.panel import Floats
from qts_core.models.base import ModelType, TradingModel
from qts_core.models.compiled.evaluator import CompiledTrees
from qts_core.models.compiled.flat import FlatModel, Reading, Uncompilable

__all__ = ["compile_model", "compiled_or_reason", "probe_rows"]

PROBE_ROWS = 48
PROBE_SEED = 20_210
SHARE_ELSEWHERE = 0.3
"""Share of a probe's values that are missing, zero, tiny or huge instead of near a split."""


def compile_model(model: TradingModel, files: Mapping[str, bytes] | None = None) -> CompiledTrees:
    """Return the compiled trees of a fitted model; `files` are those of ``model.to_files()`` where they are at hand.

    Raises
    ------
    Uncompilable
        If it has no trees, or trees that are not understood.
    """
    reader = READERS.get(model.kind)
    if reader is None:
        raise Uncompilable(f"{model.kind} has no trees")
    return CompiledTrees(reader(model.to_files() if files is None else files), model.model_type, model.name)


def compiled_or_reason(
    model: TradingModel, files: Mapping[str, bytes], golden: Floats
) -> tuple[CompiledTrees | None, str]:
    """Return the compiled trees and "", or None and why the library has to predict, "" where there is none to ask.

    Parameters
    ----------
    model : TradingModel
        Fitted.
    files : mapping of str to bytes
        Its files.
    golden : float64 [k, F]
        Real rows as the model gets them, scaled where it was trained on scaled inputs.
    """
    if model.kind not in READERS:
        return None, ""
    try:
        compiled = compile_model(model, files)
    except Uncompilable as reason:
        return None, str(reason)
    probes = probe_rows(compiled.flat)
    rows = np.concatenate([golden, probes]) if len(golden) else probes
    differing = _differing(compiled, model, rows)
    if differing:
        return None, f"{differing} of {len(rows)} proof rows differ from the library"
    return compiled, ""


def probe_rows(flat: FlatModel) -> Floats:
    """Return rows that a wrong comparison would send astray, float64 [48, F], the same for the same trees."""
    rng = np.random.default_rng(PROBE_SEED)
    values: list[list[float]] = [[] for _ in range(flat.features)]
    for tree in flat.trees:
        for place, threshold in zip(tree.column.tolist(), tree.threshold.tolist(), strict=True):
            column = flat.columns[place]
            values[column.feature] += _around(threshold, column.reading, column.categories)
    elsewhere = np.array([np.nan, 0.0, -0.0, 1e-36, -1e-36, 1e-30, -3.0, 1e9, -1e9])
    rows = rng.choice(elsewhere, size=(PROBE_ROWS, flat.features))
    is_near = rng.random(rows.shape) >= SHARE_ELSEWHERE
    for feature, known in enumerate(values):
        if known:
            drawn = rng.choice(np.array(known), size=PROBE_ROWS)
            rows[:, feature] = np.where(is_near[:, feature], drawn, rows[:, feature])
    return rows


def _around(threshold: float, reading: Reading, categories: frozenset[int]) -> list[float]:
    """Return a split's value and its neighbours in both precisions; of categories, members and a stranger."""
    if reading in (Reading.MEMBER, Reading.STRANGER):
        return [*map(float, sorted(categories)[:4]), float(max(categories, default=0) + 1)]
    with np.errstate(over="ignore"):
        single = np.float32(threshold)
        found = [
            threshold, np.nextafter(threshold, np.inf), np.nextafter(threshold, -np.inf),
            single, np.nextafter(single, np.float32(np.inf)), np.nextafter(single, np.float32(-np.inf)),
        ]  # fmt: skip
    return [float(value) for value in found if np.isfinite(value)]


def _differing(compiled: CompiledTrees, model: TradingModel, rows: Floats) -> int:
    """Return how many rows get other bits."""
    asked: Sequence[Callable[[Floats], Floats]] = (model.predict, compiled.predict)
    if model.model_type is ModelType.CLASSIFIER:
        asked = (model.predict_proba, compiled.predict_proba)
    theirs, ours = (ask(rows).reshape(len(rows), -1) for ask in asked)
    if theirs.shape != ours.shape:
        return len(rows)
    return int((~((theirs == ours) | (np.isnan(theirs) & np.isnan(ours)))).any(axis=1).sum())


def _lightgbm(files: Mapping[str, bytes]) -> FlatModel:
    from qts_core.models.compiled.lightgbm_text import read_lightgbm

    return read_lightgbm(_only(files, ".txt"))


def _xgboost(files: Mapping[str, bytes]) -> FlatModel:
    from qts_core.models.compiled.xgboost_file import read_xgboost

    return read_xgboost(_only(files, ".ubj"))


def _catboost(files: Mapping[str, bytes]) -> FlatModel:
    from qts_core.models.compiled.catboost_json import read_catboost, to_json

    return read_catboost(to_json(_only(files, ".cbm")))


def _only(files: Mapping[str, bytes], ending: str) -> bytes:
    found = [name for name in files if name.endswith(ending)]
    if len(found) != 1:
        raise Uncompilable(f"{len(found)} files {ending}")
    return files[found[0]]


READERS: Mapping[str, Callable[[Mapping[str, bytes]], FlatModel]] = MappingProxyType(
    {"lightgbm": _lightgbm, "xgboost": _xgboost, "catboost": _catboost}
)

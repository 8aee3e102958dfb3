"""What one training leaves in the lake for the steps after it: a summary and its out-of-sample predictions.

Backtest, gates and report read these, so each can run in its own process and be repeated.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import polars as pl

from qts_core.market.errors import DataNotFoundError, ModelNotFoundError
from qts_core.market.panel import Floats
from qts_core.market.timeline import Timeline
from qts_core.ports.lake import LakePort, LakeReader

__all__ = [
    "FoldSummary",
    "TrainingSummary",
    "load_predictions",
    "load_training",
    "predictions_of_version",
    "predictions_table",
    "save_predictions",
    "save_training",
    "training_of_version",
]

WHOLE = "all"


@dataclass(frozen=True, slots=True)
class FoldSummary:
    """One fold; spans are [first, last] ISO dates, measures are by name, NaN where undefined.

    `features` names those that selection chose in it; empty when the model sees all. `figures` are what the fit tells
    of itself, such as the weights of an ensemble's members.
    """

    name: str
    train: tuple[str, str]
    test: tuple[str, str]
    train_samples: int
    test_samples: int
    in_sample: Mapping[str, float]
    out_of_sample: Mapping[str, float]
    features: tuple[str, ...] = ()
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TrainingSummary:
    """One finished training.

    Attributes
    ----------
    model, identity : str
        Key in models.yaml, and the trial's identity in the ledger.
    registered, version, run_id, experiment_id : str
        Where it is in the registry and in the tracker.
    bundle_sha256, model_id : str
    target : str
    horizon_bars : int
    dispersion : float
        Out-of-sample residual standard deviation, a ratio.
    catalogue_hash, data_hash, plan_hash : str
    first_test, last_test : int
        Start of the first and end of the last bar judged out of sample, microseconds UTC.
    symbols : tuple of str
    samples : int
        Samples the live model was fitted on.
    folds : tuple of FoldSummary
    metrics, importance : mapping of str to float
        Out-of-sample figures over all folds; share of gain by feature, largest first.
    seconds : float
    members, survivors : int
        Symbols that were ever in the universe, and those of them with bars at the end of the data.
    is_history : bool
        Whether every fold learned only from what came before its test, so that the predictions could be traded.
    stability : mapping of str to float
        How figures change from fold to fold.
    as_of : str
        Moment, ISO, when everything that entered was known; empty for what was known when it was trained.
    """

    model: str
    identity: str
    registered: str
    version: str
    run_id: str
    experiment_id: str
    bundle_sha256: str
    model_id: str
    target: str
    horizon_bars: int
    dispersion: float
    catalogue_hash: str
    data_hash: str
    plan_hash: str
    first_test: int
    last_test: int
    symbols: tuple[str, ...]
    samples: int
    folds: tuple[FoldSummary, ...]
    metrics: Mapping[str, float]
    importance: Mapping[str, float]
    seconds: float
    members: int = 0
    survivors: int = 0
    is_history: bool = True
    stability: Mapping[str, float] = field(default_factory=dict)
    as_of: str = ""

    def to_json(self) -> str:
        """Return JSON; NaN as null."""
        return json.dumps(_nulls(asdict(self)), indent=1, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> TrainingSummary:
        """Read what `to_json` wrote."""
        content = _nans(json.loads(text))
        folds = tuple(
            FoldSummary(**{**f, **{name: tuple(f.get(name, ())) for name in ("train", "test", "features")}})
            for f in content["folds"]
        )
        return cls(**{**content, "folds": folds, "symbols": tuple(content["symbols"])})


def predictions_table(model: str) -> str:
    """Return the lake table of a model's out-of-sample predictions."""
    return f"predictions_{model}"


def save_training(lake: LakePort, summary: TrainingSummary) -> None:
    """Keep a training as the newest of its model, and under its version."""
    content = summary.to_json().encode()
    for blob in (_blob(summary.model), _blob(_versioned(summary))):
        lake.write_blob(blob, content)


def training_of_version(lake: LakeReader, model: str, version: str, bundle_sha256: str) -> TrainingSummary | None:
    """Return the training of a registered version; None when the lake has none of this very bundle.

    Parameters
    ----------
    model : str
        Key in models.yaml.
    version : str
        Number in the registry.
    bundle_sha256 : str
        Of the bundle that is registered: registries begin to count anew, bundles do not.
    """
    blob = _blob(f"{model}_v{version}")
    if not lake.has_blob(blob):
        return None
    found = TrainingSummary.from_json(lake.read_blob(blob).decode())
    return found if found.bundle_sha256 == bundle_sha256 else None


def load_training(lake: LakePort, model: str) -> TrainingSummary:
    """Return the newest training of a model.

    Raises
    ------
    ModelNotFoundError
        If it was never trained.
    """
    if not lake.has_blob(_blob(model)):
        raise ModelNotFoundError(
            "QTS-MODEL-001", "the model was never trained", where=model, fix=f"run `qts train {model}`"
        )
    return TrainingSummary.from_json(lake.read_blob(_blob(model)).decode())


def save_predictions(
    lake: LakePort, summary: TrainingSummary, timeline: Timeline, symbols: tuple[str, ...], predictions: Floats
) -> int:
    """Store the scores of float64 [T, N] that are there; return how many."""
    rows, columns = np.nonzero(np.isfinite(predictions))
    when = pl.Datetime("us", "UTC")
    frame = pl.DataFrame(
        {
            "symbol": np.array(symbols, dtype=object)[columns].tolist() if len(columns) else [],
            "ts_event": pl.Series(timeline.ts_event[rows]).cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
            "ts_known": pl.Series(timeline.ts_known[rows]).cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
            "score": predictions[rows, columns],
        },
        schema={"symbol": pl.String, "ts_event": when, "ts_known": when, "score": pl.Float64},
    )
    lineage = {"model_id": summary.model_id, "training": summary.identity, "data": summary.data_hash}
    for table in (predictions_table(summary.model), predictions_table(_versioned(summary))):
        lake.write_month(table, WHOLE, frame, lineage=lineage)
    return frame.height


def load_predictions(lake: LakePort, summary: TrainingSummary, timeline: Timeline, symbols: tuple[str, ...]) -> Floats:
    """Return the stored scores laid out on `timeline` and `symbols`, float64 [T, N]; NaN = none.

    Raises
    ------
    DataNotFoundError
        If what is stored belongs to another training.
    """
    return _laid_out(lake, predictions_table(summary.model), summary, timeline, symbols)


def predictions_of_version(
    lake: LakeReader, summary: TrainingSummary, timeline: Timeline, symbols: tuple[str, ...]
) -> Floats:
    """Return what :func:`load_predictions` would, of a version that need not be the newest."""
    return _laid_out(lake, predictions_table(_versioned(summary)), summary, timeline, symbols)


def _laid_out(
    lake: LakeReader, table: str, summary: TrainingSummary, timeline: Timeline, symbols: tuple[str, ...]
) -> Floats:
    stored = lake.partition(table, WHOLE)
    if stored is None or stored.lineage.get("training") != summary.identity:
        raise DataNotFoundError(
            "QTS-DATA-013", "no predictions of this training", where=table, fix=f"run `qts train {summary.model}`"
        )
    place = pl.DataFrame({"symbol": list(symbols), "column": np.arange(len(symbols))})
    frame = lake.read_month(table, WHOLE).join(place, on="symbol")
    rows = timeline.rows_of(frame["ts_event"].to_physical().to_numpy())
    inside = rows >= 0
    panel = np.full((len(timeline), len(symbols)), np.nan)
    panel[rows[inside], frame["column"].to_numpy()[inside]] = frame["score"].to_numpy()[inside]
    return panel


def _versioned(summary: TrainingSummary) -> str:
    return f"{summary.model}_v{summary.version}"


def _blob(model: str) -> str:
    return f"training/{model}.json"


def _nulls(value: object) -> object:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {k: _nulls(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_nulls(v) for v in value]
    return value


def _nans(content: dict[str, Any]) -> dict[str, Any]:
    """Give back the NaN that JSON could not hold; only numbers are ever null here (raw JSON is of any shape)."""

    def restored(value: object) -> object:
        if value is None:
            return math.nan
        if isinstance(value, dict):
            return {k: restored(v) for k, v in value.items()}
        if isinstance(value, list):
            return [restored(v) for v in value]
        return value

    return {key: restored(value) for key, value in content.items()}

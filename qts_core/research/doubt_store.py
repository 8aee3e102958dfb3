"""How sure the folds' models were, kept in the lake beside their predictions: backtest and report read it (9.1)."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from qts_core.analytics.reliability import Reliability
from qts_core.market.errors import DataNotFoundError
from qts_core.market.panel import Floats
from qts_core.market.timeline import Timeline
from qts_core.models.uncertainty import UncertaintyModel
from qts_core.ports.lake import LakePort
from qts_core.report.uncertainty_inputs import CoverageMonth, ReliabilityBin, UncertaintyRecord
from qts_core.research.training_summary import TrainingSummary
from qts_core.trading.stored_doubts import StoredDoubts
from qts_core.training.doubts import Certainty

__all__ = ["doubts_table", "load_doubts", "load_record", "save_doubts", "uncertainty_record"]

WHOLE = "all"
CHANCE = "chance_"


def doubts_table(model: str) -> str:
    """Return the lake table of how sure a model was of its out-of-sample predictions."""
    return f"doubts_{model}"


def uncertainty_record(certainty: Certainty, timeline: Timeline) -> UncertaintyRecord:
    """Return what the report shows of `certainty`: coverage and silence by month, and the reliability diagram."""
    months = timeline.ts_event.astype("datetime64[us]").astype("datetime64[M]")
    name = "intervals" if "intervals" in certainty.held else "sets" if "sets" in certainty.held else ""
    rows = []
    for month in np.unique(months[certainty.is_scored.any(axis=1)]):
        inside = months == month
        scored = int(certainty.is_scored[inside].sum())
        silent = float(certainty.is_silent[inside].sum()) / scored if scored else math.nan
        found = certainty.coverage(name, inside) if name else None
        fixed = certainty.coverage("intervals_fixed", inside).share if "intervals_fixed" in certainty.held else math.nan
        shares = (math.nan,) * 4 if found is None else (found.share, found.low, found.high, found.effective)
        rows.append(CoverageMonth(str(month), *shares, fixed, silent))
    return UncertaintyRecord(
        certainty.level, name, certainty.horizon_bars, tuple(rows), _bins(certainty.reliability()),
        _bins(certainty.reliability(is_raw=True)), certainty.figures(),
    )  # fmt: skip


def save_doubts(
    lake: LakePort,
    summary: TrainingSummary,
    timeline: Timeline,
    symbols: tuple[str, ...],
    doubts: StoredDoubts,
    certainty: Certainty,
) -> None:
    """Store the doubts of every prediction of `summary`, the folds' calibrations, and what came of them."""
    rows, columns = np.nonzero(np.isfinite(doubts.spread) & (doubts.fold >= 0)[:, None])
    when = pl.Datetime("us", "UTC")
    values: dict[str, Floats] = {"spread": doubts.spread[rows, columns]}
    if doubts.chances is not None:
        values |= {f"{CHANCE}{k}": doubts.chances[rows, columns, k] for k in range(doubts.chances.shape[2])}
    if doubts.disagreement is not None:
        values["disagreement"] = doubts.disagreement[rows, columns]
    frame = pl.DataFrame(
        {
            "symbol": pl.Series(np.array(symbols, dtype=object)[columns].tolist(), dtype=pl.String),
            "ts_event": pl.Series(timeline.ts_event[rows]).cast(pl.Datetime("us")).cast(when),
            "ts_known": pl.Series(timeline.ts_known[rows]).cast(pl.Datetime("us")).cast(when),
            "fold": pl.Series(doubts.fold[rows], dtype=pl.Int64),
            **{name: pl.Series(column, dtype=pl.Float64) for name, column in values.items()},
        }
    )
    lineage = {"model_id": summary.model_id, "training": summary.identity, "data": summary.data_hash}
    lake.write_month(doubts_table(summary.model), WHOLE, frame, lineage=lineage)
    content = {
        "training": summary.identity,
        "models": [json.loads(model.to_json()) for model in doubts.models],
        "record": _nulls(uncertainty_record(certainty, timeline).as_dict()),
    }
    lake.write_blob(_blob(summary.model), json.dumps(content, allow_nan=False).encode())


def load_doubts(
    lake: LakePort, summary: TrainingSummary, timeline: Timeline, symbols: tuple[str, ...]
) -> StoredDoubts | None:
    """Return the doubts laid out on `timeline` and `symbols`; None when the training has none.

    Raises
    ------
    DataNotFoundError
        If the table belongs to another training than the calibrations beside it.
    """
    content = _content(lake, summary)
    if content is None:
        return None
    table = doubts_table(summary.model)
    stored = lake.partition(table, WHOLE)
    if stored is None or stored.lineage.get("training") != summary.identity:
        raise DataNotFoundError(
            "QTS-DATA-013", "no doubts of this training", where=table, fix=f"run `qts train {summary.model}`"
        )
    place = pl.DataFrame({"symbol": list(symbols), "column": np.arange(len(symbols))})
    frame = lake.read_month(table, WHOLE).join(place, on="symbol")
    rows = timeline.rows_of(frame["ts_event"].to_physical().to_numpy())
    is_inside = rows >= 0
    at = rows[is_inside], frame["column"].to_numpy()[is_inside]
    shape = (len(timeline), len(symbols))

    def panel(name: str) -> Floats:
        values = np.full(shape, np.nan)
        values[at] = frame[name].to_numpy()[is_inside]
        return values

    fold = np.full(len(timeline), -1, dtype=np.int64)
    fold[at[0]] = frame["fold"].to_numpy()[is_inside]
    chances = sorted(name for name in frame.columns if name.startswith(CHANCE))
    return StoredDoubts(
        tuple(UncertaintyModel.from_json(json.dumps(model).encode()) for model in content["models"]),
        fold,
        panel("spread"),
        np.stack([panel(name) for name in chances], axis=2) if chances else None,
        panel("disagreement") if "disagreement" in frame.columns else None,
    )


def load_record(lake: LakePort, summary: TrainingSummary) -> UncertaintyRecord | None:
    """Return what the report shows of the training's uncertainty; None when it has none."""
    content = _content(lake, summary)
    return None if content is None else UncertaintyRecord.from_dict(_nans(content["record"]))


def _content(lake: LakePort, summary: TrainingSummary) -> dict[str, Any] | None:
    # raw JSON is of any shape
    if not lake.has_blob(_blob(summary.model)):
        return None
    content: dict[str, Any] = json.loads(lake.read_blob(_blob(summary.model)))
    return content if content["training"] == summary.identity else None


def _bins(found: Reliability | None) -> tuple[ReliabilityBin, ...]:
    if found is None:
        return ()
    bins = zip(found.foretold.tolist(), found.happened.tolist(), found.counts.tolist(), strict=True)
    return tuple(ReliabilityBin(said, came, count) for said, came, count in bins if count)


def _blob(model: str) -> str:
    return f"training/{model}_doubts.json"


def _nulls(value: object) -> object:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _nulls(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_nulls(item) for item in value]
    return value


def _nans(value: Any) -> Any:  # raw JSON is of any shape
    if value is None:
        return math.nan
    if isinstance(value, dict):
        return {key: _nans(item) for key, item in value.items()}
    return [_nans(item) for item in value] if isinstance(value, list) else value

"""A small market and a bench on it, for tests of parameter searches."""

from __future__ import annotations

from datetime import date

import numpy as np

from qts_core.alphas.ml import MlAlphaSettings
from qts_core.exchange import fill_settings
from qts_core.market.calendar import xnys
from qts_core.market.panel import Floats, Panel
from qts_core.market.timeline import Timeline
from qts_core.models.base import ModelType
from qts_core.portfolio.settings import PortfolioSettings
from qts_core.targets import forward_return, parse_target
from qts_core.training.entry import TrainingEntry
from qts_core.training.folds import FoldPlan, walk_forward
from qts_core.training.samples import TrainingSet
from qts_core.training.search.evaluation import Bench
from qts_core.training.search.space import Number, Space
from qts_core.training.search.trading import TradingTape

__all__ = ["ENTRY", "HORIZON", "SPACE", "bench", "market", "outer_plan", "panel_of", "samples_of"]

HORIZON = 26
SPACE = Space((Number("num_leaves", 3, 15, is_integer=True), Number("learning_rate", 0.02, 0.3, is_log=True)))
ENTRY = TrainingEntry(
    "toy", "lightgbm", ModelType.REGRESSOR, parse_target(f"return_{HORIZON}bar"),
    {"n_estimators": 8, "min_child_samples": 20}, row_stride=2,
)  # fmt: skip


def panel_of(prices: Floats, line: Timeline) -> Panel:
    """Return bars that open where the last one closed; float64 [T, N] closes."""
    opens = np.vstack([prices[:1], prices[:-1]])
    fields = {
        "open": opens, "high": np.maximum(opens, prices), "low": np.minimum(opens, prices), "close": prices.copy(),
        "volume": np.full(prices.shape, 1e6), "factor": np.ones(prices.shape),
    }  # fmt: skip
    return Panel(line, tuple(f"S{i:02d}" for i in range(prices.shape[1])), fields)


def market(*, sessions: int = 60, symbols: int = 8, signal: float = 0.0, seed: int = 5) -> tuple[Panel, Floats]:
    """Return bars, and a feature that foretells the next session's drift with strength `signal`, float64 [T, N]."""
    calendar, rng = xnys(), np.random.default_rng(seed)
    first = date(2024, 1, 2)
    line = Timeline.between(calendar, first, calendar.shift(first, sessions - 1))
    drift = np.repeat(rng.standard_normal((len(line) // HORIZON + 2, symbols)), HORIZON, axis=0)[: len(line)]
    feature = np.vstack([drift[1:], drift[-1:]])
    moves = 0.002 * (rng.standard_normal((len(line), symbols)) + signal * drift)
    return panel_of(100.0 * np.exp(np.cumsum(moves, axis=0)), line), feature


def samples_of(panel: Panel, feature: Floats, *, noise: int = 2, seed: int = 9) -> TrainingSet:
    """Return samples of the feature and of columns of noise."""
    rng = np.random.default_rng(seed)
    labels = forward_return(panel, HORIZON)
    row, column = (part.ravel() for part in np.indices(feature.shape))
    columns = [feature[row, column], *(rng.standard_normal(len(row)) for _ in range(noise))]
    return TrainingSet(
        features=np.ascontiguousarray(np.stack(columns, axis=1)), labels=labels.values[row, column],
        returns=labels.values[row, column], row=row.astype(np.int32), column=column.astype(np.int32),
        end_row=labels.end_row[row, column].astype(np.int32), names=("drift", *(f"noise_{i}" for i in range(noise))),
        feature_hashes=tuple("h" * (1 + noise)), timeline=panel.timeline, symbols=panel.symbols,
        catalogue_hash="c" * 64, data_hash="d" * 64,
    )  # fmt: skip


def outer_plan(panel: Panel, *, train: int = 36, test: int = 10) -> FoldPlan:
    """Return a walk-forward over the bars of `panel`."""
    return walk_forward(
        panel.timeline, train_sessions=train, test_sessions=test, step_sessions=test, horizon_bars=HORIZON,
        embargo_bars=2,
    )  # fmt: skip


def bench(*, sessions: int = 60, signal: float = 0.0, folds: int = 3, seed: int = 5, space: Space = SPACE) -> Bench:
    """Return a bench within the first fold of a small market."""
    panel, feature = market(sessions=sessions, signal=signal, seed=seed)
    plan = outer_plan(panel)
    tape = TradingTape.of(panel, MlAlphaSettings(), PortfolioSettings(max_positions=6), fill_settings("pessimistic"))
    return Bench(ENTRY, samples_of(panel, feature), plan.inner(plan.folds[0], groups=folds), tape, space)
